"""Co-review rings: authors who reviewed the same subjects together, found among the authors of one subject.

People who write for pay review what they are paid for, so they meet again and again. A group that reviewed three
subjects or more together, all its members all of them, is the candidate of the literature, and its size and the number
of subjects are its strongest signs (Mukherjee, Liu and Glance, "Spotting fake reviewer groups in consumer reviews", WWW
2012); who stands in a ring is told better when those one stands with are asked, too (Akoglu, Chandy and Faloutsos,
"Opinion fraud detection in online reviews by network effects", ICWSM 2013).

Two authors are *tied* when they share three subjects. What both reviewed is the ground of a group: all who reviewed all
of it. An author's ring is the group that did most together: (authors - 1) x triples of subjects.

A shop may show one review under each variant of a product. So a text of an author that stands under several subjects
counts once there.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Container, Iterator, Mapping, Sequence
from functools import reduce
from itertools import combinations
from operator import and_

import msgspec

from schemas.events import Footprints

LEAST_SHARED = 3
"""Subjects that two authors share from which they are tied."""
ROUNDS = 2
"""How often an author's strength is averaged with that of the authors it is tied to."""
NEAR = 7
"""Days within which two reviews of a subject are near each other."""
ALIKE = 0.5
"""Stars within which two ratings are alike."""


class Ring(msgspec.Struct, frozen=True):
    """The ring that one author stands in.

    Attributes:
        members: Places of all its authors in the sequence that was asked about, in order.
        subjects: How many subjects each of them reviewed, 3 and more; a text that stands under several counts once.
        strength: log2(1 + what the ring did together), averaged twice over the author and those tied to it; 1 for a
            pair with three subjects.
        near: Share (0-1) of the others' reviews of these subjects within a week of the author's own; None without
            times.
        alike: Share (0-1) of the others' ratings of these subjects within half a star of the author's own; None
            without ratings.
    """

    members: tuple[int, ...]
    subjects: int
    strength: float
    near: float | None
    alike: float | None


class _Group(msgspec.Struct, frozen=True, gc=False):
    """All who reviewed all of ``ground``: their places as bits, and on how many subjects they met."""

    members: int
    ground: frozenset[int]
    subjects: int

    @property
    def together(self) -> int:
        """How much they did together: the others of the group, times the triples of subjects."""
        return (self.members.bit_count() - 1) * math.comb(self.subjects, LEAST_SHARED)


def rings(authors: Sequence[Footprints]) -> list[Ring | None]:
    """The ring of each author, None for one who is tied to nobody here.

    Args:
        authors: Authors of one subject, each with all that it reviewed.
    """
    who = _who(authors)
    ties = _ties(authors, who)
    best: dict[int, _Group] = {}
    for group in _groups(authors, who, ties):
        for place in _places(group.members):
            known = best.get(place)
            if known is None or _rank(group) > _rank(known):
                best[place] = group
    strengths = [math.log2(1 + best[place].together) if place in best else 0.0 for place in range(len(authors))]
    for _ in range(ROUNDS):
        strengths = [
            sum(strengths[other] for other in (place, *tied_to)) / (1 + len(tied_to))
            for place, tied_to in enumerate(ties)
        ]
    return [
        _ring(place, authors, best[place], strengths[place]) if place in best else None for place in range(len(authors))
    ]


def tied(one: Footprints, other: Footprints) -> bool:
    """Whether two authors share enough subjects, a text that stands under several of them counting once."""
    shared = set(one.subjects).intersection(other.subjects)
    return len(shared) >= LEAST_SHARED and min(texts(one, shared), texts(other, shared)) >= LEAST_SHARED


def texts(footprints: Footprints, subjects: Container[int] | None = None) -> int:
    """How many of an author's texts stand under *subjects*, by default all; one that is not known is one of its own."""
    if subjects is None:
        voices = list(footprints.voices)
    else:
        rows = zip(footprints.subjects, footprints.voices, strict=True)
        voices = [voice for subject, voice in rows if subject in subjects]
    return len(set(voices) - {0}) + voices.count(0)


def _who(authors: Sequence[Footprints]) -> dict[int, int]:
    """For each subject the places of those who reviewed it, as bits."""
    who: dict[int, int] = {}
    for place, footprints in enumerate(authors):
        bit = 1 << place
        for subject in footprints.subjects:
            who[subject] = who.get(subject, 0) | bit
    return who


def _ties(authors: Sequence[Footprints], who: Mapping[int, int]) -> list[list[int]]:
    """For each author the places of those it is tied to, in order."""
    everybody = (1 << len(authors)) - 1
    common = sum(members == everybody for members in who.values())
    shared = Counter(
        pair
        for members in who.values()
        if members != everybody and members & (members - 1)
        for pair in combinations(_places(members), 2)
    )
    pairs = shared if common < LEAST_SHARED else combinations(range(len(authors)), 2)
    ties: list[list[int]] = [[] for _ in authors]
    for first, second in pairs:
        if common + shared[first, second] >= LEAST_SHARED and tied(authors[first], authors[second]):
            ties[first].append(second)
            ties[second].append(first)
    return [sorted(tied_to) for tied_to in ties]


def _groups(authors: Sequence[Footprints], who: Mapping[int, int], ties: Sequence[Sequence[int]]) -> Iterator[_Group]:
    """The group of each two who are tied; different grounds have different members."""
    seen: set[int] = set()
    for first, others in enumerate(ties):
        for second in others:
            if second < first:
                continue
            ground = frozenset(authors[first].subjects).intersection(authors[second].subjects)
            members = reduce(and_, (who[subject] for subject in ground))
            if members not in seen:
                seen.add(members)
                subjects = min(texts(authors[place], ground) for place in _places(members))
                if subjects >= LEAST_SHARED:
                    yield _Group(members, ground, subjects)


def _rank(group: _Group) -> tuple[int, int, int]:
    return group.together, group.members.bit_count(), group.members


def _ring(place: int, authors: Sequence[Footprints], group: _Group, strength: float) -> Ring:
    members = _places(group.members)
    own = _on(authors[place], group.ground)
    pairs = [
        (own[subject], theirs)
        for other in members
        if other != place
        for subject, theirs in _on(authors[other], group.ground).items()
    ]
    near = [abs(one - other) <= NEAR for (one, _), (other, _) in pairs if one is not None and other is not None]
    alike = [abs(one - other) <= ALIKE for (_, one), (_, other) in pairs if one is not None and other is not None]
    return Ring(
        members=members,
        subjects=group.subjects,
        strength=strength,
        near=sum(near) / len(near) if near else None,
        alike=sum(alike) / len(alike) if alike else None,
    )


def _on(footprints: Footprints, ground: Container[int]) -> dict[int, tuple[int | None, float | None]]:
    """Day and stars of the author's review of each subject of *ground*."""
    rows = zip(footprints.subjects, footprints.days, footprints.stars, strict=True)
    return {subject: (day, stars) for subject, day, stars in rows if subject in ground}


def _places(members: int) -> tuple[int, ...]:
    """The places that are bits of *members*, in order."""
    places = []
    while members:
        lowest = members & -members
        places.append(lowest.bit_length() - 1)
        members ^= lowest
    return tuple(places)
