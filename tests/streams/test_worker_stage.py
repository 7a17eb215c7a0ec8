"""A stage turns bytes into records, row changes and dead letters; rows reach RocksDB only after their changelog."""

from __future__ import annotations

from datetime import UTC, datetime
from types import SimpleNamespace

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from worker_topology import Noted, topology

from schemas import fuse, topics
from schemas.codec import encode
from schemas.connection import Connection
from schemas.events import FingerprintBanded, Review, ReviewCollected, Subject, SubjectReviewed
from schemas.fuse import Fuse
from schemas.records import MAX_DEAD_BYTES, dead_record, decode_dead, record
from streams.topology import Step, Table
from streams.worker import rows
from streams.worker.lease import Lease
from streams.worker.places import Places
from streams.worker.rows import Rows, Store
from streams.worker.settings import AHEAD, BEAT, LEASE
from streams.worker.stage import Incoming, Stage
from streams.worker.watchdog import Watchdog

NOW = datetime(2026, 1, 1, tzinfo=UTC)


class Database(dict):
    """RocksDB's two verbs."""

    put = dict.__setitem__

    def delete(self, key):
        self.pop(key, None)


class FaustTable:
    """A Faust table in memory, as far as a store knows it."""

    def __init__(self):
        self.databases, self.offsets = {}, {}
        self.data = self
        self.changelog_topic = SimpleNamespace(get_topic_name=lambda: "changelog")

    def _db_for_partition(self, partition):
        return self.databases.setdefault(partition, Database())

    def set_persisted_offset(self, topic_partition, offset):
        self.offsets[topic_partition] = offset


def packed(*ids):
    return msgspec.msgpack.encode(Noted(ids))


def store(name="notes", row=Noted):
    return Store(Table(name, row), FaustTable())


def stage():
    return Stage(topology()[0], [store()])


def incoming(number, text="fine"):
    event = ReviewCollected(
        review_id=f"r{number % 3}",
        event_id=f"e{number}",
        observed_at=NOW,
        review=Review(source="s", subject=Subject(id="p"), text=text),
    )
    return Incoming("reviews-collected", f"r{number}".encode(), encode(event))


def test_a_batch_leaves_records_and_one_change_a_row():
    work = stage().run(4, [incoming(number) for number in range(9)])
    assert work.done == 9
    assert not work.blown
    assert [one.topic for one in work.records] == ["reviews-by-subject"] * 9
    assert len(work.changes) == 3
    assert {change.partition for _, change in work.changes} == {4}


def test_how_events_are_cut_into_batches_changes_nothing():
    def run(size):
        one = stage()
        records = []
        for start in range(0, 12, size):
            records += one.run(0, [incoming(number) for number in range(start, min(start + size, 12))]).records
        return records, {key: change.value for key, change in one.stores[0]._pending.items()}

    assert run(1) == run(5) == run(12)


def test_a_poison_event_costs_one_dead_letter_and_leaves_no_trace_in_rows():
    one = stage()
    batch = [incoming(0), incoming(1, "poison"), incoming(2), Incoming("reviews-collected", None, b"\xff{")]
    work = one.run(0, batch)
    assert work.done == 4
    letters = [decode_dead(item.value) for item in work.records if item.topic == "reviews-collected-dead"]
    assert [letter.payload for letter in letters] == [batch[1].value, b"\xff{"]
    assert letters[0].reason.startswith("ZeroDivisionError")
    assert "worker_topology.py" in letters[0].traceback
    assert letters[0].stage == "note"
    assert [item.topic for item in work.records].count("reviews-by-subject") == 2
    assert {key for _, key in one.stores[0]._pending} == {b"r0", b"r2"}
    assert one.dead == {"reviews-collected": 2}
    assert one.events == {"reviews-collected": 4}


def test_a_row_that_the_changelog_would_refuse_is_a_dead_letter(monkeypatch):
    monkeypatch.setattr(rows, "MAX_ROW_BYTES", 5)
    work = stage().run(0, [incoming(0)])
    assert work.changes == []
    (letter,) = work.records
    assert decode_dead(letter.value).reason.startswith("RowTooLarge: row 'r0' of notes has")


