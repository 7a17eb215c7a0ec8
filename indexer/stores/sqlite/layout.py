"""The tables of the SQLite index, laid out from indexer/fields.py.

``index_documents`` has a typed column for every field with one value, narrow enough to scan; bodies (the documents as
JSON) lie apart. Fields with many values are rows of ``index_values``. ``index_words`` is FTS5 over words that Molva
has already analysed, so its own tokenizer only splits at spaces. ``index_terms`` lists those words for patterns: FTS5's
own vocabulary counts every occurrence whenever it is read. When the layout changes between releases the index is laid
anew from its own bodies.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from hashlib import blake2b

from indexer.fields import BY_NAME, FIELDS, Field

GAP = "\ue000"
"""Stands between two values of one text field, so that no phrase reaches from one into the other."""

TEXTS: tuple[str, ...] = tuple(field.name for field in FIELDS if field.kind == "text")
"""The columns of ``index_words``."""

MANY: dict[str, int] = {
    field.name: number
    for number, field in enumerate(field for field in FIELDS if field.many and field.kind not in {"text", "stored"})
}
"""The fields of ``index_values`` and the number each has there."""

COLUMNS: tuple[Field, ...] = tuple(
    field for field in FIELDS if not field.many and field.kind not in {"text", "stored"} and field.name != "review_id"
) + tuple(field for field in BY_NAME.values() if field.name.endswith(".keyword"))
"""The typed columns of ``index_documents`` after number, review_id, external and words."""

_TYPES = {"keyword": "TEXT", "date": "TEXT", "number": "REAL", "boolean": "INTEGER"}
_PUNCTUATION = "".join(chr(code) for code in range(33, 127) if not chr(code).isalnum())
_TOKENIZER = "ascii tokenchars '" + _PUNCTUATION.replace("'", "''") + "'"

_TABLES = (
    f"""CREATE TABLE index_documents (
        number INTEGER PRIMARY KEY, review_id TEXT NOT NULL UNIQUE, external INTEGER NOT NULL, words BLOB NOT NULL,
        {", ".join(f'"{field.name}" {_TYPES[field.kind]}' for field in COLUMNS)},
        {", ".join(f'"has {name}" INTEGER' for name in TEXTS)}
    )""",
    "CREATE INDEX index_documents_published ON index_documents (published_at, review_id)",
    "CREATE TABLE index_bodies (number INTEGER PRIMARY KEY, body BLOB NOT NULL)",
    """CREATE TABLE index_values (
        field INTEGER NOT NULL, value, document INTEGER NOT NULL, PRIMARY KEY (field, value, document)
    ) WITHOUT ROWID""",
    "CREATE INDEX index_values_document ON index_values (document)",
    f"""CREATE VIRTUAL TABLE index_words USING fts5(
        {", ".join(f'"{name}"' for name in TEXTS)},
        columnsize = 0, tokenize = "{_TOKENIZER.replace('"', '""')}"
    )""",
    "INSERT INTO index_words (index_words, rank) VALUES ('automerge', 16)",
    "CREATE VIRTUAL TABLE index_vocabulary USING fts5vocab('index_words', 'row')",
    "CREATE TABLE index_terms (term TEXT PRIMARY KEY) WITHOUT ROWID",
)
_DROPPED = ("index_vocabulary", "index_words", "index_values", "index_terms")

LAYOUT = blake2b("\n".join(_TABLES).encode(), digest_size=8).hexdigest()
"""Names this layout in ``index_meta``."""


def prepare(connection: sqlite3.Connection) -> Iterator[tuple[int, bytes]]:
    """Create what is missing. Yields the external versions and bodies of an index of another layout, to write again.

    It commits nothing by itself and must be run to its end inside one transaction of the caller.
    """
    connection.execute("CREATE TABLE IF NOT EXISTS index_meta (name TEXT PRIMARY KEY, value TEXT NOT NULL)")
    known = connection.execute("SELECT value FROM index_meta WHERE name = 'layout'").fetchone()
    if known and known[0] == LAYOUT:
        return
    if known:
        for name in _DROPPED:
            connection.execute(f"DROP TABLE IF EXISTS {name}")
        connection.execute("DROP INDEX index_documents_published")
        connection.execute("ALTER TABLE index_documents RENAME TO index_documents_before")
        connection.execute("ALTER TABLE index_bodies RENAME TO index_bodies_before")
    for table in _TABLES:
        connection.execute(table)
    if known:
        yield from connection.execute(
            "SELECT external, body FROM index_documents_before JOIN index_bodies_before USING (number) ORDER BY number"
        )
        connection.execute("DROP TABLE index_documents_before")
        connection.execute("DROP TABLE index_bodies_before")
    connection.execute("INSERT OR REPLACE INTO index_meta VALUES ('layout', ?)", (LAYOUT,))
