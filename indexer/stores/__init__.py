"""What every store of documents can do. Console, matcher and command line know this protocol and no store.

Both stores give the same ids in the same order. Scores are not part of the answer: reviews are read by time. All
times are UTC; ISO 8601 with milliseconds and Z in documents, aware datetimes elsewhere.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from html import escape
from typing import Any, Literal, Protocol

import msgspec

from indexer.query.tree import Query
from schemas.events import ReviewJudged

Interval = Literal["day", "week", "month"]
"""Calendar intervals in UTC; a week begins on Monday."""

MAX_LIMIT = 1_000
"""Hits of one page."""
MAX_FACET = 50
"""Values of one facet, the most frequent first, equal counts in order of the value."""


class Failure(msgspec.Struct, frozen=True):
    """A document that was not written. ``retry``: the store was the reason, and the same write may succeed later."""

    review_id: str
    external: int
    reason: str
    retry: bool = False


class Fragment(msgspec.Struct, frozen=True):
    """A piece of a field's original text with the matched words as ``(start, end)`` in code points of ``text``."""

    text: str
    marks: tuple[tuple[int, int], ...] = ()

    def html(self) -> str:
        """The fragment as safe HTML: all is escaped, the marks are ``<mark>``."""
        parts, at = [], 0
        for start, end in self.marks:
            parts += [escape(self.text[at:start]), "<mark>", escape(self.text[start:end]), "</mark>"]
            at = end
        return "".join([*parts, escape(self.text[at:])])


class Hit(msgspec.Struct, frozen=True):
    """A document (indexer/documents.py) with the fragments that matched, by field, when highlights were asked for."""

    document: dict[str, Any]
    highlights: dict[str, tuple[Fragment, ...]] = {}


FacetValue = str | float | bool


class Page(msgspec.Struct, frozen=True):
    """One page of an answer.

    Args:
        total: All documents that match, on all pages.
        hits: This page.
        facets: For each facet asked for, values and their counts over all that match.
        next: Opaque; give it as ``after`` to get the page that follows. None on the last page.
    """

    total: int
    hits: tuple[Hit, ...] = ()
    facets: dict[str, tuple[tuple[FacetValue, int], ...]] = {}
    next: str | None = None


class Point(msgspec.Struct, frozen=True):
    """One interval of a trend, or a whole answer (``summary``).

    Args:
        time: The interval's first instant; None for a summary.
        count: Reviews in it.
        negative: How many of them are negative feedback.
        mean_stars: Mean of their stars, as given; None when none has a rating.
        trusted_stars: The same weighted by ``trust`` (one less the risk); None when there is no weight.
    """

    time: datetime | None
    count: int
    negative: int
    mean_stars: float | None = None
    trusted_stars: float | None = None


class Store(Protocol):
    """A place for documents. ``query`` is text in Lucene's syntax or a parsed one; bad text raises QueryError.

    ``collapse`` leaves out documents with ``duplicate:true``: of syndicated copies one is shown, counted and charted.
    """

    def write(self, items: Sequence[tuple[int, ReviewJudged]]) -> Sequence[Failure]:
        """Write documents under their external versions (the log's numbers) and say which failed.

        An external version not above the stored one is ignored as a success. Several items of one review may come
        in one call.
        """
        ...

    def get(self, review_id: str) -> dict[str, Any] | None:
        """The document of a review, or None."""
        ...

    def search(
        self,
        query: str | Query = "",
        *,
        sort: str = "-published_at",
        limit: int = 20,
        after: str | None = None,
        facets: Sequence[str] = (),
        highlight: bool = False,
        collapse: bool = True,
    ) -> Page:
        """A page of what matches.

        Args:
            query: An empty text matches everything.
            sort: One of ``fields.SORTS``, with ``-`` before it for descending; ties go by review id in the same
                direction, documents without the value come last either way.
            limit: Hits of the page, 0 to ``MAX_LIMIT``.
            after: ``next`` of the page before, with the same query and sort; anything else raises QueryError.
            facets: Names of keyword, number or boolean fields to count values of.
            highlight: Whether to find the matched words.
            collapse: Whether to leave out syndicated copies.
        """
        ...

    def trend(
        self,
        query: str | Query = "",
        *,
        interval: Interval = "week",
        field: str = "published_at",
        limit: int = 400,
        collapse: bool = True,
    ) -> Sequence[Point]:
        """The newest ``limit`` intervals that hold a match, oldest first; documents without the date are left out."""
        ...

    def summary(self, query: str | Query = "", *, collapse: bool = True) -> Point:
        """Count, negatives and mean stars of all that matches."""
        ...

    def matching(self, query: str | Query, review_ids: Collection[str]) -> set[str]:
        """Which of these reviews match; syndicated copies are not left out."""
        ...

    def versions(self, review_ids: Collection[str]) -> Mapping[str, int]:
        """The external versions under which these reviews stand in the index; absent ones are left out."""
        ...

    def count(self) -> int:
        """How many documents there are."""
        ...

    def forget(self, review_ids: Collection[str]) -> int:
        """Remove these documents for good; how many there were."""
        ...

    def refresh(self) -> None:
        """Make what was written visible to searches at once (a store that always does has nothing to do)."""
        ...
