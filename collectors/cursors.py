"""What a source remembers between runs: its cursor, its listing, its pages and how its last run ended.

One SQLite file holds it for all sources, with a connection of its own, so that a slow reader of the log never waits
for a collector. Changes of one run are applied in one transaction, after all that was published is safe.
"""

from __future__ import annotations

import sqlite3
import threading
from abc import abstractmethod
from collections.abc import Iterator, Mapping, MutableMapping
from pathlib import Path


class State(MutableMapping[str, bytes]):
    """The memory of one source: a mapping whose changes can be applied together."""

    def __setitem__(self, key: str, value: bytes) -> None:
        self.apply({key: value})

    def __delitem__(self, key: str) -> None:
        if key not in self:
            raise KeyError(key)
        self.apply({key: None})

    def __len__(self) -> int:
        return sum(1 for _ in self)

    @abstractmethod
    def apply(self, changes: Mapping[str, bytes | None]) -> None:
        """Set each key to its value, or delete it for None, all together."""


class MemoryState(State):
    """A state that ends with the process; for tests and trials."""

    def __init__(self) -> None:
        self._values: dict[str, bytes] = {}

    def __getitem__(self, key: str) -> bytes:
        return self._values[key]

    def __iter__(self) -> Iterator[str]:
        return iter(list(self._values))

    def apply(self, changes: Mapping[str, bytes | None]) -> None:
        """See State."""
        merged = {**self._values, **changes}
        self._values = {key: value for key, value in merged.items() if value is not None}


class SqliteStates:
    """The memories of all sources in one SQLite file. Safe to use from many threads."""

    def __init__(self, path: Path | str) -> None:
        """Open the file, or create it with the folders above it."""
        if str(path) != ":memory:":
            Path(path).parent.mkdir(parents=True, exist_ok=True)
        self.lock = threading.RLock()
        self.connection = sqlite3.connect(path, timeout=30, check_same_thread=False, isolation_level=None)
        self.connection.execute("PRAGMA journal_mode = WAL")
        self.connection.execute("PRAGMA synchronous = FULL")
        self.connection.execute(
            "CREATE TABLE IF NOT EXISTS collector_state ("
            "position INTEGER PRIMARY KEY, source TEXT NOT NULL, key TEXT NOT NULL, value BLOB NOT NULL, "
            "UNIQUE (source, key))"
        )

    def of(self, source: str) -> SqliteState:
        """The memory of one source."""
        return SqliteState(self, source)

    def sources(self) -> list[str]:
        """The sources that remember anything, in order of their names."""
        with self.lock:
            return [
                name for (name,) in self.connection.execute("SELECT DISTINCT source FROM collector_state ORDER BY 1")
            ]

    def close(self) -> None:
        """Close the file."""
        with self.lock:
            self.connection.close()


class SqliteState(State):
    """One source's part of ``SqliteStates``; iterates in the order in which keys were added."""

    def __init__(self, states: SqliteStates, source: str) -> None:
        self._states, self._source = states, source

    def __getitem__(self, key: str) -> bytes:
        with self._states.lock:
            row = self._states.connection.execute(
                "SELECT value FROM collector_state WHERE source = ? AND key = ?", (self._source, key)
            ).fetchone()
        if row is None:
            raise KeyError(key)
        return bytes(row[0])

    def __iter__(self) -> Iterator[str]:
        with self._states.lock:
            rows = self._states.connection.execute(
                "SELECT key FROM collector_state WHERE source = ? ORDER BY position", (self._source,)
            ).fetchall()
        return iter([key for (key,) in rows])

    def apply(self, changes: Mapping[str, bytes | None]) -> None:
        """See State; one transaction."""
        if not changes:
            return
        with self._states.lock:
            run = self._states.connection.execute
            run("BEGIN IMMEDIATE")
            try:
                for key, value in changes.items():
                    if value is None:
                        run("DELETE FROM collector_state WHERE source = ? AND key = ?", (self._source, key))
                    else:
                        run(
                            "INSERT INTO collector_state (source, key, value) VALUES (?, ?, ?) "
                            "ON CONFLICT (source, key) DO UPDATE SET value = excluded.value",
                            (self._source, key, value),
                        )
            except BaseException:
                run("ROLLBACK")
                raise
            run("COMMIT")


class Part(MutableMapping[str, bytes]):
    """The keys of a state that begin with ``prefix``, seen without it."""

    def __init__(self, state: State, prefix: str) -> None:
        self._state, self._prefix = state, prefix

    def __getitem__(self, key: str) -> bytes:
        return self._state[self._prefix + key]

    def __setitem__(self, key: str, value: bytes) -> None:
        self._state[self._prefix + key] = value

    def __delitem__(self, key: str) -> None:
        del self._state[self._prefix + key]

    def __iter__(self) -> Iterator[str]:
        return (key[len(self._prefix) :] for key in self._state if key.startswith(self._prefix))

    def __len__(self) -> int:
        return sum(1 for _ in self)


class Pending(MutableMapping[str, bytes]):
    """A state with changes that are not applied yet: what a running collector sees as its cursor."""

    def __init__(self, state: State, prefix: str = "") -> None:
        self._state, self._prefix = state, prefix
        self._changes: dict[str, bytes | None] = {}

    def take(self) -> dict[str, bytes | None]:
        """The changes since the last call, under the keys of the state; from now on they count as applied."""
        changes = {self._prefix + key: value for key, value in self._changes.items()}
        self._changes = {}
        return changes

    def __getitem__(self, key: str) -> bytes:
        if key in self._changes:
            value = self._changes[key]
            if value is None:
                raise KeyError(key)
            return value
        return self._state[self._prefix + key]

    def __setitem__(self, key: str, value: bytes) -> None:
        self._changes[key] = value

    def __delitem__(self, key: str) -> None:
        if key not in self:
            raise KeyError(key)
        self._changes[key] = None

    def __iter__(self) -> Iterator[str]:
        stored = (key[len(self._prefix) :] for key in self._state if key.startswith(self._prefix))
        kept = [key for key in stored if key not in self._changes]
        return iter(kept + [key for key, value in self._changes.items() if value is not None])

    def __len__(self) -> int:
        return sum(1 for _ in self)
