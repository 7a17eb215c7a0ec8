"""Places that list reviews, and a clock, for the tests of what runs collectors."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from collectors import Review, Subject, collector
from collectors.configured import Source
from schemas.events import ReviewCollected

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


def ids(publisher, kind=ReviewCollected) -> list[str]:
    return [
        event.review.id if kind is ReviewCollected else event.id
        for event in publisher.events
        if isinstance(event, kind)
    ]
