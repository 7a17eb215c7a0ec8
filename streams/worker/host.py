"""The Faust host: an agent around each step of the topology, with its tables, under the guarantees of this folder.

Faust keeps the group, the partitions, the recovery of tables and the offsets. Batches, sends and acknowledgements are
done here, so that an event is acknowledged only after its step ran and everything that it caused was delivered.
"""

from __future__ import annotations

import asyncio
import logging
import os
import sys
import time
from collections.abc import Sequence
from functools import partial
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import faust
from faust.types import TP, ProcessingGuarantee

from schemas.connection import Connection
from schemas.records import Record
from schemas.topics import PARTITIONS
from streams.worker import fixes, lease
from streams.worker.deliveries import Deliveries, hold_commits
from streams.worker.places import Places
from streams.worker.rows import MAX_ROW_BYTES, Change, Store
from streams.worker.settings import BEAT, Assignment, fence
from streams.worker.stage import Incoming, Stage, Work
from streams.worker.status import Status, write
from streams.worker.watchdog import EXIT_STUCK, Watchdog

if TYPE_CHECKING:
    from streams.topology import Step, Table

log = logging.getLogger(__name__)

EXIT_FAULT = 70
"""Exit code after a fault of the host itself."""
EXIT_FUSE = 77
"""Exit code when a stage's fuse blew: a person must look, a restart alone helps nobody."""
MAX_REQUEST = 2 * MAX_ROW_BYTES


def leave(code: int, why: str) -> None:
    """End the process at once: what was not acknowledged is done again by whoever comes next."""
    sys.stderr.write(f"{why}\n")
    sys.stderr.flush()
    os._exit(code)


