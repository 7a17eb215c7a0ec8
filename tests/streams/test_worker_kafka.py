"""The distributed host on a real Kafka: the same end as the embedded host, whatever is killed, and poison set aside."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import time
import urllib.error
import urllib.request
from datetime import UTC, datetime, timedelta

import pytest
from msgspec.structs import replace
from topology_cases import CASES, comparable
from worker_cluster import Cluster
from worker_topology import Noted

from molva.bus import KafkaBus
from molva.embedded import EmbeddedHost
from schemas.events import Review, ReviewCollected, Subject
from schemas.records import Record
from streams.worker.supervisor import EXIT_FUSE
from tools.servers.processes import free_port

pytestmark = [pytest.mark.servers, pytest.mark.timeout(280)]
START = datetime(2026, 1, 1, tzinfo=UTC)


@pytest.fixture
def cluster(servers, tmp_path):
    address = servers("kafka")["address"]

    def make(topology="worker_topology:topology"):
        made.append(Cluster(address, tmp_path, topology=topology))
        return made[-1]

    made = []
    yield make
    for one in made:
        one.remove()


def event(number, text="fine", *, reviews=100, subjects=10):
    return ReviewCollected(
        review_id=f"r{number % reviews}",
        event_id=f"e{number}",
        observed_at=START + timedelta(seconds=number),
        review=Review(source="shop", subject=Subject(id=f"p{number % subjects}"), text=text),
    )


def world():
    """All cases after one another in one log: what one leaves behind, the next must live with."""
    events = []
    for days, case in enumerate(CASES.values()):
        for one in case():
            at = one.observed_at + timedelta(days=100 * days)
            events.append(replace(one, observed_at=at, event_id=f"{days}-{one.event_id}"))
    return events


def workers_of(supervisor):
    listed = subprocess.run(
        ["/bin/ps", "-o", "pid=", "--ppid", str(supervisor.pid)], capture_output=True, text=True, check=False
    )
    return [int(pid) for pid in listed.stdout.split()]


def final(cluster):
    judged = {}
    for one in cluster.read("reviews-judged"):
        judged[one.review_id] = one
    return comparable(judged.values())


def embedded(events):
    host = EmbeddedHost(":memory:", temporary=True)
    host.publish(events)
    host.drain()
    return comparable(host.final())


def test_all_cases_end_as_on_the_embedded_host_though_workers_are_killed(cluster):
    events = world()
    wanted = embedded(events)
    kafka = cluster("streams.worker.steps:configured")
    choose = random.Random(7)
    with KafkaBus(kafka.connection) as bus, kafka.workers(workers=2) as supervisor:
        for part in range(4):
            bus.publish(events[part * len(events) // 4 : (part + 1) * len(events) // 4])
            bus.flush()
            time.sleep(choose.uniform(2, 5))
            if running := workers_of(supervisor):
                os.kill(choose.choice(running), choose.choice([signal.SIGKILL, signal.SIGTERM]))
        kafka.wait_until_drained(workers=2, patience=120)
    assert final(kafka) == wanted
    assert all(kafka.read(f"{topic}-dead") == [] for topic in ("reviews-collected", "evidence-found"))


def accounted(kafka, count):
    """Every event is in its review's row and its subject's, and was told at least once."""
    ids = {f"e{number}" for number in range(count)}
    notes, tallies = kafka.table("notes", Noted), kafka.table("tallies", Noted)
    assert sorted(one for row in notes.values() for one in row.ids) == sorted(ids)
    assert sorted(one for row in tallies.values() for one in row.ids) == sorted(ids)
    assert {one.review_id for one in kafka.read("evidence-found")} == ids


@pytest.mark.parametrize("freezes", [1, pytest.param(8, marks=[pytest.mark.soak, pytest.mark.timeout(600)])])
def test_what_a_frozen_worker_still_sends_when_it_wakes_is_refused(cluster, tmp_path, freezes):
    kafka = cluster("worker_topology:stopped_in_a_send")
    with KafkaBus(kafka.connection) as bus, kafka.workers(workers=2, session_timeout=6.0):
        bus.publish(event(number) for number in range(500))
        bus.flush()
        kafka.wait_until_drained(workers=2)
        for freeze in range(freezes):
            (tmp_path / "SIGSTOP").touch()
            bus.publish(event(500 + 1000 * freeze + number) for number in range(500))
            bus.flush()
            while not (frozen := sorted(tmp_path.glob("SIGSTOP-*"))):
                time.sleep(0.05)
            bus.publish(event(500 + 1000 * freeze + number) for number in range(500, 1000))
            bus.flush()
            time.sleep(10)  # the other worker has its partitions now, and has done its work
            os.kill(int(frozen[0].name.removeprefix("SIGSTOP-")), signal.SIGCONT)
            frozen[0].unlink()
            kafka.wait_until_drained(workers=2)
    assert kafka.log().count("lease lost: Kafka refused a record by its time") == freezes
    accounted(kafka, 500 + 1000 * freezes)


def test_what_an_event_tells_is_with_kafka_before_its_row_changes(cluster, tmp_path):
    kafka = cluster("worker_topology:stopped_in_a_send")
    (tmp_path / "SIGKILL").touch()
    with KafkaBus(kafka.connection) as bus, kafka.workers(session_timeout=6.0):
        bus.publish(event(number, subjects=1) for number in range(10))
        bus.flush()
        while not list(tmp_path.glob("SIGKILL-*")):
            time.sleep(0.05)
        told, rows = len(kafka.read("reviews-by-subject")), kafka.table("notes", Noted)
        assert (told > 0, rows) == (True, {})
        kafka.wait_until_drained()
    accounted(kafka, 10)


@pytest.mark.soak
def test_nothing_is_lost_when_a_worker_freezes_anywhere_for_longer_than_its_session(cluster):
    kafka = cluster()
    with KafkaBus(kafka.connection) as bus, kafka.workers(workers=2, session_timeout=6.0) as supervisor:
        bus.publish(event(number) for number in range(1000))
        bus.flush()
        kafka.wait_until_drained(workers=2)
        frozen = workers_of(supervisor)[0]
        bus.publish(event(number) for number in range(1000, 2000))
        bus.flush()
        time.sleep(0.3)
        os.kill(frozen, signal.SIGSTOP)
        bus.publish(event(number) for number in range(2000, 3000))
        bus.flush()
        time.sleep(10)
        os.kill(frozen, signal.SIGCONT)
        kafka.wait_until_drained(workers=2)
    accounted(kafka, 3000)


def test_rows_outlive_the_machine_that_kept_them(cluster, tmp_path):
    kafka = cluster()
    with KafkaBus(kafka.connection) as bus:
        bus.publish(event(number) for number in range(500))
        bus.flush()
        with kafka.workers() as supervisor:
            kafka.wait_until_drained()
            os.kill(workers_of(supervisor)[0], signal.SIGKILL)
        for table in tmp_path.rglob("tables"):
            table.rename(tmp_path / "gone")
        bus.publish(event(number) for number in range(500, 1000))
        bus.flush()
        with kafka.workers():
            kafka.wait_until_drained()
    accounted(kafka, 1000)


def test_poison_is_one_dead_letter_with_its_bytes_and_the_rest_flows(cluster):
    kafka = cluster()
    with KafkaBus(kafka.connection) as bus:
        bus.publish(event(number, "poison" if number == 7 else "fine") for number in range(30))
        bus.send(Record("reviews-collected", b"r8", b'{"type": "nothing that we know"}'))
        bus.send(Record("reviews-by-subject", b"p1", b"\xff\x00 not even JSON"))
        bus.publish(event(number) for number in range(30, 40))
        bus.flush()
        with kafka.workers(address=f"127.0.0.1:{(port := free_port())}"):
            kafka.wait_until_drained()
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/health") as answer:
                assert answer.read().decode() == "worker 0: ready, 16 partitions, lag 0\n"
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics") as answer:
                assert 'molva_dead_letters_total{worker="0",stage="note",topic="reviews-collected"} 2' in (
                    answer.read().decode()
                )
    poison, unknown = sorted(kafka.read("reviews-collected-dead"), key=lambda letter: letter.key)
    assert poison.payload in {one.value for one in kafka.read("reviews-collected", raw=True) if one.key == b"r7"}
    assert poison.reason == "ZeroDivisionError: this event cannot be processed"
    assert "tests/worker_topology.py" in poison.traceback
    assert unknown.payload == b'{"type": "nothing that we know"}'
    (garbled,) = kafka.read("reviews-by-subject-dead")
    assert garbled.payload == b"\xff\x00 not even JSON"
    assert {one.review_id for one in kafka.read("evidence-found")} == {f"e{n}" for n in range(40) if n != 7}


def test_the_fuse_stops_a_stage_before_it_empties_its_topic(cluster):
    kafka = cluster()
    with KafkaBus(kafka.connection) as bus:
        bus.publish(event(number, "poison") for number in range(200))
        bus.flush()
        port = free_port()
        with kafka.workers(address=f"127.0.0.1:{port}") as supervisor:
            deadline = time.monotonic() + 60
            while "stopped by its fuse" not in kafka.log() and time.monotonic() < deadline:
                time.sleep(0.2)
            with pytest.raises(urllib.error.HTTPError) as answer:
                urllib.request.urlopen(f"http://127.0.0.1:{port}/health")
            assert answer.value.code == 503
            assert answer.value.read() == b"worker 0: stopped by its fuse\n"
        assert supervisor.returncode == EXIT_FUSE
    assert 1 <= len(kafka.read("reviews-collected-dead")) < 20
    assert kafka.read("reviews-by-subject") == []
