"""Small worlds for the topology, as lists of observations; every host must end them alike.

Each case is one that some ordering, crash or redelivery could spoil: rings, edits under redelivery, withdrawals and
returns, moved authors and dates, crowded buckets, bursts, stale observations, missing times.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta
from typing import Any

from msgspec.structs import replace

from schemas import identity
from schemas.events import Author, Observation, Rating, Review, ReviewJudged, Subject
from schemas.wire import VERIFIED_PURCHASE

START = datetime(2026, 3, 1, tzinfo=UTC)
STORY = (
    "The lounge was crowded and the staff at the desk refused to let my mother in although she had a ticket, "
    "we waited forty minutes and were sent away without a word of apology."
)
ISTORIYA = (
    "Кофеварка сломалась на третий день, сервис обещал перезвонить и пропал, "
    "через неделю магазин предложил скидку на новую вместо возврата денег."
)
WORDS = [STORY, STORY.replace("forty", "40"), ISTORIYA, ISTORIYA.replace("третий", "второй"), "Всё отлично", "bad", ""]


def review(own_id: str, **fields: Any) -> Review:
    """A review of source "shop"."""
    author = fields.pop("author", f"author-of-{own_id}")
    return Review(
        **{
            "source": "shop",
            "id": own_id,
            "subject": Subject(id=fields.pop("subject", "p1")),
            "author": Author(id=author) if author else None,
            "rating": Rating(value=fields.pop("stars", 4)),
            "text": STORY,
            "published_at": START,
            **fields,
        }
    )


def seen(one: Review, minute: int) -> Observation:
    """The observation of a review, *minute* minutes after the start."""
    return identity.observe(one, observed_at=START + timedelta(minutes=minute), contact_key=b"k")


def gone(own_id: str, minute: int) -> Observation:
    """The observation that a review is gone."""
    return identity.withdraw("shop", own_id, Subject(id="p1"), observed_at=START + timedelta(minutes=minute))


def ordinary(size: int, *, subjects: int, authors: int) -> list[Observation]:
    """Reviews of their own, as they come day by day: so many over so many subjects and authors."""
    choose = random.Random(3)
    words = [
        "coffee",
        "machine",
        "broke",
        "staff",
        "helpful",
        "queue",
        "long",
        "breakfast",
        "cold",
        "wifi",
        "fast",
        "room",
        "clean",
        "noisy",
        "price",
        "fair",
        "box",
    ]
    return [
        seen(
            review(
                f"o{number}",
                text=" ".join(choose.choice(words) for _ in range(40)),
                subject=f"s{choose.randrange(subjects)}",
                author=f"a{choose.randrange(authors)}",
                stars=choose.choice([1, 2, 4, 5, 5, 5]),
                published_at=START + timedelta(hours=7 * number),
            ),
            number,
        )
        for number in range(size)
    ]


def ring() -> list[Observation]:
    """Seven authors with one story on seven subjects, seen newest first."""
    return [
        seen(review(f"r{n}", subject=f"p{n}", published_at=START + timedelta(hours=n)), minute)
        for minute, n in enumerate(reversed(range(7)))
    ]


def edited() -> list[Observation]:
    """A copy that is edited into something of its own, and back; its rating changes too."""
    copy, own = review("r2", published_at=START + timedelta(days=1)), review("r2", text=ISTORIYA, stars=1)
    steps = [review("r1"), copy, own, replace(own, badges=(VERIFIED_PURCHASE,)), own, copy]
    return [seen(one, minute) for minute, one in enumerate(steps)]


def withdrawn_and_back() -> list[Observation]:
    """The original of a copy is withdrawn and comes back; another goes before it was ever seen."""
    copy = review("r2", published_at=START + timedelta(days=1))
    return [seen(review("r1"), 0), seen(copy, 1), gone("r1", 2), gone("r9", 3), seen(review("r1"), 4), gone("r2", 5)]


def moved() -> list[Observation]:
    """A review that changes author, subject and time while its text stays."""
    steps = [
        review("r1", author="u1"),
        review("r2", author="u1", published_at=None),
        review("r1", author="u2", published_at=START + timedelta(days=3)),
        review("r1", author="u1", subject="p2"),
        review("r1", author=None),
        review("r2", author="u2", published_at=START - timedelta(days=1)),
    ]
    return [seen(one, minute) for minute, one in enumerate(steps)]


def stale() -> list[Observation]:
    """An observation older than the newest one, one with the same time, and one seen twice."""
    newest = seen(review("r1", text=ISTORIYA), 9)
    return [seen(review("r1"), 5), newest, seen(review("r1", stars=1), 3), seen(review("r1", stars=2), 9), newest]


def crowd(size: int = 70) -> list[Observation]:
    """Copies of one text, more than a bucket holds; the first, the last and one between are withdrawn."""
    order = list(range(size))
    random.Random(5).shuffle(order)
    copies = [
        seen(review(f"r{n}", subject=f"p{n % 9}", published_at=START + timedelta(minutes=n)), minute)
        for minute, n in enumerate(order)
    ]
    return [*copies, *(gone(f"r{n}", size + 10 + n) for n in (0, size // 2, size - 1))]


def burst() -> list[Observation]:
    """A quiet subject and then a day of praise; half of it is taken back."""
    texts = [f"{STORY[n:]} {n}" for n in range(30)]
    quiet = [review(f"q{n}", text=texts[n], published_at=START + timedelta(days=5 * n)) for n in range(6)]
    day = START + timedelta(days=40)
    praise = [review(f"b{n}", text=texts[10 + n], stars=5, published_at=day + timedelta(minutes=n)) for n in range(9)]
    seen_all = [seen(one, minute) for minute, one in enumerate([*praise[:5], *quiet, *praise[5:]])]
    return [*seen_all, *(gone(f"b{n}", 60 + n) for n in range(6))]


def syndicated() -> list[Observation]:
    """One author's text on three subjects, a full name without an id, and unknown authors."""
    one = [review(f"r{n}", author="u1", subject=f"p{n}", published_at=START + timedelta(hours=n)) for n in range(3)]
    named = [replace(review(f"n{n}", subject=f"p{n}"), author=Author(name="Anna Petrova")) for n in range(2)]
    unknown = [review(f"x{n}", author=None, published_at=START + timedelta(days=n)) for n in range(2)]
    return [seen(each, minute) for minute, each in enumerate([*one, *named, *unknown])]


