"""All that Molva says of a review, and the review as everybody sees it then."""

from __future__ import annotations

from schemas.observations import Rating, Review
from schemas.values import CopyKind, Grade, Id, Level, Line, Outcome, Text, Time, Value


class Copy(Value, frozen=True):
    """A near-duplicate of the review: nearly the same text under another id. ``later``: that one came first."""

    review_id: Id
    kind: CopyKind
    similarity: float
    later: bool = False


class Reason(Value, frozen=True):
    """One named part of the risk. ``contribution`` is in log-odds; ``text`` maps a language (en, ru) to a sentence."""

    name: Id
    contribution: float
    text: dict[str, str]
    reviews: tuple[str, ...] = ()


class Risk(Value, frozen=True):
    """How likely the review is fake: ``base`` plus all contributions is the logit of ``score`` (0-1)."""

    score: float
    level: Level
    base: float = 0.0
    reasons: tuple[Reason, ...] = ()


class Verification(Value, frozen=True):
    """How sure it is that the author had the experience, and by what."""

    grade: Grade = "anonymous"
    probability: float | None = None
    provenance: Line | None = None


class Sentiment(Value, frozen=True):
    """Probabilities of the text's sentiment; they add up to one."""

    negative: float
    neutral: float
    positive: float


class Negative(Value, frozen=True):
    """Whether this is negative feedback, by rating if there is one, else by text."""

    value: bool
    probability: float


class Aspect(Value, frozen=True):
    """A side of the experience that the text speaks of, at ``start:end`` (code points of the prose)."""

    name: Id
    start: int
    end: int
    sentiment: float


class Request(Value, frozen=True):
    """A wish in the text, at ``start:end`` (code points of the prose)."""

    text: Text
    start: int
    end: int


class Judgement(Value, frozen=True):
    """All that Molva says about one version of a review."""

    risk: Risk
    verification: Verification
    sentiment: Sentiment
    negative: Negative
    language: Line
    language_probability: float
    copies: tuple[Copy, ...] = ()
    aspects: tuple[Aspect, ...] = ()
    requests: tuple[Request, ...] = ()


class Edit(Value, frozen=True):
    """An earlier version: when it was seen, what changed after it, and the old words."""

    version: int
    seen_at: Time
    changed: tuple[str, ...] = ()
    rating: Rating | None = None
    title: Line | None = None
    text: Text = ""
    pros: Text | None = None
    cons: Text | None = None


class ReviewJudged(Value, frozen=True, tag="ReviewJudged"):
    """The state of a review for all who show, search or alert; the last one of a review stands."""

    review_id: Id
    version: int
    outcome: Outcome
    first_seen_at: Time
    observed_at: Time
    judged_at: Time
    review: Review
    judgement: Judgement
    withdrawn_at: Time | None = None
    history: tuple[Edit, ...] = ()
