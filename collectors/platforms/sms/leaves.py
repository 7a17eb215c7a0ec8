"""A webhook's body and query, whatever form they have, as flat name-value pairs in their order.

Form, JSON, XML, multipart, and JSON inside a form field: all become ``Leaf``s, whose name is that of the field alone
and whose ``full`` name has that of its parent before it. A list of things that each hold a text is a list of
messages, so it comes apart into groups.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import urlsplit

import msgspec

from collectors.platforms.body import MAX_DEPTH, pairs, tree
from collectors.plugin import Received
from schemas import wire

MAX_LEAVES = 5_000
MAX_MESSAGES = 500


class Leaf(msgspec.Struct, frozen=True):
    """One value; names are in lower case and without anything but letters and digits."""

    name: str
    full: str
    value: str


Group = tuple[Leaf, ...]
"""All that is known of one message, what stands nearest first."""


def groups(received: Received, *, is_text: Callable[[Leaf], bool]) -> list[Group]:
    """The messages of a request, each as a group; raises InvalidReview for a body that is nothing readable.

    Args:
        received: The request.
        is_text: Whether a leaf may hold a message's text; this decides which lists are lists of messages.
    """
    outer: list[Leaf] = [Leaf(fold(name), fold(name), value) for name, value in pairs(urlsplit(received.url).query)]
    found = list(_split(tree(received), "", is_text, [MAX_LEAVES]))
    return [(*group, *outer) for group in found[:MAX_MESSAGES]] or ([tuple(outer)] if outer else [])


def fold(name: str) -> str:
    """The name without case, punctuation and name space, so that ``message-ID`` and ``MessageId`` are the same."""
    return "".join(char for char in name.rpartition("}")[2][:100].lower() if char.isalnum())


def _split(node: Any, parent: str, is_text: Callable[[Leaf], bool], counter: list[int]) -> Iterator[Group]:
    """The groups below ``node``: where a list holds several things with a text, each is a message of its own."""
    own, lists = _flatten(node, parent, counter)
    inner = [group for name, items in lists for item in items for group in _split(item, name, is_text, counter)]
    messages = [group for group in inner if any(is_text(leaf) for leaf in group)]
    if not messages:
        yield (*own, *(leaf for group in inner for leaf in group))
        return
    for group in messages:
        yield (*group, *own)


def _flatten(node: Any, parent: str, counter: list[int]) -> tuple[list[Leaf], list[tuple[str, list[Any]]]]:
    """The leaves of ``node`` from the outside in, and the lists of things in it, which are not gone into."""
    leaves: list[Leaf] = []
    lists: list[tuple[str, list[Any]]] = []
    level: list[tuple[str, str, Any]] = [("", parent, node)]
    for _ in range(MAX_DEPTH):
        following: list[tuple[str, str, Any]] = []
        for above, name, value in level:
            if counter[0] <= 0:
                break
            if isinstance(value, dict):
                following += [(name, fold(str(key)), inner) for key, inner in value.items()]
            elif isinstance(value, list):
                things = [item for item in value if isinstance(item, dict | list)]
                following += [(above, name, item) for item in value if not isinstance(item, dict | list)]
                if things:
                    lists.append((name, things))
            elif value is not None:
                counter[0] -= 1
                leaves.append(Leaf(name, above + name, wire.clean(_plain(value))))
        level = following
    return leaves, lists


def _plain(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        return str(int(value))
    return str(value)
