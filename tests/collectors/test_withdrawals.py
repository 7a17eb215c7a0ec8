"""Reviews that a listing no longer has are withdrawn: after two whole listings, never for a changed layout."""

from __future__ import annotations

from datetime import timedelta

import pytest
from listings import START, Shop, ids, review

from collectors import LimitReached, Rejected, RetryLater, Seen, Subject, collector
from collectors.configured import Source
from collectors.cursors import MemoryState
from collectors.runner import accept_listing
from schemas.events import ReviewWithdrawn


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


def test_what_a_person_says_is_gone_is_withdrawn_at_once_and_once(runner, publisher, clock):
    shop, state = Shop(10), MemoryState()
    runner.run(shop.source, state)
    shop.reviews = shop.reviews[:7]
    assert runner.run(shop.source, state).ending == "exhausted", "not a whole listing yet"
    accept_listing(state)
    run = runner.run(shop.source, state)
    assert (run.ending, run.withdrawn) == ("exhausted", 3)
    assert ids(publisher, ReviewWithdrawn) == ["7", "8", "9"]
    shop.reviews = shop.reviews[:3]
    clock.forward(hours=25)
    assert runner.run(shop.source, state).ending == "layout changed", "it was said of that listing alone"


def test_what_is_said_to_be_gone_waits_for_a_listing_that_could_be_read(runner, publisher, clock):
    shop, state = Shop(10), MemoryState()
    runner.run(shop.source, state)
    kept, shop.reviews = shop.reviews, shop.reviews[:7]
    accept_listing(state)
    shop.fails = LimitReached("enough")
    assert runner.run(shop.source, state).withdrawn == 0
    shop.fails = None
    assert runner.run(shop.source, state).withdrawn == 3
    shop.reviews = kept
    clock.forward(hours=25)
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
