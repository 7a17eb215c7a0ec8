"""The pages for reading: search and one review."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any
from urllib.parse import urlsplit

import msgspec
from fastapi import APIRouter, HTTPException, Query, Request, Response
from markupsafe import Markup

from console.chart import Chart, chart, interval_for
from console.reading import marked, mood, reasons, versions
from indexer.query import QueryError
from indexer.stores import FacetValue, Fragment, Page, Store

if TYPE_CHECKING:
    from console.app import Site

FACETS = (
    "risk.level", "negative", "stars", "subject.id", "source", "channel", "language", "aspects.name",
    "verification.grade",
)  # fmt: skip
SORTS = ("-published_at", "published_at", "-risk.score", "stars", "-stars")
SHOWN = 8
"""Values of a facet."""
LONGEST = 2_000
"""Characters of a query."""


class Filter(msgspec.Struct, frozen=True):
    """A facet's value: what it is called in a query and on the page, how often it is there, whether it is chosen."""

    field: str
    value: FacetValue
    count: int
    chosen: bool

    @property
    def term(self) -> str:
        """The filter as it stands in the address: ``field:value``."""
        value = str(self.value).lower() if isinstance(self.value, bool) else self.value
        return f"{self.field}:{value:g}" if isinstance(value, float) else f"{self.field}:{value}"


def router(site: Site) -> APIRouter:
    """The routes of search and review."""
    routes = APIRouter(include_in_schema=False)

    @routes.get("/")
    def search(
        request: Request,
        q: Annotated[str, Query(max_length=LONGEST)] = "",
        f: Annotated[Sequence[str], Query()] = (),
        sort: str = SORTS[0],
        after: str | None = None,
        copies: bool = False,
    ) -> Response:
        """Search with facets, a summary and the trend."""
        store, words = site.backend.store(), site.words(request)
        sort = sort if sort in SORTS else SORTS[0]
        chosen = [term for term in dict.fromkeys(f[:20]) if term.partition(":")[0] in FACETS]
        values: dict[str, Any] = {
            "q": q, "sort": sort, "sorts": SORTS, "copies": copies, "chosen": chosen, "after": after,
        }  # fmt: skip
        try:
            query = combined(q, chosen)
            page = store.search(
                query, sort=sort, limit=20, after=after, facets=FACETS, highlight=bool(q), collapse=not copies
            )
            values |= {
                "page": page,
                "cards": [card(hit.document, hit.highlights, words.language) for hit in page.hits],
                "summary": store.summary(query, collapse=not copies),
                "chart": _trend(store, query, collapse=not copies),
                "facets": _facets(page, chosen),
                "subjects": _subjects(store, page, chosen),
                "empty": not page.total and not store.count(),
            }
        except QueryError as error:
            values |= {"error": error.message(words.language), "page": None}
            return site.page(request, "search.html", 400, **values)
        return site.page(request, "search.html", **values)

    @routes.get("/reviews/{review_id}")
    def review(request: Request, review_id: str) -> Response:
        """One review with all that is known about it."""
        store, words = site.backend.store(), site.words(request)
        document = store.get(review_id)
        if document is None:
            raise HTTPException(404)
        others = [(copy, store.get(copy["review_id"])) for copy in document.get("copies", [])]
        others.sort(key=lambda pair: (pair[1] or {}).get("published_at", "9"))
        why = reasons(document, words.language)
        return site.page(
            request,
            "review.html",
            document=document,
            back=_came_from(request),
            marked=marked(document, words),
            reasons=why,
            copies=others,
            ring=[other for bar in why if bar.name == "ring" for key in bar.reviews if (other := store.get(key))],
            versions=versions(document),
            aspects=_aspects(document),
            moods={mood(aspect["sentiment"]) for aspect in document.get("aspects", [])},
        )

    return routes


def combined(query: str, chosen: Sequence[str]) -> str:
    """The query with the chosen filters: values of one field are alternatives, fields must all match."""
    parts = [f"({query})"] if query.strip() else []
    by_field: dict[str, list[str]] = {}
    for term in chosen:
        field, _, value = term.partition(":")
        escaped = value.replace("\\", "\\\\").replace('"', '\\"')
        by_field.setdefault(field, []).append(f'{field}:"{escaped}"')
    parts += [f"({' OR '.join(terms)})" for terms in by_field.values()]
    return " AND ".join(parts)


