"""What the detectors find among labelled reviews: the pipeline's own facts and steps, run in memory to the end."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

from msgspec.structs import replace

from schemas.events import AuthorReviewed, Evidence, EvidenceFound, FingerprintBanded, Review, SubjectReviewed
from streams import facts
from streams.detectors import authors, bursts, subjects
from streams.enrich import member
from streams.judge import matches, weigh
from streams.risk import Signal
from streams.rows import Reading, ReviewRow

_AT = datetime(2000, 1, 1, tzinfo=UTC)  # the time of a fact reaches no result


def among(reviews: Sequence[Review], readings: Sequence[Reading]) -> list[list[Signal]]:
    """For each review what ``RiskModel.assess`` gets when just these reviews are in the pipeline."""
    rows: dict[str, ReviewRow] = {}
    for index, (review, reading) in enumerate(zip(reviews, readings, strict=True)):
        key = f"{index:09d}"
        row = ReviewRow(review=review, version=1, reading=reading)
        rows[key] = replace(row, member=member(row, key))
    by_subject: list[SubjectReviewed] = []
    by_author: list[AuthorReviewed] = []
    for key, row in rows.items():
        for fact in facts.facts(row, key, _AT):
            if isinstance(fact, SubjectReviewed):
                by_subject.append(fact)
            elif isinstance(fact, AuthorReviewed):
                by_author.append(fact)
            else:
                assert isinstance(fact, FingerprintBanded)  # copies weigh by evidence, labels teach nothing about them
    found = [*subjects.run(by_subject, {}), *bursts.run(by_subject, {}, {}), *authors.run(by_author, {})]
    evidence: dict[str, dict[str, Evidence]] = {}
    for event in found:
        if not isinstance(event, EvidenceFound):
            continue  # rings weigh by evidence, as copies do
        _put(evidence.setdefault(event.review_id, {}), event)
    told = [replace(row, evidence=evidence.get(key, {})) for key, row in rows.items()]
    return [[*row.reading.signals, *weigh(row, matches(row))] for row in told if row.reading is not None]


def _put(known: dict[str, Evidence], event: EvidenceFound) -> None:
    for item in event.items:
        name = f"{item.detector}:{item.key}"
        if item.finding is None:
            known.pop(name, None)
        else:
            known[name] = item
