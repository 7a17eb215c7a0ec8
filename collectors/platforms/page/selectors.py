"""Reading reviews by CSS selectors: those of a configuration, and those that ``blocks`` has found by itself.

That both go through here is what makes a found set of selectors give the same reviews when it is configured.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from datetime import datetime
from urllib.parse import urlsplit

import msgspec
from cssselect import SelectorError
from lxml.cssselect import CSSSelector

from collectors.platforms.page import dates, people, prose, runs, stars
from collectors.platforms.page.model import MAX_REVIEWS, MAX_TEXT, Notes, ReviewData
from collectors.platforms.page.signals import is_prose
from collectors.platforms.page.tree import Element, absolute, attribute, elements, one_line, text_of

FIELDS = ("review", "start", "id", "author", "rating", "date", "title", "text", "pros", "cons", "reply", "url")
"""What may be configured. ``review`` matches one whole review, the others are looked for inside it; where reviews have
no element of their own, ``start`` matches what each of them begins with, in place of ``review``.

``::attr(name)`` at the end takes an attribute instead of the text.
"""
_ATTRIBUTE = re.compile(r"::attr\(\s{0,5}([A-Za-z][\w:-]{0,60})\s{0,5}\)\s{0,5}$")
_IDS = (
    "data-review-id",
    "data-reviewid",
    "data-comment-id",
    "data-entity-id",
    "data-id",
    "id",
    "data-test",
    "data-testid",
)


_LINES = frozenset({"author", "id", "url", "title", "pros", "cons"})
_AROUND = frozenset({"rating", "author", "published_at"})


class Field:
    """One compiled selector. Raises ValueError when it is not CSS."""

    def __init__(self, selector: str) -> None:
        match = _ATTRIBUTE.search(selector)
        css = selector[: match.start()] if match else selector
        try:
            self.css = CSSSelector(css.strip() or "*", translator="html")
        except (SelectorError, RecursionError) as error:
            raise ValueError(f"{selector!r} is no CSS selector: {error}") from None
        self.attribute = match.group(1) if match else None

    def inside(self, block: Element, skip: set[Element]) -> list[Element]:
        """The matching elements of one review, without those in *skip* and below."""
        return [element for element in self.css(block)[:200] if not _under(element, skip, block)]


class _Sight(msgspec.Struct):
    """What one review shows, before dates and ratings are made sense of over the whole page."""

    dates: list[str]
    rating: stars.Raw | None = None
    author: str = ""
    title: str = ""
    text: str = ""
    pros: str = ""
    cons: str = ""
    id: str = ""
    url: str = ""
    reply: Element | None = None


def read(
    root: Element,
    selectors: Mapping[str, str],
    *,
    now: datetime,
    base: str | None,
    notes: Notes,
    limit: int = MAX_REVIEWS,
) -> list[ReviewData]:
    """The reviews that the selectors give, in the page's order, at most *limit*.

    Raises ValueError when a selector is not CSS or ``review`` is missing.
    """
    if not (selectors.get("review") or selectors.get("start")):
        raise ValueError("selectors need one for `review`: the element that holds one whole review")
    fields = {name: Field(selector) for name, selector in selectors.items() if name in FIELDS and selector}
    start = fields.pop("start", None)
    blocks = (
        fields.pop("review").css(root)[:limit]
        if "review" in fields
        else runs.wrap(root, start.css(root)[:limit] if start else [])
    )
    everyone = set(blocks)
    sights = [_see(block, fields, everyone) for block in blocks]
    host = urlsplit(base).hostname if base else None
    order = dates.order_of(
        (text for sight in sights for text in sight.dates), language=attribute(root, "lang"), host=host
    )
    ratings = stars.resolve([sight.rating for sight in sights])
    ids = [""] * len(blocks) if "id" in fields else _ids(blocks)
    reviews: list[ReviewData] = []
    for block, sight, rating, identifier in zip(blocks, sights, ratings, ids, strict=True):
        moment = next((found for text in sight.dates if (found := dates.parse(text, now=now, order=order))), None)
        review: ReviewData = {
            "id": sight.id or identifier,
            "url": absolute(sight.url, base) if sight.url else None,
            "author": {"name": sight.author} if sight.author else None,
            "rating": rating,
            "title": sight.title,
            "text": sight.text,
            "pros": sight.pros,
            "cons": sight.cons,
            "published_at": dates.iso(moment) if moment else None,
            "verified": prose.is_verified(block),
            "reply": people.reply_of(sight.reply, now=now, order=order) if sight.reply is not None else None,
        }
        review = {name: value for name, value in review.items() if value}
        if review.keys() & {"text", "rating", "pros", "cons"}:
            reviews.append(review)
    if "text" not in fields:
        _without_refrain(reviews)
    full = sum(len(review.keys() & _AROUND) >= 2 for review in reviews)
    if full * 10 >= 7 * len(reviews):
        # Among reviews that are signed, dated and rated, mere words are the head of a table or an advertisement.
        reviews = [review for review in reviews if review.keys() & _AROUND]
    if blocks and not reviews:
        notes.add("the selector for reviews matches, but none of its elements holds a review")
    return reviews


def _without_refrain(reviews: list[ReviewData]) -> None:
    """Take out lines that most reviews of the page share: where the text is what is left, they are the page's."""
    lines = Counter(line for review in reviews for line in set(review.get("text", "").split("\n")))
    refrain = {line for line, count in lines.items() if count > 2 and count >= 0.6 * len(reviews)}
    for review in reviews if refrain else ():
        text = "\n".join(line for line in review.get("text", "").split("\n") if line not in refrain)
        review.pop("text", None)
        if text:
            review["text"] = text


