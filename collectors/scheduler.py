"""Runs every source when its time has come, a few at once, and lives on whatever one of them does."""

from __future__ import annotations

import heapq
import logging
import random
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial

from collectors.client import Client
from collectors.configured import DAY, Source
from collectors.cursors import Part, State
from collectors.runner import Run, Runner
from collectors.web.pace import Pace

log = logging.getLogger(__name__)

JITTER = 0.1
"""Share of its interval by which a source comes earlier or later, so that they do not all come at once."""


class Scheduler:
    """Runs sources at their ``every``; one source never runs twice at once, one without ``every`` never."""

    def __init__(
        self,
        sources: Sequence[Source],
        runner: Runner,
        states: Callable[[str], State],
        *,
        stop: threading.Event,
        threads: int = 4,
        done: Callable[[Run], None] | None = None,
        progress: Callable[[str, int, int], None] | None = None,
    ) -> None:
        """Plan all sources for now.

        Args:
            sources: What to run.
            runner: How.
            states: The memory of a source, by its name.
            stop: Ends the schedule; waiting collectors end as "stopped".
            threads: Sources that run at once.
            done: Told of every run, from the thread in which it ran.
            progress: Told the source's name, how much is done and of how much, by sources that know.
        """
        self._sources = {source.name: source for source in sources if source.every is not None}
        self._runner, self._states, self._stop, self._done = runner, states, stop, done
        self._progress = progress
        # A client is kept between runs, and with it what robots.txt said.
        pace = Pace(stop)
        self._clients = {
            name: Client(source.manners, store=Part(states(name), "http/"), pace=pace)
            for name, source in self._sources.items()
            if "client" in source.collector.takes
        }
        self._pool = ThreadPoolExecutor(max_workers=threads, thread_name_prefix="collector")
        self._changed = threading.Condition()
        self._due = [(0.0, name) for name in self._sources]
        self._troubles: dict[str, int] = {}
        self.beat = time.monotonic()

    def run_once(self) -> list[Run]:
        """Run every source once and wait for all; in the order in which they were given."""
        futures = [self._pool.submit(self._run, name) for name in self._sources]
        return [future.result() for future in futures]

    def run_forever(self) -> None:
        """Run sources as they fall due until ``stop`` is set, then wait for those that run."""
        try:
            while not self._stop.is_set():
                self.beat = time.monotonic()
                with self._changed:
                    now = time.monotonic()
                    while self._due and self._due[0][0] <= now:
                        self._pool.submit(self._run_and_plan, heapq.heappop(self._due)[1])
                    ahead = self._due[0][0] - now if self._due else 1.0
                    self._changed.wait(min(1.0, max(0.01, ahead)))
        finally:
            self._pool.shutdown(wait=True, cancel_futures=True)

    def _run_and_plan(self, name: str) -> None:
        started = time.monotonic()
        wait = self._sources[name].every or DAY
        try:
            wait = self._pause(self._run(name), wait)
        except Exception:
            log.exception("source %s: its state cannot be read or written", name)
        with self._changed:
            heapq.heappush(self._due, (started + wait, name))
            self._changed.notify()

    def _run(self, name: str) -> Run:
        source, state = self._sources[name], self._states(name)
        progress = partial(self._progress, name) if self._progress else None
        run = self._runner.run(source, state, client=self._clients.get(name), progress=progress)
        if not run.ok and run.ending != "stopped":
            log.warning("source %s: %s: %s", name, run.ending, run.why)
        if self._done is not None:
            try:
                self._done(run)
            except Exception:
                log.exception("source %s: the listener of its run failed", name)
        return run

    def _pause(self, run: Run, every: float) -> float:
        """Seconds until the source's next run: a layout that has changed or a fault is tried ever more rarely."""
        every *= random.uniform(1 - JITTER, 1 + JITTER)  # noqa: S311 - jitter
        if run.ok or run.ending in ("retry later", "stopped"):
            self._troubles.pop(run.source, None)
            return max(every, run.retry_after or 0.0)
        troubles = self._troubles[run.source] = self._troubles.get(run.source, 0) + 1
        return max(every, min(DAY, every * 2.0 ** min(troubles, 20)))
