"""The REST API: the same answers as the pages, as JSON."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, Any

import msgspec
from fastapi import APIRouter, HTTPException, Query, Response
from fastapi.responses import JSONResponse

from indexer.query import QueryError
from indexer.stores import Interval

if TYPE_CHECKING:
    from console.app import Site

Asked = Annotated[str, Query(max_length=2_000)]


def problem(status: int, detail: str) -> Response:
    """An error as JSON."""
    return JSONResponse({"error": detail}, status)


def router(site: Site) -> APIRouter:
    """The routes under /api."""
    routes = APIRouter(prefix="/api")

    @routes.get("/search")
    def search(
        q: Asked = "",
        sort: str = "-published_at",
        limit: Annotated[int, Query(ge=0, le=1000)] = 20,
        after: str | None = None,
        facet: Annotated[Sequence[str], Query()] = (),
        copies: bool = False,
    ) -> dict[str, Any]:
        """Documents that match, a page at a time, with facets."""
        try:
            page = site.backend.store().search(
                q, sort=sort, limit=limit, after=after, facets=tuple(facet), collapse=not copies
            )
        except QueryError as error:
            raise HTTPException(400, str(error)) from None
        return {
            "total": page.total,
            "reviews": [hit.document for hit in page.hits],
            "facets": {name: [{"value": v, "count": n} for v, n in values] for name, values in page.facets.items()},
            "next": page.next,
        }

    @routes.get("/reviews/{review_id}")
    def review(review_id: str) -> dict[str, Any]:
        """One document."""
        document = site.backend.store().get(review_id)
        if document is None:
            raise HTTPException(404, "no such review")
        return document

    @routes.get("/trend")
    def trend(q: Asked = "", interval: Interval = "week") -> list[dict[str, Any]]:
        """Reviews, negatives and mean stars over time."""
        try:
            found = site.backend.store().trend(q, interval=interval)
        except QueryError as error:
            raise HTTPException(400, str(error)) from None
        points: list[dict[str, Any]] = msgspec.to_builtins(list(found))
        return points

    return routes
