"""Starts the workers of one machine and starts each again whenever it ends, for ending is how a worker heals itself."""

from __future__ import annotations

import contextlib
import logging
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from types import FrameType

import msgspec

from streams.worker.health import page, serve
from streams.worker.settings import Assignment, WorkerSettings
from streams.worker.status import FILE, Status, read

log = logging.getLogger(__name__)

TOPOLOGY = "streams.worker.steps:configured"
"""The shipped topology with the models of the settings."""
EXIT_FUSE = 77
EXIT_INCONSISTENT = 78
PATIENCE = 30.0
"""Seconds that a worker has to end by itself."""
LONGEST_PAUSE = 10.0
STEADY = 30.0
"""A worker that lived so many seconds is no longer one that fails at its start."""


class Slot:
    """A worker's place: its process, and how often it failed in a row."""

    def __init__(self, assignment: Assignment) -> None:
        self.assignment = assignment
        self.folder = Path(assignment.folder)
        self.process: subprocess.Popen[bytes] | None = None
        self.began = 0.0
        self.restarts = 0
        self.quick_failures = 0
        self.start_at = 0.0
        self.blown = False

    def start(self) -> None:
        """Start the process and tell it what it is; its standard input stays open as long as we live."""
        self.folder.mkdir(parents=True, exist_ok=True)
        (self.folder / FILE).unlink(missing_ok=True)
        self.process = subprocess.Popen([sys.executable, "-m", "streams.worker"], stdin=subprocess.PIPE)
        self.began = time.monotonic()
        assert self.process.stdin is not None
        with contextlib.suppress(BrokenPipeError):
            self.process.stdin.write(msgspec.json.encode(self.assignment) + b"\n")
            self.process.stdin.flush()

    def status(self) -> Status | None:
        """What the process that runs now said last."""
        return read(self.folder) if self.process is not None else None

    def ended(self, code: int) -> None:
        """Decide when to start again after an end with *code*."""
        self.process = None
        lived = time.monotonic() - self.began
        if code == EXIT_FUSE:
            self.blown = True
            log.error(
                "worker %d stopped by its fuse; mend the cause, then start the workers again", self.assignment.index
            )
            return
        if code == EXIT_INCONSISTENT:
            log.warning("worker %d: tables removed; they come back from their changelogs", self.assignment.index)
            shutil.rmtree(self.folder / "tables", ignore_errors=True)
        self.quick_failures = 0 if lived > STEADY else self.quick_failures + 1
        pause = min(LONGEST_PAUSE, 0.2 * 2 ** (self.quick_failures - 1)) if self.quick_failures else 0.0
        self.restarts += 1
        self.start_at = time.monotonic() + pause
        log.warning("worker %d ended with %d; again in %.1f s", self.assignment.index, code, pause)


class Supervisor:
    """The workers of one machine."""

    def __init__(self, settings: WorkerSettings, *, topology: str = TOPOLOGY) -> None:
        self.settings = settings
        self.slots = [
            Slot(
                Assignment(
                    settings=settings, index=index, folder=f"{settings.folder}/worker-{index}", topology=topology
                )
            )
            for index in range(settings.workers)
        ]
        self._stop = threading.Event()

    def request_stop(self) -> None:
        """Ask ``run`` to end the workers and return."""
        self._stop.set()

    def run(self) -> int:
        """Keep the workers running until ``request_stop``; return 0, or 77 when a fuse has blown."""
        with serve(self.settings.address, page(self.slots)):
            while not self._stop.wait(0.1):
                self._look_after()
            self._end()
        return EXIT_FUSE if any(slot.blown for slot in self.slots) else 0

    def _look_after(self) -> None:
        for slot in self.slots:
            if slot.blown:
                continue
            if slot.process is None:
                if time.monotonic() >= slot.start_at:
                    slot.start()
            elif (code := slot.process.poll()) is not None:
                slot.ended(code)
            elif self._silent(slot):
                log.warning("worker %d has said nothing for too long; ending it", slot.assignment.index)
                slot.process.kill()

    def _silent(self, slot: Slot) -> bool:
        """A process whose event loop hangs cannot watch itself: its silence is watched here, with some patience."""
        limit = 2 * self.settings.stuck_after
        status = slot.status()
        since = time.monotonic() - slot.began if status is None else time.time() - status.at
        return min(since, time.monotonic() - slot.began) > limit

    def _end(self) -> None:
        running = [slot.process for slot in self.slots if slot.process is not None]
        for process in running:
            process.send_signal(signal.SIGTERM)
        deadline = time.monotonic() + PATIENCE
        for process in running:
            try:
                process.wait(max(0.1, deadline - time.monotonic()))
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def run(settings: WorkerSettings, *, topology: str = TOPOLOGY) -> int:
    """Run workers until SIGTERM or SIGINT; return the exit code: 0, or 77 when a stage's fuse has blown.

    Args:
        settings: Of the workers. The topics must be there (``molva.bus.create_topics``).
        topology: ``module:function`` that is given the settings and returns the steps.
    """
    supervisor = Supervisor(settings, topology=topology)
    with _signals(supervisor):
        return supervisor.run()


@contextlib.contextmanager
def _signals(supervisor: Supervisor) -> Iterator[None]:
    def stop(number: int, _frame: FrameType | None) -> None:
        log.info("signal %d: ending the workers", number)
        supervisor.request_stop()

    before = {number: signal.signal(number, stop) for number in (signal.SIGTERM, signal.SIGINT)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
