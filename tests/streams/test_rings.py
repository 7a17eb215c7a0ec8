"""Co-review rings: who stands in one, what it is told, and that plain company is none."""

from __future__ import annotations

import json
import random
from datetime import UTC, datetime, timedelta

import pytest

from molva.evaluate.rings import reviewers
from molva.judging import judge
from schemas.events import AuthorPlaced, AuthorReviewed, Footprints, Member, Review, Subject
from schemas.topics import bucket_of
from streams.detectors import authors, rings
from streams.detectors.coreview import rings as found
from streams.models.evidence_weights import EVIDENCE
from streams.scoring.evidence import contributions

START = datetime(2026, 3, 1, tzinfo=UTC)


def been(*subjects: int, days: int | None = None, stars: float | None = None, voices: tuple[int, ...] = ()):
    """Footprints of an author who was at *subjects*."""
    count = len(subjects)
    return Footprints(
        subjects=subjects,
        days=tuple(None if days is None else days + n for n in range(count)),
        stars=(stars,) * count,
        voices=voices or (0,) * count,
    )


def test_all_who_reviewed_the_same_three_subjects_are_a_ring():
    told = found([been(1, 2, 3), been(1, 2, 3, 8), been(9, 3, 2, 1), been(1, 2, 7), been(1, 8, 9)])
    assert [ring and (ring.members, ring.subjects) for ring in told] == [((0, 1, 2), 3)] * 3 + [None, None]


def test_the_ring_is_the_group_that_did_most_together():
    four, two = (1, 2, 3), (1, 4, 5, 6, 7, 8)
    told = found([been(*four, *two[1:]), been(*four), been(*four), been(*four), been(*two)])
    assert told[0].members == (0, 4)  # 1 x 20 triples against 3 x 1
    assert told[1].members == (0, 1, 2, 3)


def test_strength_grows_with_authors_and_subjects():
    def strength(size, subjects):
        return found([been(*range(subjects))] * size)[0].strength

    assert strength(2, 3) == 1
    assert 1 < strength(3, 3) < strength(9, 3) < strength(9, 5)


def test_one_text_under_each_variant_of_a_product_counts_once():
    variants = been(1, 2, 3, 4, voices=(7, 7, 7, 7))
    assert found([variants, variants]) == [None, None]
    assert found([variants, been(1, 2, 3, 4)]) == [None, None]
    assert found([been(1, 2, 3, 4, voices=(7, 7, 8, 9)), been(1, 2, 3, 4)])[0].subjects == 3


def test_nearness_and_likeness_are_shares_and_unknown_without_times_and_ratings():
    near, far, mute = been(1, 2, 3, days=10, stars=5), been(1, 2, 3, days=40, stars=1), been(1, 2, 3)
    assert [(ring.near, ring.alike) for ring in found([near, near])] == [(1, 1)] * 2
    assert [(ring.near, ring.alike) for ring in found([near, far])] == [(0, 0)] * 2
    assert [(ring.near, ring.alike) for ring in found([near, near, far])] == [(0.5, 0.5), (0.5, 0.5), (0, 0)]
    assert [(ring.near, ring.alike) for ring in found([near, mute])] == [(None, None)] * 2


def reviewed(author: str, subject: str, day: int = 0) -> AuthorReviewed:
    review_id = f"{author}-{subject}"
    now = Member(
        review_id=review_id,
        version=1,
        subject=subject,
        author=author,
        published_at=START + timedelta(days=day),
        stars=5.0,
    )
    return AuthorReviewed(author=author, review_id=review_id, at=START, now=now)


def placed(facts: list[AuthorReviewed], rows: dict) -> list[AuthorPlaced]:
    return [event for event in authors.run(facts, rows) if isinstance(event, AuthorPlaced)]


def test_subjects_hear_nothing_of_authors_with_two_reviews():
    rows: dict = {}
    assert placed([reviewed("a", "s1"), reviewed("a", "s2")], rows) == []
    told = placed([reviewed("a", "s3")], rows)
    assert sorted(place.subject for event in told for place in event.places) == ["s1", "s2", "s3"]
    assert all(event.bucket == bucket_of(place.subject) for event in told for place in event.places)


