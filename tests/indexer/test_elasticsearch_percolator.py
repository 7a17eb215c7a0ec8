"""Subscriptions kept as percolator queries match what searches match, on a server that has the percolator."""

from __future__ import annotations

import os
import time
from datetime import UTC, datetime

import pytest
from query_cases import CASES, NOW, WORLD

from indexer.alerts.matcher import search_each
from indexer.alerts.subscriptions import Subscription
from indexer.stores.elasticsearch import ElasticsearchStore, Settings
from indexer.stores.percolator import Percolator

pytestmark = [pytest.mark.servers, pytest.mark.filterwarnings("ignore:Elasticsearch built-in security")]
CREATED = datetime(2026, 1, 1, tzinfo=UTC)


@pytest.fixture(scope="module")
def store(servers):
    name = f"test-{os.getpid()}-{time.time_ns()}"
    store = ElasticsearchStore(Settings(url=servers("percolator")["address"], index=name))
    store.prepare()
    assert list(store.write(list(enumerate(WORLD, 1)))) == []
    store.refresh()
    yield store
    client = store.indices.client
    for index in [*store.indices.behind(name), f"{name}-queries"]:
        client.indices.delete(index=index, ignore_unavailable=True)
    client.indices.delete_index_template(name=f"{name}-molva")


def subscription(number, query):
    return Subscription(
        id=f"s{number}",
        name="n",
        query=query,
        address="a@b.example",
        language="en",
        created_at=CREATED,
        token=f"{number}",
    )


def test_every_query_matches_the_same_reviews_as_a_search(store):
    subscriptions = [subscription(number, text) for number, (text, _) in enumerate(CASES)]
    subscriptions.append(subscription(10**6, "no-such-field:1"))
    percolator = Percolator(store, store.indices.client, f"{store.indices.name}-queries")
    reviews = [judged.review_id for judged in WORLD]
    matched = percolator.matching(NOW)(subscriptions, reviews)
    assert matched == search_each(store, NOW)(subscriptions, reviews)
    assert len(matched) > len(CASES)


def test_a_cluster_without_the_module_is_known(servers, store):
    assert Percolator.of(store) is not None
    other = ElasticsearchStore(Settings(url=servers("elasticsearch")["address"], index=store.indices.name))
    assert Percolator.of(other) is None


def test_a_changed_or_ended_subscription_is_known_at_once(store):
    percolator = Percolator(store, store.indices.client, f"{store.indices.name}-queries")
    ask = percolator.matching(NOW)
    assert ask([subscription(1, "чайник"), subscription(2, "staff")], ["r-a"]) == {("s1", "r-a")}
    assert ask([subscription(1, "staff"), subscription(2, "чайник")], ["r-a"]) == {("s2", "r-a")}
    assert ask([subscription(1, "чайник")], ["r-a", "absent"]) == {("s1", "r-a")}
    assert ask([], ["r-a"]) == set()
