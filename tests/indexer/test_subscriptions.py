"""Subscriptions are validated where they are made and can be ended by their letters' token alone."""

from __future__ import annotations

import os
import sqlite3
import time
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from judgements import NOON

from indexer.alerts.subscriptions import InvalidSubscription, SubscriptionStore, checked_address
from indexer.stores.elasticsearch import ElasticsearchStore, Settings, StoreDown
from indexer.stores.subscriptions import ElasticsearchSubscriptions


@pytest.fixture(
    params=["sqlite", pytest.param("elasticsearch", marks=pytest.mark.servers)],
)
def subscriptions(request):
    """An empty place where subscriptions are kept, of each kind."""
    if request.param == "sqlite":
        yield SubscriptionStore(sqlite3.connect(":memory:"))
        return
    address = request.getfixturevalue("servers")("elasticsearch")["address"]
    name = f"test-{os.getpid()}-{time.time_ns()}"
    kept = ElasticsearchSubscriptions.of(ElasticsearchStore(Settings(url=address, index=name)))
    assert kept.prepare()
    yield kept
    kept._client.indices.delete(index=kept.name)


@pytest.mark.servers
def test_an_index_that_is_not_there_is_told_of(servers):
    store = ElasticsearchStore(Settings(url=servers("elasticsearch")["address"], index="test-none"))
    with pytest.raises(StoreDown, match="molva prepare"):
        ElasticsearchSubscriptions.of(store).all()
    with pytest.raises(StoreDown, match="molva prepare"):
        store.search("")


@pytest.mark.servers
@pytest.mark.parametrize("subscriptions", ["elasticsearch"], indirect=True)
def test_many_subscriptions_are_read_whole(subscriptions, monkeypatch):
    monkeypatch.setattr("indexer.stores.subscriptions.AT_ONCE", 2)
    made = [_add(subscriptions, created_at=NOON + timedelta(seconds=number)) for number in range(5)]
    assert subscriptions.all() == made
    assert not subscriptions.prepare()


def _add(subscriptions, **changes):
    wish = {"query": "negative:true", "address": "team@example.com", "created_at": NOON, **changes}
    return subscriptions.add(**wish)


def test_subscription_is_kept_whole(subscriptions):
    made = _add(subscriptions, language="ru", name="Плохие\r\nновости", query="  отель  ")
    assert subscriptions.get(made.id) == made
    assert (made.name, made.query, made.language, made.created_at) == ("Плохие новости", "отель", "ru", NOON)
    assert subscriptions.all() == [made]


def test_name_is_the_query_when_none_is_given(subscriptions):
    assert _add(subscriptions).name == "negative:true"


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"query": "titel:x"}, "query"),
        ({"query": "   "}, "query"),
        ({"query": "("}, "query"),
        ({"language": "de"}, "language"),
        ({"address": "nobody"}, "address"),
        ({"address": "a@b@c"}, "address"),
        ({"address": "a@example.com, b@example.com"}, "address"),
        ({"address": "a@example.com\nBcc: b@example.com"}, "address"),
        ({"address": "Name <a@example.com>"}, "address"),
        ({"address": "a@" + "x" * 64 + ".com"}, "address"),
        ({"address": "@example.com"}, "address"),
        ({"address": "a@"}, "address"),
        ({"address": ".a@example.com"}, "address"),
    ],
)
def test_wrong_field_is_named_and_nothing_is_kept(subscriptions, changes, field):
    with pytest.raises(InvalidSubscription) as error:
        _add(subscriptions, **changes)
    assert error.value.field == field
    assert any("а" <= char <= "я" for char in error.value.message("ru"))
    assert subscriptions.all() == []


def test_cyrillic_domain_is_kept_in_ascii():
    assert checked_address(" info@пример.рф ") == "info@xn--e1afmkfd.xn--p1ai"


@given(st.text(max_size=300))
def test_kept_address_never_breaks_a_header(text):
    try:
        found = checked_address(text)
    except InvalidSubscription:
        return
    assert found.isascii()
    assert found.isprintable()
    assert found.count("@") == 1
    assert not set(found) & set(' ,;:<>()[]"\\')


def test_token_ends_one_subscription(subscriptions):
    first, second = _add(subscriptions), _add(subscriptions, created_at=NOON + timedelta(seconds=1))
    assert first.token != second.token
    assert subscriptions.unsubscribe("nonsense") is None
    assert subscriptions.unsubscribe(first.token) == first
    assert subscriptions.all() == [second]
    assert subscriptions.unsubscribe(first.token) is None


def test_paused_subscription_can_be_resumed(subscriptions):
    made = _add(subscriptions)
    assert subscriptions.pause(made.id, paused=True)
    assert subscriptions.get(made.id).paused
    assert subscriptions.pause(made.id, paused=False)
    assert subscriptions.get(made.id) == made
    assert not subscriptions.pause("nonsense", paused=True)


def test_nothing_is_committed_by_itself(tmp_path):
    path = tmp_path / "x.sqlite"
    connection = sqlite3.connect(path, isolation_level=None)
    subscriptions = SubscriptionStore(connection)
    connection.execute("BEGIN")
    _add(subscriptions)
    connection.execute("ROLLBACK")
    assert subscriptions.all() == []


def test_forgotten_address_has_no_subscriptions_left():
    subscriptions = SubscriptionStore(sqlite3.connect(":memory:"))
    _add(subscriptions)
    _add(subscriptions, query="hotel")
    other = _add(subscriptions, address="other@example.com")
    assert subscriptions.forget("team@example.com") == 2
    assert subscriptions.all() == [other]
