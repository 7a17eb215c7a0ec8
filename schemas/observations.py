"""A review as a source shows it, and what collectors tell of it."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta

from schemas.values import Id, Line, Outcome, Text, Time, Value


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
    counters: dict[Line, int] = {}  # noqa: RUF012 - msgspec gives each its own
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
