"""Real reviews of public sets, as lines in the shape that ``molva judge`` reads; used by bench/judge.py.

Shops, companies, banks, airports, drugs; English and Russian; with and without authors, times and ratings. Each set
gives its share, in the order of its file, so that reviews of one subject lie together as they do in an import.
"""

from __future__ import annotations

import gzip
import json
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

DATA = Path(os.environ.get("MOLVA_DATA", Path(__file__).resolve().parent.parent.parent / "shared" / "data"))
Row = dict[str, Any]


class MissingData(RuntimeError):  # noqa: N818 - the name is the message
    """The public data sets are not where they are looked for."""


def write(path: Path, count: int) -> int:
    """Write about *count* reviews to *path*, less if the sets hold less; gives how many."""
    rows = {name: list(_read(name)) for name in SETS}
    share = min(1.0, count / sum(map(len, rows.values())))
    written = 0
    with path.open("w", encoding="utf-8") as file:
        for name, found in rows.items():
            for number, row in enumerate(found[: round(share * len(found))]):
                review = {key: value for key, value in SETS[name](row, number).items() if value is not None}
                file.write(json.dumps(review, ensure_ascii=False) + "\n")
                written += 1
    return written


def _read(name: str) -> Iterator[Row]:
    path = DATA / name
    if not path.exists():
        raise MissingData(f"{path} does not exist: set MOLVA_DATA to the folder of the public data sets")
    with gzip.open(path, "rt", encoding="utf-8") as file:
        for line in file:
            row = json.loads(line)
            if row.get("label", REAL) == REAL:
                yield row


REAL = 0
"""The label of a text by a person, in the set that has machine-written ones too."""


def _amazon(row: Row, number: int) -> Row:
    return {
        "source": "amazon",
        "id": f"a{number}",
        "subject": {"id": row["asin"]},
        "author": {"id": row["reviewerID"], "name": row.get("reviewerName")},
        "rating": row["overall"],
        "title": row.get("summary"),
        "text": row.get("reviewText") or "",
        "published_at": row["unixReviewTime"],
        "verified": row["verified"],
    }


def _trustpilot(row: Row, _: int) -> Row:
    return {
        "source": "trustpilot",
        "id": row["review_id"],
        "subject": {"id": row["company_domain"]},
        "author": {"id": row["consumer_id"], "name": row["consumer_name"]},
        "rating": row["rating"],
        "title": row["review_title"],
        "text": row["review_text"] or "",
        "published_at": row["review_time"],
    }


def _banks(row: Row, _: int) -> Row:
    return {
        "source": row["source"],
        "id": row["url"],
        "subject": {"id": row["product_type"]},
        "rating": row.get("rating"),
        "text": row["text"],
    }


def _ozon(row: Row, _: int) -> Row:
    return {
        "source": "ozon",
        "id": row["review_id"],
        "subject": {"id": "one product"},
        "author": {"name": row["author"]},
        "rating": row["rating"],
        "text": row["text"] or "",
        "pros": row["pros"],
        "cons": row["cons"],
        "published_at": row["published_at"],
    }


def _skytrax(kind: str) -> Callable[[Row, int], Row]:
    def review(row: Row, number: int) -> Row:
        return {
            "source": "skytrax",
            "id": f"{kind}{number}",
            "subject": {"id": row["airline_name"]},
            "author": {"name": row["author"]},
            "title": row["title"],
            "text": row["content"],
            "published_at": row["date"],
        }

    return review


def _drugs(row: Row, number: int) -> Row:
    return {
        "source": "webmd",
        "id": f"w{number}",
        "subject": {"id": row["drug_name"]},
        "author": {"name": row["user"]},
        "rating": row["overall_rating"],
        "text": row["textual_review"] or "",
    }


def _plain(row: Row, number: int) -> Row:
    return {"source": "shop", "id": f"p{number}", "subject": {"id": f"s{number // 40}"}, "text": row["text"]}


SETS: dict[str, Callable[[Row, int], Row]] = {
    "B6_amazon_all_beauty_5core/all_beauty_5core.jsonl.gz": _amazon,
    "B7_trustpilot_10_companies/trustpilot.jsonl.gz": _trustpilot,
    "B2_ru_gazprombank_sravni_banki/sravni_banki.jsonl.gz": _banks,
    "B3_ru_ozon_one_product/ozon_reviews.jsonl.gz": _ozon,
    "B9_skytrax/lounge.jsonl.gz": _skytrax("lounge"),
    "B9_skytrax/seat.jsonl.gz": _skytrax("seat"),
    "B8_webmd_drug_reviews/webmd.jsonl.gz": _drugs,
    "A6_amazon_gpt2_cg_or/cg_or_subset.jsonl.gz": _plain,
}
"""Each file under MOLVA_DATA, and how a row of it becomes a review."""
