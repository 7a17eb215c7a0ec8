"""A judged review -> the document that both stores keep (indexer/fields.py says what each field means).

Times are cut to milliseconds, which is all that Elasticsearch's dates hold: both stores must order alike. Empty
values are left out, so ``_exists_`` means that somebody said something. The author's contact hash stays out: it is a
key for matching orders and for nobody's eyes.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import msgspec

from schemas.events import Author, Edit, Reason, Reply, Review, ReviewJudged

HISTORY = 10
"""Earlier versions that a document keeps, the newest ones."""


def stamp(time: datetime) -> str:
    """The time in ISO 8601, UTC, cut to milliseconds, with Z: it sorts as text."""
    if time.tzinfo is not UTC:
        time = time.astimezone(UTC)
    return f"{time.isoformat('T', 'milliseconds')[:23]}Z"


def document(judged: ReviewJudged) -> dict[str, Any]:
    """The document of a judged review: JSON-able, snake_case, without empty values."""
    judgement = judged.judgement
    risk, verification, sentiment = judgement.risk, judgement.verification, judgement.sentiment
    found: dict[str, Any] = {
        "review_id": judged.review_id,
        "version": judged.version,
        "outcome": judged.outcome,
        **_review(judged.review),
        "language": judgement.language,
        "language_probability": judgement.language_probability,
        "negative": judgement.negative.value,
        "negative_probability": judgement.negative.probability,
        "sentiment": {
            "negative": sentiment.negative,
            "neutral": sentiment.neutral,
            "positive": sentiment.positive,
        },
        "risk": {"score": risk.score, "level": risk.level, "base": risk.base},
        "trust": round(1.0 - risk.score, 4),
        "duplicate": is_duplicate(judged),
        "verification": _kept(
            grade=verification.grade, probability=verification.probability, provenance=verification.provenance
        ),
        "first_seen_at": stamp(judged.first_seen_at),
        "observed_at": stamp(judged.observed_at),
        "judged_at": stamp(judged.judged_at),
    }
    if risk.reasons:
        found["risk"]["reasons"] = [_reason(reason) for reason in risk.reasons]
    for name, items in (("copies", judgement.copies), ("aspects", judgement.aspects), ("requests", judgement.requests)):
        if items:
            found[name] = [msgspec.structs.asdict(item) for item in items]
    if judged.withdrawn_at:
        found["withdrawn_at"] = stamp(judged.withdrawn_at)
    if judged.history:
        found["history"] = [_edit(edit) for edit in judged.history[-HISTORY:]]
    return found


def is_duplicate(judged: ReviewJudged) -> bool:
    """Whether another review stands for this one: the same author said the same, and search shows it once.

    Of a group of syndicated copies the earliest stands for all, by publication time and then by id: a document is a
    function of its own event alone, so both stores hide the same ones whatever came first.
    """
    return any(copy.kind == "syndicated" and copy.later for copy in judged.judgement.copies)


def values(document: Mapping[str, Any], path: str) -> list[Any]:
    """All values at a dotted path, flat, in order, through lists; empty when nothing is there."""
    found: list[Any] = [document]
    for name in path.split("."):
        found = [inner[name] for inner in found if isinstance(inner, dict) and inner.get(name) is not None]
        if any(isinstance(inner, list) for inner in found):
            found = [item for inner in found for item in (inner if isinstance(inner, list) else [inner])]
    return found


def _kept(**values: Any) -> dict[str, Any]:
    return {name: value for name, value in values.items() if value is not None and value != ""}


def _review(review: Review) -> dict[str, Any]:
    found = _kept(
        id=review.id,
        source=review.source,
        channel=review.channel,
        url=review.url,
        subject=_kept(id=review.subject.id, name=review.subject.name, kind=review.subject.kind, url=review.subject.url),
        title=review.title,
        text=review.text,
        pros=review.pros,
        cons=review.cons,
        order=review.order,
        token=review.token,
        thread=review.thread,
    )
    if review.author and (author := _author(review.author)):
        found["author"] = author
    if review.rating:
        found["rating"] = msgspec.structs.asdict(review.rating)
        found["stars"] = review.rating.stars
    for name, time in (("published_at", review.published_at), ("experience_at", review.experience_at)):
        if time:
            found[name] = stamp(time)
    if review.badges:
        found["badges"] = list(review.badges)
    if review.counters:
        found["counters"] = dict(review.counters)
    if review.reply:
        found["reply"] = _reply(review.reply)
    return found


def _author(author: Author) -> dict[str, Any]:
    return _kept(
        id=author.id,
        name=author.name,
        handle=author.handle,
        url=author.url,
        role=author.role,
        company=author.company,
    )


def _reply(reply: Reply) -> dict[str, Any]:
    return _kept(text=reply.text, author=reply.author, at=stamp(reply.at) if reply.at else None)


def _reason(reason: Reason) -> dict[str, Any]:
    found: dict[str, Any] = {"name": reason.name, "contribution": reason.contribution, "text": dict(reason.text)}
    if reason.reviews:
        found["reviews"] = list(reason.reviews)
    return found


def _edit(edit: Edit) -> dict[str, Any]:
    found = _kept(
        version=edit.version,
        seen_at=stamp(edit.seen_at),
        title=edit.title,
        text=edit.text,
        pros=edit.pros,
        cons=edit.cons,
    )
    if edit.changed:
        found["changed"] = list(edit.changed)
    if edit.rating:
        found["rating"] = msgspec.structs.asdict(edit.rating)
    return found
