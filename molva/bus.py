"""Kafka's side of the bus: topics made from ``schemas.topics``, and a producer that says what was not delivered."""

from __future__ import annotations

import contextlib
import logging
import threading
from collections import deque
from collections.abc import Iterable
from types import TracebackType
from typing import Any, Self

from kafka import KafkaProducer
from kafka.admin import KafkaAdminClient
from kafka.errors import KafkaError, TopicAlreadyExistsError

from schemas.codec import MAX_BYTES, InvalidEvent
from schemas.connection import Connection
from schemas.events import DeadLetter
from schemas.records import MAX_DEAD_BYTES, Record, buried, record
from schemas.topics import DEAD_KEEP, PARTITIONS, TOPICS
from streams.worker.settings import SESSION_TIMEOUT, fence

log = logging.getLogger(__name__)

MAX_UNDER_WAY = 5_000
"""Records that were given to Kafka and not yet acknowledged; one more waits for the oldest."""
MAX_BYTES_UNDER_WAY = 32_000_000
OVERHEAD = 10_000
"""Bytes that Kafka adds to a record at most: key, headers, batch."""


class Undelivered(ConnectionError):  # noqa: N818 - named by what happened to the record
    """Kafka did not take a record; it must be published again. The message says which and why."""


class WrongTopics(RuntimeError):  # noqa: N818 - named by what a person finds
    """Topics on the cluster do not fit this release. The message says which and what to do."""


def wanted_topics(connection: Connection) -> dict[str, dict[str, Any]]:
    """Every topic with its partitions, copies and settings, by its name on this cluster."""
    wanted: dict[str, dict[str, Any]] = {}
    for topic in TOPICS:
        keep = {"cleanup.policy": "compact"} if topic.keep is None else _kept(topic.keep)
        wanted[topic.name] = keep | {"max.message.bytes": str(MAX_BYTES + OVERHEAD)}
        if topic.owner not in {"collectors", "matcher"}:
            wanted[topic.name] |= fence(SESSION_TIMEOUT)
        wanted[topic.dead] = _kept(DEAD_KEEP) | {"max.message.bytes": str(MAX_DEAD_BYTES)}
    return {
        connection.name(name): {
            "num_partitions": PARTITIONS,
            "replication_factor": connection.replicas,
            "configs": configs | {"min.insync.replicas": str(max(1, connection.replicas - 1))},
        }
        for name, configs in wanted.items()
    }


def create_topics(connection: Connection, *, patience: float = 30.0) -> list[str]:
    """Create the topics that are not there; return their names. *patience* is how long the cluster may be away.

    Raises:
        WrongTopics: one is there with another number of partitions, which would part keys from their rows.
        KafkaError: the cluster cannot be reached or refuses.
    """
    wanted = wanted_topics(connection)
    admin = KafkaAdminClient(**connection.client(), bootstrap_timeout_ms=int(patience * 1000))
    try:
        there = set(admin.list_topics())
        missing = {name: spec for name, spec in wanted.items() if name not in there}
        try:
            if missing:
                admin.create_topics(missing, wait_for_metadata=True)
        except TopicAlreadyExistsError:  # somebody else creates them at the same time
            for name, spec in missing.items():
                with contextlib.suppress(TopicAlreadyExistsError):
                    admin.create_topics({name: spec}, wait_for_metadata=True)
        known = sorted(wanted.keys() - missing.keys())
        found = {topic["name"]: len(topic["partitions"]) for topic in admin.describe_topics(known)} if known else {}
    finally:
        admin.close()
    wrong = [f"{name} has {count}" for name, count in sorted(found.items()) if count != PARTITIONS]
    if wrong:
        raise WrongTopics(
            f"every topic must have {PARTITIONS} partitions, but {', '.join(wrong)}: "
            "choose another prefix, or move the data into topics made anew (docs/operations.md)"
        )
    return sorted(missing)


def missing_topics(connection: Connection, *, patience: float = 5.0) -> list[str]:
    """The topics that ``create_topics`` would make; raises ConnectionError when the cluster cannot be reached."""
    try:
        admin = KafkaAdminClient(**connection.client(), bootstrap_timeout_ms=int(patience * 1000))
        try:
            return sorted(wanted_topics(connection).keys() - set(admin.list_topics()))
        finally:
            admin.close()
    except KafkaError as error:
        raise ConnectionError(f"Kafka does not answer at {connection.servers}: {error}") from error


