"""The pages that change something (subscriptions) and those that show how the machine is (sources)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

from fastapi import APIRouter, Form, HTTPException, Request, Response
from fastapi.responses import RedirectResponse

from indexer.alerts.subscriptions import InvalidSubscription
from indexer.query import QueryError

if TYPE_CHECKING:
    from console.app import Site

FIRST_QUERY = "negative:true AND NOT risk.level:high"
Text = Annotated[str, Form(max_length=2_000)]


def router(site: Site) -> APIRouter:
    """The routes of subscriptions and sources. Nothing changes by GET."""
    routes = APIRouter(include_in_schema=False)

    def form(request: Request, status: int = 200, **given: Any) -> Response:
        values = {"q": FIRST_QUERY, "address": "", "name": "", "letters_in": "", "count": None, "error": None, **given}
        return site.page(request, "subscriptions.html", status, subscriptions=site.backend.subscriptions(), **values)

    def counted(request: Request, query: str, **given: Any) -> Response:
        """The form with how many reviews of the last month it would have told of, or what is wrong with the query."""
        try:
            count = site.backend.store().search(f"({query}) AND published_at:[now-30d TO now]", limit=0).total
        except QueryError as error:
            return form(request, 400, q=query, error=error.message(site.words(request).language), **given)
        return form(request, q=query, count=count, **given)

    @routes.get("/subscriptions")
    def subscriptions(request: Request, q: str = FIRST_QUERY) -> Response:
        """All subscriptions, and the form for a new one with a count of what it would have told."""
        return counted(request, q[:2_000])

    @routes.post("/subscriptions/preview")
    def preview(
        request: Request, token: Text, query: Text = "", address: Text = "", language: Text = "", name: Text = ""
    ) -> Response:
        """Count what the form's query matches; adds nothing and keeps what was typed."""
        site.check(request, token)
        return counted(request, query, address=address, name=name, letters_in=language)

    @routes.post("/subscriptions")
    def add(
        request: Request, token: Text, query: Text, address: Text, language: Text = "en", name: Text = ""
    ) -> Response:
        """Add a subscription."""
        site.check(request, token)
        try:
            site.backend.subscribe(query=query, address=address, language=language, name=name)
        except InvalidSubscription as error:
            message = error.message(site.words(request).language)
            return form(request, 400, q=query, address=address, name=name, letters_in=language, error=message)
        return RedirectResponse("/subscriptions", 303)

    @routes.post("/subscriptions/{subscription_id}/{action}")
    def change(request: Request, subscription_id: str, action: str, token: Text) -> Response:
        """Pause, resume or remove one."""
        site.check(request, token)
        backend = site.backend
        if action == "remove":
            done = backend.remove(subscription_id)
        elif action in {"pause", "resume"}:
            done = backend.pause(subscription_id, paused=action == "pause")
        else:
            done = False
        if not done:
            raise HTTPException(404)
        return RedirectResponse("/subscriptions", 303)

    @routes.get("/unsubscribe/{token}")
    def leave(request: Request, token: str) -> Response:
        """Ask whether to end the subscription whose letter brought the reader here."""
        found = site.backend.subscription_of(token)
        if found is None:
            raise HTTPException(404)
        return site.page(request, "unsubscribe.html", subscription=found, done=False)

    @routes.post("/unsubscribe/{token}")
    def left(request: Request, token: str) -> Response:
        """End it; mail programs post here by themselves, so the letter's own token is all that is asked for."""
        found = site.backend.unsubscribe(token)
        if found is None:
            raise HTTPException(404)
        return site.page(request, "unsubscribe.html", subscription=found, done=True)

    @routes.get("/sources")
    def sources(request: Request) -> Response:
        """The sources and how their last runs ended."""
        return site.page(request, "sources.html", sources=site.backend.sources())

    return routes
