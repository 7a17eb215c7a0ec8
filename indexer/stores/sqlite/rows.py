"""Documents -> rows: the writing half of the SQLite index, in few statements over many documents.

A review is judged again far more often than it is edited, so words are written only when they changed.
"""

from __future__ import annotations

import itertools
import secrets
import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from hashlib import blake2b
from typing import Any, NamedTuple

import msgspec

from indexer import analysis
from indexer.stores.sqlite.layout import COLUMNS, GAP, MANY, TEXTS

# Names in these statements come from indexer/fields.py, values are bound.
_PUT_DOCUMENT = f"INSERT OR REPLACE INTO index_documents VALUES (?{', ?' * (3 + len(COLUMNS) + len(TEXTS))})"  # noqa: S608
_PUT_BODY = "INSERT OR REPLACE INTO index_bodies VALUES (?, ?)"
_PUT_VALUE = "INSERT OR IGNORE INTO index_values VALUES (?, ?, ?)"
_NAMES = '", "'.join(TEXTS)
_PUT_WORDS = f'INSERT INTO index_words (rowid, "{_NAMES}") VALUES (?{", ?" * len(TEXTS)})'  # noqa: S608

_TERMS = 1_000_000
"""Words that are remembered as written."""

_LISTS = tuple(
    (holder, tuple((name.removeprefix(".".join(holder)).lstrip("."), MANY[name]) for name in names))
    for holder, names in (
        (holder, [name for name in MANY if name == ".".join(holder) or name.startswith(".".join(holder) + ".")])
        for holder in (("badges",), ("aspects",), ("risk", "reasons"), ("copies",), ("history",))
    )
)
"""The lists of a document, each with the fields in it and their numbers; "" is the item itself."""
assert sum(len(names) for _, names in _LISTS) == len(MANY), "a field with many values lies in no known list"


def _grouped(names: Iterable[str]) -> tuple[tuple[str | None, tuple[str, ...]], ...]:
    """Dotted names in runs of the same object: None and the names at the top, or an object and the names in it."""
    runs = itertools.groupby((name.rpartition(".") for name in names), key=lambda parts: parts[0])
    return tuple((parent or None, tuple(parts[2] for parts in run)) for parent, run in runs)


_COLUMNS = _grouped(field.path for field in COLUMNS)
_TEXTS = _grouped(TEXTS)


class Entry(NamedTuple):
    """A document to be written, and where: ``known`` is its row and its words' hash from before, if there was one."""

    review_id: str
    external: int
    document: dict[str, Any]
    body: bytes
    known: tuple[int, bytes] | None = None


class Terms:
    """Remembers which words ``index_terms`` holds, so that only new ones are written.

    The table carries a mark of the last write through this memory. When the mark is another one (the write was rolled
    back, or somebody else wrote) the memory is void.
    """

    def __init__(self) -> None:
        self._known: set[str] = set()
        self._mark = ""

    def add(self, connection: sqlite3.Connection, words: set[str]) -> None:
        """Make sure that these words are in the table."""
        words.discard(GAP)
        mark = connection.execute("SELECT value FROM index_meta WHERE name = 'terms'").fetchone()
        if not mark or mark[0] != self._mark or len(self._known) > _TERMS:
            self._known.clear()
        words -= self._known
        if words:
            connection.executemany("INSERT OR IGNORE INTO index_terms VALUES (?)", [(word,) for word in sorted(words)])
            self._mark = secrets.token_hex(8)
            connection.execute("INSERT OR REPLACE INTO index_meta VALUES ('terms', ?)", (self._mark,))
            self._known |= words


