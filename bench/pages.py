"""How well reviews are read out of pages, beside extruct and twenty lines.

    python bench/pages.py [--pages]

Reads MOLVA_DATA/D_review_pages (default ../shared/data) and the pages of tests/collectors/pages. With --pages there is
a line for every page as well.
"""

from __future__ import annotations

import gzip
import json
import os
import re
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import extruct

from collectors.platforms.page import Page, read_page

ROOT = Path(__file__).resolve().parent.parent
DATA = Path(os.environ.get("MOLVA_DATA", ROOT.parent / "shared" / "data")) / "D_review_pages"
FIXTURES = ROOT / "tests" / "collectors" / "pages"
NOW = datetime(2026, 11, 1, 12, tzinfo=UTC)
SAID = "--pages" in sys.argv
TIMES: list[float] = []


def timed(body: bytes | str) -> Page:
    started = time.process_time()
    page = read_page(body, now=NOW)
    TIMES.append(time.process_time() - started)
    return page


def unpacked(name: str) -> bytes:
    path = DATA / name
    return path.read_bytes() if path.exists() else gzip.decompress(path.with_name(path.name + ".gz").read_bytes())


def tell(name: str, what: str, *, right: bool) -> None:
    if SAID:
        print(f"  {'ok ' if right else 'BAD'} {name:55} {what}  {TIMES[-1]:.2f} s")


def total(name: str, right: float, count: float, baseline: float | None = None, unit: str = "") -> None:
    beside = f"   extruct and twenty lines {baseline:g} of {count:g}" if baseline is not None else ""
    share = right / count if count else 0.0
    print(f"{name:58} {right:g} of {count:g}{unit} ({share:.3f}){beside}")


def nodes(value: Any) -> Iterator[dict[str, Any]]:
    """The baseline's walk over what extruct gives."""
    for item in value if isinstance(value, list) else [value]:
        if isinstance(item, dict):
            yield item
            for inner in item.values():
                yield from nodes(inner)


def baseline(body: bytes) -> tuple[list[tuple[float, int]], int]:
    """(value, count) of each aggregate and the number of reviews, as extruct and twenty lines find them."""
    try:
        data = extruct.extract(body.decode("utf-8", "replace"), syntaxes=["json-ld", "microdata"], uniform=True)
    except Exception:  # noqa: BLE001 - what extruct does not survive counts as nothing found
        return [], 0
    aggregates, reviews = [], 0
    for node in nodes([*data["json-ld"], *data["microdata"]]):
        kind = str(node.get("@type", ""))
        if "AggregateRating" in kind:
            try:
                count = node.get("ratingCount") or node.get("reviewCount") or 0
                aggregates.append((float(str(node.get("ratingValue")).replace(",", ".")), int(count)))
            except ValueError:
                continue
        elif kind.endswith("Review"):
            reviews += 1
    return aggregates, reviews


def recipes() -> None:
    rows = [json.loads(line) for line in (DATA / "expected/recipes_ratings.jsonl").read_text("utf-8").splitlines()]
    found = plain = 0
    for row in rows:
        body = unpacked(row["file"])
        page = timed(body)
        first = page.aggregates[0] if page.aggregates else None
        rating = first["rating"] if first else None
        # The expected values lie on a scale up to five whatever the page says.
        stars = rating["value"] * 5 / rating["best"] if rating else None
        right = stars is not None and abs(stars - row["ratings"]) < 0.006 and first is not None
        right = right and first is not None and first["count"] == row["ratings_count"]
        found += right
        plain += any(
            abs(value - row["ratings"]) < 0.006 and count == row["ratings_count"]
            for value, count in baseline(body)[0][:1]
        )
        tell(row["file"], f"{page.method} {stars} {first and first['count']}", right=right)
    total("recipe pages: aggregate rating and count", found, len(rows), plain)


def items() -> None:
    rows = [json.loads(line) for line in (DATA / "MANIFEST.jsonl").read_text("utf-8").splitlines()]
    found = plain = count = 0
    for row in rows:
        if not row["review_items"]:
            continue
        body = unpacked(row["file"].removesuffix(".gz"))
        page = timed(body)
        count += row["review_items"]
        found += min(len(page.reviews), row["review_items"])
        plain += min(baseline(body)[1], row["review_items"])
        tell(row["file"], f"{page.method} {len(page.reviews)}", right=len(page.reviews) == row["review_items"])
    total("pages with review items: single reviews", found, count, plain)


