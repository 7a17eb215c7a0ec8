"""The bus on a real Kafka: topics as declared, records as produced, failures said aloud."""

from __future__ import annotations

import os
import threading
import time
from datetime import UTC, datetime

import pytest
from kafka import KafkaConsumer, TopicPartition
from kafka.admin import KafkaAdminClient

from molva import bus
from molva.bus import KafkaBus, Undelivered, WrongTopics, create_topics, wanted_topics
from schemas.codec import InvalidEvent
from schemas.connection import Connection
from schemas.events import DeadLetter, FingerprintBanded, Review, ReviewCollected, Subject
from schemas.records import Record, decode_dead
from schemas.topics import PARTITIONS, TOPICS

START = datetime(2026, 1, 1, tzinfo=UTC)


def event(number, text="хорошо"):
    return ReviewCollected(
        review_id=f"r{number}",
        event_id=f"e{number}",
        observed_at=START,
        review=Review(source="s", subject=Subject(id="p"), text=text),
    )


@pytest.fixture(scope="module")
def connection(servers):
    connection = Connection(servers=servers("kafka")["address"], prefix=f"test-{os.getpid()}-{time.time_ns()}-")
    create_topics(connection)
    yield connection
    admin = KafkaAdminClient(**connection.client())
    admin.delete_topics([name for name in admin.list_topics() if name.startswith(connection.prefix)])
    admin.close()


def read(connection, topic):
    consumer = KafkaConsumer(**connection.client())
    name = connection.name(topic)
    partitions = [TopicPartition(name, number) for number in range(PARTITIONS)]
    consumer.assign(partitions)
    consumer.seek_to_beginning(*partitions)
    ends = consumer.end_offsets(partitions)
    found = []
    while any(consumer.position(tp) < ends[tp] for tp in partitions):
        for records in consumer.poll(timeout_ms=500).values():
            found += records
    consumer.close()
    return found


def test_every_topic_and_its_dead_letters_are_wanted_with_the_same_partitions():
    wanted = wanted_topics(Connection(prefix="x-", replicas=3))
    assert set(wanted) == {f"x-{name}" for topic in TOPICS for name in (topic.name, topic.dead)}
    assert {spec["num_partitions"] for spec in wanted.values()} == {PARTITIONS}
    assert {spec["replication_factor"] for spec in wanted.values()} == {3}
    assert wanted["x-reviews-judged"]["configs"]["cleanup.policy"] == "compact"
    assert wanted["x-reviews-judged"]["configs"]["min.insync.replicas"] == "2"
    assert wanted["x-reviews-collected"]["configs"]["retention.ms"] == str(30 * 86_400_000)
    assert wanted["x-reviews-judged-dead"]["configs"]["cleanup.policy"] == "delete"


@pytest.mark.servers
def test_topics_are_made_once_and_another_partition_count_is_refused(servers, monkeypatch):
    connection = Connection(servers=servers("kafka")["address"], prefix=f"test-{os.getpid()}-{time.time_ns()}-")
    assert set(create_topics(connection)) == set(wanted_topics(connection))
    assert create_topics(connection) == []
    monkeypatch.setattr(bus, "PARTITIONS", PARTITIONS + 1)
    with pytest.raises(WrongTopics, match=f"has {PARTITIONS}"):
        create_topics(connection)
    admin = KafkaAdminClient(**connection.client())
    admin.delete_topics(list(wanted_topics(connection)))
    admin.close()


@pytest.mark.servers
def test_what_was_flushed_is_there_with_key_partition_and_headers(connection):
    with KafkaBus(connection) as one:
        one.publish(event(number) for number in range(300))
        one.publish([FingerprintBanded(bucket=6, review_id="r", at=START)])
        one.dead_letter(
            DeadLetter(stage="s", reason="r", payload=b"\x00\xff", topic="orders-placed", died_at=START, key=b"k")
        )
        one.flush()
        found = read(connection, "reviews-collected")
        assert {record.key for record in found} == {f"r{number}".encode() for number in range(300)}
        assert len({record.partition for record in found}) == PARTITIONS
        headers = dict(found[0].headers)
        assert headers["event"] == b"ReviewCollected"
        assert headers["event-id"] == found[0].key.replace(b"r", b"e")
        assert [record.partition for record in read(connection, "fingerprints-banded")] == [6]
        (letter,) = read(connection, "orders-placed-dead")
        assert decode_dead(letter.value).payload == b"\x00\xff"


@pytest.mark.servers
def test_a_failure_is_told_and_what_comes_after_it_is_delivered(connection, monkeypatch):
    monkeypatch.setattr(bus, "MAX_BYTES", 10**7)  # past our own check, to the broker's
    with KafkaBus(connection, delivery_timeout=10) as one:
        one.send(Record("orders-placed", b"k", os.urandom(1_500_000)))
        with pytest.raises(Undelivered, match="orders-placed"):
            one.flush()
        one.send(Record("orders-placed", b"k", b"after"))
        one.flush()
    assert [record.value for record in read(connection, "orders-placed")] == [b"after"]


@pytest.mark.servers
def test_each_thread_waits_for_its_own_records(connection):
    with KafkaBus(connection) as one:
        one.publish([event(1)])

        def other():
            assert not one._mine.records
            one.publish([event(2)])
            one.flush()
            done.append(True)

        done = []
        thread = threading.Thread(target=other)
        thread.start()
        thread.join(20)
        assert done
        assert len(one._mine.records) == 1


@pytest.mark.servers
def test_memory_is_bounded_while_kafka_is_slow(connection, monkeypatch):
    monkeypatch.setattr(bus, "MAX_UNDER_WAY", 10)
    with KafkaBus(connection) as one:
        for number in range(100):
            one.send(Record("alerts-raised", b"k", f"{number}".encode()))
            assert len(one._mine.records) <= 10


@pytest.mark.servers
def test_what_is_too_large_is_refused_before_it_is_sent(connection):
    with KafkaBus(connection) as one:
        with pytest.raises(InvalidEvent):
            one.publish([event(1, "я" * 900_000)])
        with pytest.raises(InvalidEvent):
            one.send(Record("orders-placed", b"k", b"x" * 1_000_001))


def test_a_cluster_that_is_away_is_said_to_be_away():
    with pytest.raises(Exception, match=r"(?i)bootstrap"):
        create_topics(Connection(servers="127.0.0.1:1"), patience=1.0)
