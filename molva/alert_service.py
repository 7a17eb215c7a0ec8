"""Alerts of the distributed product: one process that matches judgements with subscriptions and mails the letters.

Subscriptions, alerts and letters lie in a SQLite file of its own, so ``molva subscribe`` works in its folder as in the
embedded product. What was raised is written down there before the place in Kafka moves: a crash in between raises
nothing twice, because an alert's id is made of its subscription, review and version.
"""

from __future__ import annotations

import logging
import threading
import time
from collections import deque
from collections.abc import Callable
from datetime import UTC, datetime

from indexer.alerts.ledger import Ledger
from indexer.alerts.letters import Composer
from indexer.alerts.mailer import Mailer
from indexer.alerts.matcher import match
from indexer.alerts.subscriptions import SubscriptionStore
from indexer.feed import Feed, Item
from indexer.stores import Store
from indexer.stores.percolator import Percolator
from molva.alerting import transport
from molva.bus import KafkaBus
from molva.embedded import EmbeddedHost
from molva.settings import Settings
from schemas.codec import InvalidEvent, decode
from schemas.events import ReviewJudged
from schemas.topics import REVIEWS_JUDGED

log = logging.getLogger(__name__)

MAX_HELD = 5_000
"""Judgements that wait here for their settle time; more stay in Kafka."""
AT_ONCE = 1_000
AWAY = 5.0
"""Seconds until the index is asked again when it was away."""


class AlertService:
    """Matches a feed of judgements against subscriptions and mails the letters.

    Args:
        settings: Settle time, SMTP server or outbox, the console's address.
        host: Whose SQLite file keeps subscriptions, alerts and letters.
        store: The index that is asked.
        feed: The judgements; this must be the only member of its group.
        bus: Where alerts and dead letters are told, for others to read.
        percolator: Asks all subscriptions at once; without it each is a search.
        clock: Gives the time, aware UTC.
    """

    def __init__(
        self,
        settings: Settings,
        host: EmbeddedHost,
        store: Store,
        feed: Feed,
        bus: KafkaBus,
        *,
        percolator: Percolator | None = None,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self.beat = time.monotonic()
        self.raised = 0
        self.sent = 0
        self._settle, self._clock, self._percolator = settings.alerts.settle, clock, percolator
        self._host, self._store, self._feed, self._bus = host, store, feed, bus
        self._held: dict[int, deque[tuple[Item, ReviewJudged | None]]] = {}
        with host.transaction() as connection:
            self._subscriptions = SubscriptionStore(connection)
            self._ledger = Ledger(connection)
        self._transport = transport(settings)
        self._mailer = Mailer(
            transaction=host.transaction,
            compose=Composer(
                store=store,
                subscriptions=self._subscriptions,
                sender=settings.mail.sender,
                console=settings.console.address,
            ),
            transport=self._transport,
            on_dead=host.dead_letter,
        )

    def run(self, stop: threading.Event) -> None:
        """Work until *stop* is set."""
        try:
            while not stop.is_set():
                self.beat = time.monotonic()
                try:
                    self.step()
                except ConnectionError as error:
                    log.warning("the index or Kafka is away, again in %.0f s: %s", AWAY, error)
                    stop.wait(AWAY)
        finally:
            self._transport.close()

    def step(self, *, seconds: float = 0.5) -> None:
        """Take what comes, match what has rested, mail what is due."""
        if sum(map(len, self._held.values())) < MAX_HELD:
            for item in self._feed.poll(seconds=seconds, limit=AT_ONCE):
                self._held.setdefault(item.partition, deque()).append((item, _event(item)))
        else:
            self._feed.rest(seconds)
        for held in self._held.values():
            self._match(held)
        self.sent += self._mailer.step(self._clock()).sent

    def _match(self, held: deque[tuple[Item, ReviewJudged | None]]) -> None:
        """Match the judgements of one partition that have rested, in their order, and move on behind them."""
        batch = [held[place] for place in range(min(len(held), AT_ONCE))]
        known = [(item, event) for item, event in batch if event is not None]
        if not known:
            done = len(batch)
        else:
            now = self._clock()
            with self._host.transaction():
                found = match(
                    [(item.offset, event) for item, event in known],
                    store=self._store,
                    subscriptions=self._subscriptions.all(),
                    known=self._ledger.known,
                    now=now,
                    settle=self._settle,
                    matching=self._percolator.matching(now) if self._percolator else None,
                )
                if found.alerts:
                    self._bus.publish(found.alerts)
                    self._bus.flush()
                self.raised += self._ledger.record(found.alerts)
            last = known[found.taken][0].offset if found.taken < len(known) else None
            done = sum(1 for item, _ in batch if last is None or item.offset < last)
        if done:
            self._feed.commit([item for item, _ in batch[:done]])
            for _ in range(done):
                held.popleft()


def _event(item: Item) -> ReviewJudged | None:
    """The judgement; None for bytes that are none, which the indexer buries."""
    try:
        event: ReviewJudged = decode(REVIEWS_JUDGED.name, item.value or b"")
    except InvalidEvent:
        return None
    return event
