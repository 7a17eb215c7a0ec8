"""The fuse of a stage: a bad release must not empty a topic into its dead letters."""

from __future__ import annotations

from collections import deque

FAILURES = 20
"""So many failures among the last ``WINDOW`` events, at least, stop a stage..."""
SHARE = 0.05
"""...if they are more than this share of them."""
WINDOW = 1000


class Fuse:
    """Counts failures among a stage's last thousand events."""

    def __init__(self) -> None:
        self._last: deque[bool] = deque(maxlen=WINDOW)
        self._failures = 0

    def note(self, *, failed: bool) -> None:
        """Count one event."""
        if len(self._last) == WINDOW:
            self._failures -= self._last[0]
        self._last.append(failed)
        self._failures += failed

    def would_blow(self) -> bool:
        """Say whether one more failure is one too many: then the stage stops and that event stays where it is."""
        failures = self._failures + 1
        return failures >= FAILURES and failures > SHARE * min(len(self._last) + 1, WINDOW)
