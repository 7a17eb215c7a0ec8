"""Alerts of the embedded host: matches what has rested and sends the letters, in the host's own transactions."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

from indexer.alerts.ledger import Ledger
from indexer.alerts.letters import Composer
from indexer.alerts.mailer import Mailer, Sent
from indexer.alerts.matcher import match
from indexer.alerts.subscriptions import SubscriptionStore
from indexer.alerts.transports import Outbox, Server, Smtp, Transport
from indexer.stores.sqlite import SqliteStore
from molva.embedded import EmbeddedHost
from molva.settings import Settings
from molva.sqlite_tables import open_reader
from schemas.topics import REVIEWS_JUDGED

READER = "matcher"


class Alerting:
    """The matcher and the mailer over one embedded host.

    Args:
        host: Whose judgements are matched.
        settings: Settle time, SMTP server or outbox, the console's address.
        clock: Gives the time, aware UTC.
    """

    def __init__(
        self, host: EmbeddedHost, settings: Settings, *, clock: Callable[[], datetime] = lambda: datetime.now(UTC)
    ) -> None:
        self._host, self._settle, self._clock = host, settings.alerts.settle, clock
        with host.transaction() as connection:
            self._store = SqliteStore(connection, read_only=True)  # of the host's own transaction, so never behind
            self.subscriptions = SubscriptionStore(connection)
            self.ledger = Ledger(connection)
        self._transport = transport(settings)
        reading = self._reading = open_reader(settings.database)  # letters are composed outside transactions
        self._mailer = Mailer(
            transaction=host.transaction,
            compose=Composer(
                store=SqliteStore(reading, read_only=True),
                subscriptions=SubscriptionStore(reading, read_only=True),
                sender=settings.mail.sender,
                console=settings.console.address,
            ),
            transport=self._transport,
            on_dead=host.dead_letter,
        )

    def step(self) -> float | None:
        """Match and mail all that is due; gives the seconds until there may be more, None when nothing waits."""
        wait: float | None = None
        while True:
            with self._host.transaction():
                judged = self._host.judged(self._host.read_to(REVIEWS_JUDGED, READER))
                if not judged:
                    break
                found = match(
                    judged,
                    store=self._store,
                    subscriptions=self.subscriptions.all(),
                    known=self.ledger.known,
                    now=self._clock(),
                    settle=self._settle,
                )
                self.ledger.record(found.alerts)
                if found.taken:
                    self._host.move(REVIEWS_JUDGED, READER, judged[found.taken - 1][0])
            if found.wait is not None:
                wait = found.wait
                break
        sent = self.mail()
        if sent.next_due:
            due = max(0.0, (sent.next_due - self._clock()).total_seconds())
            wait = due if wait is None else min(wait, due)
        return wait

    def mail(self) -> Sent:
        """Send the letters whose time has come."""
        return self._mailer.step(self._clock())

    def close(self) -> None:
        """Leave the mail server."""
        self._transport.close()
        self._reading.close()


def transport(settings: Settings) -> Transport:
    """The way letters go: the SMTP server of the settings, or without one the outbox folder; raises SettingsError."""
    settings.require("mail")
    mail = settings.mail
    if not mail.host:
        return Outbox(settings.outbox)
    return Smtp(
        Server(
            host=mail.host,
            port=mail.port,
            security=mail.security,
            user=mail.user,
            password=mail.password,
            sender=mail.sender,
        )
    )