def card(document: dict[str, Any], highlights: Mapping[str, Sequence[Fragment]], language: str) -> dict[str, Any]:
    """What a hit shows: the document, its first reason, and fragments that matched."""
    found = reasons(document, language)
    raising = next((reason for reason in found if reason.raises), None)
    text = document.get("text") or document.get("pros") or document.get("cons") or ""
    headline = document.get("title") or ""
    if not headline.strip():
        headline, text = _split(" ".join(text.split()))
    return {
        "document": document,
        "headline": headline,
        "text": text,
        "reason": raising or next(iter(found), None),
        "fragments": _fragments(document, highlights),
        "marked_title": next((Markup(f.html()) for f in highlights.get("title", ()) if f.text == headline), None),  # noqa: S704 - Fragment.html escapes
    }


def _fragments(document: dict[str, Any], highlights: Mapping[str, Sequence[Fragment]]) -> Markup:
    """The pieces of the prose that matched, with an ellipsis wherever something is left out."""
    shown: list[str] = []
    cut = False
    found = [(name, fragment) for name in ("text", "pros", "cons") for fragment in highlights.get(name, ())]
    for name, fragment in found[:3]:
        whole = document.get(name) or ""
        before = cut or not whole.startswith(fragment.text)
        cut = not whole.endswith(fragment.text)
        shown.append(("… " if before else " " if shown else "") + fragment.html().strip() + (" " if cut else ""))
    return Markup("".join(shown) + ("…" if cut else ""))  # noqa: S704 - Fragment.html escapes


def _split(words: str) -> tuple[str, str]:
    """The beginning of a text without a title, to stand as one, and what follows it."""
    if len(words) <= 110:
        return words, ""
    start = words[:90].rsplit(" ", 1)[0]
    return f"{start}…", f"…{words[len(start) :].lstrip()}"


def _came_from(request: Request) -> str:
    """The search that the reader came from, so that going back keeps it; else the first page."""
    try:
        came = urlsplit(request.headers.get("referer", "")[:4_000])
    except ValueError:
        return "/"
    return f"/?{came.query}" if came.netloc == request.url.netloc and came.path == "/" and came.query else "/"


def _subjects(store: Store, page: Page, chosen: Sequence[str]) -> dict[str, str]:
    """The names of the subjects on the page by their ids."""
    wanted = {str(value) for value, _ in page.facets.get("subject.id", ())[:SHOWN]}
    wanted |= {term.partition(":")[2] for term in chosen if term.startswith("subject.id:")}
    shown = [hit.document["subject"] for hit in page.hits]
    names = {subject["id"]: subject["name"] for subject in shown if subject.get("name")}
    for one in wanted - names.keys():
        for hit in store.search(combined("", [f"subject.id:{one}"]), limit=1).hits:
            names[one] = hit.document["subject"].get("name") or one
    return names


def _trend(store: Store, query: str, *, collapse: bool) -> Chart | None:
    ends = [
        hit.document.get("published_at")
        for sort in ("-published_at", "published_at")
        for hit in store.search(query, sort=sort, limit=1, collapse=collapse).hits
    ]
    times = [datetime.fromisoformat(end) for end in ends if end]
    if len(times) < 2:
        return None
    interval = interval_for((times[0] - times[1]).total_seconds() / 86_400)
    return chart(store.trend(query, interval=interval, collapse=collapse), interval)


def _facets(page: Page, chosen: Sequence[str]) -> list[tuple[str, list[Filter]]]:
    found = []
    for name in FACETS:
        values = [Filter(name, value, count, chosen=False) for value, count in page.facets.get(name, ())]
        values = [msgspec.structs.replace(value, chosen=value.term in chosen) for value in values]
        if name == "stars":
            values.sort(key=lambda value: -float(value.value))
        if values and (len(values) > 1 or any(value.chosen for value in values)):
            found.append((name, values[:SHOWN]))
    return found


def _aspects(document: dict[str, Any]) -> list[tuple[str, float]]:
    """The aspects of the review, one each, with the mean of their sentiment."""
    grouped: dict[str, list[float]] = {}
    for aspect in document.get("aspects", []):
        grouped.setdefault(aspect["name"], []).append(aspect["sentiment"])
    return [(name, sum(values) / len(values)) for name, values in grouped.items()]
