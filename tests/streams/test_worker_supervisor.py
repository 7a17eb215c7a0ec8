"""The supervisor starts each worker again, with pauses, and tells health and metrics of all."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from pathlib import Path

import msgspec
import pytest

from streams.worker import health, supervisor
from streams.worker.settings import Assignment, WorkerSettings
from streams.worker.status import Status, read, write
from streams.worker.supervisor import EXIT_FUSE, Supervisor
from tools.servers.processes import free_port


@pytest.fixture
def watched(tmp_path, monkeypatch):
    """Runs a supervisor in a thread until a condition holds, and returns it with its exit code."""
    monkeypatch.setenv("PYTHONPATH", str(Path(__file__).resolve().parent.parent))
    monkeypatch.setenv("WORKER_TEST_FOLDER", str(tmp_path))

    def run(ending, until, **settings):
        one = Supervisor(WorkerSettings(folder=str(tmp_path), **settings), topology=f"worker_endings:{ending}")
        codes = []
        thread = threading.Thread(target=lambda: codes.append(one.run()))
        thread.start()
        deadline = time.monotonic() + 25
        while not until(one) and time.monotonic() < deadline:
            time.sleep(0.05)
        held = until(one)
        one.request_stop()
        thread.join(40)
        assert held, "the condition did not come true in time"
        return one, codes[0]

    return run


def test_a_worker_that_ends_is_started_again_after_growing_pauses(watched):
    one, code = watched("fault", lambda one: one.slots[0].restarts >= 3)
    assert code == 0
    assert one.slots[0].quick_failures >= 3


def test_a_blown_fuse_stays_blown(watched):
    one, code = watched("fuse", lambda one: all(slot.blown for slot in one.slots), workers=2)
    assert code == EXIT_FUSE
    assert [slot.restarts for slot in one.slots] == [0, 0]


def test_tables_that_do_not_belong_are_removed(watched, tmp_path):
    tables = tmp_path / "worker-0" / "tables"
    tables.mkdir(parents=True)
    watched("inconsistent", lambda one: one.slots[0].restarts >= 2)
    assert not tables.exists()


def test_a_worker_that_says_nothing_is_ended(watched, tmp_path):
    one, _ = watched("stay", lambda one: one.slots[0].restarts >= 1, stuck_after=1.0)
    assert one.slots[0].restarts >= 1


def test_workers_end_with_their_supervisor(tmp_path, monkeypatch):
    monkeypatch.setenv("PYTHONPATH", str(Path(__file__).resolve().parent.parent))
    monkeypatch.setenv("WORKER_TEST_FOLDER", str(tmp_path))
    assignment = Assignment(
        settings=WorkerSettings(folder=str(tmp_path)), index=0, folder=str(tmp_path), topology="worker_endings:stay"
    )
    process = subprocess.Popen([sys.executable, "-m", "streams.worker"], stdin=subprocess.PIPE)
    process.stdin.write(msgspec.json.encode(assignment) + b"\n")
    process.stdin.flush()
    deadline = time.monotonic() + 20
    while not (tmp_path / f"started-{process.pid}").exists() and time.monotonic() < deadline:
        time.sleep(0.05)
    process.stdin.close()  # as when the supervisor is killed
    assert process.wait(10) == -15


def test_the_password_is_in_no_command_line_and_no_environment(tmp_path, monkeypatch):
    started = []
    monkeypatch.setattr(supervisor.subprocess, "Popen", lambda *args, **named: started.append((args, named)) or Pipe())
    settings = WorkerSettings(kafka=msgspec.convert({"password": "hidden-word"}, type=type(WorkerSettings().kafka)))
    one = Supervisor(msgspec.structs.replace(settings, folder=str(tmp_path)))
    one.slots[0].start()
    assert "hidden-word" not in repr(started)
    assert b"hidden-word" in one.slots[0].process.stdin.written
    assert "hidden-word" not in repr(os.environ)


class Pipe:
    """A process of which only the standard input is looked at."""

    def __init__(self):
        self.stdin, self.written = self, b""

    def write(self, data):
        self.written += data

    def flush(self):
        """Nothing is held back."""


class Slot:
    def __init__(self, status, *, blown=False, restarts=0):
        self.found, self.blown, self.restarts = status, blown, restarts

    def status(self):
        return self.found


def test_health_names_each_worker_that_is_not_well():
    well = Status(worker=0, at=time.time(), ready=True, partitions=16, lag={"a/0": 2})
    waiting, silent = Status(worker=0, at=time.time()), Status(worker=0, at=time.time() - 60)
    assert health.healthy([Slot(well), Slot(waiting)]) == (
        True,
        "worker 0: ready, 16 partitions, lag 2\nworker 1: waiting, 0 partitions, lag 0\n",
    )
    good, text = health.healthy([Slot(well), Slot(None), Slot(silent), Slot(well, blown=True)])
    assert not good
    assert text.splitlines()[1:] == ["worker 1: starting", "worker 2: silent", "worker 3: stopped by its fuse"]


def test_metrics_are_served_with_escaped_labels():
    status = Status(worker=0, at=time.time(), ready=True, outcomes={'a"b\\c/new': 3}, lag={"orders-placed/7": 4})
    port = free_port()
    with health.serve(f"127.0.0.1:{port}", health.page([Slot(status, restarts=2)])):
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics") as answer:
            lines = answer.read().decode().splitlines()
        with pytest.raises(urllib.error.HTTPError):
            urllib.request.urlopen(f"http://127.0.0.1:{port}/else")
    assert 'molva_worker_restarts_total{worker="0"} 2' in lines
    assert 'molva_consumer_lag_records{worker="0",topic="orders-placed",partition="7"} 4' in lines
    assert 'molva_reviews_collected_total{worker="0",source="a\\"b\\\\c",outcome="new"} 3' in lines


def test_a_status_is_read_as_it_was_written_or_not_at_all(tmp_path):
    assert read(tmp_path) is None
    status = Status(worker=3, at=1.5, lag={"a/1": 2})
    write(status, tmp_path)
    assert read(tmp_path) == status
    (tmp_path / "status.json").write_bytes(b"{")
    assert read(tmp_path) is None
