"""How an author behaves: pace, extremes, variety and self-similarity over all reviews under one author's key.

Behaviour of this kind separates spammers from reviewers better than wording does (Mukherjee et al., "What Yelp fake
review filter might be doing?", ICWSM 2013; Jindal and Liu, "Opinion spam and analysis", WSDM 2008).

Features of the evidence, each a step or a rounded share so that it changes rarely:
    count: live reviews of the author (1, 2, 3, 5, 9, 17, 33, 64).
    subjects: different subjects among them, stepped likewise.
    per_day: reviews on this review's UTC day, stepped; 0 without a time.
    extreme: share of ratings of 1 or 5 among the rated, in quarters; -1 with fewer than three rated.
    similar: highest estimated similarity to another text of the author, in tenths; 0 without one.
"""

from __future__ import annotations

import functools
import math
from collections import Counter
from collections.abc import Mapping, MutableMapping, Sequence

import msgspec

from schemas.events import AuthorPlaced, AuthorReviewed, EvidenceFound, Finding
from streams.detectors.earliest import WAITING, Entry, Serial, Told, by_key, place, seconds, step, tell
from streams.detectors.placing import placed
from streams.text.fingerprint import similarity

NAME = "author"
LIMIT = 64
_DAY = 86_400


class Work(msgspec.Struct, frozen=True, array_like=True):
    """What is kept of one review of the author."""

    version: int
    subject: str
    stars: float | None
    signature: bytes


class Left(msgspec.Struct, frozen=True, array_like=True):
    """A place where a review of the author stood, and in which version; it may be back there."""

    time: float
    review_id: str
    subject: str
    version: int


class AuthorRow(msgspec.Struct, frozen=True, array_like=True):
    """The author's earliest reviews, the places that reviews left, and a number that grows with each change.

    The number orders what subjects are told: who knows a later word does not listen to an earlier one.
    """

    entries: tuple[Entry[Work], ...] = ()
    left: tuple[Left, ...] = ()
    serial: Serial = Serial()


def run(
    events: Sequence[AuthorReviewed], authors: MutableMapping[str, AuthorRow]
) -> list[EvidenceFound | AuthorPlaced]:
    """Place each fact and tell every review of the author whose evidence changed by it; tell subjects of the author."""
    out: list[EvidenceFound | AuthorPlaced] = []
    for author, facts in by_key(events, "author").items():
        row = authors.get(author) or AuthorRow()
        entries, left, repeated = row.entries, row.left, False
        for event in facts:
            now, known = event.now, entries
            work = Work(now.version, now.subject, now.stars, now.signature) if now else None
            held = (seconds(now.published_at), work) if now and work else None
            before = [seconds(member.published_at) for member in event.before]
            entries, _ = place(known, event.review_id, held, before, limit=LIMIT + WAITING)
            left = _left(left, event) if event.before else left
            repeated = repeated or entries in (known, row.entries)
        changed = AuthorRow(entries, left, Serial(row.serial.number + 1))
        if changed == row:
            changed = row
        else:
            authors[author] = changed
        out.extend(tell(NAME, author, facts, findings(row), findings(changed), repeated=repeated))
        out.extend(placed(author, facts, row, changed, repeated=repeated))
    return out


def _left(left: tuple[Left, ...], event: AuthorReviewed) -> tuple[Left, ...]:
    """The earliest places that were ever left, with those that the event names."""
    known = {(place.time, place.review_id, place.subject): place for place in left}
    for member in event.before:
        place = Left(seconds(member.published_at), member.review_id, member.subject, member.version)
        known[place.time, place.review_id, place.subject] = place
    return tuple(known[spot] for spot in sorted(known))[: LIMIT + WAITING]


@functools.lru_cache(maxsize=2048)  # what a row says is asked when it comes to be and when it changes
def findings(row: AuthorRow) -> Mapping[str, Told]:
    """What is to be said of each live review of the author; nothing of a single one."""
    waiting = {entry.review_id: Told(entry.member.version, None) for entry in row.entries[LIMIT:] if entry.member}
    live = [(entry, entry.member) for entry in row.entries[:LIMIT] if entry.member is not None]
    if len(live) < 2:
        return waiting | {entry.review_id: Told(work.version, None) for entry, work in live}
    days = Counter(entry.time // _DAY for entry, _ in live if math.isfinite(entry.time))
    rated = [work.stars for _, work in live if work.stars is not None]
    extreme = sum(stars <= 1.25 or stars >= 4.75 for stars in rated)
    shared = {
        "count": float(step(len(live))),
        "subjects": float(step(len({work.subject for _, work in live}))),
        "extreme": math.floor(4 * extreme / len(rated)) / 4 if len(rated) >= 3 else -1.0,
    }
    similar = _similar([work.signature for _, work in live])
    return waiting | {
        entry.review_id: Told(
            work.version,
            Finding(
                features={
                    **shared,
                    "per_day": float(step(days[entry.time // _DAY])) if math.isfinite(entry.time) else 0.0,
                    "similar": similarity,
                }
            ),
        )
        for (entry, work), similarity in zip(live, similar, strict=True)
    }


def _similar(signatures: Sequence[bytes]) -> list[float]:
    """For each signature the highest estimated similarity to another one, in tenths rounded down."""
    best = [0.0] * len(signatures)
    for first, one in enumerate(signatures):
        for second, other in enumerate(signatures[:first]):
            if one and other:
                alike = _compared(one, other)
                best[first] = max(best[first], alike)
                best[second] = max(best[second], alike)
    return [math.floor(10 * alike) / 10 for alike in best]


@functools.lru_cache(maxsize=4096)
def _compared(one: bytes, other: bytes) -> float:
    return similarity(one, other)
