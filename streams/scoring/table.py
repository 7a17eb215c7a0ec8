"""The numbers of one review by name: the columns that a trained model asks about, and the reason each belongs to."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt

from schemas.events import Review
from schemas.wire import VERIFIED_PURCHASE
from streams.detectors import wording
from streams.detectors.rating_mismatch import mismatch

MISSING: dict[str, float] = {
    "text": 0.0,
    "rating.stars": 0.0,
    "rating.extreme": 0.0,
    "rating.mismatch": 0.0,
    **{f"wording.{name}": 0.0 for name in wording.measure("")},
    "author.count": 1.0,
    "author.subjects": 1.0,
    "author.per_day": 0.0,
    "author.extreme": -1.0,
    "author.similar": 0.0,
    "subject.count": 1.0,
    "subject.mean": 0.0,
    "subject.spread": -1.0,
    "subject.extreme": -1.0,
    "subject.length": 0.0,
    "subject.deviation": 0.0,
    "subject.distance": 0.0,
    "subject.shorter": 0.0,
    "verification.verified": 0.0,
}
"""Each column with what stands there when nothing is known."""

REASONS = {
    "text": "text-pattern",
    "rating": "rating",
    "wording": "wording",
    "author": "author",
    "subject": "subject",
    "verification": "verification",
}
"""The reason that a column's contribution is told under, by the part of its name before the dot."""


def reason(column: str) -> str:
    """The name of the reason that *column* belongs to."""
    return REASONS[column.partition(".")[0]]


def row(review: Review, negative: float | None, signals: Mapping[str, Mapping[str, float]]) -> dict[str, float]:
    """All columns of one review.

    Args:
        review: The review.
        negative: Probability that its words are negative.
        signals: Features of the detectors' signals by name.
    """
    stars = review.stars
    found = dict(MISSING)
    for part in ("wording", "author", "subject"):
        for name, value in signals.get(part, {}).items():
            column = f"{part}.{name}"
            if column in found:
                found[column] = value
    found["verification.verified"] = float(VERIFIED_PURCHASE in review.badges)
    length = math.log2(max(len(review.prose), 1))
    if stars is not None:
        found["rating.stars"] = stars
        found["rating.extreme"] = float(stars <= 1.25 or stars >= 4.75)
        found["rating.mismatch"] = mismatch(stars, negative)
        if found["subject.mean"]:
            found["subject.deviation"] = round(stars - found["subject.mean"], 2)
            found["subject.distance"] = abs(found["subject.deviation"])
    if found["subject.count"] > 1:
        found["subject.shorter"] = round(found["subject.length"] - length, 2)
    return found


def table(rows: Sequence[Mapping[str, float]], columns: Sequence[str]) -> npt.NDArray[np.float64]:
    """The chosen *columns* of all *rows* as an array."""
    return np.array([[row[column] for column in columns] for row in rows], dtype=np.float64).reshape(-1, len(columns))
