"""How fast one host is asked, whoever asks: sources of one process share their manners."""

from __future__ import annotations

import random
import threading
import time
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from collectors.errors import Stopped

LONGEST = 120.0
"""Seconds between two requests that a crawl delay can ask of us; longer wishes are cut to it."""


class Pace:
    """Keeps at least ``delay`` seconds, give or take a quarter, between two requests to one host."""

    def __init__(self, stop: threading.Event | None = None) -> None:
        self._stop = stop or threading.Event()
        self._next: dict[str, float] = {}
        self._lock = threading.Lock()

    def wait(self, host: str, delay: float) -> None:
        """Wait for this host's turn; raises Stopped when the process ends meanwhile."""
        spacing = min(delay, LONGEST) * random.uniform(0.75, 1.25)  # noqa: S311 - jitter, not a secret
        with self._lock:
            now = time.monotonic()
            turn = max(now, self._next.get(host, 0.0))
            self._next[host] = turn + spacing
        self.sleep(turn - now)

    def sleep(self, seconds: float) -> None:
        """Sleep, but wake up and raise Stopped when the process ends."""
        if self._stop.is_set() or (seconds > 0 and self._stop.wait(seconds)):
            raise Stopped("stopped while waiting")


def retry_after(value: str | None) -> float | None:
    """Seconds that a Retry-After header asks for, given as a number or as a date; None for neither."""
    if not value:
        return None
    value = value.strip()[:100]
    if value.isascii() and value.isdigit():
        return min(float(value), 1e9)
    try:
        when = parsedate_to_datetime(value)
    except (ValueError, TypeError, OverflowError):
        return None
    when = when if when.tzinfo else when.replace(tzinfo=UTC)
    return max(0.0, (when - datetime.now(UTC)).total_seconds())
