"""What happens to a review, as frozen values: the truth from which the JSON Schema is generated.

All shapes are had from here; those of one stage lie together in a module of their own.
"""

from __future__ import annotations

from schemas.findings import (
    AuthorPlaced,
    AuthorReviewed,
    Evidence,
    EvidenceFound,
    Finding,
    FingerprintBanded,
    Footprints,
    Match,
    Member,
    Place,
    SubjectReviewed,
)
from schemas.judgements import (
    Aspect,
    Copy,
    Edit,
    Judgement,
    Negative,
    Reason,
    Request,
    ReviewJudged,
    Risk,
    Sentiment,
    Verification,
)
from schemas.observations import (
    Author,
    Observation,
    ObservationSettled,
    Rating,
    Reply,
    Review,
    ReviewCollected,
    ReviewWithdrawn,
    Subject,
)
from schemas.values import MAX_LINE, MAX_TEXT, CopyKind, Grade, Id, Level, Line, Outcome, Text, Time, Value

__all__ = [
    "MAX_LINE",
    "MAX_TEXT",
    "AlertRaised",
    "Aspect",
    "Author",
    "AuthorPlaced",
    "AuthorReviewed",
    "Copy",
    "CopyKind",
    "DeadLetter",
    "Edit",
    "Event",
    "Evidence",
    "EvidenceFound",
    "Finding",
    "FingerprintBanded",
    "Footprints",
    "Grade",
    "Id",
    "Judgement",
    "Level",
    "Line",
    "Match",
    "Member",
    "Negative",
    "Observation",
    "ObservationSettled",
    "OrderPlaced",
    "Outcome",
    "Place",
    "Rating",
    "Reason",
    "Reply",
    "Request",
    "Review",
    "ReviewCollected",
    "ReviewJudged",
    "ReviewWithdrawn",
    "Risk",
    "Sentiment",
    "Subject",
    "SubjectReviewed",
    "Text",
    "Time",
    "Value",
    "Verification",
]


class AlertRaised(Value, frozen=True, tag="AlertRaised"):
    """One subscription's query matched one version of a review. ``alert_id`` hashes the three."""

    alert_id: Id
    subscription_id: Id
    review_id: Id
    version: int
    raised_at: Time


class OrderPlaced(Value, frozen=True, tag="OrderPlaced"):
    """An order that a review may belong to; ``key`` is a contact hash or an invitation's token."""

    key: Id
    order: Id
    placed_at: Time
    source: Line | None = None


class DeadLetter(Value, frozen=True, tag="DeadLetter"):
    """Something that could not be processed, whole: ``payload`` holds the original bytes."""

    stage: Id
    reason: Text
    payload: bytes
    topic: Line
    died_at: Time
    key: bytes | None = None
    source: Line | None = None
    traceback: Text | None = None


Event = (
    ReviewCollected
    | ReviewWithdrawn
    | SubjectReviewed
    | AuthorReviewed
    | AuthorPlaced
    | FingerprintBanded
    | EvidenceFound
    | ReviewJudged
    | AlertRaised
    | OrderPlaced
    | DeadLetter
)
