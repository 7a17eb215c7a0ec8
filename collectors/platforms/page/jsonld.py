"""JSON-LD scripts of a page as nodes: repaired where invalid, references by ``@id`` resolved."""

from __future__ import annotations

from typing import Any

from collectors.platforms.page import loose_json
from collectors.platforms.page.model import Notes
from collectors.platforms.page.nodes import Node, local, walk
from collectors.platforms.page.tree import Element, attribute, elements, raw_text


def read(root: Element, notes: Notes) -> list[Any]:
    """The top-level nodes (and lists of them) of all ``application/ld+json`` scripts in document order."""
    roots: list[Any] = []
    for script in elements(root):
        if script.tag != "script" or "ld+json" not in attribute(script, "type").lower():
            continue
        values, repaired = loose_json.read(raw_text(script))
        if len(values) == 1 and isinstance(values[0], str):
            values, repaired = loose_json.read(values[0])  # written as JSON twice
        if repaired:
            notes.add("invalid JSON-LD was repaired")
        elif not values and raw_text(script).strip():
            notes.add("a JSON-LD script could not be read")
        roots.extend(values)
    nodes = [_shortened(root) for root in roots]
    return _linked([node for node in nodes if node])


def _shortened(value: Any) -> Any:
    """The value with the vocabulary taken off its keys, built without recursion."""
    holder: list[Any] = [value]
    work: list[tuple[Any, Any]] = [(holder, 0)]
    while work:
        container, key = work.pop()
        inner = container[key]
        if isinstance(inner, dict):
            fresh: Node = {}
            for name, item in inner.items():
                short = (
                    "@" + name
                    if name in ("type", "id") and "@" + name not in inner and name == "type"
                    else local(str(name))
                )
                fresh.setdefault(short, item)
            container[key] = fresh
            work.extend((fresh, name) for name in fresh)
        elif isinstance(inner, list):
            copy = inner[:5000]
            container[key] = copy
            work.extend((copy, index) for index in range(len(copy)))
    return holder[0]


def _linked(roots: list[Any]) -> list[Any]:
    """Roots in which a node that is only an ``@id`` is replaced by the node that has this id and something to say."""
    whole: dict[str, Node] = {}
    bare: list[tuple[Node, str]] = []
    for node, _, _ in walk(roots):
        name = node.get("@id")
        if not isinstance(name, str):
            continue
        if set(node) <= {"@id", "@type"}:
            bare.append((node, name))
        elif name not in whole or len(node) > len(whole[name]):
            whole[name] = node
    for node, name in bare:
        if name in whole:
            # The reference takes over what the node says. Loops are harmless: ``walk`` visits each node once.
            node.update({key: value for key, value in whole[name].items() if key not in node})
            node["@reference"] = True
    return [root for root in roots if isinstance(root, dict | list)]
