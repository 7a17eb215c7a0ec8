"""What detectors found, in log-odds: weights that are set, not learned, because no free labels exist for them.

Each weight is a judgement about how much more often the sign is seen with fakes than with genuine reviews, from the
literature that the detector's own file names. They are kept in the model's file where a team can change them.
"""

from __future__ import annotations

import math
from collections.abc import Mapping

from schemas.events import Review
from schemas.wire import VERIFIED_PURCHASE
from streams.detectors.rating_mismatch import mismatch

Numbers = Mapping[str, float]
Weights = Mapping[str, Numbers]


def contributions(
    review: Review, negative: float | None, signals: Mapping[str, Numbers], weights: Weights
) -> dict[str, float]:
    """Log-odds of each reason that there is evidence for. A reason without weights in the model stays silent."""
    stars = review.stars
    found = {
        "copied-text": _copied(signals.get("copied-text", {}), weights.get("copied-text")),
        "subject-burst": _burst(signals.get("burst", {}), stars, weights.get("subject-burst")),
        "author": _author(signals.get("author", {}), weights.get("author")),
        "ring": _ring(signals.get("ring", {}), weights.get("ring")),
        "subject": _subject(signals.get("subject", {}), stars, weights.get("subject")),
        "rating-mismatch": _mismatch(review, negative, weights.get("rating-mismatch")),
        "incentive": _sum(signals.get("incentive", {}), weights.get("incentive")),
        "verification": _verification(review, weights.get("verification")),
    }
    return {name: value for name, value in found.items() if value}


def grade(review: Review) -> str:
    """What is known of the author's experience from the review itself; the name of a weight."""
    if review.token:
        return "invited"
    if VERIFIED_PURCHASE in review.badges:
        return "verified"
    return "anonymous"


def _copied(features: Numbers, weights: Numbers | None) -> float:
    count = features.get("count", 0.0)
    if not weights or count < 1:
        return 0.0
    return min(weights["first"] + weights["doubling"] * math.log2(count), weights["most"])


def _burst(features: Numbers, stars: float | None, weights: Numbers | None) -> float:
    ratio = features.get("ratio", 0.0)
    if not weights or ratio < 2:
        return 0.0
    extreme = stars is None or stars <= 1.25 or stars >= 4.75
    share = features.get("extreme", 0.0) if extreme else 0.0
    return min(weights["doubling"] * math.log2(ratio) * (0.5 + share), weights["most"]) if extreme else 0.0


def _author(features: Numbers, weights: Numbers | None) -> float:
    if not weights or features.get("count", 1.0) < 2:
        return 0.0
    pace = max(features.get("per_day", 0.0) - 2.0, 0.0)
    alike = max(features.get("similar", 0.0) - 0.4, 0.0) / 0.6
    one_sided = float(features.get("extreme", -1.0) >= 1.0 and features["count"] >= 5)
    total = weights["pace"] * math.log2(1.0 + pace) + weights["alike"] * alike + weights["one_sided"] * one_sided
    if total == 0.0 and features["count"] >= 3:
        return weights["settled"]
    return min(total, weights["most"])


def _ring(features: Numbers, weights: Numbers | None) -> float:
    if not weights or features.get("authors", 0.0) < 2:
        return 0.0
    met = weights["pair"] + weights["doubling"] * max(features.get("strength", 1.0) - 1.0, 0.0)
    for name in ("near", "alike"):
        if features.get(name, -1.0) >= 0.0:
            met *= weights.get(name if features[name] else f"not_{name}", 1.0)
    return min(met, weights["most"])


def _subject(features: Numbers, stars: float | None, weights: Numbers | None) -> float:
    if not weights or stars is None or features.get("count", 0.0) < 9 or not features.get("mean"):
        return 0.0
    return weights["distance"] * max(abs(stars - features["mean"]) - 1.5, 0.0)


def _mismatch(review: Review, negative: float | None, weights: Numbers | None) -> float:
    if not weights or len(review.prose) < 40:
        return 0.0
    return weights["slope"] * max(mismatch(review.stars, negative) - weights["from"], 0.0)


def _sum(features: Numbers, weights: Numbers | None) -> float:
    return sum(weights.get(name, 0.0) * value for name, value in sorted(features.items())) if weights else 0.0


def _verification(review: Review, weights: Numbers | None) -> float:
    return weights.get(grade(review), 0.0) if weights else 0.0
