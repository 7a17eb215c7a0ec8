"""A bounded set that ends the same however its members came: the earliest ever placed.

Detectors keep their members in one. It holds the ``limit`` earliest members by (time, review id) that were ever placed
under the key. A member that left stays as a tombstone and holds its slot, because whether it was there before or after
a later one came must not change what is kept. Members without a time come last.
"""

from __future__ import annotations

import math
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import Generic, TypeVar

import msgspec

from schemas.events import AuthorReviewed, Evidence, EvidenceFound, Finding, Member, SubjectReviewed

T = TypeVar("T")
Order = tuple[float, str]
Fact = AuthorReviewed | SubjectReviewed

STEPS = (1, 2, 3, 5, 9, 17, 33, 65, 129, 257, 513, 1025)


class Entry(msgspec.Struct, Generic[T], frozen=True, array_like=True):
    """One slot: when the review was published (seconds since 1970, infinite: unknown), whose it is, what is known.

    ``member`` is None for a tombstone.
    """

    time: float
    review_id: str
    member: T | None

    @property
    def order(self) -> Order:
        """What the set is sorted and bounded by."""
        return self.time, self.review_id


def seconds(time: datetime | None) -> float:
    """The time in seconds since 1970, infinite when unknown."""
    return time.timestamp() if time else math.inf


def order(member: Member) -> Order:
    """The slot of a member of the pipeline's facts."""
    return seconds(member.published_at), member.review_id


def step(count: int) -> int:
    """The count rounded down to 1, 2, 3, 5, 9, 17, 33 …: a ring of n is told O(log n) times that it grew."""
    if count < 1:
        return 0
    index = bisect_left(STEPS, count)
    return STEPS[index] if index < len(STEPS) and STEPS[index] == count else STEPS[index - 1]


def place(
    entries: tuple[Entry[T], ...],
    review_id: str,
    now: tuple[float, T] | None,
    before: Iterable[float],
    *,
    limit: int,
) -> tuple[tuple[Entry[T], ...], tuple[str, ...]]:
    """The set after one review's fact, and the ids of live members that lost their slot by it.

    Args:
        entries: The set, sorted.
        review_id: Whose fact it is.
        now: The review's time and what to keep of it, None when it is no longer under this key.
        before: The times at which it stood here before.
        limit: The most slots, tombstones included.
    """
    slots = {entry.order: entry for entry in entries}
    for time in before:
        slots[time, review_id] = Entry(time, review_id, None)
    if now is not None:
        slots[now[0], review_id] = Entry(now[0], review_id, now[1])
    kept = tuple(sorted(slots.values(), key=lambda entry: entry.order))
    lost = tuple(entry.review_id for entry in kept[limit:] if entry.member is not None)
    return kept[:limit], lost


class Told(msgspec.Struct, frozen=True):
    """What a detector has to say about one live member: of which version, and the finding, None for nothing."""

    version: int
    finding: Finding | None


def tell(
    detector: str,
    key: str,
    fact: Fact,
    old: Mapping[str, Told],
    new: Mapping[str, Told],
    *,
    repeated: bool = False,
) -> Iterator[EvidenceFound]:
    """Evidence for every review whose finding under *key* changed by *fact*.

    A *repeated* fact changed nothing, because it was processed before; what it caused then may have been lost, so
    every live member is told again, and the fact's own review that nothing is left of it here, if so.

    Args:
        detector: Who tells.
        key: Under which key of the detector.
        fact: What happened.
        old: All live members before the fact.
        new: All live members after it.
        repeated: Whether the fact had been processed before.
    """
    left = {member.review_id: Told(member.version, None) for member in (*fact.before, fact.now) if member}
    for review_id in sorted(old.keys() | new.keys() | left.keys()):
        before, after = old.get(review_id), new.get(review_id) or left.get(review_id) or old[review_id]
        finding = after.finding if review_id in new else None
        known = before.finding if before else None
        if repeated or finding != known or (finding and before and before.version != after.version):
            item = Evidence(detector=detector, key=key, version=after.version, finding=finding)
            yield EvidenceFound(review_id=review_id, at=fact.at, items=(item,))
