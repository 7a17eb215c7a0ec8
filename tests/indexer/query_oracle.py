"""A plain reading of a query's tree against one document in Python: what every store's translation must agree with.

It shares the parser and the analysis with the stores (both are tested by themselves) and nothing else: no SQL, no
inverted index. Slow and obvious on purpose.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from indexer import analysis
from indexer.documents import stamp
from indexer.fields import BY_NAME
from indexer.query import And, Equals, Everything, Exists, Node, Not, Nothing, Or, Phrase, Range, Wildcard


def at(document: Any, path: list[str]) -> list[Any]:
    """Every value at a path, through objects and lists."""
    if isinstance(document, list):
        return [value for item in document for value in at(item, path)]
    if not path:
        return [] if document is None else [document]
    return at(document[path[0]], path[1:]) if isinstance(document, dict) and path[0] in document else []


def found(document: dict[str, Any], field: str) -> list[Any]:
    """The values of a field."""
    return at(document, BY_NAME[field].path.split("."))


def like(value: str, pattern: str) -> bool:
    """Whether the value as a whole matches a pattern of ``*``, ``?`` and backslashes; by the textbook's table."""
    tokens: list[tuple[str, bool]] = []
    escaped = False
    for char in pattern:
        if char == "\\" and not escaped:
            escaped = True
        else:
            tokens.append((char, char in "*?" and not escaped))
            escaped = False
    reached = {0}
    for char in value:
        reached = {
            after for here in _stars(reached, tokens) if here < len(tokens) for after in _step(here, tokens, char)
        }
    return len(tokens) in _stars(reached, tokens)


def _stars(reached: set[int], tokens: list[tuple[str, bool]]) -> set[int]:
    """Also the places behind stars that stand for nothing."""
    closed = set(reached)
    for here in range(len(tokens)):
        if here in closed and tokens[here] == ("*", True):
            closed.add(here + 1)
    return closed


def _step(here: int, tokens: list[tuple[str, bool]], char: str) -> set[int]:
    token, wild = tokens[here]
    if wild:
        return {here} if token == "*" else {here + 1}
    return {here + 1} if token == char else set()


def matches(document: dict[str, Any], node: Node) -> bool:
    """Whether the document matches."""
    match node:
        case Everything():
            return True
        case Nothing():
            return False
        case And(items=items):
            return all(matches(document, item) for item in items)
        case Or(items=items):
            return any(matches(document, item) for item in items)
        case Not(item=item):
            return not matches(document, item)
        case Phrase(fields=fields, words=words):
            size = len(words)
            return any(
                tuple(stems[start : start + size]) == words
                for field in fields
                for stems in map(analysis.words, found(document, field))
                for start in range(len(stems) - size + 1)
            )
        case Wildcard(fields=fields, pattern=pattern):
            return any(
                like(value, pattern)
                for field in fields
                for whole in found(document, field)
                for value in (analysis.words(whole) if BY_NAME[field].kind == "text" else [whole])
            )
        case Equals(field=field, value=value):
            return value in found(document, field)
        case Exists(field=field):
            return bool(found(document, field))
        case Range():
            return any(_between(value, node) for value in found(document, node.field))
    raise TypeError(node)


def _between(value: Any, node: Range) -> bool:
    low = stamp(node.low) if isinstance(node.low, datetime) else node.low
    high = stamp(node.high) if isinstance(node.high, datetime) else node.high
    if low is not None and not (value >= low if node.low_included else value > low):
        return False
    return high is None or (value <= high if node.high_included else value < high)


def answer(documents: list[dict[str, Any]], node: Node) -> list[str]:
    """The ids that a search with the default sort must give, all pages, without collapsing copies."""
    hits = [document for document in documents if matches(document, node)]
    dated = sorted(
        ((hit["published_at"], hit["review_id"]) for hit in hits if "published_at" in hit),
        reverse=True,
    )
    undated = sorted((hit["review_id"] for hit in hits if "published_at" not in hit), reverse=True)
    return [review_id for _, review_id in dated] + undated
