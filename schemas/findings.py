"""What detectors must know of a review, re-keyed for them, and what they find."""

from __future__ import annotations

from typing import Annotated

import msgspec
from msgspec import Meta

from schemas.values import CopyKind, Id, Line, Time, Value


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


class Footprints(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """An author's reviews of different subjects as co-review rings compare them: arrays, because rows hold very many.

    ``subjects`` and ``voices`` are hashes of the subject's key and of the text (0: short or unknown); ``days`` count
    from 1970; ``stars`` lie in 1-5.
    """

    subjects: tuple[int, ...] = ()
    days: tuple[int | None, ...] = ()
    stars: tuple[float | None, ...] = ()
    voices: tuple[int, ...] = ()


class Place(Value, frozen=True):
    """A review's place under a subject; ``left``: it is there no more, or is not to be looked at there."""

    subject: Id
    review_id: Id
    version: int
    published_at: Time | None = None
    left: bool = False


class AuthorPlaced(Value, frozen=True, tag="AuthorPlaced"):
    """Where an author's reviews stand, for the subjects that lie in one partition.

    ``bucket`` is the partition; ``serial`` grows from one word about the author to the next; ``footprints`` are of the
    author's earliest reviews, wherever their subjects lie.
    """

    bucket: int
    author: Id
    at: Time
    serial: int = 0
    footprints: Footprints = Footprints()
    places: tuple[Place, ...] = ()


class Match(Value, frozen=True):
    """Another review with nearly the same text. ``later``: the review that holds this match came second."""

    review_id: Id
    kind: CopyKind
    similarity: float
    later: bool = False
    unknown_author: bool = False


class Finding(Value, frozen=True):
    """What a detector found under one key: quantised numbers, matches, and the reviews it points at."""

    features: dict[str, float] = {}  # noqa: RUF012 - msgspec gives each its own
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
