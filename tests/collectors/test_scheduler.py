"""Sources run by their timetable, none disturbs another, and a stop wakes whoever waits."""

from __future__ import annotations

import threading
import time

from listings import review

from collectors import RetryLater, collector
from collectors.configured import Source
from collectors.cursors import MemoryState
from collectors.runner import Runner
from collectors.scheduler import Scheduler


def scheduled(behaviour, *, name: str, every: float | None = 0.05) -> Source:
    @collector(channel="site")
    def one():
        """Yield by behaviour."""
        yield from behaviour()

    return Source(name=name, collector=one, every=every)


def test_sources_run_again_and_again_and_none_disturbs_another(publisher):
    stop, states, counts, running = threading.Event(), {}, {"good": 0, "bad": 0, "never": 0}, []

    def good():
        counts["good"] += 1
        running.append(1)
        time.sleep(0.02)
        yield review(1)
        running.pop()

    def bad():
        counts["bad"] += 1
        raise SystemError("broken")
        yield

    def never():
        counts["never"] += 1
        yield

    sources = [scheduled(good, name="good"), scheduled(bad, name="bad"), scheduled(never, name="never", every=None)]
    endings: list[tuple[str, str]] = []
    scheduler = Scheduler(
        sources,
        Runner(publisher, contact_key=b"k"),
        lambda name: states.setdefault(name, MemoryState()),
        stop=stop,
        done=lambda run: endings.append((run.source, run.ending)),
    )
    thread = threading.Thread(target=scheduler.run_forever)
    thread.start()
    time.sleep(1.0)
    stop.set()
    thread.join(timeout=5)
    assert not thread.is_alive()
    assert counts["good"] >= 5
    # A source that fails is tried ever more rarely.
    assert 1 <= counts["bad"] < counts["good"]
    assert counts["never"] == 0
    assert set(endings) == {("good", "exhausted"), ("bad", "failed")}


def test_a_source_that_asked_to_come_back_later_is_left_alone_until_then(publisher):
    stop, times = threading.Event(), []

    def busy():
        times.append(time.monotonic())
        raise RetryLater(0.5)
        yield

    state = MemoryState()
    scheduler = Scheduler(
        [scheduled(busy, name="busy")], Runner(publisher, contact_key=b"k"), lambda name: state, stop=stop
    )
    thread = threading.Thread(target=scheduler.run_forever)
    thread.start()
    time.sleep(0.8)
    stop.set()
    thread.join(timeout=5)
    assert len(times) == 2
    assert times[1] - times[0] >= 0.5


def test_a_stop_wakes_a_collector_that_waits(publisher, site, client):
    site.pages |= {f"/{number}": b"x" for number in range(3)}

    @collector(channel="site")
    def slow(client):
        """Fetch slowly."""
        for number in range(3):
            client.get(f"{site.url}/{number}")
            yield review(number)

    stop, runs = threading.Event(), []
    manners = client(delay=60.0, robots=False).manners
    scheduler = Scheduler(
        [Source(name="slow", collector=slow, manners=manners)],
        Runner(publisher, contact_key=b"k"),
        lambda name: MemoryState(),
        stop=stop,
        done=runs.append,
    )
    thread = threading.Thread(target=scheduler.run_forever)
    thread.start()
    time.sleep(0.3)
    stop.set()
    thread.join(timeout=5)
    assert not thread.is_alive()
    assert [(run.ending, run.published) for run in runs] == [("stopped", 1)]


def test_run_once_runs_every_source_and_waits(publisher):
    sources = [scheduled(lambda: iter([review(1)]), name="a"), scheduled(lambda: iter([review(2)]), name="b")]
    scheduler = Scheduler(
        sources, Runner(publisher, contact_key=b"k"), lambda name: MemoryState(), stop=threading.Event()
    )
    assert [(run.source, run.published) for run in scheduler.run_once()] == [("a", 1), ("b", 1)]
