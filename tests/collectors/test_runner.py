from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from msgspec.structs import replace

from collectors import (
    Author,
    Cursor,
    LayoutChanged,
    LimitReached,
    Rating,
    Refused,
    Rejected,
    RetryLater,
    Review,
    Seen,
    Subject,
    collector,
)
from collectors.configured import Source
from collectors.cursors import MemoryState, Part, Pending, SqliteStates
from collectors.publisher import MemoryPublisher
from collectors.runner import Runner, accept_listing, status
from collectors.scheduler import Scheduler
from schemas import codec
from schemas.events import ReviewCollected, ReviewWithdrawn

START = datetime(2026, 11, 1, 12, tzinfo=UTC)


class Clock:
    """Hours that pass when a test says so; microseconds pass by themselves."""

    def __init__(self) -> None:
        self.time = START

    def __call__(self) -> datetime:
        self.time += timedelta(microseconds=1)
        return self.time

    def forward(self, **span: float) -> None:
        self.time += timedelta(**span)


def review(number: int, *, text: str = "", at: datetime | None = None, **fields) -> Review:
    return Review(
        source="shop",
        id=str(number),
        subject=Subject(id="p1"),
        text=text or f"review {number}",
        published_at=at or START - timedelta(days=number),
        **fields,
    )


class Shop:
    """A place that lists reviews, and what was asked of it."""

    def __init__(self, count: int = 10) -> None:
        self.reviews = [review(number) for number in range(count)]
        self.asked: list[datetime | None] = []
        self.fails: Exception | None = None
        shop = self

        @collector(channel="site")
        def listing(*, since: datetime | None = None) -> Iterator[Review]:
            """Yield the listing."""
            shop.asked.append(since)
            for one in shop.reviews:
                if since is None or one.published_at >= since:
                    yield one
            if shop.fails:
                raise shop.fails

        self.source = Source(name="shop", collector=listing, full_every=86_400.0)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def runner(publisher, clock) -> Runner:
    return Runner(publisher, contact_key=b"key", now=clock)


def ids(publisher, kind=ReviewCollected) -> list[str]:
    return [
        event.review.id if kind is ReviewCollected else event.id
        for event in publisher.events
        if isinstance(event, kind)
    ]


def test_everything_that_is_yielded_is_published_and_counted(runner, publisher):
    run = runner.run(Shop().source, MemoryState())
    assert (run.ending, run.seen, run.published, run.rejected, run.whole) == ("exhausted", 10, 10, 0, True)
    assert ids(publisher) == [str(number) for number in range(10)]
    assert {event.review.channel for event in publisher.events} == {"site"}


def test_contacts_are_hashed_before_anything_leaves(runner, publisher):
    shop = Shop(0)
    shop.reviews = [
        review(1, author=Author(contact="Ann@Example.com")),
        review(2, author=Author(contact="ann@example.com ")),
        replace(review(3, author=Author(contact="+7 999 000-11-22")), rating=Rating(value=9)),
    ]
    runner.run(shop.source, MemoryState())
    one, two = (event.review.author for event in publisher.events)
    assert one.contact is None
    assert one.contact_hash == two.contact_hash
    written = b"".join(codec.encode(event) for event in publisher.events) + b"".join(
        x.payload for x in publisher.letters
    )
    assert b"example.com" not in written.lower()
    assert b"000-11" not in written


def test_what_is_no_review_becomes_a_dead_letter_and_the_rest_goes_on(runner, publisher):
    @collector(channel="site")
    def odd():
        """Yield oddities."""
        yield review(1)
        yield Rejected("torn page", b"\xff\x00raw", key="page 3")
        yield "a string"
        yield review(2, text="x" * 60_000)
        yield replace(review(3), rating=Rating(value=7, best=5))
        yield replace(review(4), rating=Rating(value=float("nan")))
        yield replace(review(5), published_at=datetime(9999, 12, 31, 23, 59, tzinfo=UTC))
        yield Review(source="", subject=Subject(id=""), text="x")
        yield review(6, text="lone \ud800 surrogate and \0 NUL")
        yield Rejected("huge", b"x" * 2_000_000)

    run = runner.run(Source(name="odd", collector=odd), MemoryState())
    assert (run.ending, run.seen, run.published, run.rejected) == ("exhausted", 10, 2, 8)
    assert ids(publisher) == ["1", "6"]
    assert publisher.events[1].review.text == "lone \ufffd surrogate and  NUL"
    reasons = [letter.reason for letter in publisher.letters]
    assert reasons[0] == "torn page"
    assert publisher.letters[0].payload == b"\xff\x00raw"
    assert any("rating 7 lies outside its scale" in reason for reason in reasons)
    assert any("not a finite number" in reason for reason in reasons)
    assert "of 2000000 bytes" in reasons[-1]
    assert all(len(codec.encode(letter)) < codec.MAX_BYTES for letter in publisher.letters)
    assert {letter.source for letter in publisher.letters} == {"odd"}


