"""Files of reviews as tests write them."""

from __future__ import annotations

import csv
import io
import json
from datetime import UTC, datetime

from collectors.plugin import load

NOW = datetime(2026, 11, 1, tzinfo=UTC)
FILES = {"files": load("collectors.sources.files")}


def utc(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=UTC)


def texts(publisher) -> list[str]:
    return [event.review.text for event in publisher.events]


def jsonl(*rows) -> bytes:
    return b"".join(json.dumps(row, ensure_ascii=False).encode() + b"\n" for row in rows)


HEADER = ["id", "subject.id", "rating.value", "text"]


def table(*rows, delimiter=",") -> bytes:
    out = io.StringIO()
    csv.writer(out, delimiter=delimiter).writerows([HEADER, *rows])
    return out.getvalue().encode()