def _see(block: Element, fields: Mapping[str, Field], everyone: set[Element]) -> _Sight:
    nested = {element for element in elements(block) if element in everyone and element is not block}
    replies = fields["reply"].inside(block, nested) if "reply" in fields else prose.replies(block, nested)
    skip = nested | set(replies)
    sight = _Sight(dates=[], reply=replies[0] if replies else None)
    taken: set[Element] = set()
    for name in fields.keys() & _LINES:
        for element in fields[name].inside(block, skip):
            value = _line(name, fields[name], element, skip)
            if value:
                setattr(sight, name, value)
                taken.add(element)
                break
    for element in fields["date"].inside(block, skip) if "date" in fields else ():
        asked = fields["date"].attribute
        sight.dates = [attribute(element, asked)] if asked else people.date_texts(element, skip=skip)
        taken.add(element)
        if sight.dates:
            break
    for element in fields["rating"].inside(block, skip) if "rating" in fields else ():
        asked = fields["rating"].attribute
        sight.rating = stars.in_words(attribute(element, asked)) if asked else stars.find(element, skip)
        said = text_of(element, limit=200)
        if len(said) <= 60 and not any(map(is_prose, said.split("\n"))):
            taken.add(element)
        if sight.rating:
            break
    chosen = fields["text"].inside(block, skip) if "text" in fields else [block]
    taken.discard(block)
    text, pros, cons = prose.parts(_topmost(chosen), block, skip | (taken - set(chosen)))
    text = stars.without_drawing(text)
    sight.text, sight.pros, sight.cons = (part[:MAX_TEXT] for part in (text, sight.pros or pros, sight.cons or cons))
    if one_line(sight.text) == sight.title:
        sight.title = ""
    return sight


def _line(name: str, field: Field, element: Element, skip: set[Element]) -> str:
    """The value of a field that is one piece of text."""
    if field.attribute:
        value = attribute(element, field.attribute)
        return people.name_in(value) if name == "author" else one_line(value)
    if name == "author":
        return people.name_in(text_of(element, skip=skip | prose.asides(element)))
    if name == "title":
        return prose.title_of(element, skip)
    if name == "url":
        return one_line(attribute(element, "href"))
    text = text_of(element, skip=skip)
    return text if name in ("pros", "cons") else one_line(text)


def _under(element: Element, skip: set[Element], block: Element) -> bool:
    current: Element | None = element
    while current is not None and current is not block and skip:
        if current in skip:
            return True
        current = current.getparent()
    return False


def _topmost(found: list[Element]) -> list[Element]:
    """The elements without those that stand inside another one of them."""
    everyone = set(found)
    return [element for element in found if not any(above in everyone for above in element.iterancestors())]


def _ids(blocks: list[Element]) -> list[str]:
    """Ids of the reviews in the page, when an attribute tells them all apart and looks like more than a place."""
    for name in _IDS:
        values = [attribute(block, name) for block in blocks]
        digits = [re.sub(r"\D", "", value) for value in values]
        long_enough = all(len(number) >= 3 for number in digits)
        if len(set(values)) == len(values) and all(0 < len(value) <= 100 for value in values) and long_enough:
            prefix = _common(values) if len(values) > 1 else ""
            # "review-8812" is the review 8812; but an id of letters and digits stays whole.
            plain = [value.removeprefix(prefix) for value in values]
            return plain if all(value.isdigit() for value in plain) else values
    return [""] * len(blocks)


def _common(values: list[str]) -> str:
    """The longest beginning without digits that all values share."""
    match = re.match(r"^\D*", values[0])
    start = match.group() if match else ""
    return start if all(value.startswith(start) for value in values) else ""