def test_the_fuse_stops_before_the_event_that_blows_it():
    one = stage()
    work = one.run(0, [incoming(number, "poison") for number in range(50)])
    assert work.blown
    assert work.done == len(work.records) == fuse.FAILURES - 1


def test_memory_running_out_is_the_hosts_fault_and_no_dead_letter():
    def run(_events, _table):
        raise MemoryError

    step = Step("greedy", (topics.REVIEWS_COLLECTED,), (), (Table("notes", Noted),), lambda _: ((),), run)
    with pytest.raises(MemoryError):
        Stage(step, [store()]).run(0, [incoming(0)])


@given(st.binary(max_size=200))
def test_any_bytes_are_an_event_or_a_dead_letter_with_these_bytes(payload):
    work = stage().run(0, [Incoming("reviews-collected", None, payload)])
    assert work.done == 1
    assert [decode_dead(item.value).payload for item in work.records] == [payload]


# --- rows


def test_a_row_reaches_the_database_only_when_its_changelog_has_it():
    kept = store()
    table = Rows(kept, 2)
    table["r1"] = Noted(("e1",))
    ((key, value),) = table.encoded()
    change = kept.assign(2, key, value)
    database = kept._data._db_for_partition(2)
    assert Rows(kept, 2)["r1"] == Noted(("e1",)), "the next event sees it at once"
    assert database == {}
    kept.landed(change, 17, "changelog/2")
    assert msgspec.msgpack.decode(database[b"r1"], type=Noted) == Noted(("e1",))
    assert kept._data.offsets == {"changelog/2": 17}
    assert kept._pending == {}


def test_an_older_change_that_lands_does_not_hide_the_newer_one():
    kept = store()
    older, newer = kept.assign(0, b"k", packed("a")), kept.assign(0, b"k", packed("b"))
    kept.landed(older, 1, "tp")
    assert kept.get(0, b"k") == newer.value
    kept.landed(newer, 2, "tp")
    assert kept._data._db_for_partition(0)[b"k"] == newer.value


def test_a_change_that_lands_after_a_rebalance_is_left_to_the_changelog():
    kept = store()
    change = kept.assign(0, b"k", packed())
    kept.forget()
    kept.landed(change, 1, "tp")
    assert kept._data.databases == {}
    assert kept._data.offsets == {}
    assert kept.get(0, b"k") is None


def test_a_row_can_be_taken_away():
    kept = store()
    kept._data._db_for_partition(0)[b"k"] = packed()
    table = Rows(kept, 0)
    del table["k"]
    assert "k" not in table
    with pytest.raises(KeyError):
        del table["k"]
    ((key, value),) = table.encoded()
    kept.landed(kept.assign(0, key, value), 3, "tp")
    assert kept._data._db_for_partition(0) == {}


@given(st.one_of(st.integers(-(2**63), 2**63 - 1), st.text(max_size=20)))
def test_any_key_finds_its_row_again(key):
    kept = store()
    table = Rows(kept, 0)
    table[key] = Noted(("x",))
    for name, value in table.encoded():
        kept.assign(0, name, value)
    assert Rows(kept, 0)[key] == Noted(("x",))


def test_rows_cannot_be_listed_because_no_worker_has_them_all():
    with pytest.raises(TypeError):
        list(Rows(store(), 0))
    with pytest.raises(TypeError):
        len(Rows(store(), 0))


# --- records


def test_records_carry_key_partition_and_headers():
    told = record(SubjectReviewed(subject="кафе", review_id="r", at=NOW))
    assert (told.topic, told.key, told.partition) == ("reviews-by-subject", "кафе".encode(), None)
    assert dict(told.headers) == {"event": b"SubjectReviewed", "version": b"1"}
    assert record(FingerprintBanded(bucket=5, review_id="r", at=NOW)).partition == 5
    event = ReviewCollected(
        review_id="r", event_id="e", observed_at=NOW, review=Review(source="s", subject=Subject(id="p"))
    )
    assert dict(record(event).headers)["event-id"] == b"e"


