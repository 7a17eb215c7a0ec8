"""What each element of a page without markup tells: ratings, dates, prose, names; counted once for every subtree."""

from __future__ import annotations

import re
from datetime import datetime

import msgspec

from collectors.platforms.page import dates, hints, stars
from collectors.platforms.page.tree import Element, attribute, direct_text, elements, names_of

MAX_ELEMENTS = 60_000
_TIME_WORD = re.compile(
    r"\d|ago|today|yesterday|назад|сегодня|вчера|gestern|heute|hier|ayer|hoy|ieri|oggi|ontem|last|прошл", re.IGNORECASE
)
_WORDS = re.compile(r"[^\W\d_]{2,}")
_NOT_PROSE = frozenset(
    {
        "h1",
        "h2",
        "h3",
        "h4",
        "h5",
        "h6",
        "button",
        "option",
        "label",
        "nav",
        "select",
        "script",
        "style",
        "title",
        "th",
        "header",
        "footer",
    }
)
_DATE_NAMES = ("datetime", "data-date", "data-time", "data-timestamp")
_HAN = re.compile(r"[\u3040-\u30ff\u4e00-\u9fff\uac00-\ud7af]")


class Signals(msgspec.Struct):
    """Counts over a subtree. ``prose`` is in characters of running text outside links and controls."""

    ratings: int = 0
    dates: int = 0
    prose: int = 0
    names: int = 0
    prices: int = 0
    size: int = 1


class Survey:
    """The signals of every element of a page and the ratings and dates that elements state themselves."""

    def __init__(self, root: Element, now: datetime) -> None:
        self.root = root
        self.now = now
        self.order: list[Element] = []
        self.raws: dict[Element, stars.Raw] = {}
        self.dated: set[Element] = set()
        self.signals: dict[Element, Signals] = {}
        self.cut = False
        body = root.find("body")
        for element in elements(body if body is not None else root):
            if len(self.order) >= MAX_ELEMENTS:
                self.cut = True
                break
            self.order.append(element)
        linked: set[Element] = set()
        # The rating of the product as a whole is no review's; without itemscope the page only copied the word.
        self._sums: set[Element] = set(
            root.xpath("//*[(@itemscope and @itemprop='aggregateRating') or @typeof='AggregateRating']")
        )
        for element in self.order:
            if element.getparent() in self._sums:
                self._sums.add(element)
            if (element.tag == "a" and element.get("href")) or element.getparent() in linked:
                linked.add(element)
            self.signals[element] = self._own(element, in_link=element in linked)
        for element in reversed(self.order):
            parent = element.getparent()
            if parent is not None and parent in self.signals:
                add(self.signals[parent], self.signals[element])

    def _own(self, element: Element, *, in_link: bool) -> Signals:
        signals = Signals()
        if element.tag in ("script", "style", "noscript", "template", "head"):
            return signals
        raw = stars.own(element) if element not in self._sums else None
        if raw and not hints.RANK.search(names_of(element)):
            self.raws[element] = raw
            signals.ratings = 1
        text = direct_text(element)
        shown = bool(text) and len(text) <= 160 and _TIME_WORD.search(text) is not None and self._is_date(text)
        if shown or any(self._is_date(attribute(element, name)) for name in _DATE_NAMES if element.get(name)):
            self.dated.add(element)
            signals.dates = 1
        if text and element.tag not in _NOT_PROSE and not in_link and is_prose(text):
            signals.prose = max(
                len(text), sum(len(part or "") for part in (element.text, *(child.tail for child in element)))
            )
        if text and len(text) <= 60:
            parent = element.getparent()
            named = [names_of(element), names_of(parent) if parent is not None and len(text) <= 40 else ""]
            signals.names = int(
                any(hints.AUTHOR.search(names) and not hints.NOT_AUTHOR.search(names) for names in named)
            )
            signals.prices = int(bool(hints.PRICE.search(text.lower())))
        return signals

    def _is_date(self, text: str) -> bool:
        found = dates.find(text, now=self.now)
        # A date inside a long sentence is part of what is told, not of when it was told.
        return found is not None and (len(text) <= 60 or found[1][1] - found[1][0] >= len(text) / 3)


def is_prose(text: str) -> bool:
    """Running text: four words or more and twenty characters, or ten characters of a script without spaces."""
    return (len(text) >= 20 and len(_WORDS.findall(text)) >= 4) or len(_HAN.findall(text)) >= 10


def add(total: Signals, part: Signals) -> None:
    """Add the counts of *part* to *total*."""
    total.ratings += part.ratings
    total.dates += part.dates
    total.prose += part.prose
    total.names += part.names
    total.prices += part.prices
    total.size += part.size
