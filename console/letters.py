"""The letters that went out or wait, and each as its reader sees it."""

from __future__ import annotations

import email
import email.policy
from email.message import EmailMessage
from typing import TYPE_CHECKING

from fastapi import APIRouter, HTTPException, Request, Response

if TYPE_CHECKING:
    from console.app import Site

SHOWN = 200
FRAMED = (
    "default-src 'none'; style-src 'unsafe-inline'; img-src data:; frame-ancestors 'self'; base-uri 'none'; "
    "form-action 'none'; sandbox allow-popups allow-popups-to-escape-sandbox"
)
"""Letters may open their links in a tab of its own, and nothing else."""


def router(site: Site) -> APIRouter:
    """The routes of the letters."""
    routes = APIRouter(include_in_schema=False)

    @routes.get("/letters")
    def letters(request: Request) -> Response:
        """The newest letters."""
        found = [(entry, _parsed(entry.letter)) for entry in site.backend.alerts(SHOWN)]
        return site.page(request, "letters.html", letters=found)

    @routes.get("/letters/{alert_id}")
    def letter(request: Request, alert_id: str) -> Response:
        """One letter with its headers."""
        entry = site.backend.alert(alert_id)
        if entry is None:
            raise HTTPException(404)
        return site.page(request, "letter.html", entry=entry, letter=_parsed(entry.letter))

    @routes.get("/letters/{alert_id}/body")
    def body(alert_id: str) -> Response:
        """The HTML of a letter, to be shown in a frame that can do nothing."""
        entry = site.backend.alert(alert_id)
        parsed = _parsed(entry.letter) if entry else None
        part = parsed.get_body(("html", "plain")) if parsed else None
        if part is None:
            raise HTTPException(404)
        content = part.get_content().replace("<head>", '<head><base target="_blank">', 1)
        response = Response(content, media_type=f"{part.get_content_type()}; charset=utf-8")
        response.headers["Content-Security-Policy"] = FRAMED
        return response

    return routes


def _parsed(letter: bytes | None) -> EmailMessage | None:
    if letter is None:
        return None
    return email.message_from_bytes(letter, policy=email.policy.default)
