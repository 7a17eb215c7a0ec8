"""Takes what names a person out of what sources remember between runs."""

from __future__ import annotations

from collections.abc import Callable, Collection

from collectors import listing
from collectors.cursors import SqliteStates


def forget(
    states: SqliteStates, *, reviews: Collection[tuple[str, str]], mentions: Callable[[bytes], bool]
) -> tuple[int, int]:
    """Remove a person's traces; gives how many requests left the quarantine, and how many other memories went.

    Pages that are kept to ask whether they have changed go whole for every source of *reviews*, because they are
    packed; the next run fetches them anew.

    Args:
        states: The memories of all sources.
        reviews: Source and own id of the person's reviews.
        mentions: Says whether some bytes speak of the person.
    """
    sources = {source for source, _ in reviews}
    requests = others = 0
    for name in states.sources():
        state = states.of(name)
        changes: dict[str, bytes | None] = {}
        for key, value in state.items():
            if key == "listing":
                entries = listing.read(value)
                kept = {place: entry for place, entry in entries.items() if place not in reviews}
                if len(kept) < len(entries):
                    changes[key] = listing.write(kept)
            elif (key.startswith("http/") and name in sources) or mentions(key.encode() + b"\n" + value):
                changes[key] = None
                requests += key.startswith("quarantine ")
        others += len(changes)
        state.apply(changes)
    return requests, others - requests
