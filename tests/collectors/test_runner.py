"""A run of a collector: what is published, where the next one begins, and how each ending is named."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from listings import START, Shop, ids, review
from msgspec.structs import replace

from collectors import (
    Author,
    LayoutChanged,
    LimitReached,
    Rating,
    Refused,
    Rejected,
    RetryLater,
    Review,
    Subject,
    collector,
)
from collectors.configured import Source
from collectors.cursors import MemoryState
from collectors.runner import status
from schemas import codec


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
