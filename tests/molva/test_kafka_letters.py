"""Dead letters on a real Kafka go home after a mend, once, and what a collector could not read stays."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from worker_cluster import Cluster

from molva.bus import KafkaBus
from molva.kafka_letters import retry, unsettled
from schemas.codec import encode
from schemas.events import DeadLetter, FingerprintBanded
from schemas.records import dead_record
from schemas.topics import FINGERPRINTS_BANDED, REVIEWS_COLLECTED

pytestmark = pytest.mark.servers
NOW = datetime(2026, 1, 1, tzinfo=UTC)


def test_letters_are_listed_and_go_home_once(servers, tmp_path):
    cluster = Cluster(servers("kafka")["address"], tmp_path)
    banded = encode(FingerprintBanded(bucket=6, review_id="r", at=NOW))
    with KafkaBus(cluster.connection) as bus:
        bus.send(
            dead_record(REVIEWS_COLLECTED, stage="review", reason="why", payload=b"\x00not ours", at=NOW, key=b"k")
        )
        bus.send(dead_record(FINGERPRINTS_BANDED, stage="copies", reason="why", payload=banded, at=NOW, key=b"6"))
        bus.dead_letter(
            DeadLetter(
                stage="collect", reason="row 3", payload=b"a,b", topic="reviews-collected", died_at=NOW, source="shop"
            )
        )
        bus.flush()
    found = list(unsettled(cluster.connection))
    assert {one.letter.stage for one in found} == {"review", "copies", "collect"}
    assert all(one.place.split("/")[0].endswith("-dead") for one in found)
    assert retry(cluster.connection) == (2, 1)
    (back,) = cluster.read("reviews-collected", raw=True)
    assert (back.key, back.value) == (b"k", b"\x00not ours")
    (back,) = cluster.read("fingerprints-banded", raw=True)
    assert (back.partition, back.value) == (6, banded)
    assert [one.letter.stage for one in unsettled(cluster.connection)] == ["collect"]
    assert retry(cluster.connection) == (0, 1)
    assert len(cluster.read("reviews-collected", raw=True)) == 1
    cluster.remove()
