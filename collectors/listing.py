"""Which reviews a place showed when it was last read whole, so that those taken down are noticed.

A review counts as withdrawn when it was absent from two whole listings running. When more than a fifth is absent at
once, the page has changed, not the reviews; unless a person says that they are gone.
"""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from collectors.errors import LayoutChanged
from schemas.events import Review, Subject

TOO_MANY = 0.2
"""Share of the listing that may be absent at once; a single review always may."""


class Listed(msgspec.Struct, frozen=True, array_like=True):
    """A review of the listing, and how many whole listings running it has been absent."""

    source: str
    id: str
    subject: Subject
    absent: int = 0


Listing = dict[tuple[str, str], Listed]
"""Entries by source label and id."""


def read(data: bytes | None) -> Listing:
    """The listing in these bytes; an unreadable one counts as none."""
    try:
        entries = msgspec.msgpack.decode(data, type=list[Listed]) if data else []
    except msgspec.MsgspecError:
        entries = []
    return by_key(entries)


def by_key(entries: Iterable[Listed]) -> Listing:
    """The entries as a listing; of several with one key the last."""
    return {(entry.source, entry.id): entry for entry in entries}


def write(listing: Listing) -> bytes:
    """The bytes that ``read`` takes."""
    return msgspec.msgpack.encode(list(listing.values()))


def entry(review: Review) -> Listed | None:
    """The review as an entry, or None when it has no id by which it could be missed."""
    return Listed(review.source, review.id, review.subject) if review.id else None


def compare(before: Listing, present: Iterable[Listed], *, accepted: bool = False) -> tuple[Listing, list[Listed]]:
    """The new listing, and the entries that are withdrawn now.

    Args:
        before: The listing until now.
        present: What was listed this time.
        accepted: Whether a person has said that what is absent is really gone, however much it is.

    Raises:
        LayoutChanged: Too many are absent.
    """
    now = by_key(present)
    absent = [one for key, one in before.items() if key not in now]
    if accepted:
        return now, absent
    if len(absent) > max(1.0, TOO_MANY * len(before)):
        raise LayoutChanged(
            f"{len(absent)} of {len(before)} reviews are no longer listed; "
            "look at the page, and if they are really gone, say `molva sources --accept` with the source's name"
        )
    gone = [one for one in absent if one.absent >= 1]
    for one in absent:
        if one.absent < 1:
            now[one.source, one.id] = msgspec.structs.replace(one, absent=one.absent + 1)
    return now, gone
