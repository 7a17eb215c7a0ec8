"""The mailer's own SQLite file: what was alerted and mailed."""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Iterator
from pathlib import Path

from indexer.alerts.ledger import Ledger
from molva.sqlite_tables import connect


class LedgerFile:
    """A ledger of letters in a file of its own.

    Args:
        path: The file; made with its folder when absent.
    """

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._connection = connect(path)
        with self.transaction() as connection:
            Ledger(connection)

    @contextlib.contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """A connection inside a transaction that commits at the end of the block, and is on the disk then."""
        self._connection.execute("BEGIN IMMEDIATE")
        try:
            yield self._connection
        except BaseException:
            self._connection.execute("ROLLBACK")
            raise
        self._connection.execute("COMMIT")

    def close(self) -> None:
        """Close the file."""
        self._connection.close()
