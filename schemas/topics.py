"""The topics: what each carries, by which key, how long it is kept, and who owns and reads it."""

from __future__ import annotations

from typing import Any
from zlib import crc32

import msgspec

from schemas import events

PARTITIONS = 8
"""Partitions of every stream topic; fixed at creation, because keys and LSH buckets are mapped onto them."""

DAY = 86_400


class Topic(msgspec.Struct, frozen=True):
    """A topic. ``keep`` is in seconds, None for a compacted one; ``key`` names the field that keys its records."""

    name: str
    key: str
    events: tuple[type[Any], ...]
    keep: int | None
    owner: str
    readers: tuple[str, ...]

    @property
    def compacted(self) -> bool:
        """Whether Kafka keeps the last record of each key instead of a span of time."""
        return self.keep is None

    @property
    def dead(self) -> str:
        """The topic that takes what could not be processed."""
        return f"{self.name}-dead"


REVIEWS_COLLECTED = Topic(
    "reviews-collected",
    "review_id",
    (events.ReviewCollected, events.ReviewWithdrawn),
    30 * DAY,
    "collectors",
    ("review",),
)
REVIEWS_BY_SUBJECT = Topic("reviews-by-subject", "subject", (events.SubjectReviewed,), 7 * DAY, "review", ("subjects",))
REVIEWS_BY_AUTHOR = Topic("reviews-by-author", "author", (events.AuthorReviewed,), 7 * DAY, "review", ("authors",))
FINGERPRINTS_BANDED = Topic(
    "fingerprints-banded", "bucket", (events.FingerprintBanded,), 7 * DAY, "review", ("copies",)
)
AUTHORS_PLACED = Topic("authors-placed", "bucket", (events.AuthorPlaced,), 7 * DAY, "authors", ("rings",))
ORDERS_PLACED = Topic("orders-placed", "key", (events.OrderPlaced,), 365 * DAY, "collectors", ())
EVIDENCE_FOUND = Topic(
    "evidence-found", "review_id", (events.EvidenceFound,), 30 * DAY, "subjects, authors, rings, copies", ("review",)
)
REVIEWS_JUDGED = Topic("reviews-judged", "review_id", (events.ReviewJudged,), None, "review", ("indexer", "matcher"))
ALERTS_RAISED = Topic("alerts-raised", "subscription_id", (events.AlertRaised,), 30 * DAY, "matcher", ("mailer",))

TOPICS: tuple[Topic, ...] = (
    REVIEWS_COLLECTED,
    REVIEWS_BY_SUBJECT,
    REVIEWS_BY_AUTHOR,
    FINGERPRINTS_BANDED,
    AUTHORS_PLACED,
    ORDERS_PLACED,
    EVIDENCE_FOUND,
    REVIEWS_JUDGED,
    ALERTS_RAISED,
)
BY_NAME: dict[str, Topic] = {topic.name: topic for topic in TOPICS}
BY_EVENT: dict[type[Any], Topic] = {event: topic for topic in TOPICS for event in topic.events}

DEAD_KEEP = 90 * DAY
"""How long dead letters wait for a person, in seconds."""


def bucket_of(key: str) -> int:
    """The partition that facts about *key* travel in where they are put together by partition."""
    return crc32(key.encode("utf-8", "surrogatepass")) % PARTITIONS


def topic_of(event: Any) -> Topic:
    """The topic that carries this event; raises KeyError for one that travels on none."""
    return BY_EVENT[type(event)]


def key_of(event: Any) -> str:
    """The record key of this event on its topic."""
    return str(getattr(event, topic_of(event).key))
