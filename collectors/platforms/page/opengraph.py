"""The little that Open Graph and its kin say about ratings, in ``meta`` elements."""

from __future__ import annotations

from collectors.platforms.page import ratings
from collectors.platforms.page.model import Aggregate, Notes
from collectors.platforms.page.tree import Element, attribute, one_line

_VALUE = (
    "og:rating",
    "product:rating:value",
    "product:rating",
    "books:rating:value",
    "books:rating",
    "video:rating",
    "music:rating:value",
    "restaurant:rating",
    "place:rating",
    "rating:average",
)
_BEST = (
    "og:rating_scale",
    "product:rating:scale",
    "books:rating:scale",
    "music:rating:scale",
    "restaurant:rating_scale",
    "rating:best",
)
_COUNT = (
    "og:rating_count",
    "og:review_count",
    "product:rating:count",
    "product:review_count",
    "books:rating:count",
    "restaurant:rating_count",
    "rating:count",
)


def metas(root: Element) -> dict[str, str]:
    """The page's ``meta`` properties and names with their content, the first of each."""
    found: dict[str, str] = {}
    for element in root.xpath("//meta[@content]")[:2000]:
        for name in (attribute(element, "property") or attribute(element, "name")).lower().split():
            found.setdefault(name, one_line(attribute(element, "content")))
    return found


def read(root: Element, notes: Notes) -> list[Aggregate]:
    """The aggregate that the page's head states, if any."""
    said = metas(root)
    value = next((said[name] for name in _VALUE if said.get(name)), None)
    # Adult-content labels are called rating too, and are no numbers.
    if value is None or ratings.number(value) is None:
        return []
    best = next((said[name] for name in _BEST if said.get(name)), None)
    rating = ratings.rating(value, best, None, notes, what="aggregate rating")
    count = ratings.count(next((said[name] for name in _COUNT if said.get(name)), None))
    if rating is None or (best is None and count is None):
        return []
    title = said.get("og:title")
    return [{"subject": {"name": title} if title else None, "rating": rating, "count": count, "review_count": count}]
