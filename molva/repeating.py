"""What the embedded host's log must be given so that something that failed is done again."""

from __future__ import annotations

from collections.abc import Collection
from contextlib import suppress

from molva.event_log import EventLog
from molva.sqlite_tables import SqliteTable
from schemas import codec
from schemas.codec import InvalidEvent
from schemas.events import DeadLetter, ReviewCollected
from schemas.topics import REVIEWS_COLLECTED
from streams.rows import ReviewRow


def to_repeat(
    letter: DeadLetter, log: EventLog, reviews: SqliteTable, stages: Collection[str]
) -> tuple[str | None, bytes] | None:
    """Review id and bytes of the observation that repeats what failed.

    An observation repeats itself. For a fact or for evidence it is the newest observation of its review, from which
    all is told again, as things are now. None for what never was an event (a row of a file, a mail) and for what fails
    in none of the *stages*.
    """
    if letter.stage not in stages:
        return None
    try:
        review_id = codec.decode(letter.topic, letter.payload).review_id
    except InvalidEvent:
        return (None, letter.payload) if letter.topic == REVIEWS_COLLECTED.name else None
    if letter.topic == REVIEWS_COLLECTED.name:
        return review_id, letter.payload
    row = reviews.get(review_id)
    return (review_id, newest_observation(log, review_id, row)) if row and row.review else None


def newest_observation(log: EventLog, review_id: str, row: ReviewRow) -> bytes:
    """The newest observation in the row of a review, whose known id makes the step tell and judge it again."""
    known = {settled.event_id for settled in row.settled}
    for value in log.records(REVIEWS_COLLECTED, review_id):
        with suppress(InvalidEvent):
            if codec.decode(REVIEWS_COLLECTED.name, value).event_id in known:
                return value
    assert row.review is not None
    assert row.observed_at is not None
    last = row.settled[-1].event_id  # the log has let go of it; nothing but the id is read of a known one
    return codec.encode(
        ReviewCollected(review_id=review_id, event_id=last, observed_at=row.observed_at, review=row.review)
    )
