"""The embedded host: exactly once, whatever kills it; failures buried with their bytes; a fuse against bad deploys."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from topology_cases import comparable, mixed, seen

from molva.embedded import EmbeddedHost, FuseBlown
from schemas.events import DeadLetter, ReviewCollected
from streams.topology import topology

WORKER = """
import sys
sys.path.insert(0, "tests")
from topology_cases import mixed
import molva.embedded
from molva.embedded import EmbeddedHost
molva.embedded.BATCH = 4
host = EmbeddedHost(sys.argv[1])
if not host.connection.execute("SELECT count(*) FROM log").fetchone()[0]:
    host.publish(event for seed in range(int(sys.argv[2])) for event in mixed(seed, size=60))
print("ready", flush=True)
while host.drain():
    pass
print("done", flush=True)
"""
WORLDS = 8


@pytest.fixture(scope="module")
def steps():
    return topology()


def state(host):
    return {name: dict(table.items()) for name, table in host.tables.items()}


def test_killed_at_random_it_ends_like_an_undisturbed_run(tmp_path, steps):
    quiet = EmbeddedHost(tmp_path / "quiet.sqlite", steps=steps)
    quiet.publish(event for seed in range(WORLDS) for event in mixed(seed, size=60))
    quiet.drain()
    killed = tmp_path / "killed.sqlite"
    choose, kills, done = random.Random(4), 0, False
    while not done:
        process = subprocess.Popen(
            [sys.executable, "-c", WORKER, str(killed), str(WORLDS)],
            stdout=subprocess.PIPE,
            text=True,
            cwd=Path(__file__).parents[2],
        )
        assert process.stdout.readline() == "ready\n"
        if kills < 6:
            time.sleep(choose.uniform(0.0, 0.25))
            os.kill(process.pid, signal.SIGKILL)
            kills += 1
        done = "done" in process.stdout.read()
        process.wait()
    after = EmbeddedHost(killed, steps=steps)
    assert after.drain() == 0
    assert comparable(after.final()) == comparable(quiet.final())
    assert state(after) == state(quiet)
    count = "SELECT topic, count(*) FROM log WHERE topic = 'reviews-collected' GROUP BY topic"
    assert after.connection.execute(count).fetchall() == quiet.connection.execute(count).fetchall()


def broken(steps, fails):
    """The topology with a first step that fails on some events."""
    first = steps[0]

    def run(events, *tables):
        for event in events:
            if fails(event):
                raise RuntimeError("cannot digest this")
        return first.run(events, *tables)

    return (type(first)(first.name, first.reads, first.writes, first.tables, first.keys, run), *steps[1:])


def test_a_poison_event_is_one_dead_letter_with_its_bytes_and_the_rest_flows(steps):
    events = mixed(1)
    poison = next(event for event in events if isinstance(event, ReviewCollected))
    host = EmbeddedHost(":memory:", steps=broken(steps, lambda e: getattr(e, "event_id", "") == poison.event_id))
    host.publish(events)
    host.drain()
    letters = [letter for _, letter in host.dead_letters()]
    assert {letter.reason for letter in letters} == {"RuntimeError: cannot digest this"}
    assert "Traceback" in letters[0].traceback
    assert poison.event_id.encode() in letters[0].payload
    assert {judged.review_id for judged in host.final()} >= {
        event.review_id
        for event in events
        if isinstance(event, ReviewCollected) and event.review_id != poison.review_id
    }


def test_a_dead_letter_can_be_retried_after_a_fix(tmp_path, steps):
    events = [seen(mixed(1)[0].review, 1)]
    host = EmbeddedHost(tmp_path / "x.sqlite", steps=broken(steps, lambda e: True))
    host.publish(events)
    host.drain()
    host.close()
    mended = EmbeddedHost(tmp_path / "x.sqlite", steps=steps)
    assert mended.retry(dict(mended.dead_letters())) == 1
    mended.drain()
    assert mended.dead_letters() == []
    assert [judged.review_id for judged in mended.final()] == [events[0].review_id]


def test_the_fuse_blows_before_a_topic_is_emptied_into_dead_letters(tmp_path, steps):
    host = EmbeddedHost(tmp_path / "x.sqlite", steps=broken(steps, lambda e: True))
    events = mixed(1, size=200)
    host.publish(events)
    with pytest.raises(FuseBlown, match="nothing was acknowledged"):
        host.drain()
    assert host.dead_letters() == []
    mended = EmbeddedHost(tmp_path / "x.sqlite", steps=steps)
    assert mended.drain() == len(events)


def test_bytes_that_are_no_event_are_a_dead_letter(steps):
    host = EmbeddedHost(":memory:", steps=steps)
    host.connection.execute("INSERT INTO log (topic, value) VALUES ('reviews-collected', ?)", (b"\xff{",))
    host.publish(mixed(1)[:3])
    assert host.drain() == 4
    [(_, letter)] = host.dead_letters()
    assert letter.payload == b"\xff{"
    assert letter.stage == "decode"


def test_a_sink_that_fails_takes_the_whole_batch_back(steps):
    def sink(items):
        raise OSError("disk full")

    host = EmbeddedHost(":memory:", steps=steps, sinks=[sink])
    host.publish(mixed(1)[:5])
    with pytest.raises(OSError, match="disk full"):
        host.drain()
    host.sinks.clear()
    assert host.drain() == 5
    assert host.tables["reviews"]


def test_dead_letters_of_collectors_are_kept(steps):
    host = EmbeddedHost(":memory:", steps=steps)
    letter = DeadLetter(
        stage="collect", reason="no text", payload=b"x", topic="reviews-collected", died_at=mixed(1)[0].observed_at
    )
    host.dead_letter(letter)
    assert host.dead_letters() == [(1, letter)]
