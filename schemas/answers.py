"""What ``molva judge`` answers to a line: a judgement, or that the line is no review."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from schemas.events import Judgement


def judgement(found: Judgement, *, own_id: Callable[[str], str]) -> dict[str, Any]:
    """The judgement as ``molva judge`` prints it; *own_id* maps a review id to the id that its source uses."""
    risk = found.risk
    return {
        "copies": [
            {"id": own_id(copy.review_id), "kind": copy.kind, "similarity": copy.similarity} for copy in found.copies
        ],
        "risk": {
            "score": risk.score,
            "level": risk.level,
            "reasons": [
                {
                    "name": reason.name,
                    "contribution": reason.contribution,
                    "text": reason.text.get("en", ""),
                    "reviews": [own_id(review) for review in reason.reviews],
                }
                for reason in risk.reasons
            ],
        },
        "verification": {
            "grade": found.verification.grade,
            "probability": found.verification.probability,
        },
        "language": found.language,
        "sentiment": {"negative": found.sentiment.negative},
        "negative": {"value": found.negative.value, "probability": found.negative.probability},
    }


def rejection(own_id: str | None, error: str) -> dict[str, Any]:
    """The answer to a line that is no review."""
    return {"id": own_id, "outcome": "rejected", "error": error}
