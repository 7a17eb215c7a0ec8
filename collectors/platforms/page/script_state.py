"""Finds the data that a page's scripts and attributes carry, and the lists of objects in it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from collectors.platforms.page import loose_json, payloads
from collectors.platforms.page.tree import Element, attribute, elements, raw_text

_ASSIGNED = re.compile(
    r"(?:window|self|globalThis)?\.?\[?[\"']?(?:__[A-Za-z_]{3,40}__|"
    r"[A-Za-z_$][\w$.]{2,60})[\"']?\]?\s{0,5}=\s{0,5}(?=JSON\.parse\(|[\[{])"
)
_PARSED = re.compile(r"JSON\.parse\(\s{0,5}([\"'`])")
_HAS_REVIEWS = re.compile(r"review|rating|отзыв|feedback|comment|opinion", re.IGNORECASE)


def states(root: Element) -> Iterator[Any]:
    """The values in data scripts, those that scripts assign to variables, and those in attributes."""
    streamed = []
    for script in elements(root):
        if script.tag != "script":
            yield from _attributes(script)
        if script.tag != "script" or script.get("src") or "ld+json" in attribute(script, "type"):
            continue
        text = raw_text(script)
        if "__next_f" in text[:200]:
            streamed.append(text)
        if len(text) < 40 or not _HAS_REVIEWS.search(text):
            continue
        if "json" in attribute(script, "type") or text.lstrip()[:1] in "{[":
            for value in loose_json.read(text)[0]:
                yield payloads.referenced(payloads.unflattened(value))
            continue
        yield from payloads.called(text)
        for number, match in enumerate(_ASSIGNED.finditer(text)):
            if number >= 20:
                break
            yield from map(payloads.referenced, _assigned(text, match.end()))
    yield from payloads.rows(streamed)


def _attributes(element: Element) -> Iterator[Any]:
    """Data for a component: ``data-props='{…}'``, Inertia's ``data-page``, Vue's ``:reviews='[…]'``."""
    for name, held in element.items():
        if len(held) >= 80 and str(name).startswith(("data-", ":", "props")) and _HAS_REVIEWS.search(f"{name} {held}"):
            text = str(held).strip()
            if text[:1] in "{[":
                yield from loose_json.read(text)[0]


def _assigned(text: str, start: int) -> Iterator[Any]:
    parsed = _PARSED.match(text, start)
    if parsed:
        # JSON inside a string inside a script: unwrapped twice.
        inner = loose_json.value_at(text, parsed.end() - 1)
        if isinstance(inner, str):
            yield from loose_json.read(inner)[0]
        return
    yield loose_json.value_at(text, start)


def lists(state: Any) -> Iterator[list[dict[str, Any]]]:
    """Lists of objects, and maps whose values are objects of one kind, however deep. Never recurses."""
    stack: list[Any] = [state]
    steps = 0
    while stack and steps < 300_000:
        steps += 1
        value = stack.pop()
        if isinstance(value, list):
            rows = [_unwrapped(item) for item in value if isinstance(item, dict)]
            if rows and len(rows) * 2 >= len(value):
                yield rows
            stack.extend(value[:5000])
        elif isinstance(value, dict):
            inner = [item for item in value.values() if isinstance(item, dict)]
            if (
                len(inner) >= 2
                and len(inner) * 4 >= 3 * len(value)
                and len({frozenset(item) for item in inner[:20]}) <= 5
            ):
                yield inner
            typed = [
                item
                for key, item in value.items()
                if isinstance(item, dict) and re.match(r"(?:Product)?Review[:\w]", str(key))
            ]
            if len(typed) >= 1 and typed != inner:
                yield typed
            stack.extend(value.values())


def _unwrapped(item: dict[str, Any]) -> dict[str, Any]:
    """GraphQL's edges: ``{"node": {…}}``."""
    inner = next((item[key] for key in ("node", "review") if len(item) <= 3 and isinstance(item.get(key), dict)), None)
    return inner if inner is not None else item
