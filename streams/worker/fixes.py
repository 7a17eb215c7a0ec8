"""Holes in faust-streaming 0.15.3 that lose or skip records over a rebalance, closed from outside.

``apply()`` before an App is made. Each section names its hole and has a test that shows it without the fix; when such a
test fails because Faust closed the hole, the section can go. Another hole, the frozen worker, is lease.py's.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

from aiokafka.consumer.group_coordinator import GroupCoordinator
from aiokafka.coordinator.protocol import ConsumerProtocol
from aiokafka.errors import UnknownTopicOrPartitionError
from faust.tables.recovery import Recovery
from faust.transport.consumer import Consumer
from faust.transport.drivers.aiokafka import AIOKafkaConsumerThread

STOCK: dict[str, Any] = {
    "fetch_records": AIOKafkaConsumerThread._fetch_records,
    "on_recovery_completed": Recovery.on_recovery_completed,
    "resume_streams": Recovery._resume_streams,
    "stop_flow": Consumer.stop_flow,
    "wait_next_records": Consumer._wait_next_records,
    "getmany": Consumer.getmany,
    "seek_to_committed": AIOKafkaConsumerThread.seek_to_committed,
    "perform_assignment": GroupCoordinator._perform_assignment,
}
"""Faust's own methods, which the fixes wrap and the tests compare with."""


# --- 1. The driver hands its live set of active partitions to aiokafka, where an empty set means "all partitions". A
#        rebalance that empties the set during a fetch so fetches what is paused. Hand over a snapshot, never empty.


async def fetch_records(
    self: Any, consumer: Any, active_partitions: Any, timeout: float | None = None, max_records: int | None = None
) -> Any:
    """Fetch from the partitions that are active now, and from none when there are none."""
    if active_partitions is not None:
        active_partitions = frozenset(active_partitions)
        if not active_partitions:
            await asyncio.sleep(0.1)
            return {}
    return await STOCK["fetch_records"](self, consumer, active_partitions, timeout=timeout, max_records=max_records)


# --- 2. After a recovery partitions are resumed before the seek to the committed offset, so that a fetch in between
#        begins at the wrong place (faust-streaming issue 596). Hold the resuming back until all is done.


def resume_last(method: Callable[..., Awaitable[None]]) -> Callable[..., Awaitable[None]]:
    """Wrap one of the two methods that end a recovery."""

    async def wrapped(self: Any, generation_id: int = 0) -> None:
        consumer = self.app.consumer
        held: list[Any] = []
        resume_partitions, resume_flow = consumer.resume_partitions, consumer.resume_flow

        def release() -> None:
            while held:
                resume_partitions(held.pop())
            resume_flow()

        consumer.resume_partitions, consumer.resume_flow = held.append, release
        try:
            await method(self, generation_id)
        finally:
            del consumer.resume_partitions, consumer.resume_flow

    return wrapped


# --- 3. A fetch in flight over a rebalance is delivered as if it belonged to the new generation. Drop it, and seek back
#        before the next fetch of the new flow: the seek that ends the recovery may have been over before we dropped it.
# --- 4. A message of the old generation that is delivered late stores its offset as read after the seek has reset it,
#        and every record below is dropped from then on. Forget the read offset of such a message.


def _generation(consumer: Any) -> tuple[Any, int]:
    return consumer.app.consumer_generation_id, getattr(consumer, "flow_epoch", 0)


def _flows(consumer: Any) -> bool:
    return bool(consumer.flow_active and not consumer.app.in_recovery)


def stop_flow(self: Any) -> None:
    """Stop the flow and begin a new epoch, for a rebalance may end with the generation that it began with."""
    self.flow_epoch = getattr(self, "flow_epoch", 0) + 1
    STOCK["stop_flow"](self)


async def wait_next_records(self: Any, timeout: float) -> Any:
    """Fetch; records asked for before a rebalance and answered after it are dropped and asked for again."""
    if getattr(self, "to_seek", False) and _flows(self):
        self.to_seek = False
        await self.perform_seek()
    before = _generation(self)
    records, active = await STOCK["wait_next_records"](self, timeout)
    if records and before != _generation(self):
        # A changelog's records are sorted out by the recovery itself.
        kept = {tp: found for tp, found in records.items() if self._is_changelog_tp(tp)}
        if len(kept) < len(records):
            self.log.warning("dropped a fetch from before the rebalance")
            self.to_seek = True
            records = kept
    return records, active


async def getmany(self: Any, timeout: float) -> AsyncIterator[Any]:
    """Yield messages; the read offset of one that was delivered over a rebalance is forgotten."""
    async for tp, message in STOCK["getmany"](self, timeout):
        before = _generation(self)
        yield tp, message
        if before != _generation(self) and not self._is_changelog_tp(tp):
            self._read_offset[tp] = None


# --- 5. A partition without a commit is not sought back at all: what was fetched of it and dropped by a rebalance is
#        never read again, and the first commit skips it. Seek it to its beginning, where its group begins.


async def seek_to_committed(self: Any) -> Any:
    """Seek all partitions to where their group is: the committed offset, or the beginning."""
    committed = await STOCK["seek_to_committed"](self)
    never = [tp for tp, offset in committed.items() if not offset and not self.consumer._is_changelog_tp(tp)]
    if never:
        await self.seek_to_beginning(*never)
    return committed


# --- 6. The member that assigns the partitions leaves out a topic that it does not know, with a warning. A changelog
#        that another member made a moment ago may be such a one: nobody recovers its rows then, and whoever is given
#        the partition begins with an empty table and writes over the old rows. Wait until all topics are known.

PATIENCE = 5.0
"""Seconds for which an assignment waits until Kafka has told of all topics."""


async def perform_assignment(self: Any, response: Any) -> Any:
    """Assign partitions; raises UnknownTopicOrPartitionError when a topic of a member stays unknown."""
    wanted: set[str] = set()
    for member in response.members:
        wanted.update(ConsumerProtocol.METADATA.decode(member[-1]).subscription)
    deadline = asyncio.get_running_loop().time() + PATIENCE
    while missing := {topic for topic in wanted if not self._cluster.partitions_for_topic(topic)}:
        if asyncio.get_running_loop().time() > deadline:
            raise UnknownTopicOrPartitionError(f"no partitions can be assigned without {', '.join(sorted(missing))}")
        self._client.set_topics(wanted)
        await self._client.force_metadata_update()
        await asyncio.sleep(0.1)
    return await STOCK["perform_assignment"](self, response)


def replace(owner: Any, **methods: Any) -> None:
    """Put our methods in the place of a class's own."""
    for name, method in methods.items():
        setattr(owner, name, method)


def apply() -> None:
    """Close the holes; a second call changes nothing."""
    replace(AIOKafkaConsumerThread, _fetch_records=fetch_records, seek_to_committed=seek_to_committed)
    replace(
        Recovery,
        on_recovery_completed=resume_last(STOCK["on_recovery_completed"]),
        _resume_streams=resume_last(STOCK["resume_streams"]),
    )
    replace(GroupCoordinator, _perform_assignment=perform_assignment)
    replace(Consumer, stop_flow=stop_flow, _wait_next_records=wait_next_records, getmany=getmany)
