"""How fast the SQLite index takes documents and answers, beside a bare SQLite that stores the same bodies and texts.

Run as ``python bench/index_sqlite.py [--reviews N]``; reads the public reviews of MOLVA_DATA (default ../shared/data).
CPU time counts, not the clock, and the fastest tenth of the batches is told beside the mean: on a busy machine the
mean says more about the neighbours.
"""

from __future__ import annotations

import argparse
import gc
import gzip
import json
import os
import random
import sqlite3
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec

from indexer.documents import document
from indexer.fields import FACETS
from indexer.stores.sqlite import SqliteStore
from schemas.events import (
    Aspect,
    Author,
    Judgement,
    Negative,
    Rating,
    Reason,
    Review,
    ReviewJudged,
    Risk,
    Sentiment,
    Subject,
    Verification,
)

DATA = Path(os.environ.get("MOLVA_DATA", Path(__file__).resolve().parent.parent.parent / "shared" / "data"))
SETS = ("B2_*", "B3_*", "B4_*", "B6_*", "B7_*", "B9_*")
BATCH = 500
NOW = datetime(2026, 11, 23, tzinfo=UTC)
REASONS = (
    Reason("copied-text", 1.9, {"en": "Nearly the text of another review.", "ru": "Почти текст другого отзыва."}),
    Reason("burst", 0.5, {"en": "Many reviews came at once.", "ru": "Много отзывов пришло сразу."}),
)
QUERIES = (
    "",
    "отличный",
    "negative:true AND NOT risk.level:high",
    "номер* stars:<=2",
    '"очень понравилось" OR clean',
    "published_at:[2026-01 TO 2026-06]",
)


def texts() -> Iterator[str]:
    """The longest text of each row of the public sets."""
    for pattern in SETS:
        for path in sorted(path for folder in DATA.glob(pattern) for path in folder.glob("*.jsonl*")):
            with gzip.open(path, "rt") if path.suffix == ".gz" else path.open() as lines:
                for line in lines:
                    yield max((value for value in json.loads(line).values() if isinstance(value, str)), key=len)


def judged(number: int, text: str, *, again: bool = False) -> ReviewJudged:
    """A judgement around a text, as rich as judgements are."""
    at = NOW - timedelta(minutes=number * 37 % 500_000)
    return ReviewJudged(
        review_id=f"{number * 2_654_435_761 % 2**96:024x}",
        version=1,
        outcome="new",
        first_seen_at=NOW,
        observed_at=NOW,
        judged_at=NOW,
        review=Review(
            source=f"source-{number % 7}",
            subject=Subject(id=f"p{number % 300}", name=f"Product {number % 300}"),
            id=str(number),
            author=Author(id=f"u{number}", name="Иван Петров"),
            rating=Rating(value=1 + number % 5),
            text=text,
            url=f"https://reviews.example/{number}",
            published_at=at,
        ),
        judgement=Judgement(
            risk=Risk(score=0.6 if again else 0.1, level="medium" if again else "low", reasons=REASONS[: number % 3]),
            verification=Verification(),
            sentiment=Sentiment(negative=0.2, neutral=0.3, positive=0.5),
            negative=Negative(value=number % 5 < 2, probability=0.8),
            language="ru",
            language_probability=0.99,
            aspects=(Aspect("service", 0, 4, 0.5), Aspect("price", 5, 9, -0.5))[: number % 3],
        ),
    )


def rate(batches: Sequence[Callable[[], object]]) -> tuple[float, float]:
    """Documents a second of CPU: over all batches, and in the fastest tenth of them."""
    spent = []
    for run in batches:
        begun = time.process_time()
        run()
        spent.append(time.process_time() - begun)
    best = sorted(spent)[: max(1, len(spent) // 10)]
    return BATCH * len(spent) / sum(spent), BATCH * len(best) / sum(best)


def connect(path: Path) -> sqlite3.Connection:
    """A database as the embedded host opens it."""
    connection = sqlite3.connect(path, isolation_level=None)
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = NORMAL")
    return connection


def main() -> None:
    """Print the figures, a line each."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--reviews", type=int, default=15_000)
    wanted = arguments.parse_args().reviews
    listed = list(texts())
    random.Random(1).shuffle(listed)
    listed = listed[: wanted // BATCH * BATCH]
    print(f"{len(listed)} reviews of {sum(map(len, listed)) / len(listed):.0f} characters, batches of {BATCH}")
    with tempfile.TemporaryDirectory() as folder:
        bare = connect(Path(folder) / "bare.sqlite")
        bare.execute("CREATE TABLE bodies (id TEXT PRIMARY KEY, body BLOB)")
        bare.execute("CREATE VIRTUAL TABLE words USING fts5(text, columnsize = 0)")
        store_connection = connect(Path(folder) / "molva.sqlite")
        store = SqliteStore(store_connection)

        def plain(start: int) -> None:
            rows = [(judged(start + at, text), text) for at, text in enumerate(listed[start : start + BATCH])]
            bare.execute("BEGIN")
            bare.executemany(
                "INSERT INTO bodies VALUES (?, ?)",
                [(event.review_id, msgspec.json.encode(document(event))) for event, _ in rows],
            )
            bare.executemany("INSERT INTO words VALUES (?)", [(text,) for _, text in rows])
            bare.execute("COMMIT")

        def write(start: int, *, again: bool = False) -> None:
            rows = [
                (start + at + 1 + again * 10**9, judged(start + at, text, again=again))
                for at, text in enumerate(listed[start : start + BATCH])
            ]
            store_connection.execute("BEGIN")
            assert store.write(rows) == []
            store_connection.execute("COMMIT")

        starts = range(0, len(listed), BATCH)
        gc.disable()  # the collector walks this program's own lists of texts
        for name, batches in (
            ("bare SQLite, bodies and raw words", [lambda start=start: plain(start) for start in starts]),
            ("index, new reviews", [lambda start=start: write(start) for start in starts]),
            (
                "index, the same reviews judged again",
                [lambda start=start: write(start, again=True) for start in starts],
            ),
        ):
            mean, best = rate(batches)
            print(f"{name:40} {mean:8.0f} documents/s of CPU, {best:8.0f} in the fastest tenth")
        print(f"{'size':40} {(Path(folder) / 'molva.sqlite').stat().st_size / len(listed):8.0f} bytes a document")
        for query in QUERIES:
            begun = time.process_time()
            page = store.search(query, facets=FACETS[:5], highlight=True)
            searched = time.process_time()
            store.trend(query)
            charted = time.process_time()
            search, trend = (searched - begun) * 1e3, (charted - searched) * 1e3
            print(
                f"{query or '(everything)':40} {page.total:8} hits, {search:6.1f} ms with facets, {trend:6.1f} ms trend"
            )


if __name__ == "__main__":
    main()
