"""Takes reviews out of the detectors' rows for good, tombstones included."""

from __future__ import annotations

import secrets
from collections.abc import Collection
from typing import Any

from msgspec.structs import replace

from schemas.events import Evidence
from streams.rows import ReviewRow

_ROOMY = 64
"""Slots up to which no detector's set is full, so that one that is freed changes nothing for the others."""


def without(row: Any, review_ids: Collection[str]) -> Any | None:
    """A detector's row without these reviews, which must have been withdrawn before; None when nobody is left in it.

    In a set that may be full a tombstone goes on holding its slot, under a name that means nothing: who waits behind
    it was never told that there is room.
    """
    if not hasattr(row, "entries"):
        return row
    known = [entry for entry in row.entries if entry.review_id not in review_ids]
    if not known:
        return None
    if hasattr(row, "left"):
        row = replace(row, left=tuple(place for place in row.left if place.review_id not in review_ids))
    if len(row.entries) > _ROOMY:
        known += [
            replace(entry, review_id=f"forgotten-{secrets.token_hex(6)}", member=None, **_nobody(entry))
            for entry in row.entries
            if entry.review_id in review_ids
        ]
    return replace(row, entries=tuple(sorted(known, key=lambda entry: entry.order)))


def _nobody(entry: Any) -> dict[str, int]:
    """What else of a slot says whose it was, emptied."""
    return {"author": 0} if hasattr(entry, "author") else {}


def left_behind(row: ReviewRow, review_ids: Collection[str]) -> tuple[Evidence, ...]:
    """What a review's evidence still says of these reviews, as the evidence that takes it back."""
    found = []
    for item in row.evidence.values():
        finding = item.finding
        if finding is None:
            continue
        matches = tuple(match for match in finding.matches if match.review_id not in review_ids)
        reviews = tuple(review_id for review_id in finding.reviews if review_id not in review_ids)
        if (matches, reviews) != (finding.matches, finding.reviews):
            emptied = bool(finding.matches) and not matches
            found.append(replace(item, finding=None if emptied else replace(finding, matches=matches, reviews=reviews)))
    return tuple(found)
