"""What can be read from one review alone: language, sentiment, aspects, wishes, wording, its place for detectors."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from schemas.events import Member, Review
from schemas.identity import author_key, fold_name, subject_key
from streams.risk import RiskModel
from streams.risk import load as load_risk
from streams.rows import Reading, ReviewRow
from streams.text.analysis import analyse
from streams.text.features import extract
from streams.text.fingerprint import fingerprints

BATCH = 256
"""Reviews that are read at once: models are fastest so, and their n-grams stay small."""


class Models(msgspec.Struct, frozen=True):
    """The models that the pipeline judges with.

    Attributes:
        risk: How likely a review is fake, and why.
        languages: The languages to expect, None for any.
    """

    risk: RiskModel
    languages: frozenset[str] | None = None

    @classmethod
    def shipped(cls) -> Models:
        """The models that come with Molva."""
        return cls(risk=load_risk())


def read(reviews: Sequence[Review], models: Models) -> list[Reading]:
    """Read many reviews at once; each reading depends on its own review only."""
    return [
        reading for start in range(0, len(reviews), BATCH) for reading in _read(reviews[start : start + BATCH], models)
    ]


def _read(reviews: Sequence[Review], models: Models) -> list[Reading]:
    proses = [review.prose for review in reviews]
    features = extract(proses)  # cut once for all models
    prints = fingerprints([body(review) for review in reviews])
    analyses = analyse(proses, expected=models.languages, features=features)
    signals = models.risk.read(reviews, analyses, features)
    return [
        Reading(
            analysis=analysis,
            signals=tuple(found),
            signature=fingerprint.signature if fingerprint else b"",
            bands=fingerprint.bands if fingerprint else (),
        )
        for analysis, found, fingerprint in zip(analyses, signals, prints, strict=True)
    ]


def body(review: Review) -> str:
    """The words that make a copy a copy: text, pros and cons; the title only where there is nothing else."""
    return "\n".join(part for part in (review.text, review.pros, review.cons) if part) or review.title or ""


def member(row: ReviewRow, review_id: str) -> Member | None:
    """What detectors may know of the row's current version; None without a review."""
    review, reading = row.review, row.reading
    if review is None or reading is None:
        return None
    author = review.author
    return Member(
        review_id=review_id,
        version=row.version,
        subject=subject_key(review.source, review.subject),
        published_at=review.published_at,
        author=author_key(review.source, author),
        name=fold_name(author.name) if author else None,
        contact=author.contact_hash if author else None,
        stars=review.stars,
        negative=reading.analysis.negative,
        length=len(review.prose),
        signature=reading.signature,
        bands=reading.bands,
    )
