"""Is this the same review seen again? Decides what an observation is, from the review's row alone."""

from __future__ import annotations

from msgspec.structs import replace

from schemas.events import Edit, Observation, Outcome, Review, ReviewCollected, ReviewWithdrawn
from schemas.identity import normalise
from streams.rows import REMEMBERED_EVENTS, REMEMBERED_VERSIONS, ReviewRow, Settled

WORDS = ("title", "text", "pros", "cons")
"""What the author wrote; with the rating, a change of these makes a new version."""


def identify(row: ReviewRow, event: Observation) -> tuple[ReviewRow, Settled, bool]:
    """The row after ``event``, what the event turned out to be, and whether it had been processed before.

    An event id that the row remembers repeats its outcome and changes nothing; an unknown one that is older than
    the newest is stale and changes nothing either.
    """
    for known in row.settled:
        if known.event_id == event.event_id:
            return row, known, True
    if row.observed_at is not None and event.observed_at < row.observed_at:
        return row, Settled(event.event_id, "unchanged", row.version), False
    if isinstance(event, ReviewWithdrawn):
        changed = _withdraw(row, event)
    elif row.review is None:
        changed = replace(row, review=event.review, version=1, outcome="new", first_seen_at=event.observed_at)
    else:
        changed = _compare(row, row.review, event)
    outcome: Outcome = "unchanged" if changed is row else changed.outcome
    if changed.review is None:
        outcome = "rejected"
    settled = Settled(event.event_id, outcome, changed.version)
    if changed is not row:
        changed = replace(changed, changed_at=event.observed_at)
    remembered = (*row.settled, settled)[-REMEMBERED_EVENTS:]
    return replace(changed, settled=remembered, observed_at=event.observed_at), settled, False


def _withdraw(row: ReviewRow, event: ReviewWithdrawn) -> ReviewRow:
    if row.review is None or row.withdrawn_at is not None:
        return row
    return replace(row, outcome="withdrawn", withdrawn_at=event.observed_at)


def _compare(row: ReviewRow, old: Review, event: ReviewCollected) -> ReviewRow:
    new = event.review
    words = changes(old, new)
    if words:
        assert row.observed_at is not None
        before = Edit(
            version=row.version,
            seen_at=row.observed_at,
            changed=words,
            rating=old.rating,
            title=old.title,
            text=old.text,
            pros=old.pros,
            cons=old.cons,
        )
        return replace(
            row,
            review=new,
            version=row.version + 1,
            outcome="edited",
            withdrawn_at=None,
            history=(*row.history, before)[-REMEMBERED_VERSIONS:],
        )
    # The words are the same after normalising, so the stored ones stay: white space is no news.
    kept = replace(new, title=old.title, text=old.text, pros=old.pros, cons=old.cons)
    if kept != old or row.withdrawn_at is not None:
        return replace(row, review=kept, outcome="updated", withdrawn_at=None)
    return row


def changes(old: Review, new: Review) -> tuple[str, ...]:
    """The names of the fields that make ``new`` another version than ``old``: rating, title, text, pros, cons."""
    changed = ["rating"] if old.rating != new.rating else []
    for name in WORDS:
        before, after = getattr(old, name), getattr(new, name)
        if before != after and normalise(before) != normalise(after):
            changed.append(name)
    return tuple(changed)
