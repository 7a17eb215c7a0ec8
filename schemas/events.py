"""What happens to a review, as frozen values: the truth from which the JSON Schema is generated.

Times are aware UTC. Lengths are bounded where bytes come in (``codec``) and where people's data come in (``wire``).
"""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

MAX_TEXT = 50_000
"""Code points of a review's text, pros, cons or reply; a longer one is no review and becomes a dead letter."""
MAX_LINE = 2_000
"""Code points of a title, a name, an address or an id."""

Line = Annotated[str, Meta(max_length=MAX_LINE)]
Text = Annotated[str, Meta(max_length=MAX_TEXT)]
Id = Annotated[str, Meta(min_length=1, max_length=MAX_LINE)]
Time = Annotated[datetime, Meta(tz=True)]

Outcome = Literal["new", "edited", "updated", "unchanged", "withdrawn", "rejected"]
Level = Literal["low", "medium", "high", "insufficient"]
CopyKind = Literal["copied", "syndicated"]
Grade = Literal["anonymous", "identified", "platform-verified", "order-matched", "invited"]


class Value(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Base of all shapes: frozen, fields by name, defaults left out of the bytes."""


# --- a review as it was seen -------------------------------------------------------------------------------------


class Subject(Value, frozen=True):
    """What is reviewed: a product, a place, a company. ``id`` is the source's own."""

    id: Id
    name: Line | None = None
    kind: Line | None = None
    url: Line | None = None


class Author(Value, frozen=True):
    """Who wrote.

    ``contact`` (an e-mail address or a phone number) lives only between a collector and its runner, which puts its
    keyed hash in its place (``identity.observe``); ``codec`` refuses to write it down.
    """

    id: Line | None = None
    name: Line | None = None
    handle: Line | None = None
    url: Line | None = None
    role: Line | None = None
    company: Line | None = None
    contact: Line | None = None
    contact_hash: Line | None = None


class Rating(Value, frozen=True):
    """A rating with its scale, ``worst <= value <= best``."""

    value: float
    best: float = 5.0
    worst: float = 1.0

    @property
    def stars(self) -> float:
        """The rating mapped linearly to 1-5, rounded to two decimals."""
        span = self.best - self.worst
        return round(1.0 + 4.0 * (self.value - self.worst) / span, 2) if span > 0 else 3.0


class Reply(Value, frozen=True):
    """The company's public answer."""

    text: Text
    author: Line | None = None
    at: Time | None = None


class Review(Value, frozen=True):
    """One review as a source shows it; ``id`` is the source's own id of it, if it has one."""

    source: Id
    subject: Subject
    id: Line | None = None
    channel: Line = "file"
    url: Line | None = None
    author: Author | None = None
    rating: Rating | None = None
    title: Line | None = None
    text: Text = ""
    pros: Text | None = None
    cons: Text | None = None
    language: Line | None = None
    published_at: Time | None = None
    experience_at: Time | None = None
    badges: Annotated[tuple[Line, ...], Meta(max_length=32)] = ()
    counters: dict[Line, int] = {}
    order: Line | None = None
    token: Line | None = None
    thread: Line | None = None
    reply: Reply | None = None

    @property
    def stars(self) -> float | None:
        """The rating on the scale 1-5, or None."""
        return self.rating.stars if self.rating else None

    @property
    def prose(self) -> str:
        """Title, text, pros and cons, a line each: all that the author wrote."""
        parts = (self.title, self.text, self.pros, self.cons)
        return "\n".join(part for part in parts if part)


# --- reviews-collected -------------------------------------------------------------------------------------------


class ReviewCollected(Value, frozen=True, tag="ReviewCollected"):
    """A collector saw a review. ``event_id`` hashes review id, content and ``observed_at`` (see ``identity``)."""

    review_id: Id
    event_id: Id
    observed_at: Time
    review: Review


class ReviewWithdrawn(Value, frozen=True, tag="ReviewWithdrawn"):
    """A source no longer shows a review."""

    review_id: Id
    event_id: Id
    observed_at: Time
    source: Id
    subject: Subject
    id: Line | None = None


Observation = ReviewCollected | ReviewWithdrawn


class ObservationSettled(Value, frozen=True, tag="ObservationSettled"):
    """What an observation turned out to be. Told to the host for its counts; it travels on no topic.

    ``repeated``: the observation was delivered before, and this is its old outcome again.
    """

    review_id: Id
    event_id: Id
    source: Id
    outcome: Outcome
    version: int
    repeated: bool = False


# --- facts of one review, re-keyed for the detectors -------------------------------------------------------------


class Member(Value, frozen=True):
    """What detectors may know of one version of a review.

    ``author`` and ``subject`` are keys of ``identity``; ``name`` is the folded full name when it has two words or
    more; ``stars`` lies in 1-5; ``negative`` is the sentiment model's probability; ``length`` counts code points of
    the prose; ``signature`` is a MinHash of at most 128 bytes, ``bands`` its LSH buckets (below 2**64).
    """

    review_id: Id
    version: int
    subject: Id
    published_at: Time | None = None
    author: Line | None = None
    name: Line | None = None
    contact: Line | None = None
    stars: float | None = None
    negative: float | None = None
    length: int = 0
    signature: Annotated[bytes, Meta(max_length=128)] = b""
    bands: Annotated[tuple[int, ...], Meta(max_length=16)] = ()


class SubjectReviewed(Value, frozen=True, tag="SubjectReviewed"):
    """A subject's review as it is ``now`` (None: gone) and all that it was ``before`` under this subject."""

    subject: Id
    review_id: Id
    at: Time
    now: Member | None = None
    before: tuple[Member, ...] = ()


class AuthorReviewed(Value, frozen=True, tag="AuthorReviewed"):
    """An author's review as it is ``now`` (None: gone) and all that it was ``before`` under this author."""

    author: Id
    review_id: Id
    at: Time
    now: Member | None = None
    before: tuple[Member, ...] = ()


class FingerprintBanded(Value, frozen=True, tag="FingerprintBanded"):
    """The LSH buckets of one review that lie in one partition; the members' ``bands`` name only those buckets.

    ``bucket`` is the partition. A band in ``before`` and not in ``now`` was left. Signatures are whole.
    """

    bucket: int
    review_id: Id
    at: Time
    now: Member | None = None
    before: tuple[Member, ...] = ()


# --- evidence-found ----------------------------------------------------------------------------------------------


class Match(Value, frozen=True):
    """Another review with nearly the same text. ``later``: the review that holds this match came second."""

    review_id: Id
    kind: CopyKind
    similarity: float
    later: bool = False
    unknown_author: bool = False


class Finding(Value, frozen=True):
    """What a detector found under one key: quantised numbers, matches, and the reviews it points at."""

    features: dict[str, float] = {}
    matches: tuple[Match, ...] = ()
    reviews: tuple[str, ...] = ()


class Evidence(Value, frozen=True):
    """Evidence ``(review, version, detector, key)``: replaces what stood there; ``finding`` None takes it back."""

    detector: Id
    key: Line
    version: int
    finding: Finding | None = None


class EvidenceFound(Value, frozen=True, tag="EvidenceFound"):
    """All that one detector tells one review at one time."""

    review_id: Id
    at: Time
    items: tuple[Evidence, ...]


# --- reviews-judged ----------------------------------------------------------------------------------------------


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


# --- alerts-raised, orders-placed, dead letters ------------------------------------------------------------------


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
    | FingerprintBanded
    | EvidenceFound
    | ReviewJudged
    | AlertRaised
    | OrderPlaced
    | DeadLetter
)