class Host:
    """A Faust app that runs the steps of a topology."""

    def __init__(self, assignment: Assignment, steps: Sequence[Step]) -> None:
        settings = assignment.settings
        fixes.apply()
        self.lease = lease.apply(settings.session_timeout)
        self.settings = settings
        self.folder = Path(assignment.folder)
        self.status = Status(worker=assignment.index)
        self.deliveries = Deliveries(_undelivered)
        self._places = Places()
        self._complete: set[tuple[str, int]] = set()
        hold_commits(self.deliveries)
        self.app = make_app(assignment)
        self.stages = [Stage(step, [self._store(table) for table in step.tables]) for step in steps]
        self._queues: dict[str, Any] = {}
        self._busy = {stage.step.name: asyncio.Lock() for stage in self.stages}
        for stage in self.stages:
            self._agent(stage)
        self.watchdog = Watchdog(settings.stuck_after)
        self.app.on_partitions_revoked.connect(self._revoked)
        self.app.timer(1.0)(self._tick)

    def _store(self, table: Table) -> Store:
        kept: Any = self.app.Table(
            table.name,
            partitions=PARTITIONS,
            extra_topic_configs={
                "max.message.bytes": str(MAX_REQUEST),
                "min.insync.replicas": str(max(1, self.settings.kafka.replicas - 1)),
                **fence(self.settings.session_timeout),
            },
        )
        # Faust derives these from the types and knows no raw bytes there; a recovery would read rows as JSON.
        kept.key_serializer = kept.value_serializer = "raw"
        kept.changelog_topic = kept._new_changelog_topic()
        return Store(table, kept)

    def _agent(self, stage: Stage) -> None:
        kafka = self.settings.kafka
        names = [kafka.name(topic.name) for topic in stage.step.reads]
        channel = self.app.topic(*names, key_serializer="raw", value_serializer="raw", internal=False)

        async def agent(stream: Any) -> None:
            stream.enable_acks = False
            self._queues[stage.step.name] = stream.channel.queue
            waiting: list[Any] = []
            async for event in stream.events():
                waiting.append(event)
                if len(waiting) < self.settings.batch and not stream.channel.queue.empty():
                    continue
                batch, waiting = waiting, []
                try:
                    await self._process(stage, batch)
                except Exception as error:  # Faust would acknowledge and go on
                    log.exception("%s failed", stage.step.name)
                    leave(EXIT_FAULT, f"{stage.step.name}: {error!r}")

        agent.__name__ = stage.step.name
        self.app.agent(channel, name=stage.step.name)(agent)

    async def _process(self, stage: Stage, batch: Sequence[Any]) -> None:
        """Run a batch, partition by partition, send what it left to be done, then acknowledge."""
        async with self._busy[stage.step.name]:
            ours = [event for event in batch if self._current(event)]
            for event in ours:
                await self._require_place(event.message)
            ours.sort(key=lambda event: event.message.partition)  # stable: the order within a partition stays
            works: list[Work] = []
            done: list[Any] = []
            for partition, group in groupby(ours, key=lambda event: event.message.partition):
                self._require_tables(stage, partition)
                events = list(group)
                works.append(stage.run(partition, [self._incoming(event) for event in events]))
                done += events[: works[-1].done]
                if works[-1].blown:
                    break
            await self._send(works)
            for event in done:
                event.ack()
            if works and works[-1].blown:
                await self.deliveries.settled()
                await asyncio.wait_for(self.app.consumer.commit(), timeout=self.settings.session_timeout)
                leave(EXIT_FUSE, f"fuse: {stage.step.name} failed too often and stopped; see its dead letters")

    def _current(self, event: Any) -> bool:
        """Say whether an event belongs to this generation of the group; an older one comes again."""
        generation = event.message.generation_id == self.app.consumer_generation_id
        return bool(generation and self.app.flow_control.is_active())

    async def _require_place(self, message: Any) -> None:
        """End when records before this one were passed over: they come again from the last commit."""
        tp, consumer = message.tp, cast("Any", self.app.consumer)
        if tp not in self._places:
            self._places.begin(tp, consumer._committed_offset.get(tp) or await self._first(tp))
        if self._places.passed_over(tp, message.offset):
            if await self._first(tp) < message.offset:
                leave(EXIT_FAULT, f"records of {tp.topic}/{tp.partition} before {message.offset} were passed over")
            self._places.begin(tp, message.offset + 1)  # the topic has let go of those before

    async def _first(self, tp: TP) -> int:
        """The first offset that a partition still has."""
        return (await self.app.consumer.earliest_offsets(tp))[tp] or 0

    def _require_tables(self, stage: Stage, partition: int) -> None:
        """End unless the partition was given to us with its tables: without, its rows would begin empty."""
        if (stage.step.name, partition) in self._complete:
            return
        assigned = self.app.consumer.assignment()
        for store in stage.stores:
            if TP(store.changelog, partition) not in assigned:
                leave(EXIT_FAULT, f"{stage.step.name}: partition {partition} came without its table {store.table.name}")
        self._complete.add((stage.step.name, partition))

    def _incoming(self, event: Any) -> Incoming:
        message = event.message
        return Incoming(self.settings.kafka.plain(message.topic), message.key, message.value)

    async def _send(self, works: Sequence[Work]) -> None:
        """Send records, wait until Kafka has them, and only then row changes.

        A crash in between comes back to the old rows and tells everything again. The other way round it would come
        back to rows that know the event, and what the event had to tell those who left such a row would be lost.
        """
        told = [
            await self._produce(self.settings.kafka.name(item.topic), item) for work in works for item in work.records
        ]
        for future in told:
            self.deliveries.add(future)
        if told:
            await asyncio.wait(told)
        for work in works:
            for store, change in work.changes:
                item = Record("", change.key, change.value, change.partition)
                self.deliveries.add(await self._produce(store.changelog, item), partial(_landed, store, change))

    async def _produce(self, topic: str, record: Record) -> Any:
        producer = await self.app.maybe_start_producer()
        headers = list(record.headers) or None
        return await producer.send(topic, record.key, record.value, record.partition, self.lease.stamp(), headers)

    async def _revoked(self, *_told: Any, **_named: Any) -> None:
        """Before partitions are given away: let every batch end, and all of it reach Kafka."""
        try:
            async with asyncio.timeout(self.settings.session_timeout):
                for lock in self._busy.values():
                    await lock.acquire()
                await self.deliveries.settled()
        except TimeoutError:
            leave(EXIT_FAULT, "could not hand over: the last changes did not reach Kafka in time")
        self._places.forget()
        self._complete.clear()
        for stage in self.stages:
            for store in stage.stores:
                store.forget()
        for lock in self._busy.values():
            lock.release()

    def _queued(self, topic: str) -> bool:
        """Say whether the stage that reads a topic has something in hand or before it."""
        plain = self.settings.kafka.plain(topic)
        for stage in self.stages:
            if any(read.name == plain for read in stage.step.reads):
                queue = self._queues.get(stage.step.name)
                return self._busy[stage.step.name].locked() or (queue is not None and not queue.empty())
        return False

    async def _tick(self) -> None:
        """Every second: write the status, and end when nothing moves."""
        app, consumer = self.app, cast("Any", self.app.consumer)
        ours = [tp for tp in consumer.assignment() if not consumer._is_changelog_tp(tp)]
        restless = app.rebalancing or app.in_recovery
        state: dict[Any, Any] = {"rebalance": app.rebalancing_count if restless else None}
        lag: dict[str, int] = {}
        try:
            ends = await asyncio.wait_for(consumer.highwaters(*ours), timeout=5) if ours else {}
        except Exception:  # noqa: BLE001 - the broker is away: no verdict
            ends = {}
        for tp, end in ends.items():
            done = consumer._committed_offset.get(tp) or 0
            state[tp] = done if end and end > done else None
            name = f"{self.settings.kafka.plain(tp.topic)}/{tp.partition}"
            lag[name] = max(0, (end or 0) - done)
        stuck = self.watchdog.stuck(state, now=time.monotonic(), queued=[tp for tp in ours if self._queued(tp.topic)])
        if stuck is not None:
            leave(EXIT_STUCK, f"watchdog: {stuck} has not moved for {self.watchdog.limit} s")
        self.status.update(self.stages, partitions=len(ours), lag=lag, ready=bool(ours) and not restless)
        write(self.status, self.folder)


