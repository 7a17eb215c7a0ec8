"""Who is told of what: settled, as the index has it now, news only, once."""

from __future__ import annotations

import sqlite3
from datetime import timedelta

import pytest
from judgements import NOON, Edit, judged
from msgspec.structs import replace

from indexer.alerts.ledger import Ledger
from indexer.alerts.matcher import PATIENCE, match
from indexer.alerts.subscriptions import SubscriptionStore
from indexer.stores.sqlite import SqliteStore

BEFORE = NOON - timedelta(hours=1)
LATER = NOON + timedelta(minutes=1)


class World:
    """Index, subscriptions and memory over one database, and a log that grows."""

    def __init__(self):
        connection = sqlite3.connect(":memory:")
        self.store = SqliteStore(connection)
        self.subscriptions = SubscriptionStore(connection)
        self.ledger = Ledger(connection)
        self.log = []

    def judge(self, event, *, indexed=True):
        self.log.append((len(self.log) + 1, event))
        if indexed:
            assert self.store.write(self.log[-1:]) == []

    def subscribe(self, query="negative:true AND NOT risk.level:high", created_at=BEFORE):
        return self.subscriptions.add(query=query, address="a@example.com", created_at=created_at)

    def step(self, now=LATER, start=0, settle=3.0):
        found = match(
            self.log[start:],
            store=self.store,
            subscriptions=self.subscriptions.all(),
            known=self.ledger.known,
            now=now,
            settle=settle,
        )
        self.ledger.record(found.alerts)
        return found


@pytest.fixture
def world():
    return World()


def _told(found):
    return [(alert.subscription_id, alert.review_id, alert.version) for alert in found.alerts]


def test_each_matching_subscription_is_told_once(world):
    first, second, _ = world.subscribe(), world.subscribe("сломался"), world.subscribe("stars:5")
    world.judge(judged("r1", "Сломался", stars=1))
    assert sorted(_told(world.step())) == sorted([(first.id, "r1", 1), (second.id, "r1", 1)])
    assert _told(world.step()) == []


def test_judgement_rests_until_it_has_settled(world):
    world.subscribe()
    event = judged("r1", stars=1)
    world.judge(event)
    early = world.step(now=event.judged_at + timedelta(seconds=2))
    assert (early.alerts, early.taken) == ((), 0)
    assert early.wait == pytest.approx(1.0)
    assert len(world.step(now=event.judged_at + timedelta(seconds=3)).alerts) == 1


def test_late_evidence_within_the_settle_time_silences(world):
    world.subscribe()
    event = judged("r1", stars=1)
    world.judge(event)
    world.judge(
        replace(judged("r1", stars=1, risk=0.9, level="high"), judged_at=event.judged_at + timedelta(seconds=2))
    )
    found = world.step(now=event.judged_at + timedelta(seconds=4))
    assert (_told(found), found.taken) == ([], 1)


def test_late_evidence_within_the_settle_time_speaks(world):
    world.subscribe("risk.level:high")
    event = judged("r1", stars=1)
    world.judge(event)
    world.judge(replace(judged("r1", risk=0.9, level="high"), judged_at=event.judged_at + timedelta(seconds=2)))
    assert len(world.step(now=event.judged_at + timedelta(seconds=4)).alerts) == 1


def test_version_that_the_index_lacks_is_waited_for(world):
    world.subscribe()
    world.judge(judged("r0", stars=1))
    world.judge(judged("r1", stars=1), indexed=False)
    world.judge(judged("r2", stars=1))
    found = world.step()
    assert ([told[1] for told in _told(found)], found.taken) == (["r0"], 1)
    assert found.wait == 1.0
    world.store.write(world.log[1:2])
    assert [told[1] for told in _told(world.step(start=1))] == ["r1", "r2"]


def test_refused_document_holds_up_nobody_for_ever(world):
    world.subscribe()
    world.judge(judged("r1", stars=1), indexed=False)
    world.judge(judged("r2", stars=1))
    found = world.step(now=NOON + PATIENCE + timedelta(seconds=1))
    assert ([told[1] for told in _told(found)], found.taken) == (["r2"], 2)


def test_index_that_is_down_loses_no_alert(world):
    world.subscribe()
    world.judge(judged("r1", stars=1), indexed=False)
    assert world.step(now=NOON + timedelta(days=2)).taken == 0


def test_new_subscription_is_silent_about_the_past(world):
    world.judge(judged("r1", stars=1, first_seen_at=BEFORE))
    world.subscribe(created_at=NOON)
    assert _told(world.step()) == []
    world.judge(replace(judged("r1", stars=1, first_seen_at=BEFORE, risk=0.2), judged_at=NOON + timedelta(seconds=9)))
    assert _told(world.step()) == []


def test_first_import_after_the_subscription_is_told_whatever_its_age(world):
    world.subscribe(created_at=BEFORE)
    world.judge(judged("r1", stars=1, published_at=NOON - timedelta(days=4000), first_seen_at=NOON))
    assert len(_told(world.step())) == 1


def test_edit_of_an_old_review_is_news_once(world):
    told = world.subscribe(created_at=NOON)
    edit = Edit(version=1, seen_at=BEFORE, changed=("text",), text="good")
    world.judge(judged("r1", stars=5, first_seen_at=BEFORE))
    world.judge(
        judged(
            "r1", "bad", stars=1, version=2, outcome="edited", first_seen_at=BEFORE, observed_at=NOON, history=(edit,)
        )
    )
    assert _told(world.step()) == [(told.id, "r1", 2)]
    assert _told(world.step()) == []


def test_withdrawn_review_and_paused_subscription_are_silent(world):
    made = world.subscribe()
    world.judge(judged("r1", stars=1, outcome="withdrawn", withdrawn_at=NOON))
    assert _told(world.step()) == []
    world.subscriptions.pause(made.id, paused=True)
    world.judge(judged("r2", stars=1))
    found = world.step()
    assert (_told(found), found.taken) == ([], 2)


def test_broken_query_of_an_older_release_silences_only_itself(world):
    broken, sound = world.subscribe(), world.subscribe("stars:1")
    world.subscriptions._connection.execute("UPDATE subscriptions SET query = 'gone:1' WHERE id = ?", (broken.id,))
    world.judge(judged("r1", stars=1))
    assert _told(world.step()) == [(sound.id, "r1", 1)]


def test_judgement_stamped_by_a_clock_far_ahead_does_not_block(world):
    world.subscribe()
    world.judge(replace(judged("r1", stars=1), judged_at=NOON + timedelta(days=1)))
    world.judge(judged("r2", stars=1))
    assert len(_told(world.step())) == 2


def test_relative_dates_mean_the_time_of_matching(world):
    world.subscribe("published_at:>=now-1d")
    world.judge(judged("r1", stars=1, published_at=NOON - timedelta(hours=20)))
    world.judge(judged("r2", stars=1, published_at=NOON - timedelta(hours=30)))
    assert [told[1] for told in _told(world.step())] == ["r1"]
