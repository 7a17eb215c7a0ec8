"""``molva match``: judgements -> alerts in Kafka.

It keeps nothing but its place in ``reviews-judged``, and several may share the work. An alert's id is made of its
subscription, review and version, so one that is raised again after a crash, or because the review was judged again, is
the same alert, and the mailer knows it.
"""

from __future__ import annotations

import logging
import threading
import time
from collections import OrderedDict, deque
from collections.abc import Callable, Collection
from datetime import UTC, datetime

from indexer.alerts.matcher import match
from indexer.alerts.subscriptions import Subscriptions
from indexer.feed import Feed, Item
from indexer.stores import Store
from indexer.stores.percolator import Percolator
from molva.bus import KafkaBus
from molva.deployment.serving import keep_on
from schemas.codec import InvalidEvent, decode
from schemas.events import ReviewJudged
from schemas.topics import REVIEWS_JUDGED

log = logging.getLogger(__name__)

MAX_HELD = 5_000
"""Judgements that wait here for their settle time; more stay in Kafka."""
MAX_RAISED = 20_000
"""Alert ids that are remembered, so that a review that is judged again raises nothing again; more is only a saving."""
AT_ONCE = 1_000

Held = deque[tuple[Item, ReviewJudged | None]]


class Matcher:
    """Matches a feed of judgements against subscriptions.

    Args:
        feed: The judgements.
        store: The index that is asked.
        subscriptions: Who wants to know what.
        bus: Where alerts are told.
        settle: Seconds of rest after a judgement.
        percolator: Asks all subscriptions at once; without it each is a search.
        clock: Gives the time, aware UTC.
    """

    def __init__(
        self,
        feed: Feed,
        store: Store,
        subscriptions: Subscriptions,
        bus: KafkaBus,
        *,
        settle: float,
        percolator: Percolator | None = None,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self.beat = time.monotonic()
        self.raised = 0
        self._feed, self._store, self._subscriptions, self._bus = feed, store, subscriptions, bus
        self._settle, self._percolator, self._clock = settle, percolator, clock
        self._held: dict[int, Held] = {}
        self._known: OrderedDict[str, None] = OrderedDict()

    def run(self, stop: threading.Event) -> None:
        """Work until *stop* is set."""
        keep_on(self.step, stop)

    def step(self, *, seconds: float = 0.5) -> None:
        """Take what comes, and match what has rested.

        Raises:
            ConnectionError: The index or Kafka is away; nothing is lost, the next step goes on from here.
        """
        self.beat = time.monotonic()
        if sum(map(len, self._held.values())) < MAX_HELD:
            for item in self._feed.poll(seconds=seconds, limit=AT_ONCE):
                self._held.setdefault(item.partition, deque()).append((item, _event(item)))
        else:
            self._feed.rest(seconds)
        for lost in self._held.keys() - self._feed.partitions():
            del self._held[lost]  # another matcher has the partition, and does these from the last commit on
        for held in self._held.values():
            self._match(held)

    def _match(self, held: Held) -> None:
        """Match the judgements of one partition that have rested, in their order, and move on behind them."""
        batch = [held[place] for place in range(min(len(held), AT_ONCE))]
        known = [(item, event) for item, event in batch if event is not None]
        done = len(batch)
        if known:
            now = self._clock()
            found = match(
                [(item.offset, event) for item, event in known],
                store=self._store,
                subscriptions=self._subscriptions.all(),
                known=self._told,
                now=now,
                settle=self._settle,
                matching=self._percolator.matching(now) if self._percolator else None,
            )
            if found.alerts:
                self._bus.publish(found.alerts)
                self._bus.flush()
                self._remember([alert.alert_id for alert in found.alerts])
            if found.taken < len(known):
                first_left = known[found.taken][0].offset
                done = sum(1 for item, _ in batch if item.offset < first_left)
        if done:
            self._feed.commit([item for item, _ in batch[:done]])
            for _ in range(done):
                held.popleft()

    def _told(self, alert_ids: Collection[str]) -> set[str]:
        return self._known.keys() & set(alert_ids)

    def _remember(self, alert_ids: Collection[str]) -> None:
        self.raised += len(alert_ids)
        self._known.update(dict.fromkeys(alert_ids))
        while len(self._known) > MAX_RAISED:
            self._known.popitem(last=False)


def _event(item: Item) -> ReviewJudged | None:
    """The judgement; None for bytes that are none, which the indexer buries."""
    try:
        event: ReviewJudged = decode(REVIEWS_JUDGED.name, item.value or b"")
    except InvalidEvent:
        return None
    return event
