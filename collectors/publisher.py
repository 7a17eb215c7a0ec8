"""Where observations go, and a publisher that keeps them in memory, for tests and trials."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from typing import Protocol

from schemas.events import DeadLetter, Observation


class Publisher(Protocol):
    """Where observations go; the composition root gives SQLite's log or Kafka. Used from many threads."""

    def publish(self, events: Sequence[Observation]) -> None:
        """Take the events; they are safe after ``flush``."""
        ...

    def dead_letter(self, letter: DeadLetter) -> None:
        """Take what could not be read; it is safe after ``flush``."""
        ...

    def flush(self) -> None:
        """Return when everything taken before is safe; raise when it is not."""
        ...


class MemoryPublisher:
    """Keeps what was flushed in ``events`` and ``letters``; what was only taken is not there."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._taken: list[Observation] = []
        self._buried: list[DeadLetter] = []
        self.events: list[Observation] = []
        self.letters: list[DeadLetter] = []

    def publish(self, events: Sequence[Observation]) -> None:
        """See Publisher."""
        with self._lock:
            self._taken.extend(events)

    def dead_letter(self, letter: DeadLetter) -> None:
        """See Publisher."""
        with self._lock:
            self._buried.append(letter)

    def flush(self) -> None:
        """See Publisher."""
        with self._lock:
            self.events.extend(self._taken)
            self.letters.extend(self._buried)
            self._taken, self._buried = [], []
