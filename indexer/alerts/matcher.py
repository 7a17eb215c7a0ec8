"""Judged reviews -> alerts, a settle time behind the head of ``reviews-judged``.

Evidence comes late: a ring is known only when its second member is in. So a judgement rests for the settle time, and
then the review is matched as the index has it *now*: whatever was learned meanwhile counts, and a review that no longer
matches is not told of. Late evidence after that changes the index and no letter.

Told of is news. A subscription hears of a version that was first seen after the subscription was made, not of the past
being judged again; of one version once; and not of a withdrawn review. So a new subscription over a full index is
silent, and one made before the first import (``molva init``) hears of what the import brings.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any, NamedTuple

import msgspec

from indexer.alerts.subscriptions import Subscription
from indexer.documents import stamp
from indexer.query import Query, QueryError, parse
from indexer.stores import Store
from schemas.events import AlertRaised, ReviewJudged
from schemas.identity import alert_id

SETTLE = 3.0
"""Seconds that a judgement rests before it is matched."""

PATIENCE = timedelta(minutes=10)
"""How long a judgement may be absent from the index while later ones are there, before it is passed over."""

Matching = Callable[[Sequence[Subscription], Collection[str]], set[tuple[str, str]]]
"""Which subscriptions (by id) match which of these reviews, as the index has them now: {(subscription, review)}."""


class Match(msgspec.Struct, frozen=True):
    """One step of the matcher.

    Args:
        alerts: What to raise, in the order of the log.
        taken: How many of the given judgements are done with; the reader's cursor moves behind them.
        wait: Seconds after which another step may take more; None when everything was taken.
    """

    alerts: tuple[AlertRaised, ...]
    taken: int
    wait: float | None = None


class _News(NamedTuple):
    document: Mapping[str, Any]
    since: str


def match(
    judged: Sequence[tuple[int, ReviewJudged]],
    *,
    store: Store,
    subscriptions: Sequence[Subscription],
    known: Callable[[Collection[str]], Collection[str]],
    now: datetime,
    settle: float = SETTLE,
    matching: Matching | None = None,
) -> Match:
    """Match the judgements that have rested, in the order of the log.

    Args:
        judged: (log number, judgement) from the reader's cursor on.
        store: The index. A judgement that it does not have yet, or something newer, is waited for.
        subscriptions: All of them.
        known: Which of these alert ids were raised before (``Ledger.known``).
        now: The time at which the alerts are raised, and what ``now`` means in queries.
        settle: Seconds of rest after a judgement.
        matching: Asks all subscriptions at once, where the store can (a percolator); else each is a search.
    """
    taken, wait = _rested(judged, store, now, settle)
    review_ids = list(dict.fromkeys(event.review_id for _, event in judged[:taken]))
    active = [subscription for subscription in subscriptions if not subscription.paused]
    if not (review_ids and active):
        return Match((), taken, wait)
    news = {review_id: found for review_id in review_ids if (found := _news(store.get(review_id)))}
    ask = matching or search_each(store, now)
    raised: dict[str, AlertRaised] = {}
    pairs = ask(active, news) if news else set()
    created = {subscription.id: stamp(subscription.created_at) for subscription in active}
    for review_id, found in news.items():
        for subscription in active:
            if (subscription.id, review_id) in pairs and created[subscription.id] <= found.since:
                version = int(found.document["version"])
                key = alert_id(subscription.id, review_id, version)
                raised[key] = AlertRaised(
                    alert_id=key, subscription_id=subscription.id, review_id=review_id, version=version, raised_at=now
                )
    before = set(known(raised))
    return Match(tuple(alert for key, alert in raised.items() if key not in before), taken, wait)


def search_each(store: Store, now: datetime) -> Matching:
    """A ``Matching`` that runs each subscription's query over the reviews; one that is broken matches nothing."""

    def ask(subscriptions: Sequence[Subscription], review_ids: Collection[str]) -> set[tuple[str, str]]:
        found: set[tuple[str, str]] = set()
        answers: dict[str, set[str]] = {}
        for subscription in subscriptions:
            if subscription.query not in answers:
                try:
                    answers[subscription.query] = store.matching(_query(subscription.query, now), review_ids)
                except QueryError:  # a field that a later release no longer has; the console shows it as broken
                    answers[subscription.query] = set()
            found |= {(subscription.id, review_id) for review_id in answers[subscription.query]}
        return found

    return ask


@lru_cache(maxsize=4_096)
def _read(text: str) -> Query:
    return parse(text)


def _query(text: str, now: datetime) -> Query:
    """The query, read once unless its dates hang on the time."""
    found = _read(text)
    return parse(text, now=now) if found.relative else found


def _rested(
    judged: Sequence[tuple[int, ReviewJudged]], store: Store, now: datetime, settle: float
) -> tuple[int, float | None]:
    """How many judgements from the start have rested and are in the index, and how long until there are more."""
    rest = timedelta(seconds=settle)
    taken = 0
    for _, event in judged:
        # A judgement from the future (a clock was set back) must not hold up the others for longer than it rests.
        if rest > now - event.judged_at > -rest:
            break
        taken += 1
    versions = store.versions([event.review_id for _, event in judged[:taken]])
    there = [versions.get(event.review_id, -1) >= number for number, event in judged[:taken]]
    for place, (_, event) in enumerate(judged[:taken]):
        # The index follows the log, so one that is absent long after later ones came was refused or forgotten.
        if not there[place] and (now - event.judged_at < PATIENCE or not any(there[place:])):
            return place, min(1.0, settle or 1.0)
    if taken == len(judged):
        return taken, None
    left = (judged[taken][1].judged_at + rest - now).total_seconds()
    return taken, max(0.0, min(left, 2 * settle))


def _news(document: Mapping[str, Any] | None) -> _News | None:
    """The document and when its version was first seen, if it is something to tell of."""
    if document is None or "withdrawn_at" in document:
        return None
    edited = document["version"] > 1
    return _News(document, document["observed_at" if edited else "first_seen_at"])