class KafkaBus:
    """Publishes records: acks of all in-sync replicas, idempotent, compressed, bounded, and loud about failures.

    Many threads may use one bus; each waits for, and hears of, its own records.
    """

    def __init__(self, connection: Connection, *, delivery_timeout: float = 120.0) -> None:
        self._connection = connection
        self._timeout = delivery_timeout
        self._mine = _UnderWay()
        self._renewing = threading.Lock()
        self._producer = self._made()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def publish(self, events: Iterable[Any]) -> None:
        """Give events to Kafka; they are safe when ``flush`` returns, and only then may a cursor move.

        Raises:
            Undelivered: an earlier record was not taken.
            InvalidEvent: an event is too large or carries a contact; nothing after it was sent.
        """
        for event in events:
            self.send(record(event))

    def dead_letter(self, letter: DeadLetter) -> None:
        """Give what could not be processed to its topic's dead letters; safe when ``flush`` returns."""
        self.send(buried(letter))

    def send(self, item: Record) -> None:
        """Give one record to Kafka; waits while too many of this thread are under way.

        Raises:
            Undelivered: an earlier record, or this one, was not taken.
            InvalidEvent: it is larger than its topic takes.
        """
        mine = self._mine
        size = len(item.value or b"")
        if size > (MAX_DEAD_BYTES if item.topic.endswith("-dead") else MAX_BYTES):
            raise InvalidEvent(f"a record of {item.topic} has {size} bytes, more than its topic takes")
        while mine.records and (len(mine.records) >= MAX_UNDER_WAY or mine.bytes + size > MAX_BYTES_UNDER_WAY):
            self._wait_for_the_oldest()
        producer = self._producer
        try:
            future = producer.send(
                self._connection.name(item.topic),
                key=item.key,
                value=item.value,
                partition=item.partition,
                headers=list(item.headers),
            )
        except (KafkaError, AssertionError) as error:
            self._renew(producer)
            raise Undelivered(f"a record of {item.topic} was not taken: {error!r}") from error
        mine.records.append((item.topic, size, future, producer))
        mine.bytes += size

    def flush(self) -> None:
        """Wait until every record of this thread was answered for; raises Undelivered when one was not taken."""
        failure: Undelivered | None = None
        if self._mine.records:
            self._hurry()
        while self._mine.records:
            try:
                self._wait_for_the_oldest()
            except Undelivered as error:
                failure = failure or error
        if failure:
            raise failure

    def close(self) -> None:
        """Flush and close; raises Undelivered as ``flush`` does."""
        try:
            self.flush()
        finally:
            self._producer.close(timeout=5)

    def _made(self) -> Any:
        return KafkaProducer(
            **self._connection.client(),
            acks="all",
            enable_idempotence=True,
            compression_type="lz4",
            linger_ms=5,
            batch_size=131_072,
            max_request_size=MAX_DEAD_BYTES + OVERHEAD,
            max_block_ms=int(self._timeout * 1000),
            request_timeout_ms=min(30_000, int(self._timeout * 1000) - 100),
            delivery_timeout_ms=int(self._timeout * 1000),
        )

    def _renew(self, broken: Any) -> None:
        """An idempotent producer that failed once refuses all that follows: another takes its place."""
        with self._renewing:
            if self._producer is broken:
                self._producer = self._made()
                broken.close(timeout=0)

    def _hurry(self) -> None:
        try:
            self._producer.flush(timeout=self._timeout)
        except KafkaError as error:
            log.debug("flush: %r", error)  # each record's own future says what became of it

    def _wait_for_the_oldest(self) -> None:
        topic, size, future, producer = self._mine.records.popleft()
        self._mine.bytes -= size
        try:
            future.get(timeout=self._timeout + 5)
        except KafkaError as error:
            self._renew(producer)
            raise Undelivered(f"a record of {topic} was not taken: {error!r}") from error


class _UnderWay(threading.local):
    """A thread's records that Kafka has not answered for: topic, size, future, and the producer that has it."""

    def __init__(self) -> None:
        self.records: deque[tuple[str, int, Any, Any]] = deque()
        self.bytes = 0


def _kept(seconds: int) -> dict[str, str]:
    return {"cleanup.policy": "delete", "retention.ms": str(seconds * 1000)}
