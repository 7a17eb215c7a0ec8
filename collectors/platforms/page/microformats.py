"""Reviews and aggregates in microformats: hreview and hreview-aggregate, h-review and h-review-aggregate."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any, NamedTuple

from collectors.platforms.page import dates, ratings
from collectors.platforms.page.model import MAX_REVIEWS, Aggregate, Notes, ReviewData
from collectors.platforms.page.tree import Element, absolute, attribute, elements, one_line, text_of

_ROOTS = ("hreview", "hreview-aggregate", "h-review", "h-review-aggregate")


class _Properties(NamedTuple):
    """The elements of one root by their class names, the root's own only."""

    root: Element
    by_class: dict[str, list[Element]]

    def first(self, *names: str) -> Element | None:
        return next((self.by_class[name][0] for name in names if name in self.by_class), None)

    def text(self, *names: str) -> str:
        element = self.first(*names)
        return _value(element) if element is not None else ""


def read(root: Element, *, now: datetime, url: str | None, notes: Notes) -> tuple[list[ReviewData], list[Aggregate]]:
    """All reviews and aggregates of the page in document order."""
    reviews: list[ReviewData] = []
    aggregates: list[Aggregate] = []
    for element, kind in _items(root):
        found = _properties(element)
        if kind.endswith("aggregate"):
            aggregate = _aggregate(found, url, notes)
            if aggregate:
                aggregates.append(aggregate)
        else:
            review = _review(found, now, url, notes)
            if review:
                reviews.append(review)
        if len(reviews) + len(aggregates) >= MAX_REVIEWS:
            break
    return reviews, aggregates


def _items(root: Element) -> Iterator[tuple[Element, str]]:
    for element in root.xpath("//*[contains(@class, 'review')]"):
        names = attribute(element, "class").split()
        kind = next((name for name in _ROOTS[::-1] if name in names), None)
        if kind:
            yield element, kind


def _properties(root: Element) -> _Properties:
    found: dict[str, list[Element]] = {}
    inner: set[Element] = set()
    count = 0
    for element in elements(root):
        if element is root:
            continue
        count += 1
        if count > 5000:
            break
        parent = element.getparent()
        names = attribute(element, "class").split()
        if parent in inner or (any(name in _ROOTS for name in names)):
            inner.add(element)
            continue
        for name in names:
            found.setdefault(name, []).append(element)
        for relation in attribute(element, "rel").split():
            found.setdefault("rel-" + relation, []).append(element)
    return _Properties(root, found)


def _value(element: Element) -> str:
    """What a property says: the machine's form where there is one, else the text."""
    for name in ("datetime", "content") if element.tag != "meta" else ("content",):
        if element.get(name):
            return attribute(element, name)
    if element.tag in ("abbr", "data", "input"):
        stated = attribute(element, "title") or attribute(element, "value")
        if stated:
            return stated
    value = next((inner for inner in elements(element) if "value-title" in attribute(inner, "class").split()), None)
    if value is not None:
        return attribute(value, "title")
    return text_of(element) or attribute(element, "alt") or attribute(element, "title")


def _name_of(element: Element | None) -> str:
    """The name of a card (h-card, vcard, item): its name property, else its words."""
    if element is None:
        return ""
    for inner in elements(element):
        names = attribute(inner, "class").split()
        if inner is not element and ("p-name" in names or "fn" in names):
            return one_line(_value(inner))
    return one_line(_value(element))


def _subject(found: _Properties, url: str | None) -> dict[str, str]:
    item = found.first("p-item", "item")
    name = _name_of(item)
    if item is None or not name:
        return {}
    subject = {"name": name}
    classes = " ".join(attribute(item, "class").split())
    if "vevent" in classes or "h-event" in classes:
        subject["kind"] = "event"
    elif "h-product" in classes or "hproduct" in classes:
        subject["kind"] = "product"
    link = next((link for inner in elements(item) if (link := absolute(attribute(inner, "href"), url))), None)
    if link:
        subject["url"] = link
    return subject


def _rating(found: _Properties, notes: Notes, *names: str) -> dict[str, float] | None:
    element = found.first(*names)
    if element is None:
        return None
    own = _properties(element)
    value = own.text("average", "p-average", "value", "rating") or found.text("p-average", "average") or _value(element)
    best = own.text("best", "p-best") or found.text("p-best", "best")
    worst = own.text("worst", "p-worst") or found.text("p-worst", "worst")
    if not best:
        # "5 out of 5 stars" around the number.
        around = element.getparent()
        stated = ratings.written(text_of(around, limit=200)) if around is not None else None
        if stated and stated.best and stated.value == ratings.number(value):
            best = f"{stated.best:g}"
    return ratings.rating(value, best, worst, notes)


def _review(found: _Properties, now: datetime, url: str | None, notes: Notes) -> ReviewData | None:
    reviewer = found.first("p-reviewer", "reviewer", "p-author", "author")
    author = _name_of(reviewer)
    text = found.text("e-content", "e-description", "description", "p-content", "p-description", "p-summary")
    title = _title(found, [card for card in (found.first("p-item", "item"), reviewer) if card is not None])
    moment = dates.parse(found.text("dt-reviewed", "dtreviewed", "reviewed", "dt-published", "published"), now=now)
    link = found.first("rel-bookmark", "u-url", "permalink")
    fields: dict[str, Any] = {
        "subject": _subject(found, url),
        "rating": _rating(found, notes, "p-rating", "rating"),
        "author": {"name": author} if author else None,
        "title": title if title != text else "",
        "text": text,
        "pros": found.text("pros", "p-pros", "pro"),
        "cons": found.text("cons", "p-cons", "contra"),
        "published_at": dates.iso(moment) if moment else None,
        "url": absolute(attribute(link, "href"), url) if link is not None else None,
    }
    if not (text or title or fields["rating"]):
        # A root without properties is, by the rules of microformats, all name.
        if found.by_class.keys() & {"fn", "p-name", "item", "p-item"}:
            return None
        fields["text"] = text_of(found.root) or attribute(found.root, "alt")
    review = {name: value for name, value in fields.items() if value}
    return review if review.keys() & {"text", "rating", "title"} else None


def _title(found: _Properties, cards: list[Element]) -> str:
    """The review's own name; the names inside the cards are those of the subject and the author."""
    for name in ("p-name", "summary", "p-summary"):
        for element in found.by_class.get(name, ()):
            if not any(_within(element, card) for card in cards):
                return one_line(_value(element))
    return ""


def _within(element: Element, card: Element) -> bool:
    return any(above is card for above in element.iterancestors())


def _aggregate(found: _Properties, url: str | None, notes: Notes) -> Aggregate | None:
    rating = _rating(found, notes, "p-rating", "rating", "p-average", "average")
    votes = ratings.count(found.text("p-votes", "votes")) if found.first("p-votes", "votes") is not None else None
    count = ratings.count(found.text("p-count", "count")) if found.first("p-count", "count") is not None else None
    if rating is None and votes is None and count is None:
        return None
    return {
        "subject": _subject(found, url) or None,
        "rating": rating,
        "count": votes if votes is not None else count,
        "review_count": count,
    }
