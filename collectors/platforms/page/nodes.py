"""One form for what JSON-LD, microdata and RDFa say: nodes as dictionaries with ``@type``, ``@id`` and properties.

A value is a string, a number, a node or a list of them. Names lose their vocabulary ("http://schema.org/Review",
"schema:Review", "v:Review" are all "Review"), because pages mix them up and nothing here depends on it.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from collectors.platforms.page.tree import plain, word_set

Node = dict[str, Any]

TEXTUAL = word_set(
    "name author creator reviewer itemReviewed itemreviewed reviewBody reviewbody description headline summary text "
    "ratingValue bestRating worstRating ratingCount reviewCount rating average count votes pro contra datePublished"
)
"""Properties that hold words or numbers: on a link their value is what the link says, not where it goes."""


def local(name: str) -> str:
    """The name without its vocabulary or prefix; ``@type`` and the like stay as they are."""
    name = name.strip()
    if name.startswith("@"):
        return name
    return name.rstrip("/#").rsplit("/", 1)[-1].rsplit("#", 1)[-1].rsplit(":", 1)[-1]


def many(value: Any) -> list[Any]:
    """The value as a list: nothing, one, or what the list holds; JSON-LD's ``@list`` and ``@set`` opened."""
    if value is None or value == "":
        return []
    if isinstance(value, dict) and len(value) <= 2:
        for container in ("@list", "@set", "@graph"):
            if container in value:
                return many(value[container])
    return value if isinstance(value, list) else [value]


def put(node: Node, name: str, value: Any) -> None:
    """Add a value to a property; the second one makes a list."""
    if name not in node:
        node[name] = value
    elif isinstance(node[name], list):
        node[name].append(value)
    else:
        node[name] = [node[name], value]


def types(node: Node) -> list[str]:
    """The node's types without vocabulary."""
    return [local(kind) for kind in many(node.get("@type")) if isinstance(kind, str)]


def words(value: Any, limit: int = 50_000) -> str:
    """The text of a value: a string, a number, a language-tagged value, a node's name, the first of a list."""
    for _ in range(20):
        if isinstance(value, str):
            return plain(value, limit)
        if isinstance(value, bool) or value is None:
            return ""
        if isinstance(value, int | float):
            return f"{value:.15g}" if abs(value) < 1e15 else ""
        if isinstance(value, list):
            value = next((item for item in value if item not in (None, "", [], {})), None)
        elif isinstance(value, dict):
            value = next(
                (value[key] for key in ("@value", "name", "text", "value") if value.get(key) not in (None, "")), None
            )
        else:
            return ""
    return ""


def walk(roots: list[Any]) -> Iterator[tuple[Node, Node | None, str]]:
    """Every node in document order with the node and the property that hold it. Never recurses."""
    stack: list[tuple[Any, Node | None, str]] = [(root, None, "") for root in reversed(roots)]
    seen: set[int] = set()
    while stack:
        value, parent, name = stack.pop()
        if isinstance(value, list):
            stack.extend((item, parent, name) for item in reversed(value))
        elif isinstance(value, dict):
            if id(value) in seen:
                continue
            seen.add(id(value))
            yield value, parent, name
            stack.extend((inner, value, local(key)) for key, inner in reversed(value.items()) if key != "@parent")


def first(node: Node, *names: str) -> Any:
    """The first of the properties that has a value, else None."""
    return next((node[name] for name in names if node.get(name) not in (None, "", [], {})), None)
