"""``molva mail``: alerts in Kafka -> letters, each at least once and never in two versions.

The ledger of letters is a SQLite file of this process, so one process of a deployment mails. An alert stands in the
ledger before the place in Kafka moves, and one that stands there is no new one.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime
from traceback import format_exc

from indexer.alerts.ledger import Ledger
from indexer.alerts.letters import Composer
from indexer.alerts.mailer import Mailer
from indexer.alerts.subscriptions import Subscriptions
from indexer.feed import Feed, Item
from indexer.stores import Store
from molva.alerting import transport
from molva.bus import KafkaBus
from molva.deployment.ledger_file import LedgerFile
from molva.deployment.serving import keep_on
from molva.settings import Settings
from schemas.codec import InvalidEvent, decode
from schemas.events import AlertRaised, DeadLetter
from schemas.topics import ALERTS_RAISED

log = logging.getLogger(__name__)

AT_ONCE = 1_000


class MailService:
    """Mails a feed of alerts.

    Args:
        settings: SMTP server or outbox, the console's address.
        feed: The alerts; this must be the only member of its group.
        bus: Where dead letters are told.
        store: The index, for what letters say of a review.
        subscriptions: Who gets the letters.
        ledger: What was mailed.
        clock: Gives the time, aware UTC.
    """

    def __init__(
        self,
        settings: Settings,
        feed: Feed,
        bus: KafkaBus,
        *,
        store: Store,
        subscriptions: Subscriptions,
        ledger: LedgerFile,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self.beat = time.monotonic()
        self.taken = 0
        self.sent = 0
        self._feed, self._bus, self._ledger, self._clock = feed, bus, ledger, clock
        self._transport = transport(settings)
        self._mailer = Mailer(
            transaction=ledger.transaction,
            compose=Composer(
                store=store,
                subscriptions=subscriptions,
                sender=settings.mail.sender,
                console=settings.console.address,
            ),
            transport=self._transport,
            on_dead=self._bury,
        )

    def run(self, stop: threading.Event) -> None:
        """Work until *stop* is set."""
        try:
            keep_on(self.step, stop)
        finally:
            self._transport.close()

    def step(self, *, seconds: float = 0.5) -> None:
        """Take the alerts that came, and send the letters that are due.

        Raises:
            ConnectionError: The index or Kafka is away; nothing is lost, the next step goes on from here.
        """
        self.beat = time.monotonic()
        items = self._feed.poll(seconds=seconds, limit=AT_ONCE)
        if items:
            alerts = [alert for item in items if (alert := self._alert(item)) is not None]
            with self._ledger.transaction() as connection:
                ledger = Ledger(connection, read_only=True)
                self.taken += ledger.record(alerts)
                for alert in alerts:  # one that comes again is known, or a dead letter given back for another try
                    ledger.revive(alert.alert_id, self._clock())
            self._feed.commit(items)
        self.sent += self._mailer.step(self._clock()).sent

    def _alert(self, item: Item) -> AlertRaised | None:
        """The alert; bytes that are none become a dead letter."""
        try:
            event: AlertRaised = decode(ALERTS_RAISED.name, item.value or b"")
        except InvalidEvent as error:
            self._bury(
                DeadLetter(
                    stage="mailer",
                    reason=str(error)[:2_000],
                    payload=item.value or b"",
                    topic=ALERTS_RAISED.name,
                    died_at=self._clock(),
                    key=item.key,
                    traceback=format_exc()[-20_000:],
                )
            )
            return None
        return event

    def _bury(self, letter: DeadLetter) -> None:
        self._bus.dead_letter(letter)
        self._bus.flush()
