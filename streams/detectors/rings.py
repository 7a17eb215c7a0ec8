"""Who among a subject's authors stands in a co-review ring: the step keyed by subject.

Under each subject lie its earliest authors with three reviews or more, each with the footprints of all its reviews. So
all who share three subjects meet under each of them, and a review is told by its own subject alone
(``streams.detectors.coreview`` says what of).

Features of the evidence, each a step or a rounded share so that it changes rarely:
    authors: authors in the ring, this one included (2, 3, 5, 9, 17, 33).
    subjects: subjects that each of them reviewed (3, 5, 9).
    strength: how much the ring and those of the authors around did together, in halves; 1 for a pair with three.
    near: 1 when most of their reviews lie within a week of this author's, else 0; -1 without times.
    alike: 1 when most of their ratings lie within half a star of this author's, else 0; -1 without ratings.

The evidence points at the earliest reviews of the others under the same subject, as many as a step says.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Mapping, MutableMapping, Sequence
from collections.abc import Set as AbstractSet
from operator import attrgetter

import msgspec

from schemas.events import AuthorPlaced, EvidenceFound, Finding, Footprints, Place
from streams.detectors.coreview import LEAST_SHARED, Ring, rings, texts, tied
from streams.detectors.earliest import WAITING, Serial, Told, by_key, changes, seconds, step
from streams.detectors.placing import hashed

NAME = "ring"
LIMIT = 64
"""Reviews of a subject that are looked at: the earliest of authors with three reviews or more."""
MOSTLY = 0.75
"""Share from which reviews are near, or ratings alike."""
SHOWN = 5
"""Reviews of others that the evidence points at."""


class Peer(msgspec.Struct, frozen=True, array_like=True):
    """A review under the subject: its version, and where its author was."""

    version: int
    footprints: Footprints


class Seat(msgspec.Struct, frozen=True, array_like=True):
    """A slot of the bounded set; ``author`` is a hash, ``member`` is None when the review left.

    A review that changes its author has a slot for each, because facts of two authors come in any order. ``serial`` is
    that of the newest fact about the slot: an older one that comes once more changes nothing.
    """

    time: float
    review_id: str
    author: int
    serial: Serial
    member: Peer | None

    @property
    def order(self) -> tuple[float, str, int]:
        """What the set is sorted and bounded by."""
        return self.time, self.review_id, self.author


class Company(msgspec.Struct, frozen=True, array_like=True):
    """A subject's earliest authors with three reviews or more."""

    entries: tuple[Seat, ...] = ()


def run(events: Sequence[AuthorPlaced], subjects: MutableMapping[str, Company]) -> list[EvidenceFound]:
    """Seat each author's reviews and tell those whose ring changed by it."""
    facts: dict[str, list[tuple[AuthorPlaced, list[Place]]]] = {}
    for event in events:
        for subject, places in by_key(event.places, "subject").items():
            facts.setdefault(subject, []).append((event, places))
    out: list[EvidenceFound] = []
    for subject, told in facts.items():
        row = changed = subjects.get(subject) or Company()
        repeated = False
        moved: set[int] = set()
        left: dict[str, Told] = {}
        for event, places in told:
            changed, authors = _seated(changed, event, places)
            if authors is not None:
                repeated = repeated or not authors
                moved |= authors
            left |= {place.review_id: Told(place.version, None) for place in places}
        if repeated or changed != row:
            subjects[subject] = changed
        if repeated or _any_tied(moved, row) or _any_tied(moved, changed):
            at = told[-1][0].at
            found = changes(NAME, subject, findings(row), findings(changed), left=left, at=at, repeated=repeated)
            out.extend(found)
    return out


_ORDER = attrgetter("time", "review_id", "author")


def _seated(row: Company, event: AuthorPlaced, places: Sequence[Place]) -> tuple[Company, set[int] | None]:
    """The row after a fact about *places* under its subject, and the authors whose reviews moved by it.

    Nobody moves by a fact that was processed before; what it caused then may have been lost. Instead of a set, None
    comes back of a fact that is older than what is known: the newer one will come once more, too.
    """
    author = hashed(event.author)
    seats = {seat.order: seat for seat in row.entries}
    authors: set[int] | None = None
    for place in places:
        member = None if place.left else Peer(place.version, event.footprints)
        seat = Seat(seconds(place.published_at), place.review_id, author, Serial(event.serial), member)
        known = seats.get(seat.order)
        if known is None or known.serial.number <= event.serial:
            authors = (authors or set()) | ({author} if seat != known else set())
            seats[seat.order] = seat
    kept = sorted(seats.values(), key=_ORDER)
    if authors:
        authors.update(seat.author for seat in kept[LIMIT:] if seat.member)
    return Company(tuple(kept[: LIMIT + WAITING])), authors


def _any_tied(authors: AbstractSet[int], row: Company) -> bool:
    """Whether one of *authors* is tied to another author here."""
    peers = _peers(row)
    for one in sorted(authors & peers.keys()):
        subjects = set(peers[one].subjects)
        for other, footprints in peers.items():
            if (
                other != one
                and len(subjects.intersection(footprints.subjects)) >= LEAST_SHARED
                and tied(peers[one], footprints)
            ):
                return True
    return False


def _peers(row: Company) -> dict[int, Footprints]:
    """The footprints of each author who may be tied to others, in the order of the first review here."""
    return {
        seat.author: seat.member.footprints
        for seat in row.entries[:LIMIT]
        if seat.member and texts(seat.member.footprints) >= LEAST_SHARED
    }


@functools.lru_cache(maxsize=1024)  # what a row says is asked when it comes to be and when it changes
def findings(row: Company) -> Mapping[str, Told]:
    """What each live review is told."""
    peers = _peers(row)
    found = dict(zip(peers, rings(list(peers.values())), strict=True))
    authors = list(peers)
    first: dict[int, str] = {}
    for seat in row.entries[:LIMIT]:
        if seat.member:
            first.setdefault(seat.author, seat.review_id)
    told: dict[str, Told] = {}
    for slot, seat in enumerate(row.entries):
        if seat.member:
            ring = found.get(seat.author) if slot < LIMIT else None
            others = [authors[place] for place in ring.members if authors[place] != seat.author] if ring else []
            finding = _finding(ring, [first[other] for other in others]) if ring else None
            told[seat.review_id] = Told(seat.member.version, finding)
    return told


def _finding(ring: Ring, others: Sequence[str]) -> Finding:
    return Finding(
        features={
            "authors": float(step(len(ring.members))),
            "subjects": float(step(ring.subjects)),
            "strength": math.floor(2 * ring.strength) / 2,
            "near": _mostly(ring.near),
            "alike": _mostly(ring.alike),
        },
        reviews=tuple(others[: min(step(len(others)), SHOWN)]),
    )


def _mostly(share: float | None) -> float:
    return -1.0 if share is None else float(share >= MOSTLY)
