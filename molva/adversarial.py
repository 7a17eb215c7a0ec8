"""The adversarial host: runs the topology the way the worst cluster would, from a seed and without a server.

Partitions of all topics advance in random order; records are delivered again from random offsets; workers crash, and
then what they had not yet sent is lost and their offsets fall back while their table rows stay. Everything passes the
codec. A case is right when its drained result equals the embedded host's.
"""

from __future__ import annotations

import random
from collections.abc import Iterable
from typing import Any
from zlib import crc32

import msgspec

from schemas import codec
from schemas.events import AuthorPlaced, FingerprintBanded, ObservationSettled, ReviewJudged
from schemas.topics import PARTITIONS, REVIEWS_JUDGED, Topic, key_of, topic_of
from streams.topology import Step, topology


class Partition:
    """One partition of a topic as its one reader sees it."""

    def __init__(self) -> None:
        self.log: list[bytes] = []
        self.read = 0
        self.committed = 0


class AdversarialHost:
    """Drains a list of observations under chaos.

    Args:
        seed: Fixes every choice.
        steps: The topology; the shipped one by default.
        mischief: The chance of a crash or a redelivery before each run of records, while any are left to give.
        troubles: How many crashes and redeliveries in all, so that it ends.
    """

    def __init__(
        self, seed: int, *, steps: tuple[Step, ...] | None = None, mischief: float = 0.2, troubles: int = 40
    ) -> None:
        self.random = random.Random(seed)  # noqa: S311 - chaos that a seed repeats
        self.steps = steps or topology()
        self.mischief = mischief
        self.troubles = troubles
        self.partitions = {
            (topic.name, index): Partition()
            for step in self.steps
            for topic in step.reads
            for index in range(PARTITIONS)
        }
        self.readers = {topic.name: step for step in self.steps for topic in step.reads}
        self.tables: dict[tuple[str, int], dict[Any, bytes]] = {}
        self.unsent: dict[tuple[str, int], list[Any]] = {}
        self.judged: dict[str, ReviewJudged] = {}
        self.records = 0
        self.delivered = 0
        self.updates = 0

    def publish(self, events: Iterable[Any]) -> None:
        """Put events on their topics, in order."""
        for event in events:
            self._append(event)

    def drain(self) -> dict[str, ReviewJudged]:
        """Process until every reader is at its end; gives the last judgement of each review."""
        while True:
            behind = [name for name, partition in self.partitions.items() if partition.read < len(partition.log)]
            unsent = [worker for worker, events in self.unsent.items() if events]
            if not behind and not unsent:
                return self.judged
            if self.troubles and self.random.random() < self.mischief:
                self.troubles -= 1
                self._trouble()
            elif unsent and (not behind or self.random.random() < 0.3):
                self._commit(self.random.choice(unsent))
            else:
                self._advance(self.random.choice(behind))

    def consumed(self) -> int:
        """How many records the steps had to read; ``delivered`` counts how many they were given."""
        return sum(len(partition.log) for partition in self.partitions.values())

    def _worker(self, name: tuple[str, int]) -> tuple[str, int]:
        """Who processes a partition: one worker has the same partition of all topics of a step, and one way out."""
        return self.readers[name[0]].name, name[1]

    def _advance(self, name: tuple[str, int]) -> None:
        """A worker processes a random run of one partition, and may hold back what it has to send."""
        partition, step = self.partitions[name], self.readers[name[0]]
        count = self.random.randint(1, min(20, len(partition.log) - partition.read))
        events = [codec.decode(name[0], data) for data in partition.log[partition.read : partition.read + count]]
        tables = [_CountedTable(self, table.name, name[1], table.row) for table in step.tables]
        out = step.run(events, *tables)
        partition.read += count
        self.delivered += count
        worker = self._worker(name)
        self.unsent.setdefault(worker, []).extend(event for event in out if not isinstance(event, ObservationSettled))
        if self.random.random() < 0.5:
            self._commit(worker)

    def _commit(self, worker: tuple[str, int]) -> None:
        """Send what is held back, in order, then store the offsets."""
        for event in self.unsent.pop(worker, []):
            self._append(event)
        for name, partition in self.partitions.items():
            if self._worker(name) == worker:
                partition.committed = partition.read

    def _trouble(self) -> None:
        """Crash a worker in the middle of sending, or deliver a suffix of a partition once more."""
        name = self.random.choice(list(self.partitions))
        worker = self._worker(name)
        if self.random.random() < 0.5:
            held = self.unsent.pop(worker, [])
            for event in held[: self.random.randint(0, len(held))]:
                self._append(event)
            for other, partition in self.partitions.items():
                if self._worker(other) == worker:
                    partition.read = partition.committed
        else:
            self._commit(worker)
            partition = self.partitions[name]
            partition.read = partition.committed = self.random.randint(0, partition.read)

    def _append(self, event: Any) -> None:
        self.records += 1
        topic = topic_of(event)
        data = codec.encode(event)
        if topic is REVIEWS_JUDGED:
            self.judged[event.review_id] = codec.decode(topic.name, data)
        elif topic.name in self.readers:
            self.partitions[topic.name, partition_of(topic, event)].log.append(data)


def partition_of(topic: Topic, event: Any) -> int:
    """The partition of an event: its key's hash, or the bucket that it names."""
    if isinstance(event, FingerprintBanded | AuthorPlaced):
        return event.bucket
    assert topic is topic_of(event)
    return crc32(key_of(event).encode("utf-8", "surrogatepass")) % PARTITIONS


class _CountedTable(dict[Any, Any]):
    """The rows of one partition of a table, kept as bytes, so that nothing survives but what was assigned."""

    def __init__(self, host: AdversarialHost, table: str, partition: int, row: type[Any]) -> None:
        super().__init__()
        self._stored = host.tables.setdefault((table, partition), {})
        self._host = host
        self._row = row

    def get(self, key: Any, default: Any = None) -> Any:
        data = self._stored.get(key)
        return default if data is None else msgspec.msgpack.decode(data, type=self._row)

    def __contains__(self, key: object) -> bool:
        return key in self._stored

    def __getitem__(self, key: Any) -> Any:
        return msgspec.msgpack.decode(self._stored[key], type=self._row)

    def __setitem__(self, key: Any, row: Any) -> None:
        self._host.updates += 1
        self._stored[key] = msgspec.msgpack.encode(row)

    def __delitem__(self, key: Any) -> None:
        self._host.updates += 1
        del self._stored[key]
