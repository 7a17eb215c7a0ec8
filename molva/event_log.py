"""The embedded host's file: the log, the offsets and dead letters, in transactions of one writer at a time."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime
from hashlib import blake2b
from pathlib import Path
from typing import Any

import msgspec

from molva.retention import mark_day
from molva.sqlite_tables import connect
from schemas import codec
from schemas.events import DeadLetter, ReviewJudged
from schemas.topics import REVIEWS_JUDGED, Topic, topic_of


class EventLog:
    """An append-only log of events in a SQLite file, beside it what could not be processed.

    Any thread may write; a lock makes them take turns, because SQLite has one writer.

    Args:
        path: The database file, ``:memory:`` for none; made when absent.
        temporary: No care for durability, for a file that is thrown away.
        journal: Whether a transaction can be rolled back; only a temporary file does without.
        clock: Gives the time, aware UTC.
    """

    def __init__(
        self,
        path: Path | str,
        *,
        temporary: bool = False,
        journal: bool = True,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self.clock = clock
        self.connection = connect(path, temporary=temporary, journal=journal)
        self.lock = threading.RLock()
        self.connection.executescript(_SCHEMA if temporary else _SCHEMA + _BY_KEY)

    def forget(self) -> None:
        """Drop all that is in memory, after a rollback; the log itself has nothing there."""

    # --- writing ---------------------------------------------------------------------------------------------

    def publish(self, events: Iterable[Any]) -> int:
        """Append events to the log, durably when this returns; gives how many."""
        with self.transaction():
            rows = [(topic_of(event).name, event.review_id, codec.encode(event)) for event in self._admitted(events)]
            if rows:
                self.connection.executemany("INSERT INTO log (topic, key, value) VALUES (?, ?, ?)", rows)
                mark_day(self.connection, self.clock())
        return len(rows)

    def dead_letter(self, letter: DeadLetter) -> None:
        """Keep what could not be processed, with its original bytes, for a person."""
        with self.transaction():
            self._bury(letter)

    def bar(self, review_ids: Iterable[str]) -> None:
        """Never take these reviews again, because their author is to be forgotten; only hashes of the ids are kept."""
        with self.transaction():
            hashes = [(_hash(review_id),) for review_id in review_ids]
            self.connection.executemany("INSERT OR IGNORE INTO forgotten (hash) VALUES (?)", hashes)

    def _admitted(self, events: Iterable[Any]) -> Iterable[Any]:
        if not self.connection.execute("SELECT 1 FROM forgotten LIMIT 1").fetchone():
            return events
        admitted = []
        for event in events:
            if self.connection.execute("SELECT 1 FROM forgotten WHERE hash = ?", (_hash(event.review_id),)).fetchone():
                self.turned_away(event)
            else:
                admitted.append(event)
        return admitted

    def turned_away(self, event: Any) -> None:
        """Hear of an event that was not taken, because it tells of a forgotten review."""

    def _bury(self, letter: DeadLetter) -> None:
        self.connection.execute(
            "INSERT INTO dead_letters (topic, stage, source, reason, died_at, letter) VALUES (?, ?, ?, ?, ?, ?)",
            (
                letter.topic,
                letter.stage,
                letter.source,
                letter.reason,
                letter.died_at.isoformat(),
                msgspec.msgpack.encode(letter),
            ),
        )

    # --- reading ---------------------------------------------------------------------------------------------

    def judged(self, after: int = 0, *, limit: int = 1000) -> list[tuple[int, ReviewJudged]]:
        """Judgements of the log behind number *after*, oldest first."""
        rows = self.connection.execute(
            "SELECT n, value FROM log WHERE topic = ? AND n > ? ORDER BY n LIMIT ?",
            (REVIEWS_JUDGED.name, after, limit),
        ).fetchall()
        return [(n, codec.decode(REVIEWS_JUDGED.name, value)) for n, value in rows]

    def records(self, topic: Topic, key: str) -> Iterator[bytes]:
        """The records under one key of a topic, the newest first."""
        sql = "SELECT value FROM log WHERE key = ? AND topic = ? ORDER BY n DESC"
        for (value,) in self.connection.execute(sql, (key, topic.name)):
            yield value

    def every(self, topic: Topic) -> Iterator[bytes]:
        """All records of a topic, the oldest first."""
        for (value,) in self.connection.execute("SELECT value FROM log WHERE topic = ? ORDER BY n", (topic.name,)):
            yield value

    def final(self) -> Iterator[ReviewJudged]:
        """The last judgement of each review, by review id."""
        rows = self.connection.execute(
            "SELECT value FROM log WHERE n IN (SELECT max(n) FROM log WHERE topic = ? GROUP BY key) ORDER BY key",
            (REVIEWS_JUDGED.name,),
        )
        for (value,) in rows:
            yield codec.decode(REVIEWS_JUDGED.name, value)

    def dead_letters(self, *, limit: int = 1000) -> list[tuple[int, DeadLetter]]:
        """Dead letters with their numbers, oldest first."""
        rows = self.connection.execute("SELECT n, letter FROM dead_letters ORDER BY n LIMIT ?", (limit,)).fetchall()
        return [(n, msgspec.msgpack.decode(letter, type=DeadLetter)) for n, letter in rows]

    def read_to(self, topic: Topic, reader: str) -> int:
        """The number up to which a reader has read a topic; 0 at first."""
        sql = "SELECT n FROM readers WHERE topic = ? AND reader = ?"
        row = self.connection.execute(sql, (topic.name, reader)).fetchone()
        return row[0] if row else 0

    def move(self, topic: Topic, reader: str, number: int) -> None:
        """Remember up to which number a reader has read a topic; what it has read may go (molva/retention.py)."""
        sql = "INSERT OR REPLACE INTO readers (topic, reader, n) VALUES (?, ?, ?)"
        self.connection.execute(sql, (topic.name, reader, number))

    # --- life ------------------------------------------------------------------------------------------------

    def transaction(self) -> _Transaction:
        """A context in which this thread is the one writer; commits at its end, rolls back on an exception."""
        return _Transaction(self)

    def close(self) -> None:
        """Close the file; what was committed stays."""
        with self.lock:
            self.connection.close()


class _Transaction:
    def __init__(self, log: EventLog) -> None:
        self.log = log

    def __enter__(self) -> sqlite3.Connection:
        self.log.lock.acquire()
        try:
            self.outer = self.log.connection.in_transaction
            if not self.outer:
                self.log.connection.execute("BEGIN IMMEDIATE")
        except BaseException:
            self.log.lock.release()
            raise
        return self.log.connection

    def __exit__(self, kind: type[BaseException] | None, *rest: object) -> None:
        done = False
        try:
            if not self.outer:
                self.log.connection.execute("ROLLBACK" if kind else "COMMIT")
            done = kind is None
        finally:
            if not done:
                self.log.forget()  # what is in memory may be what was rolled back
            self.log.lock.release()


def _hash(review_id: str) -> bytes:
    return blake2b(review_id.encode("utf-8", "surrogatepass"), digest_size=16, person=b"molva-forgotten").digest()


_SCHEMA = """
CREATE TABLE IF NOT EXISTS log (
    n INTEGER PRIMARY KEY AUTOINCREMENT, topic TEXT NOT NULL, key TEXT, value BLOB NOT NULL
);
CREATE INDEX IF NOT EXISTS log_by_topic ON log (topic, n);
CREATE TABLE IF NOT EXISTS log_days (day INTEGER PRIMARY KEY, n INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS readers (
    topic TEXT NOT NULL, reader TEXT NOT NULL, n INTEGER NOT NULL, PRIMARY KEY (topic, reader)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS forgotten (hash BLOB PRIMARY KEY) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS dead_letters (
    n INTEGER PRIMARY KEY AUTOINCREMENT, topic TEXT NOT NULL, stage TEXT NOT NULL, source TEXT, reason TEXT NOT NULL,
    died_at TEXT NOT NULL, letter BLOB NOT NULL
);
"""
_BY_KEY = "CREATE INDEX IF NOT EXISTS log_by_key ON log (key, topic, n);"
"""Nobody looks for one review in the log of a temporary file."""
