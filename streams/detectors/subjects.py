"""How a subject is reviewed: the background against which one review of it is read.

A rating far from what others say of the same subject, or a text much shorter than theirs, tells more about a review
than the rating or the length by itself (Mukherjee et al., "What Yelp fake review filter might be doing?", ICWSM 2013;
Li et al., "Learning to identify review spam", IJCAI 2011).

Features of the evidence, the same for every review of the subject and rounded so that they change rarely:
    count: live reviews of the subject (2, 3, 5, 9, 17 ... 129).
    mean: mean of their stars (1 to 5), in quarters; 0 with fewer than two rated.
    spread: standard deviation of their stars, in quarters; -1 with fewer than two rated.
    extreme: share of ratings of 1 or 5 among the rated, in eighths; -1 with fewer than two rated.
    length: median of log2(code points of the prose), in halves.
"""

from __future__ import annotations

import math
from collections.abc import Collection, MutableMapping, Sequence

import msgspec

from schemas.events import EvidenceFound, Finding, SubjectReviewed
from streams.detectors.earliest import WAITING, Entry, Told, by_key, place, seconds, step, tell

NAME = "subject"
LIMIT = 129
"""Reviews of a subject that are looked at: the earliest ones."""


class Opinion(msgspec.Struct, frozen=True, array_like=True):
    """What is kept of one review of the subject: hundredths of a star, half steps of log2(length)."""

    version: int
    hundredths: int | None
    halves: int


class SubjectRow(msgspec.Struct, frozen=True, array_like=True):
    """The subject's earliest reviews, and the background that they make (empty with fewer than two)."""

    entries: tuple[Entry[Opinion], ...] = ()
    background: dict[str, float] = {}


def run(events: Sequence[SubjectReviewed], subjects: MutableMapping[str, SubjectRow]) -> list[EvidenceFound]:
    """Place each fact and tell every review of the subject when the background changed by it."""
    out: list[EvidenceFound] = []
    for subject, facts in by_key(events, "subject").items():
        row = subjects.get(subject) or SubjectRow()
        entries, repeated = row.entries, False
        for event in facts:
            now, known = event.now, entries
            placed = (seconds(now.published_at), opinion(now.version, now.stars, now.length)) if now else None
            before = [seconds(member.published_at) for member in event.before]
            entries, _ = place(known, event.review_id, placed, before, limit=LIMIT + WAITING)
            repeated = repeated or entries == known
        changed = row if entries == row.entries else SubjectRow(entries, background(entries))
        if changed is not row:
            subjects[subject] = changed
        # While the background stays as it was, only those who came or went have something to be told.
        only = None if repeated or changed.background != row.background else _moved(row, changed)
        out.extend(tell(NAME, subject, facts, findings(row, only), findings(changed, only), repeated=repeated))
    return out


def _moved(old: SubjectRow, new: SubjectRow) -> set[str]:
    changed = {entry.review_id for entry in set(old.entries) ^ set(new.entries)}
    return changed | {entry.review_id for entry in set(old.entries[:LIMIT]) ^ set(new.entries[:LIMIT])}


def opinion(version: int, stars: float | None, length: int) -> Opinion:
    """What is kept of a review with these *stars* (1 to 5) and so many code points of prose."""
    hundredths = None if stars is None else round(100 * stars)
    return Opinion(version, hundredths, round(2 * math.log2(max(length, 1))))


def findings(row: SubjectRow, only: Collection[str] | None = None) -> dict[str, Told]:
    """The background of each live review, or of those named by *only*; nothing to say of a single review."""
    finding = Finding(features=row.background) if row.background else None
    return {
        entry.review_id: Told(entry.member.version, finding if slot < LIMIT else None)
        for slot, entry in enumerate(row.entries)
        if entry.member is not None and (only is None or entry.review_id in only)
    }


def background(entries: Sequence[Entry[Opinion]]) -> dict[str, float]:
    """The features of a subject with these reviews; empty when fewer than two are live."""
    live = [entry.member for entry in entries[:LIMIT] if entry.member is not None]
    if len(live) < 2:
        return {}
    stars = [member.hundredths for member in live if member.hundredths is not None]
    count = len(stars)
    halves = sorted(member.halves for member in live)
    found = {"count": float(step(len(live))), "mean": 0.0, "spread": -1.0, "extreme": -1.0}
    if count >= 2:
        total, squares = sum(stars), sum(value * value for value in stars)
        found["mean"] = _rounded(total / count / 100, 4)
        found["spread"] = _rounded(math.sqrt(count * squares - total * total) / count / 100, 4)
        found["extreme"] = _rounded(sum(value <= 125 or value >= 475 for value in stars) / count, 8)
    return found | {"length": halves[len(halves) // 2] / 2}


def _rounded(value: float, parts: int) -> float:
    return math.floor(value * parts + 0.5) / parts
