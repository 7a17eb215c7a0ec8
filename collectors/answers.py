"""What the gateway answers: to machines as little as they need, to people in their language what to do."""

from __future__ import annotations

import html
from collections.abc import Callable

from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response

from collectors.configured import Source
from collectors.platforms.problems import InvalidForm, Problem
from collectors.plugin import Received
from collectors.runner import Receipt
from schemas.wire import InvalidReview

_WORDS = {
    "thanks": ("Thank you, your review has arrived.", "Спасибо, ваш отзыв получен."),
    "mend": ("Please mend this and send the form again:", "Пожалуйста, исправьте это и отправьте форму ещё раз:"),
    "wait": ("Please wait {0} seconds and send it again.", "Подождите {0} с и отправьте ещё раз."),
}


def taken(source: Source, received: Received, receipt: Receipt) -> Response:
    """The request was taken in."""
    return _TAKEN.get(source.collector.name, _machine)(source, received, receipt)


def quarantined(source: Source, received: Received) -> Response:
    """The request is kept until its sender can be believed; whoever sent it need not send it again."""
    answer = _machine(source, received, None)
    answer.status_code = 202
    return answer


def invalid(received: Received, error: InvalidReview) -> Response:
    """The sender must mend something: 422 with what and how."""
    problems = error.problems if isinstance(error, InvalidForm) else (Problem("body", str(error), str(error)),)
    if not _wants_page(received):
        return JSONResponse({"errors": [{"field": one.field, "en": one.en, "ru": one.ru} for one in problems]}, 422)
    russian = _russian(received)
    lines = "".join(
        f"<li>{html.escape(one.field)}: {html.escape(one.ru if russian else one.en)}</li>" for one in problems
    )
    return _page(_say("mend", russian=russian), f"<ul>{lines}</ul>", russian=russian, status=422)


def later(received: Received, seconds: float, *, status: int) -> Response:
    """The sender must come again: 429 or 503 with Retry-After."""
    wait = max(1, round(seconds + 0.5))
    headers = {"Retry-After": str(wait)}
    if _wants_page(received):
        russian = _russian(received)
        answer: Response = _page(_say("wait", russian=russian).format(wait), "", russian=russian, status=status)
        answer.headers.update(headers)
        return answer
    words = {"en": _WORDS["wait"][0].format(wait), "ru": _WORDS["wait"][1].format(wait)}
    return JSONResponse({"errors": [{"field": "", **words}]}, status, headers=headers)


def error(status: int, words: str) -> Response:
    """Anything else that went wrong, as JSON."""
    return JSONResponse({"errors": [{"field": "", "en": words, "ru": words}]}, status)


def cors(source: Source, origin: str | None) -> dict[str, str]:
    """The headers that let the page of an allowed origin post here; none for others."""
    allowed = source.reception.origins
    if not origin or not ("*" in allowed or origin in allowed):
        return {}
    return {
        "Access-Control-Allow-Origin": origin,
        "Access-Control-Allow-Methods": "POST, OPTIONS",
        "Access-Control-Allow-Headers": "Content-Type, Authorization",
        "Access-Control-Max-Age": "600",
        "Vary": "Origin",
    }


def _machine(source: Source, received: Received, _receipt: Receipt | None) -> Response:
    """As a gateway wants it: an empty body, which no gateway sends on to the person, or what is configured."""
    if "x-twilio-signature" in received.headers:
        return Response("<Response/>", media_type="text/xml")
    return Response(source.reception.answer, media_type="text/plain")


def _json(_source: Source, _received: Received, receipt: Receipt) -> Response:
    accepted = receipt.counts["published"]
    rejected = [{"number": int(key or 0), "error": reason} for key, reason in receipt.rejections]
    return JSONResponse({"accepted": accepted, "rejected": rejected}, 200 if accepted else 422)


def _form(source: Source, received: Received, _receipt: Receipt) -> Response:
    if not _wants_page(received):
        return JSONResponse({"accepted": 1, "en": _WORDS["thanks"][0], "ru": _WORDS["thanks"][1]})
    if source.reception.redirect:
        return RedirectResponse(source.reception.redirect, 303)
    russian = _russian(received)
    return _page(_say("thanks", russian=russian), "", russian=russian, status=200)


_TAKEN: dict[str, Callable[[Source, Received, Receipt], Response]] = {"form": _form, "reviews": _json}


def _wants_page(received: Received) -> bool:
    """Whether a person looks at the answer in a browser."""
    kind = received.headers.get("content-type", "")
    return "text/html" in received.headers.get("accept", "") and not kind.startswith("application/json")


def _russian(received: Received) -> bool:
    """Whether the person reads Russian rather than English, by Accept-Language."""
    tags = [tag.strip()[:2] for tag in received.headers.get("accept-language", "")[:200].lower().split(",")]
    return next((tag == "ru" for tag in tags if tag in ("ru", "en")), False)


def _say(name: str, *, russian: bool) -> str:
    return _WORDS[name][russian]


def _page(title: str, inner: str, *, russian: bool, status: int) -> HTMLResponse:
    language = "ru" if russian else "en"
    return HTMLResponse(
        f'<!doctype html><html lang="{language}"><meta charset="utf-8">'
        f'<meta name="viewport" content="width=device-width"><title>{html.escape(title)}</title>'
        f"<p>{html.escape(title)}</p>{inner}</html>",
        status,
    )
