"""Runs workers on a real Kafka for tests: fresh topics, a supervisor as a process, and what came out."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import msgspec
from kafka import KafkaConsumer, TopicPartition
from kafka.admin import KafkaAdminClient

from molva.bus import create_topics
from schemas.codec import decode
from schemas.connection import Connection
from schemas.records import decode_dead
from schemas.topics import PARTITIONS
from streams.worker.settings import WorkerSettings
from streams.worker.status import Status, read

GROUP = "molva-worker"
HERE = Path(__file__).resolve().parent
PROGRAM = """
import logging, sys, msgspec
from streams.worker.settings import WorkerSettings
from streams.worker.supervisor import run
logging.basicConfig(level="INFO", stream=sys.stderr)
settings = msgspec.json.decode(sys.argv[1], type=WorkerSettings)
sys.exit(run(settings, topology=sys.argv[2]))
"""


class Cluster:
    """Topics of one test on the real Kafka, and its workers."""

    def __init__(self, address: str, folder: Path, *, topology: str = "worker_topology:topology") -> None:
        self.connection = Connection(servers=address, prefix=f"test-{os.getpid()}-{time.time_ns()}-")
        self.folder = folder
        self.topology = topology
        create_topics(self.connection)

    @contextmanager
    def workers(self, **settings: Any) -> Iterator[subprocess.Popen[bytes]]:
        """Run a supervisor while the block runs, and end it gracefully."""
        wanted = WorkerSettings(
            kafka=self.connection, folder=str(self.folder), **{"commit_every": 0.3, "log_level": "WARN", **settings}
        )
        environment = os.environ | {"PYTHONPATH": str(HERE)}
        with (self.folder / "log").open("ab") as log:
            process = subprocess.Popen(
                [sys.executable, "-c", PROGRAM, msgspec.json.encode(wanted), self.topology],
                env=environment,
                stderr=log,
                stdout=log,
            )
        try:
            yield process
        finally:
            if process.poll() is None:
                process.send_signal(signal.SIGTERM)
                process.wait(60)

    def remove(self) -> None:
        """Delete the topics."""
        admin = KafkaAdminClient(**self.connection.client())
        admin.delete_topics([name for name in admin.list_topics() if name.startswith(self.connection.prefix)])
        admin.close()

    def log(self) -> str:
        """What the workers said."""
        return (self.folder / "log").read_text()

    def status(self, index: int = 0) -> Status | None:
        """What a worker says of itself."""
        return read(self.folder / f"worker-{index}")

    def wait_until_drained(self, *, workers: int = 1, patience: float = 120.0) -> None:
        """Wait until all workers are ready, own every partition, and have no lag, twice in a row."""
        deadline = time.monotonic() + patience
        calm = 0
        while calm < 2:
            assert time.monotonic() < deadline, f"not drained in {patience} s:\n{self.log()[-3000:]}"
            time.sleep(1.1)
            found = [self.status(index) for index in range(workers)]
            fresh = all(status and time.time() - status.at < 3 and status.ready for status in found)
            told = sum(sum(status.lag.values()) for status in found if status)
            # In a rebalance nobody owns a partition and nobody tells its lag; what was committed always tells.
            calm = calm + 1 if fresh and not told and not self.lag() else 0

    def lag(self) -> int:
        """Records of the workers' topics behind which nobody has committed yet."""
        consumer, admin = KafkaConsumer(**self.connection.client()), KafkaAdminClient(**self.connection.client())
        group = self.connection.name(GROUP)
        done = admin.list_group_offsets([group])[group]
        topics = {partition.topic for partition in done if not partition.topic.endswith("-changelog")}
        partitions = [TopicPartition(topic, number) for topic in topics for number in range(PARTITIONS)]
        ends = consumer.end_offsets(partitions) if partitions else {}
        consumer.close()
        admin.close()
        return sum(end - max(0, done[tp].offset if tp in done else 0) for tp, end in ends.items())

    def read(self, topic: str, *, raw: bool = False) -> list[Any]:
        """All records of a topic, decoded, those of a partition in order."""
        consumer = KafkaConsumer(**self.connection.client())
        name = self.connection.name(topic)
        partitions = [TopicPartition(name, number) for number in sorted(consumer.partitions_for_topic(name))]
        consumer.assign(partitions)
        consumer.seek_to_beginning(*partitions)
        ends = consumer.end_offsets(partitions)
        found = []
        while any(consumer.position(tp) < ends[tp] for tp in partitions):
            for records in consumer.poll(timeout_ms=500).values():
                found += records
        consumer.close()
        found.sort(key=lambda item: (item.partition, item.offset))
        if raw:
            return found
        reader = decode_dead if topic.endswith("-dead") else lambda value: decode(topic, value)
        return [reader(item.value) for item in found]

    def table(self, name: str, row: type[Any]) -> dict[bytes, Any]:
        """A table as its changelog has it."""
        rows: dict[bytes, Any] = {}
        for item in self.read(f"molva-worker-{name}-changelog", raw=True):
            rows[item.key] = item.value
        return {key: msgspec.msgpack.decode(value, type=row) for key, value in rows.items() if value is not None}