@given(st.text(max_size=50), st.binary(max_size=50), st.none() | st.binary(max_size=10))
def test_dead_letters_keep_their_bytes_and_any_reason(reason, payload, key):
    letter = dead_record(topics.REVIEWS_JUDGED, stage="x", reason=reason, payload=payload, at=NOW, key=key)
    assert letter.topic == "reviews-judged-dead"
    found = decode_dead(letter.value)
    assert (found.payload, found.key) == (payload, key)


def test_the_largest_dead_letter_fits_its_topic():
    letter = dead_record(
        topics.REVIEWS_COLLECTED, stage="x", reason="я" * 10**6, payload=b"x" * 1_000_000, at=NOW, traceback="я" * 10**6
    )
    assert len(letter.value) < MAX_DEAD_BYTES


def test_a_connection_never_shows_its_password():
    connection = Connection(user="molva", password="hidden-word", mechanism="PLAIN")
    assert "hidden-word" not in repr(connection)
    assert "hidden-word" not in f"{connection}"


# --- fuse, lease, watchdog


def test_the_fuse_needs_both_the_number_and_the_share():
    few = Fuse()
    for _ in range(fuse.FAILURES - 2):
        few.note(failed=True)
    assert not few.would_blow()
    few.note(failed=True)
    assert few.would_blow()
    rare = Fuse()
    for number in range(fuse.WINDOW * 2):
        assert not rare.would_blow()
        rare.note(failed=number % 25 == 0)
    for _ in range(15):
        rare.note(failed=True)
    assert rare.would_blow()


def test_the_lease_ends_before_the_session_does(monkeypatch):
    clock = [100.0]
    monkeypatch.setattr("streams.worker.lease.time.monotonic", lambda: clock[0])
    lease = Lease(10.0)
    assert lease.held(), "a worker that never joined owns nothing"
    lease.renew(clock[0])
    clock[0] += 5.9
    assert lease.held()
    clock[0] += 0.2
    assert not lease.held()
    lease.renew(clock[0])
    assert lease.held()


def test_a_change_bears_the_time_of_the_last_answered_heartbeat(monkeypatch):
    clock = [100.0]
    monkeypatch.setattr("streams.worker.lease.time.monotonic", lambda: clock[0])
    monkeypatch.setattr("streams.worker.lease.time.time", lambda: 1_000_000.0 + clock[0])
    lease = Lease(10.0)
    assert lease.stamp() == 1_000_100.0, "a worker that never joined owns nothing"
    lease.renew(clock[0])
    clock[0] += 5
    assert lease.stamp() == 1_000_100.0


def test_a_change_outlives_no_session_even_where_a_clock_runs_ahead():
    assert LEASE + AHEAD + BEAT < 1


def test_no_record_is_passed_over():
    places = Places()
    places.begin("p", 5)
    assert places.passed_over("p", 6), "5 was fetched and dropped"
    assert not places.passed_over("p", 5)
    assert not places.passed_over("p", 6)
    assert not places.passed_over("p", 5), "a record that comes again"
    assert places.passed_over("p", 8), "and moves nothing back"
    places.begin("p", 8)
    assert not places.passed_over("p", 8)
    places.forget()
    assert "p" not in places


def test_the_watchdog_wants_movement_only_where_work_waits():
    dog = Watchdog(60)
    assert dog.stuck({"a": 1, "b": None}, now=0) is None
    assert dog.stuck({"a": 1, "b": None}, now=59) is None
    assert dog.stuck({"a": 2, "b": None}, now=61) is None, "it moved"
    assert dog.stuck({"b": None}, now=130) is None, "it was given away"
    assert dog.stuck({"a": 2, "b": None}, now=131) is None, "and came back"
    assert dog.stuck({"a": 2, "b": 5}, now=192) == "a"


def test_the_watchdog_is_patient_with_what_waits_in_a_queue_until_the_queue_was_empty():
    dog = Watchdog(60)
    for now in range(0, 600, 10):
        assert dog.stuck({"a": 1}, now=now, queued={"a"}) is None, "a busy machine is no hang"
    assert dog.stuck({"a": 1}, now=600) is None, "the queue is empty, the clock begins"
    assert dog.stuck({"a": 1}, now=640, queued={"a"}) is None
    assert dog.stuck({"a": 1}, now=661, queued={"a"}) == "a", "new work for others is no excuse any more"
