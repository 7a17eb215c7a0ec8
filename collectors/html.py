"""A page as a collector sees it: CSS selectors that never answer with a silent nothing."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import TYPE_CHECKING
from urllib.parse import urljoin

from bs4 import BeautifulSoup, Tag
from bs4.element import NavigableString

from collectors.errors import LayoutChanged
from collectors.platforms.page import dates, ratings
from schemas.events import Rating

if TYPE_CHECKING:
    from collectors.client import Response

_BREAKS = frozenset({"br", "p", "div", "li", "tr", "h1", "h2", "h3", "h4", "h5", "h6", "section", "article"})
_HIDDEN = frozenset({"script", "style", "template", "noscript"})


class Element:
    """A part of a page, found by CSS selectors."""

    def __init__(self, tag: Tag, url: str) -> None:
        self.tag = tag
        self.url = url

    def all(self, css: str, *, empty: str | None = None) -> list[Element]:
        """Every element below that matches ``css``, in the page's order.

        Raises LayoutChanged when there is none, unless ``empty`` (a selector of what says "no reviews yet") matches.
        """
        found = [Element(tag, self.url) for tag in self.tag.select(css)]
        if not found and not (empty and self.tag.select_one(empty)):
            said = f" and nothing matches {empty!r}, which would say that there is none" if empty else ""
            raise LayoutChanged(f"{self.url}: nothing matches {css!r}{said}")
        return found

    def one(self, css: str) -> Element:
        """The first element below that matches ``css``; raises LayoutChanged when there is none."""
        return self.all(css)[0]

    def maybe(self, css: str) -> Element | None:
        """The first element below that matches ``css``, or None."""
        tag = self.tag.select_one(css)
        return Element(tag, self.url) if tag else None

    def text_of(self, css: str) -> str | None:
        """The text of the first element below that matches ``css``, or None when there is none or it is empty."""
        found = self.maybe(css)
        return (found.text or None) if found else None

    def __getitem__(self, attribute: str) -> str:
        value = self.get(attribute)
        if value is None:
            raise LayoutChanged(f"{self.url}: <{self.tag.name}> has no attribute {attribute!r}")
        return value

    def get(self, attribute: str) -> str | None:
        """The attribute's value, or None."""
        value = self.tag.get(attribute)
        return " ".join(value) if isinstance(value, list) else value

    @property
    def link(self) -> str | None:
        """The absolute address in ``href`` or ``src``, or None."""
        target = self.get("href") or self.get("src")
        try:
            return urljoin(self.url, target.strip()) if target else None
        except ValueError:
            return None

    @property
    def text(self) -> str:
        """What a reader sees: white space folded, paragraphs and ``<br>`` as line breaks."""
        joined = "".join(_pieces(self.tag))
        lines = (" ".join(line.split()) for line in joined.split("\n"))
        return "\n".join(line for line in lines if line)

    @property
    def number(self) -> float:
        """The first number in the text ("4,5 из 5" gives 4.5); raises LayoutChanged when there is none."""
        found = ratings.number(self.text[:10_000])
        if found is None:
            raise LayoutChanged(f"{self.url}: no number in {self.text[:60]!r}")
        return found

    @property
    def time(self) -> datetime:
        """The date in ``datetime``, ``content`` or the text, however it is written; raises LayoutChanged."""
        shown = self.get("datetime") or self.get("content") or self.text
        found = dates.parse(shown, now=datetime.now(UTC))
        if found is None:
            raise LayoutChanged(f"{self.url}: no date in {shown[:60]!r}")
        return found

    @property
    def rating(self) -> Rating:
        """The rating in ``content``, ``aria-label``, ``title`` or the text: "4.5/5", "★★★★☆"; raises LayoutChanged."""
        for shown in (self.get("content"), self.get("aria-label"), self.get("title"), self.text):
            stated = ratings.written(shown) if shown else None
            if stated is not None:
                best, worst = stated.best or 5.0, 1.0 if stated.worst is None else stated.worst
                return Rating(value=stated.value, best=best, worst=min(worst, stated.value))
        raise LayoutChanged(f"{self.url}: no rating in {self.text[:60]!r}")


class Page(Element):
    """A whole page; ``response`` is the answer that it came in."""

    def __init__(self, response: Response) -> None:
        super().__init__(BeautifulSoup(response.text, "lxml"), response.url)
        self.response = response


def _pieces(tag: Tag) -> Iterator[str]:
    """The visible text below ``tag`` in order, without recursion: pages may be nested as deep as they like."""
    waiting: list[object] = list(reversed(tag.contents))
    while waiting:
        node = waiting.pop()
        if type(node) is str:
            yield node
        elif type(node) is NavigableString:
            yield re.sub(r"\s+", " ", node)
        elif isinstance(node, Tag) and node.name not in _HIDDEN:
            around = "\n" if node.name in _BREAKS else ""
            yield around
            waiting.append(around)
            waiting.extend(reversed(node.contents))