@pytest.mark.parametrize(
    ("error", "ending"),
    [
        (RetryLater(120, "busy"), "retry later"),
        (LayoutChanged("new design"), "layout changed"),
        (LimitReached("enough"), "limit reached"),
        (Refused("robots.txt"), "refused"),
        (KeyError("bug"), "failed"),
    ],
)
def test_every_ending_has_its_name_and_what_came_before_is_published(runner, publisher, error, ending):
    shop, state = Shop(3), MemoryState()
    shop.fails = error
    run = runner.run(shop.source, state)
    assert (run.ending, run.published) == (ending, 3)
    assert run.retry_after == (120 if ending == "retry later" else None)
    last, success = status(state)
    assert last == run
    assert (success is not None) == (ending == "limit reached")


def test_two_observations_of_one_review_in_one_run_come_in_their_order(runner, publisher):
    shop = Shop(0)
    shop.reviews = [review(1, text="first"), review(1, text="second")]
    runner.run(shop.source, MemoryState())
    first, second = publisher.events
    assert first.review_id == second.review_id
    assert first.observed_at < second.observed_at


# --- since -------------------------------------------------------------------------------------------------------


def test_the_next_run_reads_from_the_newest_time_on_and_that_moment_again(runner, publisher, clock):
    shop, state = Shop(3), MemoryState()
    runner.run(shop.source, state)
    clock.forward(minutes=15)
    shop.reviews.insert(0, review(7, at=START))
    run = runner.run(shop.source, state)
    assert shop.asked == [None, START]
    assert not run.whole
    assert ids(publisher)[3:] == ["7", "0"]


def test_an_older_review_that_was_edited_is_found_by_the_daily_listing(runner, publisher, clock):
    shop, state = Shop(3), MemoryState()
    runner.run(shop.source, state)
    shop.reviews[2] = review(2, text="edited")
    clock.forward(hours=1)
    runner.run(shop.source, state)
    clock.forward(hours=24)
    runner.run(shop.source, state)
    assert shop.asked[1] is not None
    assert shop.asked[2] is None
    assert publisher.events[-1].review.text == "edited"


@pytest.mark.parametrize("error", [RetryLater(5), LayoutChanged("x"), KeyError("x")])
def test_a_run_that_was_cut_off_is_repeated_from_where_it_began(runner, clock, error):
    shop, state = Shop(3), MemoryState()
    shop.fails = error
    runner.run(shop.source, state)
    shop.fails = None
    runner.run(shop.source, state)
    assert shop.asked == [None, None]


def test_a_review_from_the_future_hides_nothing(runner, clock):
    shop, state = Shop(2), MemoryState()
    shop.reviews.append(review(9, at=START + timedelta(days=400)))
    runner.run(shop.source, state)
    runner.run(shop.source, state)
    assert shop.asked[1] == START


# --- the cursor --------------------------------------------------------------------------------------------------


class Leaky(MemoryPublisher):
    """A log that cannot be written after ``flushes`` flushes."""

    def __init__(self, flushes: int) -> None:
        super().__init__()
        self.left = flushes

    def flush(self) -> None:
        if self.left <= 0:
            raise OSError("disk full")
        self.left -= 1
        super().flush()


def mailbox(count: int):
    @collector(channel="email")
    def box(*, cursor: Cursor) -> Iterator[Review]:
        """Yield what is new."""
        for number in range(int(cursor.get("next", b"0")), count):
            yield review(number)
            cursor["next"] = str(number + 1).encode()

    return Source(name="box", collector=box)


@pytest.mark.parametrize("flushes", [0, 1, 2, 3])
def test_the_cursor_never_moves_past_what_is_safe(flushes, monkeypatch, clock):
    monkeypatch.setattr("collectors.intake.BATCH", 10)
    state, source = MemoryState(), mailbox(35)
    leaky = Leaky(flushes)
    run = Runner(leaky, contact_key=b"k", now=clock).run(source, state)
    assert run.ending == "failed"
    safe = set(ids(leaky))
    healthy = MemoryPublisher()
    assert Runner(healthy, contact_key=b"k", now=clock).run(source, state).ending == "exhausted"
    assert safe | set(ids(healthy)) == {str(number) for number in range(35)}
    again = MemoryPublisher()
    Runner(again, contact_key=b"k", now=clock).run(source, state)
    assert again.events == []


