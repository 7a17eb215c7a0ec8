"""A query's tree -> an SQL condition on ``index_documents d``, with its parameters beside it.

Every condition is true or false and never NULL, so that NOT means "does not match" for absent values too, as in
Elasticsearch. Neighbouring words are asked of FTS5 in one MATCH.
"""

from __future__ import annotations

import sqlite3
from datetime import datetime
from typing import Any

from indexer.documents import stamp
from indexer.fields import BY_NAME
from indexer.query import (
    And,
    Equals,
    Everything,
    Exists,
    Node,
    Not,
    Nothing,
    Or,
    Phrase,
    Query,
    QueryError,
    Range,
    Wildcard,
)
from indexer.stores.sqlite.layout import MANY

MAX_EXPANSIONS = 5_000
"""Words that one pattern may stand for."""

Sql = tuple[str, list[Any]]
"""A condition and its parameters."""

_SPECIAL = str.maketrans({"[": "[[]"})


def condition(connection: sqlite3.Connection, query: Query, *, collapse: bool) -> Sql:
    """The condition of ``query``; ``collapse`` adds that the document is no duplicate."""
    sql, values = _Translator(connection).sql(query.root)
    return (f"({sql} AND d.duplicate IS NOT 1)" if collapse else sql), values


class _Translator:
    """Translates one query; the connection tells which words a pattern stands for."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def sql(self, node: Node) -> Sql:
        match node:
            case Everything():
                return "1", []
            case Nothing():
                return "0", []
            case Not(item=item):
                sql, values = self.sql(item)
                return f"NOT {sql}", values
            case And(items=items):
                return self._group(items, " AND ")
            case Or(items=items):
                return self._group(items, " OR ")
            case _:
                words = self._words(node)
                return self._leaf(node) if words is None else _match(words)

    def _group(self, items: tuple[Node, ...], operator: str) -> Sql:
        """The items that ask for words become one MATCH; the others stand beside it."""
        asked, parts, values = [], [], []
        for item in items:
            words = self._words(item)
            if words is None:
                sql, more = self.sql(item)
                parts.append(sql)
                values += more
            elif words:
                asked.append(words)
            elif operator == " AND ":
                return "0", []
        if asked:
            sql, more = _match(operator.join(f"({words})" for words in asked))
            parts.insert(0, sql)
            values = more + values
        return (f"({operator.join(parts)})" if parts else "0"), values

    def _words(self, node: Node) -> str | None:
        """The node as FTS5's expression, "" when no word can match; None when it asks for no words."""
        match node:
            case Phrase(fields=fields, words=words):
                return f"{_columns(fields)} : {_quoted(' '.join(words))}"
            case Wildcard(fields=fields, pattern=pattern) if BY_NAME[fields[0]].kind == "text":
                return self._pattern(fields, pattern)
            case Or(items=items) if all(isinstance(item, Phrase | Wildcard) for item in items):
                found = [self._words(item) for item in items]
                if None in found:
                    return None
                return " OR ".join(f"({words})" for words in found if words)
        return None

    def _pattern(self, fields: tuple[str, ...], pattern: str) -> str:
        stem = pattern[:-1]
        if pattern.endswith("*") and stem and not any(mark in stem for mark in "*?\\") and not _has_space(stem):
            return f"{_columns(fields)} : {_quoted(stem)} *"
        fixed = _fixed(pattern)
        terms = [
            term
            for (term,) in self._connection.execute(
                "SELECT term FROM index_terms WHERE term >= ? AND term < ? AND term GLOB ? LIMIT ?",
                (fixed, f"{fixed}\U0010ffff", _glob(pattern), MAX_EXPANSIONS + 1),
            )
        ]
        if len(terms) > MAX_EXPANSIONS:
            raise QueryError(
                f"{pattern[:40]} stands for more than {MAX_EXPANSIONS} words: give it more letters",
                f"{pattern[:40]} подходит к более чем {MAX_EXPANSIONS} словам: добавьте букв",
            )
        return f"{_columns(fields)} : ({' OR '.join(map(_quoted, terms))})" if terms else ""

    def _leaf(self, node: Node) -> Sql:
        match node:
            case Equals(field=field, value=value):
                return _values(field, "@ = ?", [value])
            case Exists(field=field):
                return _exists(field)
            case Wildcard(fields=(field, *_), pattern=pattern):
                return _values(field, "@ GLOB ?", [_glob(pattern)])
            case Range():
                return _range(node)
        raise TypeError(node)


def _match(words: str) -> Sql:
    if not words:
        return "0", []
    return "d.number IN (SELECT rowid FROM index_words WHERE index_words MATCH ?)", [words]


def _values(field: str, comparison: str, values: list[Any]) -> Sql:
    """One value of the field passes ``comparison``, in which each ``@`` stands for the value."""
    if field in MANY:
        return f"{_among(field)} AND {comparison.replace('@', 'value')})", values
    column = f'd."{field}"'
    return f"({column} IS NOT NULL AND {comparison.replace('@', column)})", values


def _among(field: str) -> str:
    """The unclosed condition that the document has a value of ``field``; names come from indexer/fields.py."""
    return f"d.number IN (SELECT document FROM index_values WHERE field = {MANY[field]}"  # noqa: S608


def _range(node: Range) -> Sql:
    tests, values = [], []
    for bound, sign, included in ((node.low, ">", node.low_included), (node.high, "<", node.high_included)):
        if bound is not None:
            tests.append(f"@ {sign}{'=' if included else ''} ?")
            values.append(stamp(bound) if isinstance(bound, datetime) else bound)
    return _values(node.field, " AND ".join(tests), values)


def _exists(field: str) -> Sql:
    if field in MANY:
        return f"{_among(field)})", []
    return (f'd."has {field}" IS NOT NULL' if BY_NAME[field].kind == "text" else f'd."{field}" IS NOT NULL'), []


def _columns(fields: tuple[str, ...]) -> str:
    return "{" + " ".join(f'"{field}"' for field in fields) + "}"


def _quoted(words: str) -> str:
    return '"' + words.replace('"', '""') + '"'


def _has_space(text: str) -> bool:
    return any(char.isspace() or char < " " for char in text)


def _fixed(pattern: str) -> str:
    """The letters before a pattern's first wildcard or escape: where its words begin in the vocabulary."""
    ends = [at for mark in "*?\\" if (at := pattern.find(mark)) >= 0]
    return pattern[: min(ends, default=len(pattern))]


def _glob(pattern: str) -> str:
    """The pattern as SQLite's GLOB spells it."""
    parts, at = [], 0
    while at < len(pattern):
        char = pattern[at]
        if char == "\\" and at + 1 < len(pattern):
            at += 1
            char = pattern[at]
            parts.append(f"[{char}]" if char in "*?" else char.translate(_SPECIAL))
        else:
            parts.append(char.translate(_SPECIAL))
        at += 1
    return "".join(parts)
