"""Dead letters on a real Kafka go home after a mend, once, and what a collector could not read stays."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from msgspec.structs import replace
from topology_cases import review, seen
from worker_cluster import Cluster

from molva.bus import KafkaBus
from molva.embedded import EmbeddedHost
from molva.kafka_letters import retry, unsettled
from schemas.codec import encode
from schemas.events import DeadLetter, EvidenceFound, FingerprintBanded
from schemas.records import dead_record
from schemas.topics import EVIDENCE_FOUND, FINGERPRINTS_BANDED, REVIEWS_COLLECTED, REVIEWS_JUDGED

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


def test_what_waited_behind_newer_records_does_not_replace_them(servers, tmp_path):
    cluster = Cluster(servers("kafka")["address"], tmp_path)
    older, newer = (seen(review("r", stars=stars), stars) for stars in (1, 5))
    review_id = newer.review_id
    evidence = encode(EvidenceFound(review_id=review_id, at=NOW, items=()))
    host = EmbeddedHost(":memory:", temporary=True)
    host.publish([newer])
    host.drain()
    (judged,) = host.final()
    with KafkaBus(cluster.connection) as bus:
        bus.publish([newer, older, replace(judged, version=0), judged])
        bus.send(dead_record(EVIDENCE_FOUND, stage="review", reason="why", payload=evidence, at=NOW))
        old = encode(replace(judged, version=0))
        bus.send(dead_record(REVIEWS_JUDGED, stage="index", reason="why", payload=old, at=NOW))
        bus.flush()
    assert retry(cluster.connection) == (2, 0)
    assert cluster.read("evidence-found") == []
    assert cluster.read("reviews-collected") == [newer, older, newer], "all is told again as things are now"
    assert cluster.read("reviews-judged")[-1] == judged
    assert len(cluster.read("reviews-judged")) == 3
    cluster.remove()
