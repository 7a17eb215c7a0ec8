"""A poison event in each topic costs one dead letter, the rest flows, and after a mend all comes home."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest
from topology_cases import STORY, comparable, review, seen
from worker_cluster import Cluster

from indexer.feed import Feed
from indexer.stores.elasticsearch import ElasticsearchStore
from indexer.stores.elasticsearch import Settings as StoreSettings
from molva.bus import KafkaBus
from molva.deployment.rebuilding import reconcile
from molva.deployment.services import INDEX_GROUP, index
from molva.embedded import EmbeddedHost
from molva.settings import Search, Settings
from schemas.codec import decode
from schemas.topics import REVIEWS_JUDGED, TOPICS

pytestmark = [pytest.mark.servers, pytest.mark.timeout(280)]

MOLVA = str(Path(sys.executable).with_name("molva"))
STEPS = {"review", "copies", "subjects", "authors"}
OF_WORKERS = [topic.name for topic in TOPICS if STEPS & set(topic.readers)]


def observations():
    """Reviews that copy each other, twelve authors, and one that names an order."""
    made = [seen(review(f"r{n}", text=f"{STORY} {n}" if n % 3 else STORY, author=f"u{n % 12}"), n) for n in range(24)]
    return [*made, seen(review("ordered", text="Fine.", order="A-1001", subject="p2"), 30)]


@pytest.fixture
def deployment(servers, tmp_path):
    """A cluster with a faulty topology, and an index that refuses documents with an order."""
    cluster = Cluster(servers("kafka")["address"], tmp_path, topology="worker_topology:trapped")
    search = Search(url=servers("elasticsearch")["address"], index=f"{cluster.connection.prefix}reviews")
    store = ElasticsearchStore(StoreSettings(url=search.url, index=search.index))
    store.prepare()
    client = store.indices.client
    (name,) = store.indices.behind(search.index)
    made = client.indices.get(index=name)[name]
    client.indices.delete(index=name)
    client.indices.delete_index_template(name=f"{search.index}-molva")
    mended = {"order": made["mappings"]["properties"].pop("order")}
    client.indices.create(
        index=name,
        mappings=made["mappings"],
        aliases=made["aliases"],
        settings={"analysis": made["settings"]["index"]["analysis"]},
    )
    settings = Settings(folder=tmp_path, kafka=cluster.connection, elasticsearch=search)
    yield cluster, settings, lambda: client.indices.put_mapping(index=name, properties=mended)
    client.indices.delete(index=name)
    cluster.remove()


def indexed(settings):
    """Run the indexer until it has seen all judgements."""
    stop = threading.Event()
    thread = threading.Thread(target=index, args=(settings,), kwargs={"stopping": stop})
    thread.start()
    deadline = time.monotonic() + 60
    while unseen(settings) and time.monotonic() < deadline:
        time.sleep(0.3)
    stop.set()
    thread.join()


def unseen(settings):
    with Feed(settings.kafka, REVIEWS_JUDGED, INDEX_GROUP, alone=True) as feed:
        return feed.lag()


def retried(settings):
    """What ``molva dead-letters retry`` says."""
    environment = os.environ | {
        "MOLVA_FOLDER": str(settings.folder),
        "MOLVA_KAFKA_SERVERS": settings.kafka.servers,
        "MOLVA_KAFKA_PREFIX": settings.kafka.prefix,
    }
    words = [MOLVA, "dead-letters", "retry", "--json"]
    done = subprocess.run(words, env=environment, cwd=settings.folder, capture_output=True, text=True, check=True)
    return json.loads(done.stdout)


def test_poison_in_each_topic_is_one_letter_and_comes_home(deployment, tmp_path):
    cluster, settings, mend_the_index = deployment
    with KafkaBus(cluster.connection) as bus:
        bus.publish(observations())
        bus.flush()
    with cluster.workers():
        cluster.wait_until_drained()
        indexed(settings)
        letters = {topic.name: cluster.read(topic.dead) for topic in TOPICS}
        for name in OF_WORKERS:
            (letter,) = letters[name]
            assert decode(name, letter.payload) == decode(name, (tmp_path / f"poison-{name}").read_bytes())
        assert {letter.reason.partition(":")[0] for letter in letters["reviews-judged"]} == {
            "400 strict_dynamic_mapping_exception"
        }
        assert len({one.review_id for one in cluster.read("reviews-judged")}) == 24, "the rest flows"

        (tmp_path / "mended").touch()
        mend_the_index()
        count = sum(map(len, letters.values()))
        assert retried(settings) == {"retried": count, "left": 0}
        cluster.wait_until_drained()
        indexed(settings)
        assert retried(settings) == {"retried": 0, "left": 0}
    host = EmbeddedHost(":memory:", temporary=True)
    host.publish(observations())
    host.drain()
    assert comparable(cluster.read("reviews-judged")) == comparable(host.final())
    assert list(reconcile(settings)) == []
