"""Judged reviews for the indexer's tests, of any content, without running the pipeline."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from schemas.events import (
    Aspect,
    Author,
    Copy,
    Edit,
    Judgement,
    Negative,
    Rating,
    Reason,
    Reply,
    Request,
    Review,
    ReviewJudged,
    Risk,
    Sentiment,
    Subject,
    Verification,
)

NOON = datetime(2026, 11, 10, 12, tzinfo=UTC)


def judged(
    review_id: str,
    text: str = "",
    *,
    stars: float | None = None,
    version: int = 1,
    outcome: Any = "new",
    source: str = "otzovik",
    subject: Subject | None = None,
    author: Author | None = None,
    published_at: datetime | None = None,
    first_seen_at: datetime = NOON,
    observed_at: datetime | None = None,
    negative: bool | None = None,
    risk: float = 0.1,
    level: Any = "low",
    reasons: tuple[Reason, ...] = (),
    grade: Any = "anonymous",
    language: str = "ru",
    copies: tuple[Copy, ...] = (),
    aspects: tuple[Aspect, ...] = (),
    requests: tuple[Request, ...] = (),
    history: tuple[Edit, ...] = (),
    withdrawn_at: datetime | None = None,
    **review: Any,
) -> ReviewJudged:
    """A judged review; what is not said is plain and harmless."""
    bad = negative if negative is not None else stars is not None and stars <= 2
    return ReviewJudged(
        review_id=review_id,
        version=version,
        outcome=outcome,
        first_seen_at=first_seen_at,
        observed_at=observed_at or first_seen_at,
        judged_at=(observed_at or first_seen_at) + timedelta(milliseconds=5),
        review=Review(
            id=review.pop("id", f"own-{review_id}"),
            source=source,
            subject=subject or Subject(id="p1", name="Чайник Север", kind="product"),
            author=author,
            rating=Rating(value=stars) if stars is not None else None,
            text=text,
            published_at=published_at,
            **review,
        ),
        judgement=Judgement(
            risk=Risk(score=risk, level=level, base=-2.0, reasons=reasons),
            verification=Verification(grade=grade),
            sentiment=Sentiment(negative=0.8 if bad else 0.1, neutral=0.1, positive=0.1 if bad else 0.8),
            negative=Negative(value=bad, probability=0.9 if bad else 0.1),
            language=language,
            language_probability=0.99,
            copies=copies,
            aspects=aspects,
            requests=requests,
        ),
        withdrawn_at=withdrawn_at,
        history=history,
    )


__all__ = ["NOON", "Aspect", "Author", "Copy", "Edit", "Reason", "Reply", "Request", "Subject", "judged"]
