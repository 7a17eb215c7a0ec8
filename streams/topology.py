"""The pipeline as a value: its steps, what each reads and writes, and the tables that each keeps.

A step is a pure function ``run(events, *tables) -> list of events``: no clock, no randomness, no network, no server.
Any list of events that lie in one partition, in order, may be given at once; how they are cut into lists does not
change where the tables end. Hosts give it any ``MutableMapping``; rows are frozen, and a change is an assignment.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, MutableMapping, Sequence
from typing import Any

import msgspec

from schemas import topics
from schemas.topics import Topic
from streams.detectors import authors, bursts, copies, rings, subjects
from streams.detectors.earliest import merged
from streams.review import Models, ReviewStep
from streams.rows import ReviewRow

Key = str | int


class Table(msgspec.Struct, frozen=True):
    """A keyed table: its name and the frozen type of its rows. Keys of integers fit in 64 signed bits."""

    name: str
    row: type[Any]
    key: type[Any] = str


class Step(msgspec.Struct, frozen=True):
    """One step.

    ``keys(event)`` names the rows that the event will touch, one collection a table, for prefetching. A step with
    ``hold`` can leave its conclusions for later: ``hold(events, held, *tables)`` and, when nothing is on its way any
    more, ``release(held, *tables)`` end where ``run`` ends, with fewer words on the way.
    """

    name: str
    reads: tuple[Topic, ...]
    writes: tuple[Topic, ...]
    tables: tuple[Table, ...]
    keys: Callable[[Any], Sequence[Iterable[Key]]]
    run: Callable[..., list[Any]]
    hold: Callable[..., list[Any]] | None = None
    release: Callable[..., list[Any]] | None = None


Tables = MutableMapping[Any, Any]


def _subjects(events: Sequence[Any], days: Tables, years: Tables, backgrounds: Tables) -> list[Any]:
    """The two detectors keyed by subject; what both tell one review travels in one record."""
    return merged([*bursts.run(events, days, years), *subjects.run(events, backgrounds)])


def topology(models: Models | None = None) -> tuple[Step, ...]:
    """All steps, in the order in which a review first meets them. ``models`` defaults to the shipped ones."""
    review = ReviewStep(models or Models.shipped())
    return (
        Step(
            name="review",
            reads=(topics.REVIEWS_COLLECTED, topics.EVIDENCE_FOUND),
            writes=(
                topics.REVIEWS_BY_SUBJECT,
                topics.REVIEWS_BY_AUTHOR,
                topics.FINGERPRINTS_BANDED,
                topics.REVIEWS_JUDGED,
            ),
            tables=(Table("reviews", ReviewRow),),
            keys=lambda event: ((event.review_id,),),
            run=review,
            hold=review.hold,
            release=review.release,
        ),
        Step(
            name="copies",
            reads=(topics.FINGERPRINTS_BANDED,),
            writes=(topics.EVIDENCE_FOUND,),
            tables=(Table("copies", copies.Bucket, copies.KEY),),
            keys=lambda event: (copies.keys(event),),
            run=copies.run,
        ),
        Step(
            name="subjects",
            reads=(topics.REVIEWS_BY_SUBJECT,),
            writes=(topics.EVIDENCE_FOUND,),
            tables=(
                Table("subject_days", bursts.Day),
                Table("subject_years", bursts.Year),
                Table("subjects", subjects.SubjectRow),
            ),
            keys=lambda event: (*bursts.keys(event), (event.subject,)),
            run=_subjects,
        ),
        Step(
            name="authors",
            reads=(topics.REVIEWS_BY_AUTHOR,),
            writes=(topics.AUTHORS_PLACED, topics.EVIDENCE_FOUND),
            tables=(Table("authors", authors.AuthorRow),),
            keys=lambda event: ((event.author,),),
            run=authors.run,
        ),
        Step(
            name="rings",
            reads=(topics.AUTHORS_PLACED,),
            writes=(topics.EVIDENCE_FOUND,),
            tables=(Table("rings", rings.Company),),
            keys=lambda event: ({place.subject for place in event.places},),
            run=rings.run,
        ),
    )
