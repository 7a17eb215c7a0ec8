"""Requests as SMS providers send them."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from urllib.parse import urlencode

from collectors import Received

NOW = datetime(2026, 11, 1, 12, tzinfo=UTC).timestamp()
FORM = "application/x-www-form-urlencoded"


def post(body: object, *, url: str = "https://we.example/sms/a", kind: str | None = None, **headers: str) -> Received:
    if isinstance(body, dict) and kind == FORM:
        data = urlencode(body).encode()
    elif isinstance(body, bytes):
        data = body
    else:
        data = json.dumps(body).encode()
    sent = {
        "content-type": kind or "application/json",
        **{name.replace("_", "-"): value for name, value in headers.items()},
    }
    return Received(method="POST", url=url, headers=sent, body=data, at=NOW)


def get(query: str) -> Received:
    return Received(method="GET", url=f"https://we.example/sms/a?{query}", headers={}, body=b"", at=NOW)
