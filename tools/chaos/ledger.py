"""The comparison: what went in, what an undisturbed process makes of the same log, what stands in topics and index."""

from __future__ import annotations

import sqlite3
import time
from collections import Counter
from email.parser import BytesParser
from email.policy import default
from pathlib import Path
from typing import Any, NamedTuple

import msgspec
from kafka import KafkaConsumer, TopicPartition
from kafka.admin import KafkaAdminClient
from kafka.errors import KafkaError
from msgspec.structs import replace

from molva.embedded import EmbeddedHost
from schemas.codec import decode
from schemas.connection import Connection
from schemas.events import ReviewJudged
from streams.topology import Key, Table, topology

GROUPS = {
    "molva-worker": (
        "reviews-collected",
        "evidence-found",
        "reviews-by-subject",
        "reviews-by-author",
        "authors-placed",
        "fingerprints-banded",
    ),
    "molva-indexer": ("reviews-judged",),
    "molva-matcher": ("reviews-judged",),
    "molva-mailer": ("alerts-raised",),
}


class Log:
    """Reads the deployment's topics."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection

    def records(self, topic: str) -> list[Any]:
        """All records of a topic, those of a partition in order."""
        consumer = KafkaConsumer(**self.connection.client())
        partitions = self._partitions(consumer, topic)
        consumer.assign(partitions)
        consumer.seek_to_beginning(*partitions)
        ends = consumer.end_offsets(partitions)
        found: list[Any] = []
        while any(consumer.position(tp) < ends[tp] for tp in partitions):
            for records in consumer.poll(timeout_ms=500).values():
                found += records
        consumer.close()
        return sorted(found, key=lambda record: (record.partition, record.offset))

    def end(self, topic: str) -> int:
        """How many records were ever written to a topic."""
        consumer = KafkaConsumer(**self.connection.client())
        total = sum(consumer.end_offsets(self._partitions(consumer, topic)).values())
        consumer.close()
        return int(total)

    def lag(self) -> int:
        """Records that some group has still to do."""
        consumer = KafkaConsumer(**self.connection.client())
        admin = KafkaAdminClient(**self.connection.client())
        total = 0
        groups = admin.list_group_offsets([self.connection.name(group) for group in GROUPS])
        for group, topics in GROUPS.items():
            done = groups[self.connection.name(group)]
            for topic in topics:
                for tp, end in consumer.end_offsets(self._partitions(consumer, topic)).items():
                    known = done.get(tp)
                    total += end - max(0, known.offset if known else 0)
        admin.close()
        consumer.close()
        return total

    def wait_until_quiet(self, collected: int, patience: float) -> bool:
        """Wait until so much was collected and nothing is left to do; false when it takes too long."""
        deadline, quiet = time.monotonic() + patience, 0
        while quiet < 3 and time.monotonic() < deadline:
            time.sleep(2)
            try:
                quiet = quiet + 1 if self.end("reviews-collected") >= collected and self.lag() == 0 else 0
            except KafkaError:  # a broker that has just started does not know its groups yet
                quiet = 0
        return quiet == 3

    def remove(self) -> None:
        """Delete the deployment's topics."""
        admin = KafkaAdminClient(**self.connection.client())
        admin.delete_topics([name for name in admin.list_topics() if name.startswith(self.connection.prefix)])
        admin.close()

    def _partitions(self, consumer: Any, topic: str) -> list[TopicPartition]:
        name = self.connection.name(topic)
        return [TopicPartition(name, number) for number in consumer.partitions_for_topic(name) or ()]


class End(NamedTuple):
    """How a log ends: the judgement of every review, and the rows of every table by their keys."""

    judged: dict[str, ReviewJudged]
    tables: dict[str, dict[Key, Any]]


def undisturbed(records: list[Any]) -> End:
    """The end of a log of ``reviews-collected`` on the embedded host."""
    host = EmbeddedHost(":memory:", temporary=True)
    host.publish([decode("reviews-collected", record.value) for record in records])
    host.drain()
    end = End({judged.review_id: judged for judged in host.final()}, {n: dict(t) for n, t in host.tables.items()})
    host.close()
    return end


def found(log: Log) -> End:
    """The end that the topics and the tables' changelogs tell."""
    judged = (decode("reviews-judged", record.value) for record in log.records("reviews-judged"))
    return End(
        {one.review_id: one for one in judged},
        {table.name: _rows(log, table) for step in topology() for table in step.tables},
    )


def _rows(log: Log, table: Table) -> dict[Key, Any]:
    last = {record.key: record.value for record in log.records(f"molva-worker-{table.name}-changelog")}
    return {
        int.from_bytes(key, "big", signed=True) if table.key is int else key.decode(): msgspec.msgpack.decode(
            value, type=table.row
        )
        for key, value in last.items()
        if value is not None
    }


def differences(one: End, other: End) -> list[str]:
    """What differs: judgements, but for the time of judging, and rows."""
    different = [
        f"judgement of {review_id}"
        for review_id in sorted(one.judged.keys() | other.judged.keys())
        if review_id not in one.judged
        or review_id not in other.judged
        or replace(one.judged[review_id], judged_at=other.judged[review_id].judged_at) != other.judged[review_id]
    ]
    for name, rows in one.tables.items():
        others = other.tables[name]
        keys = rows.keys() | others.keys()
        different += [
            f"row {key} of {name}"
            for key in sorted(keys, key=str)
            if _lasting(rows.get(key)) != _lasting(others.get(key))
        ]
    return different


def _lasting(row: Any) -> Any:
    """What two hosts must agree on: one that saw a review come and go at once need not remember that it left."""
    if row is None:
        return None
    if "left" in row.__struct_fields__:
        row = replace(row, left=())
    return None if row == type(row)() else row


def mails(maildir: Path, address: str, database: Path, judged: dict[str, ReviewJudged]) -> dict[str, int]:
    """Compare the letters in a mailbox with the alerts that were raised, and those with what must be told.

    Every review that is negative and not withdrawn in the end must have been told of in its last version.
    """
    arrived: Counter[str] = Counter()
    for path in (maildir / "new").iterdir():
        message = BytesParser(policy=default).parsebytes(path.read_bytes(), headersonly=True)
        if address in str(message["To"]):
            arrived[str(message["Message-ID"])] += 1
    connection = sqlite3.connect(f"file:{database}?mode=ro", uri=True)
    raised = connection.execute("SELECT review_id, version, state FROM alerts").fetchall()
    connection.close()
    told = {(review_id, version) for review_id, version, _ in raised}
    due = {
        (one.review_id, one.version)
        for one in judged.values()
        if one.judgement.negative.value and one.withdrawn_at is None
    }
    unsent = sum(state != "sent" for _, _, state in raised)
    return {
        "mails_lost": len(due - told) + unsent + max(0, len(raised) - unsent - len(arrived)),
        "mails_twice": max(0, len(arrived) - len(raised)),
        "mails_resent": sum(arrived.values()) - len(arrived),
    }
