"""The review step: identify, enrich and judge share one key, so they are one agent, and a call away from each other.

Nothing that it sends may be lost by a crash between the row and the sending. So an event that was processed before
sends everything again: an observation the facts and the judgement of its review, evidence the judgement.
"""

from __future__ import annotations

from collections.abc import MutableMapping, Sequence
from datetime import datetime
from typing import Any

from msgspec.structs import replace

from schemas.events import EvidenceFound, Judgement, Observation, ObservationSettled, ReviewCollected, ReviewJudged
from streams.enrich import Models, member, read
from streams.facts import facts
from streams.identify import identify
from streams.judge import judge
from streams.rows import REMEMBERED_MEMBERS, ReviewRow

__all__ = ["Models", "ReviewStep"]

Rows = MutableMapping[str, ReviewRow]
Held = dict[str, tuple[datetime, bool]]
"""Reviews to be judged: by id, the time of what made it necessary, and whether to tell what did not change, too."""


class ReviewStep:
    """Calls identify, enrich and judge over a list of observations and evidence."""

    def __init__(self, models: Models) -> None:
        self.models = models

    def __call__(self, events: Sequence[Observation | EvidenceFound], reviews: Rows) -> list[Any]:
        """Process *events* in order; returns settled outcomes, facts for the detectors, and judgements."""
        held: Held = {}
        return [*self.hold(events, held, reviews), *self.release(held, reviews)]

    def hold(self, events: Sequence[Observation | EvidenceFound], held: Held, reviews: Rows) -> list[Any]:
        """The same without judgements: what is to be judged goes into *held*.

        A host that knows that evidence about these reviews is still on its way saves judging them twice.
        """
        batch = _Batch(self.models, reviews, held)
        for event in events:
            if isinstance(event, EvidenceFound):
                batch.weigh(event)
            else:
                batch.observe(event)
        return batch.finish()

    def release(self, held: Held, reviews: Rows) -> list[ReviewJudged]:
        """Judge what was held; a judgement that did not change is returned only if it had to be repeated."""
        rows = {key: reviews[key] for key in held}
        out = []
        for (key, row), judgement in zip(rows.items(), judge(list(rows.values()), self.models), strict=True):
            at, forced = held[key]
            if judgement != row.judgement:
                row = replace(row, judgement=judgement)  # noqa: PLW2901 - the row as it is from here on
                reviews[key] = row
            elif not forced:
                continue
            out.append(_judged(key, row, judgement, at))
        return out


class _Batch:
    """What a list of events leaves to be done once for each review: reading the text, telling facts, judging."""

    def __init__(self, models: Models, reviews: Rows, held: Held) -> None:
        self.models = models
        self.reviews = reviews
        self.unjudged = held
        self.out: list[Any] = []
        self.unread: dict[str, datetime] = {}
        self.untold: dict[str, datetime] = {}

    def observe(self, event: Observation) -> None:
        key, at = event.review_id, event.observed_at
        if key in self.unread:  # each version is read and told, however the events were cut into lists
            self.enrich()
        row, settled, repeated = identify(self.reviews.get(key) or ReviewRow(), event)
        source = event.review.source if isinstance(event, ReviewCollected) else event.source
        self.out.append(
            ObservationSettled(
                review_id=key,
                event_id=event.event_id,
                source=source,
                outcome=settled.outcome,
                version=settled.version,
                repeated=repeated,
            )
        )
        if repeated:
            if row.review is not None:
                self.untold[key] = at
                self.unjudged[key] = (at, True)
            return
        self.reviews[key] = row
        if settled.outcome in {"new", "edited", "updated"}:
            self.unread[key] = at
            self.unjudged[key] = (at, True)
        elif settled.outcome == "withdrawn":
            self.reviews[key] = _place(row, withdrawn=True)
            self.untold[key] = at
            self.unjudged[key] = (at, True)

    def weigh(self, event: EvidenceFound) -> None:
        key = event.review_id
        row = self.reviews.get(key) or ReviewRow()
        evidence = dict(row.evidence)
        for item in event.items:
            name = f"{item.detector}:{item.key}"
            known = evidence.get(name)
            if item.version < row.version or (known is not None and item.version < known.version):
                continue
            if item.finding is None:
                evidence.pop(name, None)
            else:
                evidence[name] = item
        repeated = evidence == row.evidence
        if not repeated:
            self.reviews[key] = replace(row, evidence=evidence)
        if row.review is not None:
            forced = repeated or self.unjudged.get(key, (None, False))[1]
            self.unjudged[key] = (event.at, forced)

    def enrich(self) -> None:
        rows = [self.reviews[key] for key in self.unread]
        stale = [index for index, row in enumerate(rows) if row.reading is None or row.outcome != "updated"]
        reviews = [rows[index].review for index in stale]
        for index, reading in zip(stale, read([review for review in reviews if review], self.models), strict=True):
            kept = {name: item for name, item in rows[index].evidence.items() if item.version >= rows[index].version}
            rows[index] = replace(rows[index], reading=reading, evidence=kept)
        for (key, at), row in zip(self.unread.items(), rows, strict=True):
            placed = _place(row, review_id=key)
            self.reviews[key] = placed
            if placed.member != row.member or placed.trail != row.trail:
                self.untold[key] = at
        self.unread.clear()

    def finish(self) -> list[Any]:
        self.enrich()
        for key, at in self.untold.items():
            self.out.extend(facts(self.reviews[key], key, at))
        return self.out


def _place(row: ReviewRow, *, review_id: str = "", withdrawn: bool = False) -> ReviewRow:
    """The row with its place among detectors; the old place goes to the trail from which they take it out."""
    now = None if withdrawn else member(row, review_id)
    if row.member == now:
        return row
    left = (*row.trail, row.member) if row.member else row.trail
    trail = tuple(old for old in dict.fromkeys(left) if old != now)
    return replace(row, member=now, trail=trail[-REMEMBERED_MEMBERS:])


def _judged(review_id: str, row: ReviewRow, judgement: Judgement, at: datetime) -> ReviewJudged:
    assert row.review is not None
    assert row.first_seen_at is not None
    assert row.changed_at is not None
    return ReviewJudged(
        review_id=review_id,
        version=row.version,
        outcome=row.outcome,
        first_seen_at=row.first_seen_at,
        observed_at=row.changed_at,
        judged_at=at,
        review=row.review,
        judgement=judgement,
        withdrawn_at=row.withdrawn_at,
        history=row.history,
    )
