"""The writer: what the store refuses is buried, what it cannot take now is tried again, and nothing is skipped."""

from __future__ import annotations

import os
import sqlite3
import time

import msgspec
import pytest
from judgements import judged
from kafka.admin import KafkaAdminClient

from indexer import writer
from indexer.feed import Feed, Item
from indexer.stores import Failure
from indexer.stores.elasticsearch import ElasticsearchStore, Settings
from indexer.stores.sqlite import SqliteStore
from indexer.writer import FuseBlown, Writer
from molva.bus import KafkaBus, create_topics
from schemas.codec import encode
from schemas.connection import Connection
from schemas.records import Record, decode_dead
from schemas.topics import REVIEWS_JUDGED


class Still:
    """A feed with nothing in it, in which one can rest."""

    def __init__(self):
        self.rests = 0

    def rest(self, _seconds):
        self.rests += 1


class Moody(SqliteStore):
    """A real store that first cannot take some documents, and refuses others for good."""

    def __init__(self, *, unable=0, refused=()):
        super().__init__(sqlite3.connect(":memory:"))
        self.unable, self.refused = unable, set(refused)

    def write(self, items):
        failures = [Failure(e.review_id, n, "strict mapping") for n, e in items if e.review_id in self.refused]
        if self.unable:
            self.unable -= 1
            half = items[::2]
            failures += [Failure(e.review_id, n, "429", retry=True) for n, e in half if e.review_id not in self.refused]
            items = items[1::2]
        super().write([(n, e) for n, e in items if e.review_id not in self.refused])
        return failures


@pytest.fixture(autouse=True)
def _impatient(monkeypatch):
    monkeypatch.setattr(writer, "FIRST_PAUSE", 0.01)


def items(count):
    return [Item(0, number, b"k", encode(judged(f"r{number}", "текст"))) for number in range(count)]


def made(store, **named):
    letters = []
    return Writer(Still(), store, bury=letters.extend, **named), letters


def test_what_the_store_cannot_take_now_is_tried_until_it_can():
    store = Moody(unable=4)
    one, letters = made(store)
    assert one.take(items(20))
    assert store.count() == 20
    assert letters == []
    assert one.counts == writer.Counts(written=20, retried=10 + 5 + 3 + 2)


def test_what_it_refuses_is_buried_once_with_its_bytes():
    store = Moody(unable=2, refused=["r3"])
    one, letters = made(store)
    batch = [*items(20), Item(1, 7, b"k", b"{ no event"), Item(1, 8, b"k", None)]
    assert one.take(batch)
    assert store.count() == 19
    found = [decode_dead(letter.value) for letter in letters]
    assert [letter.topic for letter in letters] == ["reviews-judged-dead"] * 3
    assert {letter.payload for letter in found} == {batch[3].value, b"{ no event", b""}
    assert {letter.reason for letter in found if letter.payload == batch[3].value} == {"strict mapping"}
    assert {letter.stage for letter in found} == {"indexer"}


def test_when_all_is_refused_the_fuse_stops_it():
    one, letters = made(Moody(refused=[f"r{number}" for number in range(100)]))
    with pytest.raises(FuseBlown):
        one.take(items(100))
    assert len(letters) == 19


def test_a_stop_while_the_store_is_away_leaves_the_batch_undone():
    one, letters = made(Moody(unable=10**9), stopping=lambda: True)
    assert not one.take(items(5))
    assert letters == []


# --- the real ones


@pytest.fixture(scope="module")
def store(servers):
    settings = Settings(url=servers("elasticsearch")["address"], index=f"test-{os.getpid()}-{time.time_ns()}")
    store = ElasticsearchStore(settings)
    assert store.prepare()
    assert not store.prepare()
    yield store
    client = store.indices.client
    for index in client.indices.get(index=f"{settings.index}-*"):
        client.indices.delete(index=index)
    client.indices.delete_index_template(name=f"{settings.index}-molva")


