"""One copy of each review and aggregate when a page says the same in two forms of markup."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from collectors.platforms.page.model import Aggregate, ReviewData

_NOISE = re.compile(r"[\W_]+")


def reviews(found: Iterable[ReviewData]) -> list[ReviewData]:
    """The reviews in order, each once; a later form fills in what the first one lacks."""
    kept: list[ReviewData] = []
    by_id: dict[Any, int] = {}
    by_text: dict[Any, list[int]] = {}
    for review in found:
        place = _place(review, kept, by_id, by_text)
        if place is None:
            place = len(kept)
            kept.append(dict(review))
        else:
            _fill(kept[place], review)
        merged = kept[place]
        if merged.get("id"):
            by_id.setdefault(merged["id"], place)
        for key in _keys(merged):
            places = by_text.setdefault(key, [])
            if place not in places:
                places.append(place)
    return kept


def _place(
    review: ReviewData, kept: list[ReviewData], by_id: dict[Any, int], by_text: dict[Any, list[int]]
) -> int | None:
    """Where the same review already stands."""
    if review.get("id") in by_id and _compatible(kept[by_id[review["id"]]], review):
        return by_id[review["id"]]
    for key in _keys(review):
        for place in by_text.get(key, ()):
            other = kept[place]
            if (other.get("id") or review.get("id")) == (review.get("id") or other.get("id")) and _compatible(
                other, review
            ):
                return place
    return None


def _keys(review: ReviewData) -> list[Any]:
    text = _folded(review.get("text") or "")
    author = _folded(review.get("author", {}).get("name") or "")
    title = _folded(review.get("title") or "")
    # The start of the text is enough: one form of markup is often cut where the other one goes on.
    if text:
        return [("text", text[:60])] if len(text) >= 30 else [("short", text, author)]
    return [("title", title, author)] if title or author else []


def _compatible(first: ReviewData, second: ReviewData) -> bool:
    """Whether nothing in the two says that they are different reviews."""
    for path in (("author", "name"), ("rating", "value")):
        one, two = (holder.get(path[0], {}).get(path[1]) for holder in (first, second))
        if (
            one is not None
            and two is not None
            and (_folded(one) != _folded(two) if isinstance(one, str) else abs(one - two) > 0.01)
        ):
            return False
    days = [str(holder.get("published_at", ""))[:10] for holder in (first, second)]
    if all(days) and days[0] != days[1]:
        return False
    texts = sorted((_folded(holder.get("text") or "") for holder in (first, second)), key=len)
    return not texts[0] or texts[1].startswith(texts[0][: max(len(texts[0]) - 6, 20)])


def _fill(first: ReviewData, second: ReviewData) -> None:
    for key, value in second.items():
        if key not in first or (key == "text" and len(value) > len(first[key])):
            first[key] = value
        elif isinstance(value, dict) and isinstance(first[key], dict) and key in ("author", "subject"):
            first[key] = {**value, **first[key]}


def _folded(text: Any) -> str:
    return _NOISE.sub("", str(text).casefold())[:5000]


def aggregates(found: Iterable[Aggregate]) -> list[Aggregate]:
    """The aggregates in order, each once: same value, and neither another count nor another subject."""
    kept: list[Aggregate] = []
    for aggregate in found:
        same = next((other for other in kept if _same(other, aggregate)), None)
        if same is None:
            kept.append(dict(aggregate))
            continue
        for key, value in aggregate.items():
            if same.get(key) is None:
                same[key] = value
    return kept


def _same(first: Aggregate, second: Aggregate) -> bool:
    ratings = [holder["rating"] for holder in (first, second)]
    if all(ratings):
        # One form may round: 4.47 and 4.5 of the same count are one.
        if abs(ratings[0]["value"] / ratings[0]["best"] - ratings[1]["value"] / ratings[1]["best"]) > 0.011:
            return False
    elif any(ratings):
        return False
    counts = [{holder["count"], holder["review_count"]} - {None} for holder in (first, second)]
    if counts[0] and counts[1] and not counts[0] & counts[1]:
        return False
    names = [_folded((holder["subject"] or {}).get("name") or "") for holder in (first, second)]
    return (
        not all(names)
        or names[0] == names[1]
        or bool(counts[0] & counts[1] and (names[0] in names[1] or names[1] in names[0]))
    )
