"""How fast the distributed parts are beside bare clients over the same bytes, on the servers of `make servers`.

Run as ``python bench/cluster.py [--reviews N]``. Each pair runs in turn, three times, and the best of each counts,
because neighbours on the machine only ever slow things down. Workers are told in CPU time.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec
from elasticsearch import Elasticsearch
from kafka import KafkaConsumer, KafkaProducer, TopicPartition
from kafka.admin import KafkaAdminClient

from indexer.documents import document
from indexer.stores.elasticsearch import ElasticsearchStore, Settings
from molva.bus import KafkaBus, create_topics
from molva.embedded import EmbeddedHost
from schemas import identity
from schemas.connection import Connection
from schemas.events import Author, Rating, Review, ReviewCollected, ReviewJudged, Subject
from schemas.records import record
from streams.worker.settings import WorkerSettings
from streams.worker.status import read
from tools.servers.processes import load

START = datetime(2026, 1, 1, tzinfo=UTC)
ROUNDS = 3
SUPERVISOR = """
import sys, msgspec
from streams.worker.settings import WorkerSettings
from streams.worker.supervisor import run
sys.exit(run(msgspec.json.decode(sys.argv[1], type=WorkerSettings)))
"""


def observations(count: int) -> list[ReviewCollected]:
    """Reviews of about 300 bytes of text, English and Russian, one in fifty a copy."""
    choose = random.Random(1)
    words = ("the", "kettle", "broke", "after", "days", "nobody", "answered", "чайник", "сломался", "через", "день")
    made = []
    for number in range(count):
        copy = number % 50 == 0
        text = "A copied review " * 12 if copy else " ".join(choose.choice(words) for _ in range(45))
        review = Review(
            source="bench",
            id=f"r{number}",
            subject=Subject(id=f"p{number % 97}"),
            author=Author(id=f"u{number % 1999}"),
            rating=Rating(value=1 + number % 5),
            text=text,
            published_at=START + timedelta(minutes=number),
        )
        made.append(identity.observe(review, observed_at=START + timedelta(days=99), contact_key=b"k"))
    return made


def best(run: Callable[[], float]) -> float:
    """The shortest of some rounds, in seconds."""
    return min(run() for _ in range(ROUNDS))


def producers(connection: Connection, events: list[ReviewCollected]) -> dict[str, float]:
    """The collectors' producer beside kafka-python's own with the same settings and the same bytes."""
    records = [record(event) for event in events]
    name = connection.name("orders-placed")  # any topic will do

    def bare() -> float:
        producer = KafkaProducer(
            **connection.client(), acks="all", compression_type="lz4", linger_ms=5, batch_size=131_072
        )
        producer.partitions_for(name)
        began = time.perf_counter()
        for item in records:
            producer.send(name, key=item.key, value=item.value, headers=list(item.headers))
        producer.flush()
        took = time.perf_counter() - began
        producer.close()
        return took

    def ours() -> float:
        with KafkaBus(connection) as bus:
            bus.publish(events[:1])
            bus.flush()
            began = time.perf_counter()
            bus.publish(events)
            bus.flush()
            return time.perf_counter() - began

    plain, whole = best(bare), best(ours)
    return {
        "producer_per_s": round(len(events) / whole),
        "bare_producer_per_s": round(len(events) / plain),
        "producer_share": round(plain / whole, 2),
    }


def writers(address: str, judged: list[ReviewJudged]) -> dict[str, float]:
    """The index's writer beside a bare bulk of the same documents, encoded beforehand, into a like index."""
    client = Elasticsearch(address, request_timeout=60)

    def stored() -> ElasticsearchStore:
        store = ElasticsearchStore(Settings(url=address, index=f"bench-{os.getpid()}-{time.time_ns()}"))
        store.prepare()
        return store

    def drop(store: ElasticsearchStore) -> None:
        client.indices.delete(index=",".join(store.indices.behind(store.indices.name)))
        client.indices.delete_index_template(name=f"{store.indices.name}-molva")

    def ours() -> float:
        store = stored()
        began = time.perf_counter()
        for start in range(0, len(judged), 1_000):
            assert not list(store.write(list(enumerate(judged[start : start + 1_000], start + 1))))
        took = time.perf_counter() - began
        drop(store)
        return took

    def bare() -> float:
        store = stored()
        encode = msgspec.json.encode
        lines = [
            line
            for number, one in enumerate(judged, 1)
            for line in (
                encode({"index": {"_id": one.review_id, "version": number, "version_type": "external"}}),
                encode(document(one)),
            )
        ]
        began = time.perf_counter()
        for start in range(0, len(lines), 2_000):
            client.bulk(index=store.indices.write_name, operations=lines[start : start + 2_000])
        took = time.perf_counter() - began
        drop(store)
        return took

    plain, whole = best(bare), best(ours)
    return {
        "writer_per_s": round(len(judged) / whole),
        "bare_bulk_per_s": round(len(judged) / plain),
        "writer_share": round(plain / whole, 2),
    }


