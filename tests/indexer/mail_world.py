"""A file of alerts, letters and reviews, and a real SMTP server that can misbehave, for the mailer's tests.

Run as a program it mails what the file holds, for tests that kill it:
``python mail_world.py DATABASE PORT``.
"""

from __future__ import annotations

import sqlite3
import sys
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

from judgements import NOON, judged

from indexer.alerts.ledger import Ledger
from indexer.alerts.letters import Composer
from indexer.alerts.mailer import Mailer
from indexer.alerts.subscriptions import SubscriptionStore
from indexer.alerts.transports import Server, Smtp
from indexer.stores.sqlite import SqliteStore
from schemas.events import AlertRaised
from schemas.identity import alert_id


class Post:
    """Everything that a mailer needs, over one database file."""

    def __init__(self, path, transport):
        self.connection = sqlite3.connect(path, isolation_level=None, timeout=30)
        self.connection.execute("PRAGMA journal_mode = WAL")
        self.store = SqliteStore(self.connection)
        self.subscriptions = SubscriptionStore(self.connection)
        self.ledger = Ledger(self.connection)
        self.dead = []
        self.mailer = Mailer(
            transaction=self.transaction,
            compose=Composer(
                store=self.store,
                subscriptions=self.subscriptions,
                sender="Molva <molva@molva.example>",
                console="https://molva.example",
            ),
            transport=transport,
            on_dead=self.dead.append,
        )

    @contextmanager
    def transaction(self):
        self.connection.execute("BEGIN IMMEDIATE")
        try:
            yield self.connection
        except BaseException:
            self.connection.execute("ROLLBACK")
            raise
        self.connection.execute("COMMIT")

    def alert(self, review_id="r1", text="Ужасно", address="team@example.com", **changes):
        """Raise an alert about a new review for a new subscription; the subscription and the alert."""
        number = self.store.count() + 1
        with self.transaction():
            self.store.write([(number, judged(review_id, text, stars=1, **changes))])
            made = self.subscriptions.add(query="negative:true", address=address, created_at=NOON)
            raised = AlertRaised(
                alert_id=alert_id(made.id, review_id, 1),
                subscription_id=made.id,
                review_id=review_id,
                version=1,
                raised_at=NOON,
            )
            self.ledger.record([raised])
        return made, raised


def smtp(port, **changes):
    """A transport to the receiver."""
    options = {"host": "127.0.0.1", "port": port, "security": "none", "sender": "molva@molva.example", "timeout": 5.0}
    return Smtp(Server(**{**options, **changes.pop("server", {})}), **changes)


if __name__ == "__main__":
    Post(sys.argv[1], smtp(int(sys.argv[2]), server={"timeout": 60.0})).mailer.step(
        datetime.now(UTC) + timedelta(days=1)
    )