def test_a_review_of_a_prolific_author_reaches_no_more_subjects_than_the_window():
    rows: dict = {}
    told = [placed([reviewed("a", f"s{day}", day)], rows) for day in range(40)]
    counts = [sum(len(event.places) for event in events) for events in told]
    assert max(counts) == 16
    assert counts[16:] == [1] * 24


def test_evidence_points_at_the_others_under_the_same_subject():
    facts = [reviewed(author, subject) for author in "abc" for subject in ("s1", "s2", "s3")]
    told = {event.review_id: event.items[0] for event in rings.run(placed(facts, {}), {})}
    assert len(told) == 9
    finding = told["b-s2"].finding
    assert finding.reviews == ("a-s2", "c-s2")
    assert finding.features == {"authors": 3.0, "subjects": 3.0, "strength": 1.5, "near": 1.0, "alike": 1.0}


def test_a_fact_that_comes_again_tells_all_and_an_older_one_nothing():
    table, rows = {}, {}
    facts = [reviewed(author, f"s{n}", n) for author in "ab" for n in range(4)]
    told = [event for fact in facts for event in placed([fact], rows)]
    first = [event for event in told if event.author == "a"]
    rings.run(told, table)
    kept = dict(table)
    assert rings.run(first[:1], table) == []
    again = rings.run([told[-1]], table)
    assert {event.review_id for event in again} >= {told[-1].places[0].review_id}
    assert all(event.items[0].finding for event in again)
    assert table == kept


@pytest.mark.parametrize("unlike", [{"near": 0.0}, {"alike": 0.0}])
def test_company_at_other_times_or_with_other_ratings_counts_less(unlike):
    def weight(**features):
        signal = {"authors": 3.0, "subjects": 3.0, "strength": 1.5, **features}
        return contributions(Review(source="s", subject=Subject(id="p")), None, {"ring": signal}, EVIDENCE)["ring"]

    agreeing = {"near": 1.0, "alike": 1.0}
    assert weight(**agreeing) > weight() > weight(**unlike)
    assert weight(**agreeing | unlike) < 0.6 * weight(**agreeing)


def test_reviewers_by_the_strongest_ring_they_are_told_of():
    pairs = [(author, product) for author in "abc" for product in "1234"]
    alone = [("d", product) for product in "156"]
    strength = reviewers([*pairs, *alone])
    assert strength["a"] == strength["b"] == strength["c"] > 1
    assert strength["d"] == 0


@pytest.mark.parametrize("seed", range(3))
def test_judge_tells_a_planted_ring_from_its_background(seed):
    """Six authors who share five subjects among 60 who came by themselves, in any order of lines."""
    choose = random.Random(seed)
    words = ["queue", "staff", "coffee", "broke", "noisy", "cold", "room", "clean", "price", "parcel", "late", "lamp"]

    def line(author: str, subject: int, day: float, stars: int) -> dict:
        return {
            "id": f"{author}@{subject}",
            "source": "shop",
            "subject": {"id": f"p{subject}"},
            "author": {"id": author},
            "rating": stars,
            "text": " ".join(choose.choice(words) for _ in range(25)),
            "published_at": (START + timedelta(days=day)).isoformat(),
        }

    lines = [line(f"ring{n}", subject, 30 + subject + choose.random(), 5) for n in range(6) for subject in range(5)]
    lines += [
        line(f"guest{n}", subject, choose.uniform(0, 300), choose.choice([1, 2, 3, 4, 5, 5]))
        for n in range(60)
        for subject in choose.sample(range(40), choose.randint(1, 4))
    ]
    choose.shuffle(lines)
    answers = list(judge([json.dumps(each).encode() for each in lines]))
    named = {answer["id"]: [r for r in answer["risk"]["reasons"] if r["name"] == "ring"] for answer in answers}
    members = {f"ring{n}@{subject}" for n in range(6) for subject in range(5)}
    assert {key for key, reasons in named.items() if reasons} >= members
    by_chance = [reasons[0]["contribution"] for key, reasons in named.items() if reasons and key not in members]
    assert len(by_chance) <= 0.03 * len(named)
    (reason,) = named["ring0@2"]
    assert sorted(reason["reviews"]) == [f"ring{n}@2" for n in range(1, 6)]
    assert reason["text"] == (
        "At least 4 other authors reviewed 5 or more of the subjects that this author did, within a week of each other "
        "and with like ratings."
    )
    assert min(named[key][0]["contribution"] for key in members) > max([1.5, *by_chance])
