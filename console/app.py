"""The page as an ASGI application: what every answer shares, and where each page lives."""

from __future__ import annotations

import secrets
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from fastapi import FastAPI, HTTPException, Request, Response
from fastapi.responses import RedirectResponse
from fastapi.staticfiles import StaticFiles
from fastapi.templating import Jinja2Templates
from jinja2 import Environment, FileSystemLoader
from starlette.exceptions import HTTPException as StarletteHTTPException
from starlette.middleware.trustedhost import TrustedHostMiddleware

from console import api, letters, manage, pages
from console.backend import Backend
from console.texts import LANGUAGES, Words, negotiate

HERE = Path(__file__).parent
POLICY = (
    "default-src 'none'; style-src 'self'; img-src 'self' data:; form-action 'self'; frame-src 'self'; "
    "base-uri 'none'; frame-ancestors 'none'"
)
YEAR = 365 * 86_400


class Site:
    """What the pages share: the backend, the templates and who asks."""

    def __init__(self, backend: Backend, *, title: str, language: str) -> None:
        self.backend, self.title, self.language = backend, title, language
        loader = FileSystemLoader(HERE / "templates")
        environment = Environment(loader=loader, autoescape=True, trim_blocks=True, lstrip_blocks=True)
        self.templates = Jinja2Templates(env=environment)

    def words(self, request: Request) -> Words:
        """The page's words in the reader's language."""
        header = request.headers.get("accept-language")
        return Words(negotiate(request.cookies.get("language"), header, self.language))

    def page(self, request: Request, template: str, status: int = 200, **values: Any) -> Response:
        """A page from its template, with the words of the reader's language and the token of its forms."""
        token = request.cookies.get("form") or secrets.token_urlsafe(24)
        given = {"title": self.title, "local": self.backend.local, "token": token, "path": request.url.path}
        context = {"t": self.words(request), **given, **values}
        response: Response = self.templates.TemplateResponse(request, template, context, status_code=status)
        if "form" not in request.cookies:
            response.set_cookie("form", token, httponly=True, samesite="strict")
        return response

    def check(self, request: Request, token: str) -> None:
        """Refuse a form that did not come from one of our pages."""
        known = request.cookies.get("form", "")
        if not known or not secrets.compare_digest(known.encode(), token.encode()):
            raise HTTPException(403, "expired")


def app(backend: Backend, *, title: str = "Molva", language: str = "en", hosts: Sequence[str] = ("*",)) -> FastAPI:
    """The application.

    Args:
        backend: What it shows and changes.
        title: The name at the top.
        language: What readers get whose browser asks for neither English nor Russian.
        hosts: Names by which the page may be asked for; a page of elsewhere that gives its name our address is refused.
    """
    site = Site(backend, title=title, language=language)
    application = FastAPI(title=title, docs_url=None, redoc_url=None, openapi_url="/api/openapi.json")
    application.add_middleware(TrustedHostMiddleware, allowed_hosts=list(hosts), www_redirect=False)
    application.mount("/static", StaticFiles(directory=HERE / "static"), name="static")
    for router in (pages.router(site), manage.router(site), letters.router(site), api.router(site)):
        application.include_router(router)

    @application.get("/language/{code}", include_in_schema=False)
    def choose(code: str, back: str = "/") -> Response:
        """Remember the reader's language and go back."""
        target = back if back.startswith("/") and not back.startswith(("//", "/\\")) else "/"
        response = RedirectResponse(target, 303)
        if code in LANGUAGES:
            response.set_cookie("language", code, max_age=YEAR, samesite="lax")
        return response

    @application.get("/healthz", include_in_schema=False)
    def health() -> dict[str, Any]:
        """Whether the index answers, and how many reviews it has."""
        return {"ok": True, "reviews": backend.store().count()}

    @application.exception_handler(StarletteHTTPException)
    def failed(request: Request, error: StarletteHTTPException) -> Response:
        """Errors as pages for people, as JSON for programs."""
        if request.url.path.startswith("/api/"):
            return api.problem(error.status_code, str(error.detail))
        known = {404: "not_found", 403: "expired"}.get(error.status_code, "bad_request")
        return site.page(request, "error.html", error.status_code, message=known)

    @application.middleware("http")
    async def guard(request: Request, call: Callable[[Request], Awaitable[Response]]) -> Response:
        response = await call(request)
        response.headers.setdefault("Content-Security-Policy", POLICY)
        response.headers["X-Content-Type-Options"] = "nosniff"
        response.headers["Referrer-Policy"] = "same-origin"
        return response

    site.templates.env.globals["link"] = _link
    return application


def _link(path: str, **values: Any) -> str:
    """An address with the values that are not empty."""
    given = {name: value for name, value in values.items() if value}
    return f"{path}?{urlencode(given, doseq=True)}" if given else path