def co_reviews() -> list[Observation]:
    """Four authors on the same five subjects among ordinary ones; some of it is edited, moved and taken back."""
    texts = [f"{STORY[7 * n :]} {n}" for n in range(20)]
    ring = [
        review(
            f"c{author}{subject}",
            author=f"u{author}",
            subject=f"p{subject}",
            text=texts[5 * author + subject],
            stars=5,
            published_at=START + timedelta(days=subject, hours=author),
        )
        for author in range(4)
        for subject in range(5)
    ]
    random.Random(7).shuffle(ring)
    one, other = (next(each for each in ring if each.id == own_id) for own_id in ("c00", "c11"))
    changes = [
        replace(one, text=ISTORIYA),
        replace(one, author=Author(id="u1"), published_at=None),
        replace(other, author=Author(id="u9")),
        replace(one, subject=Subject(id="p9")),
        replace(other, author=Author(id="u1"), rating=Rating(value=1)),
    ]
    events = [seen(each, minute) for minute, each in enumerate([*ring, *changes])]
    return [*ordinary(12, subjects=4, authors=9), *events, *(gone(f"c3{n}", 60 + n) for n in range(3))]


def company(size: int = 9) -> list[Observation]:
    """More authors on the same three subjects than a set holds, each with one of its own; some of it is taken back."""
    order = [(author, subject) for author in range(size) for subject in range(4)]
    random.Random(11).shuffle(order)
    reviews = [
        review(
            f"c{author}{subject}",
            author=f"u{author}",
            subject=f"p{subject}" if subject < 3 else f"q{author}{subject}",
            text=f"{ISTORIYA[3 * subject + author :]} {author}",
            published_at=START + timedelta(hours=100 * subject + 7 * (author % 5)),
        )
        for author, subject in order
    ]
    return [
        *(seen(each, minute) for minute, each in enumerate(reviews)),
        *(gone(f"c{author}{subject}", 200 + author) for author, subject in ((0, 0), (1, 1), (5, 2), (5, 3))),
    ]


def mixed(seed: int, *, size: int = 40) -> list[Observation]:
    """Everything at random, from a seed."""
    choose = random.Random(seed)
    events: list[Observation] = []
    for minute in range(size):
        own_id = f"r{choose.randrange(14)}"
        if choose.random() < 0.12:
            events.append(gone(own_id, minute))
        elif events and choose.random() < 0.08:
            events.append(choose.choice(events))
        else:
            shift = choose.choice([None, 0, 0, 0, 1, 30, 30, 31])
            one = review(
                own_id,
                subject=f"p{choose.randrange(2)}",
                author=choose.choice([None, "u1", "u2", "u3"]),
                stars=choose.randint(1, 5),
                text=choose.choice(WORDS),
                published_at=None if shift is None else START + timedelta(days=shift, minutes=choose.randrange(3)),
            )
            events.append(seen(one, minute))
    return events


CASES: dict[str, Callable[[], list[Observation]]] = {
    case.__name__: case
    for case in (ring, edited, withdrawn_and_back, moved, stale, crowd, burst, syndicated, co_reviews, company)
} | {f"mixed_{seed}": (lambda seed=seed: mixed(seed)) for seed in range(4)}


def comparable(final: Iterable[ReviewJudged]) -> dict[str, ReviewJudged]:
    """Final judgements by review id, without the one field in which hosts may differ."""
    return {judged.review_id: replace(judged, judged_at=START) for judged in final}
