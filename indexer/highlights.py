"""Which words of a document made it match, found by the analysis in the original text, alike for both stores."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from indexer import analysis
from indexer.documents import values
from indexer.fields import BY_NAME
from indexer.query import And, Node, Or, Phrase, Query, Wildcard
from indexer.stores import Fragment

FRAGMENTS = 3
"""Fragments of one field."""
LENGTH = 160
"""Code points of a fragment, about."""
_SCANNED = 20_000
"""Code points of a field that are looked through."""


class Marker:
    """Finds a query's words in documents."""

    def __init__(self, query: Query) -> None:
        self._phrases: dict[str, set[tuple[str, ...]]] = {}
        self._patterns: dict[str, list[re.Pattern[str]]] = {}
        for node in _positive(query.root):
            for field in node.fields:
                if isinstance(node, Phrase):
                    self._phrases.setdefault(field, set()).add(node.words)
                elif BY_NAME[field].kind == "text":
                    self._patterns.setdefault(field, []).append(expression(node.pattern))

    def fragments(self, document: Mapping[str, Any]) -> dict[str, tuple[Fragment, ...]]:
        """For each field with a matched word its first fragments, in the order of the text."""
        found = {}
        for field in sorted({*self._phrases, *self._patterns}):
            fragments: list[Fragment] = []
            for text in values(document, field):
                fragments += _cut(text, self._marks(field, text[:_SCANNED]))
            if fragments:
                found[field] = tuple(fragments[:FRAGMENTS])
        return found

    def _marks(self, field: str, text: str) -> list[tuple[int, int]]:
        words = list(analysis.spans(text))
        stems = [word.stem for word in words]
        patterns = self._patterns.get(field, [])
        lengths = sorted({len(phrase) for phrase in self._phrases.get(field, ())}, reverse=True)
        marks, at = [], 0
        while at < len(words):
            size = next((n for n in lengths if tuple(stems[at : at + n]) in self._phrases[field]), 0)
            if not size and any(pattern.fullmatch(stems[at]) for pattern in patterns):
                size = 1
            marks += [(word.start, word.end) for word in words[at : at + size]]
            at += size or 1
        return marks


def expression(pattern: str) -> re.Pattern[str]:
    """A wildcard pattern (indexer/query/tree.py) as a regular expression for a whole word or value.

    Every star but the last takes as little as it can and never gives back, so that matching stays linear.
    """
    parts: list[str] = []
    at = 0
    while at < len(pattern):
        char = pattern[at]
        if char == "\\" and at + 1 < len(pattern):
            at += 1
            parts.append(re.escape(pattern[at]))
        else:
            parts.append({"*": "*", "?": "."}.get(char) or re.escape(char))
        at += 1
    runs = "\0".join("\1" if part == "*" else part for part in parts).replace("\0", "").split("\1")
    if len(runs) == 1:
        return re.compile(runs[0], re.DOTALL)
    middle = "".join(f"(?>.*?{run})" for run in runs[1:-1] if run)
    return re.compile(f"{runs[0]}{middle}.*{runs[-1]}", re.DOTALL)


def _positive(node: Node) -> Iterator[Phrase | Wildcard]:
    """The nodes that ask for words, but for those under a NOT."""
    match node:
        case Phrase() | Wildcard():
            yield node
        case And(items=items) | Or(items=items):
            for item in items:
                yield from _positive(item)


def _cut(text: str, marks: list[tuple[int, int]]) -> list[Fragment]:
    """The text around the marks, cut at spaces where there are any near."""
    fragments: list[Fragment] = []
    at = 0
    while at < len(marks) and len(fragments) < FRAGMENTS:
        start = _space(text, max(0, marks[at][0] - LENGTH // 3), marks[at][0])
        end = start + LENGTH
        inside = [mark for mark in marks[at:] if mark[1] <= max(end, marks[at][1])]
        end = _space_back(text, max(end, inside[-1][1]), inside[-1][1])
        fragments.append(Fragment(text[start:end], tuple((low - start, high - start) for low, high in inside)))
        at += len(inside)
    return fragments


def _space(text: str, start: int, limit: int) -> int:
    """The first place after a space between ``start`` and ``limit``, or ``start``."""
    if start == 0:
        return 0
    found = next((at for at in range(start, limit) if text[at].isspace()), None)
    return start if found is None else found + 1


def _space_back(text: str, end: int, limit: int) -> int:
    """The last space between ``limit`` and ``end``, or ``end``."""
    if end >= len(text):
        return len(text)
    return next((at for at in range(end, limit, -1) if text[at].isspace()), end)