def forms() -> None:
    same = count = 0
    for line in (DATA / "schemaorg_examples.jsonl").read_text("utf-8").splitlines():
        row = json.loads(line)
        bodies = [row[form] for form in ("jsonld", "microdata", "rdfa")]
        if any(len(body) < 80 or "<" not in body for body in bodies):
            continue
        said = [[{key: review.get(key) for key in REVIEW_KEYS} for review in timed(body).reviews] for body in bodies]
        count += 1
        same += said[0] == said[1] == said[2]
    total("schema.org examples: the three forms give the same reviews", same, count)


REVIEW_KEYS = ("author", "rating", "title", "text", "published_at")
BARE = {
    "pages/lendingtree_2019_reliance.html": (10, {"author", "rating", "published_at"}),
    "pages/lendingtree_2019_reliance_pg2.html": (10, {"author", "rating", "published_at"}),
    "pages/dealerrater_2022.html": (10, {"author", "rating", "published_at"}),
    "pages/asda_2025_a.html": (10, {"rating", "published_at"}),
    "pages/asda_2025_b.html": (10, {"rating", "published_at"}),
    "pages/morrisons_2025_reviews.html": (5, {"author", "rating", "published_at"}),
    "snippets/software_advice_2017.html": (1, {"author", "rating", "published_at"}),
}
"""Real pages without review markup: how many reviews a person sees there, and the fields that all of them show."""


def bare() -> None:
    found = whole = count = plain = same = 0
    for name, (wanted, fields) in BARE.items():
        body = unpacked(name)
        page = timed(body)
        count += wanted
        found += min(len(page.reviews), wanted)
        whole += sum(fields <= review.keys() for review in page.reviews[:wanted])
        plain += min(baseline(body)[1], wanted)
        same += read_page(body, now=NOW, selectors=page.selectors).reviews == page.reviews if page.selectors else 0
        tell(name, f"{page.method} {len(page.reviews)} {page.confidence}", right=len(page.reviews) == wanted)
    total("real pages without markup: reviews found", found, count, plain)
    total("real pages without markup: with every field shown", whole, count, 0)
    total("real pages without markup: selectors give the same", same, len(BARE))


def dealer() -> None:
    wanted = json.loads((DATA / "expected/dealerrater_2022.json").read_text("utf-8"))
    page = timed(unpacked("pages/dealerrater_2022.html"))
    right = 0
    for want, review in zip(wanted, page.reviews, strict=False):
        day = datetime.strptime(want["date"], "%B %d, %Y").replace(tzinfo=UTC).date().isoformat()
        said = (re.sub(r"\W", "", review.get("text", "")), review.get("author", {}).get("name"))
        rest = (review.get("published_at", "")[:10], review.get("rating", {}).get("value"))
        right += said == (re.sub(r"\W", "", want["body"]), want["user"]) and rest == (day, want["rating_0_50"] / 10)
    total("car dealer: text, author, date and rating all right", right, len(wanted), 0)


def written() -> None:
    """The pages written for the tests: all fields of all reviews, and no reviews where there are none."""
    right = count = empty = none = 0
    for path in sorted(FIXTURES.glob("*.html")):
        page = timed(path.read_bytes())
        if path.stem.startswith("no_"):
            none += 1
            empty += not page.reviews
            tell(path.name, f"{len(page.reviews)}", right=not page.reviews)
            continue
        wanted = json.loads(path.with_suffix(".json").read_text("utf-8"))
        hits = sum(_agrees(want, review) for want, review in zip(wanted, page.reviews, strict=False))
        right, count = right + hits, count + len(wanted)
        tell(path.name, f"{page.method} {len(page.reviews)} {page.confidence}", right=hits == len(wanted))
    total("written pages: reviews with every field right", right, count, 0)
    total("written pages without reviews: none found", empty, none)


def _agrees(want: dict[str, Any], review: dict[str, Any]) -> bool:
    said = {
        **review,
        "author": review.get("author", {}).get("name"),
        "rating": review.get("rating", {}).get("value"),
        "date": review.get("published_at", "")[:10],
        "reply": review.get("reply", {}).get("text"),
    }
    return all(said.get(key) == value for key, value in want.items())


def main() -> None:
    if DATA.exists():
        recipes()
        items()
        forms()
        bare()
        dealer()
    else:
        print(f"no data at {DATA}: set MOLVA_DATA")
    written()
    TIMES.sort()
    middle, slowest = TIMES[len(TIMES) // 2], TIMES[-1]
    print(f"CPU time a page: median {middle * 1000:.0f} ms, slowest {slowest * 1000:.0f} ms, {len(TIMES)} pages")


if __name__ == "__main__":
    main()
