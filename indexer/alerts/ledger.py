"""What was alerted and mailed: the memory that makes an alert one alert and a letter one letter.

An alert goes ``raised`` → ``sending`` (its letter's bytes are stored, and no other bytes ever will be) → ``sent``, or
``dead`` (refused for good) or ``dropped`` (nobody wants it any more). Nothing here commits.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from typing import Literal

import msgspec

from indexer.documents import stamp
from schemas.events import AlertRaised
from schemas.topics import ALERTS_RAISED

KEEP = timedelta(seconds=ALERTS_RAISED.keep or 0)
"""How long the bytes of a letter are kept that was sent, dropped or refused for good."""

State = Literal["raised", "sending", "sent", "dead", "dropped"]

_TABLES = (
    """CREATE TABLE IF NOT EXISTS alerts (
        alert_id TEXT PRIMARY KEY, subscription_id TEXT NOT NULL, review_id TEXT NOT NULL, version INTEGER NOT NULL,
        raised_at TEXT NOT NULL, state TEXT NOT NULL, letter BLOB, address TEXT, attempts INTEGER NOT NULL DEFAULT 0,
        due_at TEXT, changed_at TEXT NOT NULL, error TEXT
    )""",
    "CREATE INDEX IF NOT EXISTS alerts_due ON alerts (due_at, alert_id) WHERE due_at IS NOT NULL",
    "CREATE INDEX IF NOT EXISTS alerts_review ON alerts (review_id)",
    "CREATE INDEX IF NOT EXISTS alerts_kept ON alerts (changed_at) WHERE due_at IS NULL AND letter IS NOT NULL",
)


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """An alert and how far its letter is.

    Args:
        alert: What was raised.
        state: See the module.
        letter: The letter's bytes from ``sending`` on.
        address: Where it goes.
        attempts: How often the letter was handed over.
        due_at: When the next attempt may begin; None when there is nothing more to do.
        changed_at: When the state last changed.
        error: What the last attempt met.
    """

    alert: AlertRaised
    state: State
    letter: bytes | None
    address: str | None
    attempts: int
    due_at: datetime | None
    changed_at: datetime
    error: str | None


class Ledger:
    """Alerts and letters in one SQLite database.

    Args:
        connection: The caller's, and so are its transactions.
        read_only: The connection cannot write; the tables must be there.
    """

    def __init__(self, connection: sqlite3.Connection, *, read_only: bool = False) -> None:
        self._connection = connection
        if not read_only:
            for table in _TABLES:
                connection.execute(table)

    def known(self, alert_ids: Collection[str]) -> set[str]:
        """Which of these alerts were raised before."""
        listed = msgspec.json.encode(list(alert_ids)).decode()
        sql = "SELECT alert_id FROM alerts WHERE alert_id IN (SELECT value FROM json_each(?))"
        return {found for (found,) in self._connection.execute(sql, (listed,))}

    def record(self, alerts: Sequence[AlertRaised]) -> int:
        """Remember alerts and put their letters on the way; known ones change nothing. How many were new."""
        before = self._connection.total_changes
        self._connection.executemany(
            "INSERT OR IGNORE INTO alerts (alert_id, subscription_id, review_id, version, raised_at, state, due_at,"
            " changed_at) VALUES (?, ?, ?, ?, ?, 'raised', ?, ?)",
            [(a.alert_id, a.subscription_id, a.review_id, a.version, *(stamp(a.raised_at),) * 3) for a in alerts],
        )
        return self._connection.total_changes - before

    def due(self, now: datetime, limit: int = 100) -> Sequence[Entry]:
        """The letters whose time has come, the longest waiting first."""
        return self._read("WHERE due_at <= ? ORDER BY due_at, alert_id LIMIT ?", (stamp(now), limit))

    def next_due(self) -> datetime | None:
        """When the next letter's time comes."""
        found = self._connection.execute("SELECT min(due_at) FROM alerts WHERE due_at IS NOT NULL").fetchone()[0]
        return datetime.fromisoformat(found) if found else None

    def latest(self, limit: int = 100) -> Sequence[Entry]:
        """The newest alerts in any state, for people to look at."""
        return self._read("ORDER BY raised_at DESC, alert_id LIMIT ?", (limit,))

    def get(self, alert_id: str) -> Entry | None:
        """The alert of this id."""
        return next(iter(self._read("WHERE alert_id = ?", (alert_id,))), None)

    def intend(self, alert_id: str, letter: bytes, address: str, now: datetime) -> bytes:
        """State that this letter is about to go out, and give the bytes that must: the first that were stated."""
        self._connection.execute(
            "UPDATE alerts SET state = 'sending', letter = ?, address = ?, changed_at = ?"
            " WHERE alert_id = ? AND letter IS NULL",
            (letter, address, stamp(now), alert_id),
        )
        entry = self.get(alert_id)
        return entry.letter if entry and entry.letter else letter

    def sent(self, alert_id: str, now: datetime) -> None:
        """The letter was taken over by the mail server."""
        self._end(alert_id, "sent", None, now)

    def dead(self, alert_id: str, error: str, now: datetime) -> None:
        """The letter was refused for good."""
        self._end(alert_id, "dead", error, now)

    def dropped(self, alert_id: str, reason: str, now: datetime) -> None:
        """Nobody wants the letter any more; only before it was stated."""
        self._end(alert_id, "dropped", reason, now)

    def retry(self, alert_id: str, error: str, due_at: datetime, now: datetime) -> None:
        """The attempt failed for now."""
        self._connection.execute(
            "UPDATE alerts SET attempts = attempts + 1, error = ?, due_at = ?, changed_at = ? WHERE alert_id = ?",
            (error[:1_000], stamp(due_at), stamp(now), alert_id),
        )

    def revive(self, alert_id: str, now: datetime) -> bool:
        """Try a dead letter once more, the same bytes; whether there was one."""
        sql = (
            "UPDATE alerts SET state = CASE WHEN letter IS NULL THEN 'raised' ELSE 'sending' END, attempts = 0,"
            " due_at = ?, changed_at = ? WHERE alert_id = ? AND state = 'dead'"
        )
        return self._connection.execute(sql, (stamp(now), stamp(now), alert_id)).rowcount > 0

    def concerning(self, *, review_ids: Collection[str], address: str | None = None) -> set[str]:
        """The alerts about these reviews, and those whose letters go to an address."""
        listed = msgspec.json.encode(list(review_ids)).decode()
        sql = (
            "SELECT alert_id FROM alerts WHERE review_id IN (SELECT value FROM json_each(?1)) OR address = ?2"
            " OR subscription_id IN (SELECT id FROM subscriptions WHERE address = ?2)"
        )
        return {found for (found,) in self._connection.execute(sql, (listed, address))}

    def forget(self, alert_ids: Collection[str]) -> int:
        """Remove alerts with their letters; how many there were."""
        listed = msgspec.json.encode(list(alert_ids)).decode()
        sql = "DELETE FROM alerts WHERE alert_id IN (SELECT value FROM json_each(?))"
        return self._connection.execute(sql, (listed,)).rowcount

    def prune(self, now: datetime, limit: int = 100) -> int:
        """Let go of the oldest letters' bytes when ``KEEP`` is over; that they were raised and sent is remembered."""
        sql = (
            "UPDATE alerts SET letter = NULL WHERE alert_id IN (SELECT alert_id FROM alerts WHERE due_at IS NULL"
            " AND letter IS NOT NULL AND changed_at < ? ORDER BY changed_at LIMIT ?)"
        )
        return self._connection.execute(sql, (stamp(now - KEEP), limit)).rowcount

    def _end(self, alert_id: str, state: State, error: str | None, now: datetime) -> None:
        self._connection.execute(
            "UPDATE alerts SET state = ?, error = ?, due_at = NULL, changed_at = ?, attempts = attempts + ?"
            " WHERE alert_id = ?",
            (state, error and error[:1_000], stamp(now), state != "dropped", alert_id),
        )

    def _read(self, where: str, values: tuple[str | int, ...]) -> list[Entry]:
        sql = (
            "SELECT alert_id, subscription_id, review_id, version, raised_at, state, letter, address, attempts, due_at,"  # noqa: S608 - where is a constant above
            f" changed_at, error FROM alerts {where}"
        )
        return [
            Entry(
                alert=AlertRaised(
                    alert_id=row[0],
                    subscription_id=row[1],
                    review_id=row[2],
                    version=row[3],
                    raised_at=datetime.fromisoformat(row[4]),
                ),
                state=row[5],
                letter=row[6],
                address=row[7],
                attempts=row[8],
                due_at=datetime.fromisoformat(row[9]) if row[9] else None,
                changed_at=datetime.fromisoformat(row[10]),
                error=row[11],
            )
            for row in self._connection.execute(sql, values)
        ]
