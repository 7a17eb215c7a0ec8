"""The watchdog: a worker that stands still with work waiting ends itself, for a restart brings everything back."""

from __future__ import annotations

from collections.abc import Collection, Hashable, Mapping

EXIT_STUCK = 76
"""Exit code of a worker that its watchdog ended."""


class Watchdog:
    """Remembers since when each thing has not moved."""

    def __init__(self, limit: float) -> None:
        self.limit = limit
        self._seen: dict[Hashable, tuple[object, float, bool]] = {}

    def stuck(
        self, state: Mapping[Hashable, object], *, now: float, queued: Collection[Hashable] = ()
    ) -> Hashable | None:
        """Return a thing whose state has been the same for longer than the limit, or None.

        Args:
            state: What is watched, each with a value that changes when it moves, or None when it has nothing to do.
            now: Seconds of a clock that only goes forward.
            queued: What may still wait in a queue behind others. On a machine with too much to do that is no standing
                still, until the queue was once seen empty: then whatever had been fetched is done.
        """
        for gone in self._seen.keys() - state.keys():
            del self._seen[gone]
        for name, value in state.items():
            before, since, excused = self._seen.get(name, (None, now, True))
            if value is None or before != value or (excused and name in queued):
                self._seen[name] = (value, now, True)
            else:
                self._seen[name] = (value, since, False)
                if now - since > self.limit:
                    return name
        return None