def test_a_collector_with_a_cursor_withdraws_nothing(runner, publisher, clock):
    state = MemoryState()
    for _ in range(4):
        runner.run(mailbox(5), state)
        clock.forward(days=2)
    assert ids(publisher, ReviewWithdrawn) == []


def test_sqlite_keeps_the_state_over_a_restart(tmp_path):
    states = SqliteStates(tmp_path / "var" / "collectors.db")
    state = states.of("shop")
    state["a"] = b"1"
    state.apply({"b": b"2", "c": b"3", "a": None})
    states.of("other")["a"] = b"x"
    states.close()
    again = SqliteStates(tmp_path / "var" / "collectors.db")
    assert dict(again.of("shop")) == {"b": b"2", "c": b"3"}
    assert again.sources() == ["other", "shop"]
    with pytest.raises(KeyError):
        again.of("shop")["a"]
    with pytest.raises(KeyError):
        del again.of("shop")["a"]
    again.close()


def test_changes_that_cannot_all_be_applied_are_not_applied(tmp_path):
    states = SqliteStates(tmp_path / "s.db")
    state = states.of("shop")
    with pytest.raises(Exception, match=r"NULL|type|bind"):
        state.apply({"a": b"1", "b": object()})  # type: ignore[dict-item]
    assert dict(state) == {}
    states.close()


def test_pending_changes_are_seen_by_the_collector_and_by_nobody_else():
    state = MemoryState()
    state.apply({"cursor/old": b"1", "else": b"2"})
    pending = Pending(state, "cursor/")
    pending["new"] = b"3"
    del pending["old"]
    assert dict(pending) == {"new": b"3"}
    assert dict(state) == {"cursor/old": b"1", "else": b"2"}
    state.apply(pending.take())
    assert dict(Part(state, "cursor/")) == {"new": b"3"}


# --- withdrawals -------------------------------------------------------------------------------------------------


def test_a_review_that_is_absent_from_two_whole_listings_is_withdrawn_once(runner, publisher, clock):
    shop, state = Shop(10), MemoryState()
    runner.run(shop.source, state)
    del shop.reviews[3]
    withdrawn = []
    for _ in range(4):
        clock.forward(hours=25)
        run = runner.run(shop.source, state)
        withdrawn.append(run.withdrawn)
        assert run.ending == "exhausted"
    assert withdrawn == [0, 1, 0, 0]
    (event,) = [event for event in publisher.events if isinstance(event, ReviewWithdrawn)]
    assert (event.source, event.id, event.subject) == ("shop", "3", Subject(id="p1"))
    assert event.review_id == publisher.events[3].review_id


def test_a_review_that_comes_back_was_never_gone(runner, publisher, clock):
    shop, state = Shop(10), MemoryState()
    kept = shop.reviews[3]
    for present in (True, False, True, False, True):
        shop.reviews = [one for one in shop.reviews if one is not kept] + ([kept] if present else [])
        runner.run(shop.source, state)
        clock.forward(hours=25)
    assert ids(publisher, ReviewWithdrawn) == []


def test_when_more_than_a_fifth_is_absent_the_layout_has_changed(runner, publisher, clock):
    shop, state = Shop(10), MemoryState()
    runner.run(shop.source, state)
    shop.reviews = shop.reviews[:7]
    for _ in range(3):
        clock.forward(hours=25)
        run = runner.run(shop.source, state)
        assert run.ending == "layout changed"
        assert "3 of 10" in run.why
    assert ids(publisher, ReviewWithdrawn) == []
    accept_listing(state)
    assert runner.run(shop.source, state).ending == "exhausted"


@pytest.mark.parametrize("error", [LimitReached("enough"), RetryLater(1), KeyError("bug")])
def test_a_listing_that_was_not_read_to_its_end_withdraws_nothing(runner, publisher, clock, error):
    shop, state = Shop(10), MemoryState()
    runner.run(shop.source, state)
    del shop.reviews[3]
    shop.fails = error
    for _ in range(3):
        clock.forward(hours=25)
        runner.run(shop.source, state)
    assert ids(publisher, ReviewWithdrawn) == []