def write(connection: sqlite3.Connection, entries: Sequence[Entry], terms: Terms) -> None:
    """Write the documents' rows, each review at most once, without a commit."""
    old = msgspec.json.encode([entry.known[0] for entry in entries if entry.known]).decode()
    if old != "[]":
        connection.execute("DELETE FROM index_values WHERE document IN (SELECT value FROM json_each(?))", (old,))
    fresh = (connection.execute("SELECT max(number) FROM index_documents").fetchone()[0] or 0) + 1
    documents, bodies, words, gone = [], [], [], []
    many: list[tuple[int, Any, int]] = []
    vocabulary: set[str] = set()
    for entry in entries:
        if entry.known:
            number, digest_before = entry.known
        else:
            number, digest_before, fresh = fresh, b"", fresh + 1
        texts = _texts(entry.document)
        digest = blake2b("\x1f".join(texts).encode("utf-8", "surrogatepass"), digest_size=8).digest()
        present = [1 if text else None for text in texts]
        documents.append((number, entry.review_id, entry.external, digest, *_columns(entry.document), *present))
        bodies.append((number, entry.body))
        many += _many(entry.document, number)
        if digest != digest_before:
            listed = [_words(text) if text else None for text in texts]
            vocabulary.update(*filter(None, listed))
            words.append((number, *(" ".join(found) if found else None for found in listed)))
            if entry.known:
                gone.append((number,))
    connection.executemany(_PUT_DOCUMENT, documents)
    connection.executemany(_PUT_BODY, bodies)
    connection.executemany(_PUT_VALUE, many)
    connection.executemany("DELETE FROM index_words WHERE rowid = ?", gone)
    connection.executemany(_PUT_WORDS, words)
    terms.add(connection, vocabulary)


def forget(connection: sqlite3.Connection, review_ids: Sequence[str]) -> int:
    """Remove the documents' rows, without a commit; how many there were."""
    listed = msgspec.json.encode(review_ids).decode()
    rows = connection.execute(
        "SELECT number FROM index_documents WHERE review_id IN (SELECT value FROM json_each(?))", (listed,)
    ).fetchall()
    connection.executemany("DELETE FROM index_words WHERE rowid = ?", rows)
    connection.executemany("DELETE FROM index_values WHERE document = ?", rows)
    connection.executemany("DELETE FROM index_bodies WHERE number = ?", rows)
    connection.executemany("DELETE FROM index_documents WHERE number = ?", rows)
    if rows:  # FTS5 only marks words as gone until its segments merge; who is forgotten shall not wait for that
        connection.execute("INSERT INTO index_words (index_words) VALUES ('optimize')")
        connection.execute("DELETE FROM index_terms")
        connection.execute("INSERT INTO index_terms SELECT term FROM index_vocabulary WHERE term <> ?", (GAP,))
        connection.execute("DELETE FROM index_meta WHERE name = 'terms'")
    return len(rows)


def _columns(document: Mapping[str, Any]) -> list[Any]:
    found: list[Any] = []
    for parent, names in _COLUMNS:
        inner = document if parent is None else document.get(parent)
        found += [None] * len(names) if inner is None else map(inner.get, names)
    return found


def _texts(document: Mapping[str, Any]) -> list[str]:
    """The texts of ``index_words``'s columns, "" for none; several values with the gap between them."""
    found: list[str] = []
    for parent, names in _TEXTS:
        inner = document if parent is None else document.get(parent)
        if inner is None:
            found += [""] * len(names)
        elif isinstance(inner, list):
            found += [f" {GAP} ".join(filter(None, (item.get(name) for item in inner))) for name in names]
        else:
            found += [inner.get(name) or "" for name in names]
    return found


def _words(text: str) -> list[str]:
    if GAP not in text:
        return analysis.words(text)
    return [word for part in text.split(GAP) for word in (*analysis.words(part), GAP)][:-1]


def _many(document: Mapping[str, Any], number: int) -> Iterator[tuple[int, Any, int]]:
    """The document's rows of ``index_values``."""
    for holder, names in _LISTS:
        items: Any = document.get(holder[0])
        if items is not None and len(holder) > 1:
            items = items.get(holder[1])
        for item in items or ():
            for name, field in names:
                value = item.get(name) if name else item
                if isinstance(value, list):
                    yield from ((field, inner, number) for inner in value)
                elif value is not None:
                    yield field, value, number
