"""The watchdog: a worker that stands still with work waiting ends itself, for a restart brings everything back."""

from __future__ import annotations

from collections.abc import Hashable, Mapping

EXIT_STUCK = 76
"""Exit code of a worker that its watchdog ended."""


class Watchdog:
    """Remembers since when each thing has not moved."""

    def __init__(self, limit: float) -> None:
        self.limit = limit
        self._seen: dict[Hashable, tuple[object, float]] = {}

    def stuck(self, state: Mapping[Hashable, object], *, now: float) -> Hashable | None:
        """Return a thing whose state has been the same for longer than the limit, or None.

        Args:
            state: What is watched, each with a value that changes when it moves, or None when it has nothing to do.
            now: Seconds of a clock that only goes forward.
        """
        for gone in self._seen.keys() - state.keys():
            del self._seen[gone]
        for name, value in state.items():
            before = self._seen.get(name)
            if value is None or before is None or before[0] != value:
                self._seen[name] = (value, now)
            elif now - before[1] > self.limit:
                return name
        return None
