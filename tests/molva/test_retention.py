"""The embedded host's log keeps what schemas/topics.py says, for as long as it says, and nothing unread goes."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from msgspec.structs import replace
from topology_cases import comparable, mixed, review, seen

from molva import alerting, embedded, retention
from molva.embedded import EmbeddedHost
from schemas.events import DeadLetter
from schemas.topics import ALERTS_RAISED, DEAD_KEEP, REVIEWS_COLLECTED, REVIEWS_JUDGED, TOPICS
from streams.topology import topology

BEGIN = datetime(2026, 5, 1, 9, 30, tzinfo=UTC)


class Clock:
    """A clock that stands where it was put."""

    def __init__(self):
        self.now = BEGIN

    def __call__(self):
        return self.now

    def to(self, days):
        self.now = BEGIN + timedelta(days=days)


@pytest.fixture(scope="module")
def steps():
    return topology()


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def host(tmp_path, steps, clock):
    one = EmbeddedHost(tmp_path / "molva.sqlite", steps=steps, clock=clock)
    yield one
    one.close()


def count(host, topic):
    return host.connection.execute("SELECT count(*) FROM log WHERE topic = ?", (topic.name,)).fetchone()[0]


def matched(host):
    """All judgements so far were read by the matcher."""
    (last,) = host.connection.execute("SELECT coalesce(max(n), 0) FROM log").fetchone()
    host.move(REVIEWS_JUDGED, alerting.READER, last)


def state(host):
    return {name: dict(table.items()) for name, table in host.tables.items()}


def test_observations_are_kept_for_thirty_days_and_then_go(host, clock):
    events = mixed(3)
    host.publish(events)
    host.drain()
    kept, judged = state(host), comparable(host.final())
    clock.to(29.9)
    host.drain()
    assert count(host, REVIEWS_COLLECTED) == len(events)
    clock.to(31)
    host.drain()
    assert count(host, REVIEWS_COLLECTED) == 0
    assert state(host) == kept
    assert comparable(host.final()) == judged


def test_only_what_is_older_goes(host, clock):
    for day in range(60):
        clock.to(day)
        host.publish([seen(review(f"r{day}"), day)])
        host.drain()
    left = list(host.every(REVIEWS_COLLECTED))
    assert [f'"r{day}"'.encode() in left[0] for day in (28, 29, 30)].count(True) == 1
    assert 30 <= len(left) <= 31


def test_a_review_seen_again_after_its_observations_went_is_the_same_review(host, clock):
    told = []
    host.listeners.append(lambda settled: told.append((settled.outcome, settled.version)))
    host.publish([seen(review("r1"), 0)])
    host.drain()
    clock.to(40)
    host.drain()
    host.publish([seen(review("r1"), 60), seen(review("r1", text="Something else altogether."), 61)])
    host.drain()
    assert told == [("new", 1), ("unchanged", 1), ("edited", 2)]


def test_what_the_pipeline_has_not_read_stays_however_old_it_is(host, clock):
    events = mixed(4)
    host.publish(events)
    clock.to(400)
    with host.transaction() as connection:
        retention.prune(connection, clock())
    assert count(host, REVIEWS_COLLECTED) == len(events)
    assert host.drain() == len(events)
    assert count(host, REVIEWS_COLLECTED) == 0
    assert count(host, REVIEWS_JUDGED) > 0


def test_of_judgements_the_last_of_each_review_stays(host, clock):
    host.publish(mixed(5, size=60))
    host.drain()
    host.publish([seen(replace(review(f"n{n}"), text=f"Another story, number {n}."), 500 + n) for n in range(5)])
    host.drain()
    host.publish([seen(replace(review(f"n{n}"), text=f"The story changed, {n}."), 600 + n) for n in range(5)])
    host.drain()
    before, last = count(host, REVIEWS_JUDGED), comparable(host.final())
    assert before > len(last)
    host.drain()
    assert count(host, REVIEWS_JUDGED) == before, "the matcher has not read them yet"
    matched(host)
    host.drain()
    assert count(host, REVIEWS_JUDGED) == len(last)
    assert comparable(host.final()) == last
    clock.to(1000)
    host.drain()
    assert comparable(host.final()) == last


def test_a_judgement_that_the_matcher_has_yet_to_read_stays(host):
    for minute, words in enumerate(("One thing.", "Another thing.", "A third thing.")):
        host.publish([seen(review("r1", text=words), minute)])
        host.drain()
    [(first, _), *_] = host.judged()
    host.move(REVIEWS_JUDGED, alerting.READER, first)
    host.drain()
    assert len(host.judged()) == 3
    matched(host)
    host.drain()
    [(_, judged)] = host.judged()
    assert judged.review.text == "A third thing."


def test_dead_letters_wait_ninety_days_for_a_person(host, clock):
    for day in (0, 50):
        host.dead_letter(
            DeadLetter(
                stage="collect",
                reason=f"day {day}",
                payload=b"x",
                topic="reviews-collected",
                died_at=BEGIN + timedelta(days=day),
            )
        )
    clock.to(89.9)
    host.drain()
    assert [letter.reason for _, letter in host.dead_letters()] == ["day 0", "day 50"]
    clock.to(90.1)
    host.drain()
    assert [letter.reason for _, letter in host.dead_letters()] == ["day 50"]


def test_it_goes_in_slices_and_new_reviews_need_not_wait(host, clock, monkeypatch):
    monkeypatch.setattr(retention, "SLICE", 10)
    host.publish(mixed(6, size=60))
    host.drain()
    old = count(host, REVIEWS_COLLECTED)
    clock.to(50)
    host.publish([seen(review("late"), 900)])
    assert host.drain() == 1
    assert count(host, REVIEWS_COLLECTED) == old + 1 - 2 * 10  # one slice with the batch, one when nothing was left
    for _ in range(old // 10):
        host.drain()
    assert count(host, REVIEWS_COLLECTED) == 1


def test_over_half_a_year_the_log_does_not_grow_with_the_days(host, clock):
    sizes = []
    for day in range(180):
        clock.to(day)
        host.publish(
            [seen(review(f"r{n}", text=f"Seen on day {day} by number {n}."), day * 1440 + n) for n in range(4)]
        )
        host.drain()
        matched(host)
        sizes.append(host.connection.execute("SELECT count(*) FROM log").fetchone()[0])
    assert max(sizes[60:]) <= 31 * 4 + 2 * 4
    assert max(sizes[60:]) == max(sizes[150:])


def test_a_rolled_back_batch_takes_its_pruning_back(host, clock):
    host.publish(mixed(7))
    host.drain()
    clock.to(100)
    before = count(host, REVIEWS_COLLECTED)

    def full(_items):
        raise OSError("disk full")

    host.sinks.append(full)
    host.publish([seen(review("late"), 900)])
    with pytest.raises(OSError, match="disk full"):
        host.drain()
    assert count(host, REVIEWS_COLLECTED) == before + 1


@pytest.mark.parametrize("wrong", [-9_000, 9_000])
def test_a_clock_that_was_wrong_for_a_day_leaves_nothing_for_ever(host, clock, wrong):
    clock.to(wrong)
    host.publish([seen(review("r1"), 1)])
    clock.to(10)
    host.publish([seen(review("r2"), 2)])
    host.drain()
    assert count(host, REVIEWS_COLLECTED) >= 1
    clock.to(42)
    host.drain()
    assert count(host, REVIEWS_COLLECTED) == 0


def test_the_readers_are_those_of_the_table_of_topics():
    assert embedded.READER in REVIEWS_COLLECTED.readers
    assert alerting.READER in REVIEWS_JUDGED.readers
    spans = [topic.keep for topic in TOPICS if topic.keep is not None]
    assert all(span % retention.DAY == 0 for span in [*spans, DEAD_KEEP]), "retention counts in whole days"
    assert ALERTS_RAISED.keep is not None