def _undelivered(error: BaseException) -> None:
    if lease.refused(error):
        lease.end(
            "Kafka refused a record by its time: the worker was held up, or its clock is seconds away from Kafka's"
        )
    leave(EXIT_FAULT, f"a record was not delivered: {error!r}")


def _landed(store: Store, change: Change, metadata: Any) -> None:
    store.landed(change, metadata.offset, metadata.topic_partition)


def make_app(assignment: Assignment) -> faust.App:
    """The Faust app with the settings that survived on a real cluster."""
    settings = assignment.settings
    return faust.App(
        id=settings.kafka.name("molva-worker"),
        broker=[f"kafka://{server.strip()}" for server in settings.kafka.servers.split(",")],
        broker_credentials=_credentials(settings.kafka),
        datadir=Path(assignment.folder) / "tables",
        store="rocksdb://",
        web_enabled=False,
        processing_guarantee=ProcessingGuarantee.AT_LEAST_ONCE,
        broker_session_timeout=settings.session_timeout,
        broker_heartbeat_interval=min(1.0, BEAT * settings.session_timeout),
        broker_commit_interval=settings.commit_every,
        stream_wait_empty=False,
        table_standby_replicas=0,
        producer_acks=-1,
        producer_linger=0.02,
        producer_max_batch_size=262_144,
        producer_max_request_size=MAX_REQUEST,
        producer_compression_type="lz4",
        consumer_auto_offset_reset="earliest",
        recovery_consistency_check=True,
        topic_disable_leader=True,
        topic_partitions=PARTITIONS,
        topic_replication_factor=settings.kafka.replicas,
        worker_redirect_stdouts=False,
    )


def _credentials(kafka: Connection) -> Any:
    context = kafka.ssl_context()
    if kafka.mechanism:
        return faust.SASLCredentials(
            username=kafka.user, password=kafka.password, ssl_context=context, mechanism=kafka.mechanism
        )
    return faust.SSLCredentials(context=context) if context else None
