"""Taking reviews out of the rows of detectors and of other reviews, for good."""

from __future__ import annotations

import pytest

from schemas.events import Evidence, Finding, Match
from streams.detectors.bursts import Year
from streams.detectors.copies import Bucket
from streams.detectors.earliest import Entry
from streams.forgetting import left_behind, without
from streams.rows import ReviewRow


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
