"""Reads a topic in a consumer group, in batches, and commits only what its reader has done."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from types import TracebackType
from typing import Self

import msgspec
from kafka import KafkaConsumer, TopicPartition
from kafka.errors import CommitFailedError
from kafka.structs import OffsetAndMetadata

from schemas.connection import Connection
from schemas.topics import Topic

log = logging.getLogger(__name__)

LONGEST_WORK = 300.0
"""Seconds between two polls after which the group gives a reader's partitions to another."""


class Item(msgspec.Struct, frozen=True):
    """A record as it came."""

    partition: int
    offset: int
    key: bytes | None
    value: bytes | None


class Feed:
    """One member of a consumer group over one topic.

    Args:
        connection: Where Kafka is.
        topic: What is read.
        group: The group's name without the connection's prefix; None reads from the start and commits nothing.
        alone: Take all partitions at once instead of joining the group, for a reader that runs by itself.
    """

    def __init__(self, connection: Connection, topic: Topic, group: str | None, *, alone: bool = False) -> None:
        self.topic = topic
        self._name = connection.name(topic.name)
        self._group = group
        self._consumer = KafkaConsumer(
            **connection.client(),
            group_id=connection.name(group) if group else None,
            enable_auto_commit=False,
            auto_offset_reset="earliest",
            max_poll_interval_ms=int(LONGEST_WORK * 1000),
            max_poll_records=5_000,
            max_partition_fetch_bytes=4_000_000,
            session_timeout_ms=10_000,
            heartbeat_interval_ms=1_000,
        )
        if group and not alone:
            self._consumer.subscribe([self._name])
            return
        partitions = [TopicPartition(self._name, n) for n in self._consumer.partitions_for_topic(self._name) or ()]
        self._consumer.assign(partitions)
        if not group:
            self._consumer.seek_to_beginning(*partitions)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def poll(self, *, seconds: float = 1.0, limit: int = 5_000) -> list[Item]:
        """The next records, those of a partition in order; empty when none came in time."""
        found = self._consumer.poll(timeout_ms=int(seconds * 1000), max_records=limit)
        return [
            Item(record.partition, record.offset, record.key, record.value)
            for records in found.values()
            for record in records
        ]

    def rest(self, seconds: float) -> None:
        """Stay in the group for a while without being given records; those already given are not given again."""
        held = self._consumer.assignment()
        self._consumer.pause(*held)
        self._consumer.poll(timeout_ms=int(seconds * 1000))
        self._consumer.resume(*(self._consumer.assignment() & held))

    def commit(self, items: Sequence[Item]) -> bool:
        """Note that these records, and so all before them, are done.

        False when the partitions were given away meanwhile: whoever has them does the records again.
        """
        ends: dict[int, int] = {}
        for item in items:
            ends[item.partition] = max(item.offset + 1, ends.get(item.partition, 0))
        try:
            self._consumer.commit(
                {
                    TopicPartition(self._name, partition): OffsetAndMetadata(end, "", -1)
                    for partition, end in ends.items()
                }
            )
        except CommitFailedError as error:
            log.warning("%s: not committed, the records come again: %s", self._group, error)
            return False
        return True

    def lag(self) -> int:
        """Records that lie before us in the partitions that we have."""
        held = list(self._consumer.assignment())
        if not held:
            return 0
        ends = self._consumer.end_offsets(held)
        return sum(max(0, ends[partition] - self._consumer.position(partition)) for partition in held)

    def partitions(self) -> set[int]:
        """The partitions that we have."""
        return {held.partition for held in self._consumer.assignment()}

    def close(self) -> None:
        """Leave the group at once, so that others need not wait for our session to end."""
        self._consumer.close(autocommit=False)