def workers(connection: Connection, events: list[ReviewCollected]) -> dict[str, float]:
    """CPU of one worker over all steps, from topic to topic, and the records and row changes that a review costs."""
    with tempfile.TemporaryDirectory() as folder, KafkaBus(connection) as bus:
        settings = WorkerSettings(kafka=connection, folder=folder)
        process = subprocess.Popen([sys.executable, "-c", SUPERVISOR, msgspec.json.encode(settings)])

        def calm(rounds: int, least: int) -> float:
            """CPU seconds when so many events are done and nothing waits, seen some seconds in a row."""
            seen, cpu = 0, 0.0
            while seen < rounds:
                time.sleep(1)
                status = read(Path(folder) / "worker-0")
                done = status is not None and status.ready and sum(status.events.values()) >= least
                seen = seen + 1 if status and done and not sum(status.lag.values()) else 0
                cpu = status.cpu if status else 0.0
            return cpu

        bus.publish(events[:10])  # the first ones load the models
        bus.flush()
        before = calm(2, 10)
        bus.publish(events[10:])
        bus.flush()
        used = calm(3, len(events)) - before
        process.send_signal(signal.SIGTERM)
        process.wait()
    consumer = KafkaConsumer(**connection.client())
    counted = {"records": 0, "changes": 0}
    for name in consumer.topics():
        if name.startswith(connection.prefix) and "orders-placed" not in name:
            ends = consumer.end_offsets([TopicPartition(name, n) for n in consumer.partitions_for_topic(name)])
            counted["changes" if name.endswith("-changelog") else "records"] += sum(ends.values())
    consumer.close()
    return {
        "worker_cpu_ms_per_review": round(1000 * used / (len(events) - 10), 2),
        "records_per_review": round(counted["records"] / len(events), 1),
        "table_updates_per_review": round(counted["changes"] / len(events), 1),
    }


def main() -> None:
    """Measure and print one JSON object."""
    parser = argparse.ArgumentParser(prog="bench/cluster.py")
    parser.add_argument("--reviews", type=int, default=10_000)
    count = parser.parse_args().reviews
    state = load()
    events = observations(count)
    host = EmbeddedHost(":memory:", temporary=True)
    host.publish(events)
    host.drain()
    judged = list(host.final())
    connection = Connection(servers=state["kafka"]["address"], prefix=f"bench-{os.getpid()}-{int(time.time())}-")
    create_topics(connection)
    try:
        figures = writers(state["elasticsearch"]["address"], judged) | workers(connection, events)
        figures |= producers(connection, events)
    finally:
        admin = KafkaAdminClient(**connection.client())
        admin.delete_topics([name for name in admin.list_topics() if name.startswith(connection.prefix)])
        admin.close()
    print(json.dumps({"reviews": count} | figures))


if __name__ == "__main__":
    main()
