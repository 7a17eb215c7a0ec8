"""Ratings and aggregates that schema.org nodes state, and what they are about."""

from __future__ import annotations

from typing import Any

from collectors.platforms.page import ratings
from collectors.platforms.page.model import MAX_LINE, Aggregate, Notes, ReviewData
from collectors.platforms.page.nodes import Node, first, many, types, words
from collectors.platforms.page.tree import absolute, one_line, word_set

_RATINGS = ("reviewRating", "rating", "reviewrating", "starRating")
_VALUES = ("ratingValue", "value", "@value", "average", "rating")
_COMPANIES = word_set("Organization Corporation OnlineBusiness OnlineStore Airline EducationalOrganization NGO Brand")
_PLACES = word_set(
    "Place LocalBusiness Restaurant FoodEstablishment Hotel LodgingBusiness Store TouristAttraction CafeOrCoffeeShop "
    "BarOrPub Dentist Physician AutoDealer AutoRepair Resort Hostel Motel Campground Hospital Museum Park BeautySalon"
)


def about(subject: Node | None, url: str | None) -> ReviewData:
    """``{"subject": …}`` when the page names what it is about, else nothing."""
    if not subject:
        return {}
    kinds = [kind for kind in types(subject) if kind != "Thing"]
    link = subject.get("url")
    named = {
        "id": one_line(words(first(subject, "sku", "productID", "identifier", "gtin13", "gtin"), 200)),
        "name": one_line(words(first(subject, "name", "headline", "title"))),
        "url": absolute(words(link, MAX_LINE), url) if isinstance(link, str | list) else None,
    }
    if not any(named.values()):
        return {}
    named["kind"] = kind_of(kinds[0]) if kinds else None
    return {"subject": {key: value for key, value in named.items() if value}}


def kind_of(name: str) -> str:
    """A schema.org type in Molva's words: product, place, company; any other type in lower case."""
    if name in _COMPANIES:
        return "company"
    if name in _PLACES:
        return "place"
    return "product" if name.endswith("Product") or name == "ProductGroup" else name.lower()[:60]


def review_rating(node: Node, notes: Notes) -> dict[str, float] | None:
    """The overall rating of a review: of several, the one that names no aspect."""
    values = [value for key in _RATINGS for value in many(node.get(key))]
    whole = [value for value in values if not (isinstance(value, dict) and value.get("reviewAspect"))]
    for value in [*whole, *values, node.get("ratingValue")]:
        holder = value if isinstance(value, dict) else {**node, "value": value, "ratingValue": None}
        rating = _rating(holder, notes, "rating")
        # Shops write 0 of 5 for a review that came without stars.
        if rating and not (rating["value"] == 0 and rating["best"] == 5):
            return rating
    return None


def aggregate(node: Node, subject: Node | None, url: str | None, notes: Notes) -> Aggregate | None:
    """An aggregate rating; ``count`` is the number of ratings, or of reviews where the page counts only those."""
    inner = next((value for value in many(node.get("rating")) if isinstance(value, dict)), None)
    rating = _rating(inner if inner is not None else node, notes, "aggregate rating")
    rated = ratings.count(_single(first(node, "ratingCount", "votes")))
    reviewed = ratings.count(_single(first(node, "reviewCount", "count")))
    if (rating is None or rating["value"] == 0) and not rated and not reviewed:
        # "0 of 5 by 0 people" is how templates say that nobody has rated yet.
        return None
    return {
        "subject": about(subject, url).get("subject"),
        "rating": rating,
        "count": rated if rated is not None else reviewed,
        "review_count": reviewed,
    }


def _rating(node: Node, notes: Notes, what: str) -> dict[str, float] | None:
    best, worst = words(first(node, "bestRating", "best")), words(first(node, "worstRating", "worst"))
    return ratings.rating(_single(first(node, *_VALUES)), best, worst, notes, what=what)


def _single(value: Any) -> Any:
    """A number as it is, anything else as the words in it."""
    return value if isinstance(value, int | float) and not isinstance(value, bool) else words(value, 300)
