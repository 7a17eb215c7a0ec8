"""The background of a subject: what its other reviews are like, told to each, the same in any order of arrival."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta

from schemas.events import EvidenceFound, Member, SubjectReviewed
from streams.detectors import subjects

START = datetime(2026, 1, 1, tzinfo=UTC)


def a_member(number: int, stars: float | None, *, length: int = 100, version: int = 1) -> Member:
    return Member(
        review_id=f"r{number:03d}",
        version=version,
        subject="p",
        published_at=START + timedelta(hours=number),
        stars=stars,
        length=length,
    )


def fact(member: Member | None, *before: Member) -> SubjectReviewed:
    review_id = member.review_id if member else before[0].review_id
    return SubjectReviewed(subject="p", review_id=review_id, at=START, now=member, before=before)


def told(facts: list[SubjectReviewed], table: dict[str, subjects.SubjectRow]) -> dict[str, dict[str, float] | None]:
    """The last that each review was told."""
    last: dict[str, dict[str, float] | None] = {}
    found: list[EvidenceFound] = subjects.run(facts, table)
    for event in found:
        for item in event.items:
            last[event.review_id] = item.finding.features if item.finding else None
    return last


def test_a_single_review_has_no_background() -> None:
    assert told([fact(a_member(1, 5.0))], {}) == {}


def test_each_review_learns_mean_spread_and_length_of_its_subject() -> None:
    last = told([fact(a_member(n, stars, length=256)) for n, stars in enumerate([1.0, 5.0, 5.0, 5.0])], {})
    assert set(last) == {"r000", "r001", "r002", "r003"}
    assert last["r000"] == {"count": 3.0, "mean": 4.0, "spread": 1.75, "extreme": 1.0, "length": 8.0}


def test_the_order_of_arrival_does_not_matter() -> None:
    facts = [fact(a_member(n, float(n % 5 + 1), length=10 * n)) for n in range(300)]
    ends = []
    for seed in range(5):
        shuffled = facts.copy()
        random.Random(seed).shuffle(shuffled)
        table: dict[str, subjects.SubjectRow] = {}
        last = told(shuffled, table)
        ends.append((table, {review: found for review, found in last.items() if found}))
    assert all(end == ends[0] for end in ends)
    assert len(ends[0][1]) == subjects.LIMIT


def test_a_fact_delivered_twice_changes_nothing_and_tells_again() -> None:
    table: dict[str, subjects.SubjectRow] = {}
    facts = [fact(a_member(n, 4.0)) for n in range(3)]
    first, kept = told(facts, table), dict(table)
    assert told(facts[-1:], table) == first
    assert table == kept


def test_a_withdrawn_review_leaves_the_background() -> None:
    table: dict[str, subjects.SubjectRow] = {}
    members = [a_member(n, stars) for n, stars in enumerate([1.0, 5.0, 5.0])]
    told([fact(member) for member in members], table)
    last = told([fact(None, members[0])], table)
    assert last["r000"] is None
    found = last["r001"]
    assert found is not None
    assert found["mean"] == 5.0


def test_a_large_subject_tells_few() -> None:
    table: dict[str, subjects.SubjectRow] = {}
    events = subjects.run([fact(a_member(n, 5.0 if n % 4 else 1.0)) for n in range(128)], table)
    assert len(events) < 128 * 12
