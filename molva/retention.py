"""Lets the embedded host's log go of what it need not keep any longer, a slice at a time.

How long a topic is kept stands in schemas/topics.py, as for Kafka: a span of time, or for a compacted topic the last
record of each key. Nothing goes that one of the topic's readers has not read yet; a topic that nobody reads is kept.

The log has no times. It notes where each day ended, so a record is kept for its span and up to a day longer.
"""

from __future__ import annotations

import sqlite3
from datetime import datetime

from schemas.topics import DAY, DEAD_KEEP, TOPICS

SLICE = 2048
"""Records, and dead letters, that one call looks at: more than a batch adds, so what is due does not pile up."""

_COMPACTION = "compaction"
"""In place of a topic: how far each compacted topic was looked through."""


def mark_day(connection: sqlite3.Connection, now: datetime) -> None:
    """Note that the day's last record is the log's last one; to be called when records were added."""
    connection.execute("INSERT OR REPLACE INTO log_days (day, n) SELECT ?, max(n) FROM log", (_day(now),))


def prune(connection: sqlite3.Connection, now: datetime) -> None:
    """Remove up to a slice of what has had its time, within the caller's transaction."""
    for topic in TOPICS:
        (read,) = connection.execute(
            "SELECT coalesce(min(n), 0) FROM readers WHERE topic = ?", (topic.name,)
        ).fetchone()
        if topic.keep is None:
            _compact(connection, topic.name, read)
        else:
            _expire(connection, topic.name, read, _day(now) - topic.keep // DAY - 1)
    connection.execute(
        "DELETE FROM dead_letters WHERE n IN (SELECT n FROM (SELECT n, died_at FROM dead_letters ORDER BY n LIMIT ?)"
        " WHERE julianday(died_at) < julianday(?) - ?)",
        (SLICE, now.isoformat(), DEAD_KEEP // DAY),
    )


def _expire(connection: sqlite3.Connection, topic: str, read: int, day: int) -> None:
    """Remove records up to the number *read* that were added on *day* or before."""
    connection.execute(
        "DELETE FROM log WHERE n IN (SELECT n FROM log WHERE topic = ? AND n <= ?"
        " AND n <= (SELECT max(n) FROM log_days WHERE day <= ?) ORDER BY n LIMIT ?)",
        (topic, read, day, SLICE),
    )


def _compact(connection: sqlite3.Connection, topic: str, read: int) -> None:
    """Go on to the number *read*, and remove the records whose key stands there again."""
    done = connection.execute("SELECT n FROM readers WHERE topic = ? AND reader = ?", (_COMPACTION, topic)).fetchone()
    rows = connection.execute(
        "SELECT key, topic, n FROM log WHERE topic = ? AND n > ? AND n <= ? ORDER BY n LIMIT ?",
        (topic, done[0] if done else 0, read, SLICE),
    ).fetchall()
    if rows:
        connection.executemany("DELETE FROM log WHERE key = ? AND topic = ? AND n < ?", rows)
        sql = "INSERT OR REPLACE INTO readers (topic, reader, n) VALUES (?, ?, ?)"
        connection.execute(sql, (_COMPACTION, topic, rows[-1][2]))


def _day(time: datetime) -> int:
    """The days since 1970 in UTC."""
    return int(time.timestamp() // DAY)
