"""Taking reviews out of the rows of detectors and of other reviews, for good."""

from __future__ import annotations

import pytest

from schemas.events import Evidence, Finding, Match
from streams.detectors.authors import AuthorRow, Left
from streams.detectors.bursts import Year
from streams.detectors.copies import Bucket
from streams.detectors.earliest import Entry, Serial
from streams.detectors.rings import Company, Seat
from streams.forgetting import left_behind, without
from streams.rows import ReviewRow
from streams.topology import topology


def bucket(*review_ids: str) -> Bucket:
    return Bucket(tuple(Entry(float(n), review_id, None) for n, review_id in enumerate(review_ids)))


def test_a_roomy_set_keeps_nothing_of_them():
    assert [entry.review_id for entry in without(bucket("a", "b", "c"), {"b"}).entries] == ["a", "c"]


def test_a_set_of_theirs_alone_goes_whole():
    assert without(bucket("a", "b"), {"a", "b"}) is None


@pytest.mark.parametrize("size", [65, 200])
def test_a_set_that_may_be_full_keeps_the_slot_under_a_name_that_means_nothing(size):
    kept = without(bucket(*(f"r{n}" for n in range(size))), {"r7"})
    assert len(kept.entries) == size
    assert [entry.time for entry in kept.entries] == [float(n) for n in range(size)]
    assert "r7" not in {entry.review_id for entry in kept.entries}
    assert kept.entries[7].review_id.startswith("forgotten-")


def test_a_row_that_holds_no_reviews_stays_as_it_is():
    row = Year(counts={12: 3})
    assert without(row, {"a"}) is row


def test_every_table_of_a_detector_holds_its_reviews_where_they_can_be_taken_out():
    rows = {table.name: table.row for step in topology() for table in step.tables if table.row is not ReviewRow}
    assert {name for name, row in rows.items() if "entries" not in row.__struct_fields__} == {"subject_years"}, (
        "that one counts; a row that names reviews holds them as entries"
    )


def test_an_author_leaves_no_place_where_a_forgotten_review_once_stood():
    row = AuthorRow(
        entries=(Entry(1.0, "a", None), Entry(2.0, "b", None)),
        left=(Left(1.0, "b", "p1", 1), Left(1.5, "c", "p2", 1)),
    )
    kept = without(row, {"b"})
    assert [entry.review_id for entry in kept.entries] == ["a"]
    assert [place.review_id for place in kept.left] == ["c"]


def test_a_slot_that_stays_does_not_say_whose_it_was():
    seats = tuple(Seat(float(n), f"r{n}", 1_000 + n, Serial(), None) for n in range(100))
    kept = without(Company(seats), {"r7"})
    assert len(kept.entries) == 100
    assert 1_007 not in {seat.author for seat in kept.entries}
    assert {seat.author for seat in kept.entries} >= {1_006, 1_008}


def evidence(**found) -> Evidence:
    return Evidence(detector="copied-text", key="b1", version=2, finding=Finding(**found) if found else None)


def left(*items: Evidence) -> tuple[Evidence, ...]:
    return left_behind(ReviewRow(evidence={str(n): item for n, item in enumerate(items)}), {"gone"})


def match(review_id: str) -> Match:
    return Match(review_id=review_id, kind="copied", similarity=0.9)


def test_evidence_that_points_at_them_is_taken_back_or_goes_on_without_them():
    both = evidence(matches=(match("gone"), match("other")), reviews=("gone", "other"))
    alone = evidence(matches=(match("gone"),), reviews=("gone",))
    assert left(both) == (evidence(matches=(match("other"),), reviews=("other",)),)
    assert left(alone) == (evidence(),)


def test_numbers_without_matches_stay():
    item = evidence(features={"count": 5.0}, reviews=("gone", "other"))
    assert left(item) == (evidence(features={"count": 5.0}, reviews=("other",)),)


def test_evidence_that_does_not_speak_of_them_is_left_alone():
    assert left(evidence(features={"count": 5.0}, reviews=("other",)), evidence()) == ()
