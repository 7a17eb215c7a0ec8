"""What reading a page gives, and the bounds that keep a hostile page from costing more than a large one."""

from __future__ import annotations

from typing import Any, Literal

import msgspec

MAX_BYTES = 10_000_000
"""Bytes of a page that are parsed; what lies behind is cut off with a warning."""
MAX_TEXT = 50_000
"""Characters of a review's text, pros, cons or reply."""
MAX_LINE = 1_000
"""Characters of a title, a name or an address."""
MAX_REVIEWS = 2_000
"""Reviews and aggregates taken from one page."""

ReviewData = dict[str, Any]
"""A review in the shape that files and gateways use; fields that the page does not give are absent."""
Aggregate = dict[str, Any]
"""``subject``, ``rating`` (``value``, ``best``, ``worst``, or None), ``count`` and ``review_count`` (or None)."""

Method = Literal["none", "json-ld", "microdata", "rdfa", "microformats", "embedded-state", "blocks", "selectors"]


class Page(msgspec.Struct, frozen=True):
    """The reviews of one page and how they were found.

    ``confidence`` is 0-1: 1 for markup, less where structure was read without it. ``selectors`` are the CSS selectors
    that give the same reviews when they are configured; they are empty when the page has markup. ``next`` is the
    absolute address of the page that follows, ``subject`` what the whole page is about. ``empty`` is true when the page
    itself says that it has no reviews.
    """

    reviews: tuple[ReviewData, ...] = ()
    aggregates: tuple[Aggregate, ...] = ()
    next: str | None = None
    subject: dict[str, str] = {}
    method: Method = "none"
    confidence: float = 0.0
    selectors: dict[str, str] = {}
    warnings: tuple[str, ...] = ()
    empty: bool = False


class Notes:
    """Warnings of one page: each sentence once, fifty at most, because a page can go wrong in every line."""

    def __init__(self) -> None:
        self._sentences: dict[str, None] = {}

    def add(self, sentence: str) -> None:
        """Keep *sentence* unless it was said before or fifty others were."""
        if len(self._sentences) < 50:
            self._sentences.setdefault(sentence[:300])

    def __iter__(self) -> Any:
        return iter(self._sentences)
