"""The body of a received request as nested dicts and lists, whether it is a form, JSON, XML or multipart.

What the bytes begin with counts for more than what their header says, because gateways say all sorts of things.
"""

from __future__ import annotations

import email
import email.policy
from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qsl

from lxml import etree

from collectors.platforms.page.decode import to_text
from collectors.platforms.page.model import Notes
from collectors.plugin import Received
from schemas import wire
from schemas.wire import InvalidReview

MAX_DEPTH = 40
"""Levels of XML that are gone into."""


def tree(received: Received) -> Any:
    """The body as nested dicts and lists; raises InvalidReview when it is XML or JSON that cannot be read."""
    body = received.body
    kind = received.headers.get("content-type", "")
    start = body[:200].lstrip(b"\xef\xbb\xbf \t\r\n")[:1]
    if start in (b"{", b"["):
        return wire.parse(to_text(body, content_type=kind, notes=Notes()))
    if start == b"<":
        return _xml(body)
    if kind.lower().startswith("multipart/"):
        return dict(_multipart(body, kind))
    found = pairs(body.decode("latin-1")) if b"=" in body else []
    return {name: _inner(value) for name, value in found}


def _inner(value: str) -> Any:
    """A form's value, read further when it is JSON itself."""
    if value[:1] not in "{[" or not value:
        return value
    try:
        inner = wire.parse(value)
    except InvalidReview:
        return value
    return inner if isinstance(inner, dict | list) else value


def pairs(text: str) -> list[tuple[str, str]]:
    """The pairs of a query or a form's body; each value is read as UTF-8, else by its letters."""
    try:
        found = parse_qsl(text.strip(), keep_blank_values=True, encoding="latin-1", max_num_fields=1_000)
    except ValueError:
        raise InvalidReview("more than a thousand fields") from None
    return [(name, _guess(value)) for name, value in found]


def _guess(value: str) -> str:
    try:
        data = value.encode("latin-1")
    except UnicodeEncodeError:
        return value
    return value if data.isascii() else to_text(data, content_type=None, notes=Notes())


def _multipart(body: bytes, kind: str) -> Iterator[tuple[str, str]]:
    head = f"Content-Type: {kind[:500]}\r\n\r\n".encode("ascii", "replace")
    for part in email.message_from_bytes(head + body, policy=email.policy.compat32).walk():
        name = part.get_param("name", header="content-disposition")
        content = part.get_payload(decode=True)
        if isinstance(name, str) and isinstance(content, bytes) and not part.get_filename():
            yield name, to_text(content, content_type=part.get("content-type"), notes=Notes())


def _xml(body: bytes) -> Any:
    parser = etree.XMLParser(
        recover=True, resolve_entities=False, no_network=True, huge_tree=False, remove_comments=True
    )
    try:
        root = etree.fromstring(body.strip(), parser)
    except (etree.XMLSyntaxError, ValueError):
        root = None
    if root is None:
        raise InvalidReview("neither a form nor JSON nor XML")
    return {str(root.tag): _node(root, 0)}


def _node(node: Any, depth: int) -> Any:
    """An element as a dict of its attributes and children, or as its text when it has neither."""
    if depth > MAX_DEPTH:
        return None
    children = [child for child in node if isinstance(child.tag, str)]
    text = (node.text or "").strip()
    if not children and not node.attrib:
        return text
    found: dict[str, Any] = {str(name): str(value) for name, value in node.attrib.items()}
    if not children and text:
        # In <body encoding="utf8">Hello</body> the text has no name but that of what is above it.
        found[""] = text
    for child in children:
        name, value = str(child.tag), _node(child, depth + 1)
        if name in found:
            before = found[name]
            found[name] = [*before, value] if isinstance(before, list) else [before, value]
        else:
            found[name] = value
    return found