@pytest.mark.servers
def test_an_older_version_is_a_success_and_changes_nothing(store):
    assert list(store.write([(7, judged("old", "семь", version=2))])) == []
    assert list(store.write([(6, judged("old", "шесть")), (7, judged("old", "иначе"))])) == []
    assert store.get("old")["text"] == "семь"
    store.refresh()
    assert store.versions(["old", "absent"]) == {"old": 7}
    assert store.forget(["old", "absent"]) == 1
    assert store.get("old") is None


@pytest.mark.servers
def test_a_document_with_a_field_that_nobody_declared_is_refused_for_good(store, monkeypatch):
    monkeypatch.setattr(
        "indexer.stores.elasticsearch.document",
        lambda event: {"review_id": event.review_id, "version": 1} | ({"surprise": 1} if event.text_of else {}),
        raising=True,
    )

    class Event(msgspec.Struct):
        review_id: str
        text_of: bool

    (failure,) = store.write([(1, Event("odd", True)), (2, Event("even", False))])
    assert (failure.review_id, failure.retry) == ("odd", False)
    assert "strict_dynamic_mapping_exception" in failure.reason


@pytest.mark.servers
def test_a_server_that_is_away_is_a_reason_to_try_again():
    away = ElasticsearchStore(Settings(url="http://127.0.0.1:1", index="x", timeout=2))
    (failure,) = away.write([(1, judged("a"))])
    assert failure.retry
    with pytest.raises(ConnectionError):
        away.count()


@pytest.mark.servers
def test_a_new_layout_is_copied_without_losing_what_is_written_meanwhile(store):
    before = [(number, judged(f"c{number}", f"копия {number}")) for number in range(1, 30)]
    assert list(store.write(before)) == []
    store.refresh()
    (old,) = store.indices.behind(store.indices.name)
    created = store.indices.begin()
    assert list(store.write([(40, judged("c5", "новее"))])) == []
    assert store.count() >= 29, "readers still ask the old index"
    assert store.get("c5")["text"] == "копия 5"
    store.indices.client.reindex(
        source={"index": old}, dest={"index": created, "version_type": "external"}, conflicts="proceed", refresh=True
    )
    store.indices.finish(created)
    assert store.indices.behind(store.indices.name) == store.indices.behind(store.indices.write_name) == [created]
    assert store.get("c5")["text"] == "новее"
    assert store.versions(["c5", "c6"]) == {"c5": 40, "c6": 6}
    assert not store.indices.client.indices.exists(index=old)


@pytest.mark.servers
@pytest.mark.timeout(120)
def test_a_topic_becomes_an_index_through_a_group_that_commits_what_is_written(servers, store):
    connection = Connection(servers=servers("kafka")["address"], prefix=f"test-{os.getpid()}-{time.time_ns()}-")
    create_topics(connection)
    reviews = [judged(f"t{number}", f"отзыв {number}", stars=1 + number % 5) for number in range(500)]
    with KafkaBus(connection) as bus:
        bus.publish(reviews)
        bus.publish([judged("t3", "исправлено", version=2)])
        bus.send(Record("reviews-judged", b"t9", b"poison"))
        bus.flush()

        def bury(letters):
            for letter in letters:
                bus.send(letter)
            bus.flush()

        def index(wanted):
            done = 0
            with Feed(connection, REVIEWS_JUDGED, "molva-indexer") as feed:
                one = Writer(feed, store, bury=bury)
                deadline = time.monotonic() + 30
                while done < wanted and time.monotonic() < deadline:
                    done += one.step(seconds=0.5)
                assert feed.lag() == 0
                return done, one.counts.dead

        assert index(502) == (502, 1)
        bus.publish([judged("t4", "ещё раз", version=2)])
        bus.flush()
        assert index(1) == (1, 0), "a second member goes on where the first has committed"
    store.refresh()
    assert store.search("source:otzovik отзыв", collapse=False).total == 498
    assert store.get("t3")["text"] == "исправлено"
    assert store.get("t4")["version"] == 2
    with Feed(connection, REVIEWS_JUDGED, None) as alone:
        seen = []
        while len(seen) < 503:
            seen += alone.poll(seconds=2)
    assert len(seen) == 503
    admin = KafkaAdminClient(**connection.client())
    admin.delete_topics([name for name in admin.list_topics() if name.startswith(connection.prefix)])
    admin.close()
