"""Which reviews are near-duplicates of each other: the step keyed by LSH band.

A bucket holds the reviews that share a band, each with its signature, so a match is verified where it is found. What a
review is told under a band depends on the bucket's set of reviews alone: no order of arrival, no count of deliveries.

* A bucket keeps the 64 earliest places ever taken in it (``earliest.place``); who has no slot is *crowded* there, which
  says little by itself, but a review that is crowded under most of its bands repeats a much-copied text.
* Two reviews that share several bands are matched once, in the first bin in which their signatures agree.
* A review is told at most 16 matches under a band, picked by a hash of the other's id, and how many there are as a step
  function; so a member of a ring of n hears O(log n) times that the ring grew.

Similarity is the estimate of ``streams.text.fingerprint``, where the literature is named.
"""

from __future__ import annotations

import functools
import zlib
from collections.abc import Iterable, MutableMapping, Sequence
from operator import attrgetter
from typing import TypeAlias

import msgspec

from schemas.events import Evidence, EvidenceFound, Finding, FingerprintBanded, Match, Member
from streams.detectors.earliest import WAITING, Entry, place, seconds, step
from streams.text.fingerprint import bin_of, is_copy, shared_band, similarity

NAME = "copies"
KEY = int
"""The table's keys are bands: they fit in 63 bits."""
LIMIT = 64
"""Slots of a bucket."""
TOLD = 16
"""Matches that one review is told under one band."""
SAME_NAME_SIMILARITY = 0.95
"""From here on two texts under one full name count as one author's."""


