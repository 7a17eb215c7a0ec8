"""How far a review can be trusted, and why: evidence and readings become one judgement."""

from __future__ import annotations

from collections.abc import Sequence

from schemas.events import (
    Aspect,
    Copy,
    Evidence,
    Judgement,
    Match,
    Negative,
    Reason,
    Request,
    Review,
    Risk,
    Sentiment,
    Verification,
)
from schemas.wire import VERIFIED_PURCHASE
from streams.detectors import authors, bursts, copies, rings, subjects
from streams.enrich import Models
from streams.risk import Assessment, Signal
from streams.rows import ReviewRow

COPIES_SHOWN = 32
CROWDED_SHARE = 0.5
"""Share of a review's LSH buckets that are crowded (two at least) from which it surely repeats a much-copied text."""


def judge(rows: Sequence[ReviewRow], models: Models) -> list[Judgement]:
    """Judge many reviews at once; each judgement depends on its own row only. Every row has a review."""
    if not rows:
        return []
    reviews = [row.review for row in rows if row.review is not None]
    readings = [row.reading for row in rows if row.reading is not None]
    alike = [matches(row) for row in rows]
    signals = [(*reading.signals, *weigh(row, same)) for row, reading, same in zip(rows, readings, alike, strict=True)]
    assessed = models.risk.assess(reviews, [reading.analysis for reading in readings], signals)
    return [_judgement(*one) for one in zip(rows, assessed, alike, strict=True)]


def weigh(row: ReviewRow, alike: Sequence[Match]) -> list[Signal]:
    """What the detectors found about the row's version, one signal each; *alike* are its ``matches``."""
    found: dict[str, list[Evidence]] = {}
    for item in row.evidence.values():
        if item.version == row.version and item.finding is not None:
            found.setdefault(item.detector, []).append(item)
    signals = []
    copied = _copied(row, found.get(copies.NAME, []), alike)
    if copied:
        signals.append(copied)
    for name in (authors.NAME, bursts.NAME, rings.NAME, subjects.NAME):
        findings = [item.finding for item in found.get(name, []) if item.finding is not None]
        if findings:
            strongest = max(findings, key=lambda finding: sorted(finding.features.items()))
            signals.append(Signal(name=name, features=strongest.features, reviews=strongest.reviews))
    return signals


def matches(row: ReviewRow) -> list[Match]:
    """The near-duplicates of the row's version, one a review, most alike first."""
    best: dict[str, Match] = {}
    for item in row.evidence.values():
        if item.detector == copies.NAME and item.version == row.version and item.finding is not None:
            for match in item.finding.matches:
                known = best.get(match.review_id)
                if known is None or match.similarity > known.similarity:
                    best[match.review_id] = match
    return sorted(best.values(), key=lambda match: (-match.similarity, match.review_id))


def _copied(row: ReviewRow, evidence: Sequence[Evidence], alike: Sequence[Match]) -> Signal | None:
    """The signal of copied text: others wrote it first. With unknown authors only from three texts on."""
    found = [match for match in alike if match.kind == "copied"]
    known = [match for match in found if not match.unknown_author]
    counted = found if known or len(found) >= 2 else []
    earlier = [match for match in counted if match.later]
    crowded = sum(item.finding is not None and "crowded" in item.finding.features for item in evidence)
    bands = len(row.reading.bands) if row.reading else 0
    repeats = crowded >= max(2, CROWDED_SHARE * bands)
    if not earlier and not repeats:
        return None
    features = {
        "count": float(max(len(earlier), copies.LIMIT if repeats else 0)),
        "similarity": max((match.similarity for match in earlier), default=0.0),
    }
    return Signal(name="copied-text", features=features, reviews=tuple(match.review_id for match in earlier[:16]))


def _judgement(row: ReviewRow, assessment: Assessment, alike: Sequence[Match]) -> Judgement:
    assert row.review is not None
    assert row.reading is not None
    analysis = row.reading.analysis
    reasons = tuple(
        Reason(
            name=reason.name,
            contribution=reason.contribution,
            text={"en": reason.text, "ru": reason.text_ru},
            reviews=reason.reviews,
        )
        for reason in assessment.reasons
    )
    return Judgement(
        risk=Risk(score=assessment.score, level=assessment.level, base=assessment.base, reasons=reasons),
        verification=verification(row.review),
        sentiment=Sentiment(negative=analysis.negative, neutral=analysis.neutral, positive=analysis.positive),
        negative=negative(row.review, analysis.negative),
        language=analysis.language,
        language_probability=analysis.language_probability,
        copies=tuple(
            Copy(review_id=match.review_id, kind=match.kind, similarity=match.similarity, later=match.later)
            for match in alike[:COPIES_SHOWN]
        ),
        aspects=tuple(Aspect(name=a.name, start=a.start, end=a.end, sentiment=a.sentiment) for a in analysis.aspects),
        requests=tuple(Request(text=r.text, start=r.start, end=r.end) for r in analysis.requests),
    )


def verification(review: Review) -> Verification:
    """How sure it is that the author had the experience, by what came with the review itself."""
    if VERIFIED_PURCHASE in review.badges:
        return Verification(grade="platform-verified", provenance=review.source)
    author = review.author
    if author and author.contact_hash:
        return Verification(grade="identified", provenance=review.channel)
    return Verification()


def negative(review: Review, text_negative: float) -> Negative:
    """Whether the review is negative feedback: by its rating where that is clear, else by its text.

    A rating of two stars or fewer is negative, of four or more it is not; the text moves the probability only within
    that. Three stars, and no rating, leave it to the text.
    """
    stars = review.stars
    if stars is None or 2.0 < stars < 4.0:
        probability = text_negative
    elif stars <= 2.0:
        probability = 0.8 + 0.2 * text_negative
    else:
        probability = 0.2 * text_negative
    probability = round(probability, 4)
    return Negative(value=probability >= 0.5, probability=probability)
