"""How a subject is reviewed: the background against which one review of it is read.

A rating far from what others say of the same subject, or a text much shorter than theirs, tells more about a review
than the rating or the length by itself (Mukherjee et al., "What Yelp fake review filter might be doing?", ICWSM 2013;
Li et al., "Learning to identify review spam", IJCAI 2011).

Features of the evidence, the same for every review of the subject and rounded so that they change rarely:
    count: live reviews of the subject (2, 3, 5, 9, 17 ... 257).
    mean: mean of their stars (1 to 5), in quarters; 0 with fewer than two rated.
    spread: standard deviation of their stars, in quarters; -1 with fewer than two rated.
    extreme: share of ratings of 1 or 5 among the rated, in eighths; -1 with fewer than two rated.
    length: median of log2(code points of the prose), in halves.
"""

from __future__ import annotations

import math
import statistics
from collections.abc import MutableMapping, Sequence

import msgspec

from schemas.events import EvidenceFound, Finding, SubjectReviewed
from streams.detectors.earliest import Entry, Told, by_key, place, seconds, step, tell

NAME = "subject"
LIMIT = 257
"""Reviews of a subject that are looked at: the earliest ones."""


class Opinion(msgspec.Struct, frozen=True, array_like=True):
    """What is kept of one review of the subject."""

    version: int
    stars: float | None
    length: int


class SubjectRow(msgspec.Struct, frozen=True, array_like=True):
    """The subject's earliest reviews."""

    entries: tuple[Entry[Opinion], ...] = ()


def run(events: Sequence[SubjectReviewed], subjects: MutableMapping[str, SubjectRow]) -> list[EvidenceFound]:
    """Place each fact and tell every review of the subject when the background changed by it."""
    out: list[EvidenceFound] = []
    for subject, facts in by_key(events, "subject").items():
        row = subjects.get(subject) or SubjectRow()
        entries, repeated = row.entries, False
        for event in facts:
            now, known = event.now, entries
            placed = (seconds(now.published_at), Opinion(now.version, now.stars, now.length)) if now else None
            before = [seconds(member.published_at) for member in event.before]
            entries, _ = place(known, event.review_id, placed, before, limit=LIMIT)
            repeated = repeated or entries == known
        changed = SubjectRow(entries)
        if changed != row:
            subjects[subject] = changed
        out.extend(tell(NAME, subject, facts, findings(row), findings(changed), repeated=repeated))
    return out


def findings(row: SubjectRow) -> dict[str, Told]:
    """The background of each live review; none for a single one."""
    live = [(entry.review_id, entry.member) for entry in row.entries if entry.member is not None]
    if len(live) < 2:
        return {review_id: Told(opinion.version, None) for review_id, opinion in live}
    finding = Finding(features=profile([opinion for _, opinion in live]))
    return {review_id: Told(opinion.version, finding) for review_id, opinion in live}


def profile(opinions: Sequence[Opinion]) -> dict[str, float]:
    """The features of a subject with these reviews, of which there are two at least."""
    stars = sorted(opinion.stars for opinion in opinions if opinion.stars is not None)
    rated = len(stars) >= 2
    extreme = sum(value <= 1.25 or value >= 4.75 for value in stars)
    length = statistics.median(math.log2(max(opinion.length, 1)) for opinion in opinions)
    return {
        "count": float(step(len(opinions))),
        "mean": round(4 * statistics.fmean(stars)) / 4 if rated else 0.0,
        "spread": round(4 * statistics.pstdev(stars)) / 4 if rated else -1.0,
        "extreme": round(8 * extreme / len(stars)) / 8 if rated else -1.0,
        "length": round(2 * length) / 2,
    }