class Print(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """What a bucket knows of a review: its version, what it looks like, and who wrote it, as far as is known."""

    version: int
    signature: bytes
    author: str | None = None
    name: str | None = None
    contact: str | None = None


class Bucket(msgspec.Struct, frozen=True, array_like=True):
    """The reviews under one band, earliest first; a tombstone keeps the slot of one that left."""

    entries: tuple[Entry[Print], ...] = ()


Slot: TypeAlias = Entry[Print]
Buckets: TypeAlias = MutableMapping[int, Bucket]
_Findings: TypeAlias = dict[str, tuple[int, Finding]]  # by review id: of which version, and what it is told

_NOBODY = Bucket()
_ORDER = attrgetter("time", "review_id")
_CROWDED = Finding(features={"crowded": 1.0})


def keys(event: FingerprintBanded) -> Iterable[int]:
    """The buckets that the event touches."""
    bands = dict.fromkeys(event.now.bands if event.now else ())
    for member in event.before:
        bands.update(dict.fromkeys(member.bands))
    return bands


def run(events: Sequence[FingerprintBanded], buckets: Buckets) -> list[EvidenceFound]:
    """Put each event's review into its buckets, take it out of those that it left; tell whom it concerns."""
    found: list[EvidenceFound] = []
    for event in events:
        told: dict[str, list[Evidence]] = {}
        now = _placed(event.now) if event.now else None
        before = [(set(member.bands), _placed(member)) for member in event.before]
        held = set(event.now.bands) if event.now else set()
        for band in keys(event):
            was_here = [entry for bands, entry in before if band in bands]
            for review_id, version, finding in _update(
                band, event.review_id, now if band in held else None, was_here, buckets
            ):
                item = Evidence(detector=NAME, key=f"{band:x}", version=version, finding=finding)
                told.setdefault(review_id, []).append(item)
        for review_id, items in sorted(told.items()):
            found.append(EvidenceFound(review_id=review_id, at=event.at, items=tuple(items)))
    return found


def _placed(member: Member) -> Slot:
    known = Print(member.version, member.signature, member.author, member.name, member.contact)
    return Entry(seconds(member.published_at), member.review_id, known)


def _update(
    band: int, own: str, now: Slot | None, before: Sequence[Slot], buckets: Buckets
) -> Sequence[tuple[str, int, Finding | None]]:
    """Bring one bucket up to date; return the changed findings under it by review and version.

    Args:
        band: The bucket's key.
        own: The review that moved.
        now: Its place in the bucket, None when it is not there any more.
        before: All places that it had in the bucket.
        buckets: The table.
    """
    row = buckets.get(band)
    if row is None:
        row = _NOBODY
    if now and not before and len(row.entries) < LIMIT and _is_stranger(band, now, row.entries):
        # The usual case, made cheap: nobody here is concerned, and nobody loses a slot.
        entries = (*row.entries, now)
        buckets[band] = Bucket(tuple(sorted(entries, key=_ORDER)) if row.entries else entries)
        return ()
    here = [entry for entry in row.entries if entry.review_id == own and entry.member]
    known = (*before, now) if now else before
    if here and _version(here) > _version(known):
        return ()  # an old fact once more; the newer one, which left its mark here, will come once more too
    gone = [*before, *here]  # of one version, whatever the fact does not name was overtaken
    placed = (now.time, now.member) if now and now.member else None
    entries, lost = place(row.entries, own, placed, [entry.time for entry in gone], limit=LIMIT + WAITING)
    # A fact that changes nothing was processed before; what it caused then may have been lost, so all hear it again.
    repeated = entries == row.entries
    if repeated and now and now.member and own in lost:
        return ((own, now.member.version, _CROWDED),)  # it found no slot, so nothing is new for those who have one
    if not repeated:
        buckets[band] = Bucket(entries)
    old, new = row.entries[:LIMIT], entries[:LIMIT]
    waiting = [entry for entry in entries[LIMIT:] if entry.member]
    outside = {entry.review_id for entry in waiting}.union(lost)
    moved = [*gone, *((now,) if now else ()), *(e for e in old if e.review_id in outside and e.review_id != own)]
    was, is_ = _findings(band, moved, old, new)
    for entry in (*old, *(waiting if repeated else ()), *((now,) if now else ())):
        if entry.review_id in outside and entry.member:
            is_[entry.review_id] = (entry.member.version, _CROWDED)
    slots = {entry.order for entry in old} if before else set()
    if before and own not in is_ and (repeated or any(entry.order not in slots for entry in before)):
        # It may have been here without a slot, and been told so; no entry remembers that.
        was.setdefault(own, (_version(before), _CROWDED))
    return [
        (review_id, *(is_.get(review_id) or (was[review_id][0], None)))
        for review_id in sorted(was.keys() | is_.keys())
        if repeated or was.get(review_id) != is_.get(review_id)
    ]


def _version(slots: Iterable[Slot]) -> int:
    """The newest version among one review's slots."""
    return max((slot.member.version for slot in slots if slot.member), default=0)


def _is_stranger(band: int, entry: Slot, others: Sequence[Slot]) -> bool:
    """Whether a review is not among the others, and none of them is like it."""
    return not any(other.review_id == entry.review_id or _alike(band, entry, other) for other in others)


def _findings(
    band: int, moved: Sequence[Slot], old: Sequence[Slot], new: Sequence[Slot]
) -> tuple[_Findings, _Findings]:
    """What each review that a move may concern was told by the old entries, and is told by the new ones.

    Concerned are the reviews that moved and all that are like one of them. A finding is a pure function of entries.
    """
    everybody = {id(entry): entry for entry in (*old, *new) if entry.member}
    ids = {entry.review_id for entry in moved}
    was: _Findings = {}
    is_: _Findings = {}
    for entry in everybody.values():
        if entry.review_id not in ids and not any(_alike(band, entry, other) for other in moved):
            continue
        likes = {key: alike for key, other in everybody.items() if (alike := _alike(band, entry, other))}
        for entries, findings in ((old, was), (new, is_)):
            if entry.member and any(entry is other for other in entries):
                finding = _finding(entry, [(other, likes[id(other)]) for other in entries if id(other) in likes])
                if finding:
                    findings[entry.review_id] = (entry.member.version, finding)
    return was, is_


def _finding(entry: Slot, others: list[tuple[Slot, float]]) -> Finding | None:
    """What a review is told of the others that are like it."""
    if not others:
        return None
    if len(others) > TOLD:
        told = sorted(others, key=lambda item: (zlib.crc32(item[0].review_id.encode()), item[0].review_id))[:TOLD]
    else:
        told = others
    matches = sorted((_match(entry, other, alike) for other, alike in told), key=lambda match: match.review_id)
    return Finding(features={"count": float(step(len(others)))}, matches=tuple(matches))


def _alike(band: int, one: Slot, other: Slot) -> float:
    """How alike two reviews are if they are matched in this bucket, else 0."""
    if one.member is None or other.member is None or one.review_id == other.review_id:
        return 0.0
    bin_, alike = _compared(one.member.signature, other.member.signature)
    return alike if bin_ == bin_of(band) else 0.0


@functools.lru_cache(maxsize=2048)
def _compared(one: bytes, other: bytes) -> tuple[int | None, float]:
    """The bin in which two signatures are matched, None where they are no copies, and how alike they are."""
    alike = similarity(one, other)
    return (shared_band(one, other), alike) if is_copy(one, other, alike) else (None, 0.0)


def _match(entry: Slot, other: Slot, alike: float) -> Match:
    assert entry.member
    assert other.member
    mine, theirs = entry.member, other.member
    if (
        (mine.author and mine.author == theirs.author)
        or (mine.contact and mine.contact == theirs.contact)
        or (mine.name and mine.name == theirs.name and alike >= SAME_NAME_SIMILARITY)
    ):
        later = other.order < entry.order
        return Match(review_id=other.review_id, kind="syndicated", similarity=round(alike, 2), later=later)
    return Match(
        review_id=other.review_id,
        kind="copied",
        similarity=round(alike, 2),
        later=other.order < entry.order and entry.time != float("inf"),
        unknown_author=not (_known(mine) and _known(theirs)),
    )


def _known(author: Print) -> bool:
    return bool(author.author or author.contact or author.name)