def test_a_source_can_say_by_itself_that_a_review_is_gone(runner, publisher):
    @collector(channel="api")
    def told():
        """Yield a withdrawal."""
        yield Seen(review(1), withdrawn=True, collected_at=None)
        yield Seen(review(2), withdrawn=False, collected_at=START - timedelta(days=3))

    run = runner.run(Source(name="told", collector=told), MemoryState())
    assert (run.published, run.withdrawn) == (2, 1)
    assert isinstance(publisher.events[0], ReviewWithdrawn)
    assert publisher.events[1].observed_at == START - timedelta(days=3)


# --- the scheduler -----------------------------------------------------------------------------------------------


def scheduled(behaviour, *, name: str, every: float | None = 0.05) -> Source:
    @collector(channel="site")
    def one():
        """Yield by behaviour."""
        yield from behaviour()

    return Source(name=name, collector=one, every=every)


def test_sources_run_again_and_again_and_none_disturbs_another(publisher):
    stop, states, counts, running = threading.Event(), {}, {"good": 0, "bad": 0, "never": 0}, []

    def good():
        counts["good"] += 1
        running.append(1)
        time.sleep(0.02)
        yield review(1)
        running.pop()

    def bad():
        counts["bad"] += 1
        raise SystemError("broken")
        yield

    def never():
        counts["never"] += 1
        yield

    sources = [scheduled(good, name="good"), scheduled(bad, name="bad"), scheduled(never, name="never", every=None)]
    endings: list[tuple[str, str]] = []
    scheduler = Scheduler(
        sources,
        Runner(publisher, contact_key=b"k"),
        lambda name: states.setdefault(name, MemoryState()),
        stop=stop,
        done=lambda run: endings.append((run.source, run.ending)),
    )
    thread = threading.Thread(target=scheduler.run_forever)
    thread.start()
    time.sleep(1.0)
    stop.set()
    thread.join(timeout=5)
    assert not thread.is_alive()
    assert counts["good"] >= 5
    # A source that fails is tried ever more rarely.
    assert 1 <= counts["bad"] < counts["good"]
    assert counts["never"] == 0
    assert set(endings) == {("good", "exhausted"), ("bad", "failed")}


def test_a_source_that_asked_to_come_back_later_is_left_alone_until_then(publisher):
    stop, times = threading.Event(), []

    def busy():
        times.append(time.monotonic())
        raise RetryLater(0.5)
        yield

    state = MemoryState()
    scheduler = Scheduler(
        [scheduled(busy, name="busy")], Runner(publisher, contact_key=b"k"), lambda name: state, stop=stop
    )
    thread = threading.Thread(target=scheduler.run_forever)
    thread.start()
    time.sleep(0.8)
    stop.set()
    thread.join(timeout=5)
    assert len(times) == 2
    assert times[1] - times[0] >= 0.5


def test_a_stop_wakes_a_collector_that_waits(publisher, site, client):
    site.pages |= {f"/{number}": b"x" for number in range(3)}

    @collector(channel="site")
    def slow(client):
        """Fetch slowly."""
        for number in range(3):
            client.get(f"{site.url}/{number}")
            yield review(number)

    stop, runs = threading.Event(), []
    manners = client(delay=60.0, robots=False).manners
    scheduler = Scheduler(
        [Source(name="slow", collector=slow, manners=manners)],
        Runner(publisher, contact_key=b"k"),
        lambda name: MemoryState(),
        stop=stop,
        done=runs.append,
    )
    thread = threading.Thread(target=scheduler.run_forever)
    thread.start()
    time.sleep(0.3)
    stop.set()
    thread.join(timeout=5)
    assert not thread.is_alive()
    assert [(run.ending, run.published) for run in runs] == [("stopped", 1)]


def test_run_once_runs_every_source_and_waits(publisher):
    sources = [scheduled(lambda: iter([review(1)]), name="a"), scheduled(lambda: iter([review(2)]), name="b")]
    scheduler = Scheduler(
        sources, Runner(publisher, contact_key=b"k"), lambda name: MemoryState(), stop=threading.Event()
    )
    assert [(run.source, run.published) for run in scheduler.run_once()] == [("a", 1), ("b", 1)]


def test_while_something_cannot_be_read_nobody_is_missed(runner, publisher, clock):
    shop, state = Shop(10), MemoryState()
    runner.run(shop.source, state)
    shop.reviews[3] = Rejected("unreadable", b"card", key="3")  # type: ignore[call-overload]

    @collector(channel="site")
    def partly():
        """Yield what can be read."""
        yield from shop.reviews

    source = Source(name="shop", collector=partly)
    for _ in range(3):
        clock.forward(hours=25)
        assert runner.run(source, state).ending == "exhausted"
    assert ids(publisher, ReviewWithdrawn) == []
