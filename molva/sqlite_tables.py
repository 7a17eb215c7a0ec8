"""The embedded host's tables: rows of a step in SQLite, read ahead, and kept in memory while they are in use.

Evidence comes back to the reviews of the last few batches, so most rows that a batch needs were in the one before.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterable, Iterator, MutableMapping
from itertools import islice
from pathlib import Path
from typing import Any

import msgspec

_CHUNK = 500
_PAGES = -8_000
"""SQLite's page cache: 8,000 KiB, so memory does not grow with the file; the system caches the file anyway."""
KEPT = 512
"""Rows of one table from which on the rows that were not used lately make room."""


def connect(path: Path | str, *, temporary: bool = False, journal: bool = True) -> sqlite3.Connection:
    """Open a database for its one writer: autocommit mode, WAL, and a full sync unless *temporary*.

    Without a *journal* a temporary database cannot roll back, and needs no memory for it.
    """
    connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False, timeout=30)
    connection.execute(f"PRAGMA cache_size = {_PAGES}")
    if temporary:
        connection.execute(f"PRAGMA journal_mode = {'MEMORY' if journal else 'OFF'}")
        connection.execute("PRAGMA synchronous = OFF")
        connection.execute("PRAGMA locking_mode = EXCLUSIVE")
    else:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = FULL")
    return connection


def open_reader(path: Path) -> sqlite3.Connection:
    """A connection that only reads the embedded host's file; raises FileNotFoundError when there is none yet."""
    if not path.exists():
        raise FileNotFoundError(f"nothing was collected in {path.parent} yet: run `molva run` or `molva collect` first")
    connection = sqlite3.connect(
        f"file:{path}?mode=ro", uri=True, isolation_level=None, check_same_thread=False, timeout=30
    )
    connection.execute("PRAGMA query_only = ON")
    return connection


def scrub(connection: sqlite3.Connection) -> bool:
    """Write the file anew, so that nothing that was deleted is left in it or in its write-ahead log.

    Gives whether that could be done: another process that reads just now keeps the write-ahead log as it is.
    """
    try:
        connection.execute("VACUUM")
        busy, _, _ = connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
    except sqlite3.OperationalError:
        return False
    return not busy


class SqliteTable(MutableMapping[Any, Any]):
    """A step's table. Changes stay in memory until ``flush``; ``rewind`` takes back those since ``mark``.

    Rows in memory have two generations: what is used moves to the young one, and when that is full, the old one goes.
    """

    def __init__(self, connection: sqlite3.Connection, name: str, row: type[Any], key: type[Any] = str) -> None:
        self.name = f"table_{name}"
        self._connection = connection
        self._encode = msgspec.msgpack.Encoder().encode
        self._decode = msgspec.msgpack.Decoder(row).decode
        self._rows: dict[Any, Any] = {}
        self._old: dict[Any, Any] = {}
        self._dirty: set[Any] = set()  # of the young generation
        self._undo: dict[Any, Any] = {}
        columns = "k INTEGER PRIMARY KEY, v BLOB NOT NULL)" if key is int else "k TEXT PRIMARY KEY, v BLOB NOT NULL)"
        connection.execute(f"CREATE TABLE IF NOT EXISTS {self.name} ({columns}")

    def prefetch(self, keys: Iterable[Any]) -> None:
        """Read the rows of *keys* that are not in memory yet, many at once."""
        rows, old = self._rows, self._old
        missing = {key for key in keys if key not in rows}
        if old:
            used = missing & old.keys()
            rows.update((key, old[key]) for key in used)
            missing -= used
        unread = iter(missing)
        while chunk := list(islice(unread, _CHUNK)):
            marks = ",".join("?" * len(chunk))
            query = f"SELECT k, v FROM {self.name} WHERE k IN ({marks})"  # noqa: S608 - our own name, and marks
            rows.update(dict.fromkeys(chunk))
            rows.update((key, self._decode(value)) for key, value in self._connection.execute(query, chunk))

    def mark(self) -> None:
        """Remember this point for ``rewind``."""
        self._undo.clear()

    def rewind(self) -> None:
        """Take back every change since ``mark``."""
        self._rows.update(self._undo)
        self._undo.clear()

    @property
    def full(self) -> bool:
        """Whether there are so many rows in memory that some should make room."""
        return len(self._rows) > KEPT

    def flush(self) -> None:
        """Write the changes back, within the caller's transaction; rows not used lately make room if there are many."""
        changed = [(key, self._encode(self._rows[key])) for key in self._dirty if self._rows[key] is not None]
        gone = [(key,) for key in self._dirty if self._rows[key] is None]
        self._connection.executemany(f"INSERT OR REPLACE INTO {self.name} (k, v) VALUES (?, ?)", changed)  # noqa: S608
        if gone:
            self._connection.executemany(f"DELETE FROM {self.name} WHERE k = ?", gone)  # noqa: S608
        self._dirty.clear()
        self._undo.clear()
        if self.full:
            self._old, self._rows = self._rows, {}

    def forget(self) -> None:
        """Drop everything in memory, written or not."""
        self._rows.clear()
        self._old.clear()
        self._dirty.clear()
        self._undo.clear()

    def get(self, key: Any, default: Any = None) -> Any:
        """The row, or *default*."""
        if key not in self._rows:
            self.prefetch((key,))
        row = self._rows[key]
        return default if row is None else row

    def __getitem__(self, key: Any) -> Any:
        row = self.get(key)
        if row is None:
            raise KeyError(key)
        return row

    def __setitem__(self, key: Any, row: Any) -> None:
        self._change(key, row)

    def __delitem__(self, key: Any) -> None:
        self[key]
        self._change(key, None)

    def _change(self, key: Any, row: Any) -> None:
        if key not in self._undo:
            self._undo[key] = self.get(key)
        self._rows[key] = row
        self._dirty.add(key)

    def stored(self, wanted: Callable[[bytes], bool] = lambda _value: True) -> Iterator[tuple[Any, Any]]:
        """All flushed rows whose bytes are *wanted*; they pass the memory by, so the table may be of any size."""
        for key, value in self._connection.execute(f"SELECT k, v FROM {self.name}"):  # noqa: S608 - our own name
            if wanted(value):
                yield key, self._decode(value)

    def __iter__(self) -> Iterator[Any]:
        stored = (key for (key,) in self._connection.execute(f"SELECT k FROM {self.name}"))  # noqa: S608 - our own name
        keys = dict.fromkeys(stored)
        keys.update(dict.fromkeys(self._rows))
        return (key for key in keys if self.get(key) is not None)

    def __len__(self) -> int:
        return sum(1 for _ in self)
