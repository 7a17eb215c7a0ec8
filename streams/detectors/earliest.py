"""A bounded set that ends the same however its members came: the earliest ever placed.

Detectors keep their members in one. It holds the ``limit`` earliest members by (time, review id) that were ever placed
under the key. A member that left stays as a tombstone and holds its slot, because whether it was there before or after
a later one came must not change what is kept. Members without a time come last.
"""

from __future__ import annotations

import math
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Generic, TypeVar

import msgspec

from schemas.events import AuthorReviewed, Evidence, EvidenceFound, Finding, Member, SubjectReviewed

T = TypeVar("T")

WAITING = 16
"""Slots that a detector keeps beyond its limit: whoever lost a slot can be told so again after a crash."""
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


class Serial(msgspec.Struct, frozen=True, array_like=True, eq=False):
    """Orders what is told about one key. All are equal: it says how a row came about, not what is known."""

    number: int = 0

    def __eq__(self, other: object) -> bool:
        """Every other one."""
        return isinstance(other, Serial)

    def __ne__(self, other: object) -> bool:
        """No other one."""
        return not isinstance(other, Serial)

    def __hash__(self) -> int:
        """The same for all."""
        return 0


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
    before = list(before)
    if now is not None and not before:
        return _insert(entries, Entry(now[0], review_id, now[1]), limit)
    slots = {entry.order: entry for entry in entries}
    for time in before:
        slots[time, review_id] = Entry(time, review_id, None)
    if now is not None:
        slots[now[0], review_id] = Entry(now[0], review_id, now[1])
    kept = tuple(sorted(slots.values(), key=lambda entry: entry.order))
    lost = tuple(entry.review_id for entry in kept[limit:] if entry.member is not None)
    return kept[:limit], lost


def _insert(entries: tuple[Entry[T], ...], entry: Entry[T], limit: int) -> tuple[tuple[Entry[T], ...], tuple[str, ...]]:
    """The usual case of ``place``, made cheap: a review that comes or stays, and was nowhere else."""
    index = bisect_left(entries, entry.order, key=lambda known: known.order)
    if index < len(entries) and entries[index].order == entry.order:
        if entries[index] == entry:
            return entries, ()
        return (*entries[:index], entry, *entries[index + 1 :]), ()
    kept = (*entries[:index], entry, *entries[index:])
    return kept[:limit], tuple(gone.review_id for gone in kept[limit:] if gone.member is not None)


class Told(msgspec.Struct, frozen=True):
    """What a detector has to say about one live member: of which version, and the finding, None for nothing."""

    version: int
    finding: Finding | None


def tell(
    detector: str,
    key: str,
    facts: Sequence[Fact],
    old: Mapping[str, Told],
    new: Mapping[str, Told],
    *,
    repeated: bool = False,
) -> Iterator[EvidenceFound]:
    """Evidence for every review whose finding under *key* changed by *facts*.

    A *repeated* fact changed nothing, because it was processed before; what it caused then may have been lost, so
    every live member is told again, and the fact's own review that nothing is left of it here, if so.

    Args:
        detector: Who tells.
        key: Under which key of the detector.
        facts: What happened.
        old: All live members before the facts.
        new: All live members after them.
        repeated: Whether one of the facts had been processed before.
    """
    left = {m.review_id: Told(m.version, None) for fact in facts for m in (*fact.before, fact.now) if m}
    return changes(detector, key, old, new, left=left, at=facts[-1].at, repeated=repeated)


def changes(
    detector: str,
    key: str,
    old: Mapping[str, Told],
    new: Mapping[str, Told],
    *,
    left: Mapping[str, Told],
    at: datetime,
    repeated: bool = False,
) -> Iterator[EvidenceFound]:
    """What ``tell`` tells, of facts of any kind that happened until *at* to the reviews in *left*."""
    for review_id, after in new.items():
        known = old.get(review_id)
        if repeated or (
            after != known
            and (
                (known and after.finding != known.finding)
                or (after.finding and (not known or known.version != after.version))
            )
        ):
            item = Evidence(detector=detector, key=key, version=after.version, finding=after.finding)
            yield EvidenceFound(review_id=review_id, at=at, items=(item,))
    for review_id, gone in {**old, **left}.items():
        if review_id not in new and (repeated or (review_id in old and old[review_id].finding)):
            item = Evidence(detector=detector, key=key, version=gone.version)
            yield EvidenceFound(review_id=review_id, at=at, items=(item,))


def by_key(events: Iterable[T], key: str) -> dict[str, list[T]]:
    """The events of each value of their field *key*, in order."""
    grouped: dict[str, list[T]] = {}
    for event in events:
        grouped.setdefault(getattr(event, key), []).append(event)
    return grouped


def merged(found: Iterable[EvidenceFound]) -> list[EvidenceFound]:
    """The same evidence with one record a review: the last word under each detector and key, in order."""
    items: dict[str, dict[tuple[str, str], Evidence]] = {}
    last: dict[str, datetime] = {}
    for event in found:
        kept = items.setdefault(event.review_id, {})
        for item in event.items:
            kept.pop((item.detector, item.key), None)
            kept[item.detector, item.key] = item
        last[event.review_id] = event.at
    return [EvidenceFound(review_id=key, at=last[key], items=tuple(kept.values())) for key, kept in items.items()]
