"""Make the table of common wording, streams/models/common_phrases.npz, from public reviews under MOLVA_DATA.

Run from the repository's root: ``python -m streams.models.train_common_phrases``. Deterministic. The sets and their
licences are named in common_phrases.md beside the table.
"""

from __future__ import annotations

import gzip
import json
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from streams.text.fingerprint import MIDDLE, windows
from streams.text.fold import fold_many
from streams.text.phrases import HASH_BITS, TABLE

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from numpy.typing import NDArray

STOCK = Path(__file__).parent / "stock_phrases.txt"
MIN_REVIEWS = 8
"""In how many distinct reviews wording must occur to be common."""

SETS = {
    "A5_amazon_labelled_verified/amazon_2100.jsonl.gz": ("REVIEW_TITLE", "text"),
    "A6_amazon_gpt2_cg_or/cg_or_subset.jsonl.gz": ("text",),
    "A7_ru_yandexgpt_vs_real/ru_test_unique_4690.jsonl.gz": ("text",),
    "A7_ru_yandexgpt_vs_real/ru_yandexgpt_generated_14644.jsonl.gz": ("text",),
    "A8_ru_marketplace_vs_bot_templates/ru_ozon_wb_vs_bot.jsonl.gz": ("text",),
    "B2_ru_gazprombank_sravni_banki/sravni_banki.jsonl.gz": ("text",),
    "B3_ru_ozon_one_product/ozon_reviews.jsonl.gz": ("text", "pros", "cons"),
    "B6_amazon_all_beauty_5core/all_beauty_5core.jsonl.gz": ("summary", "reviewText"),
    "B7_trustpilot_10_companies/trustpilot.jsonl.gz": ("review_title", "review_text"),
    "B8_webmd_drug_reviews/webmd.jsonl.gz": ("textual_review",),
    "B9_skytrax/lounge.jsonl.gz": ("content",),
    "B9_skytrax/seat.jsonl.gz": ("content",),
    "B12_indonesian_marketplaces/prdect_id.jsonl.gz": ("Customer Review",),
}


def rows_of(path: Path) -> Iterator[dict[str, Any]]:
    """Yield the rows of a .jsonl.gz file."""
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        yield from map(json.loads, lines)


def texts_of(path: Path, fields: tuple[str, ...]) -> Iterator[str]:
    """Yield the named fields of each row, one text each."""
    for row in rows_of(path):
        yield from (row[field] for field in fields if row.get(field))


def stock_phrases() -> Iterator[str]:
    """Yield the stock phrases, and each with each other of its language after it."""
    for block in STOCK.read_text(encoding="utf-8").split("\n\n"):
        clauses = [line for line in block.splitlines() if line and not line.startswith("#")]
        yield from (f"{one} {other}" for one in clauses for other in clauses)


def _windows(texts: Sequence[str]) -> Iterator[NDArray[np.uint64]]:
    """Yield 40-bit hashes of the windows of texts, those of one text once."""
    for start in range(0, len(texts), 500):
        codes, offsets = fold_many(texts[start : start + 500])
        lengths = np.diff(offsets)
        whole = np.repeat(offsets[1:], lengths) - np.arange(len(codes)) >= MIDDLE
        owner = np.repeat(np.arange(len(lengths), dtype=np.uint64), lengths)[whole]
        hashes = windows(codes)[1][whole] >> np.uint64(24)
        yield np.unique(owner << np.uint64(40) | hashes) & np.uint64((1 << 40) - 1)


def common_hashes(texts: Iterable[str], min_reviews: int = MIN_REVIEWS) -> NDArray[np.uint32]:
    """Return the 24-bit hashes, sorted, of windows that *min_reviews* distinct texts or the stock phrases have."""
    values, counts = np.unique(np.concatenate(list(_windows(list(dict.fromkeys(texts))))), return_counts=True)
    stock = np.concatenate(list(_windows(list(stock_phrases()))))
    return np.unique(np.concatenate((values[counts >= min_reviews], stock)) >> np.uint64(40 - HASH_BITS)).astype(
        np.uint32
    )


def main() -> None:
    """Write the table."""
    data = Path(os.environ.get("MOLVA_DATA", "../shared/data"))
    texts: list[str] = []
    for name, fields in SETS.items():
        found = list(texts_of(data / name, fields))
        print(f"{len(found):7,} texts  {name}")
        texts += found
    hashes = common_hashes(texts)
    steps = np.diff(hashes, prepend=np.uint32(0)).astype(np.uint16 if np.diff(hashes).max() < 1 << 16 else np.uint32)
    np.savez_compressed(TABLE, steps=steps)
    print(f"{len(hashes):,} common windows, {TABLE.stat().st_size:,} bytes")


if __name__ == "__main__":
    main()
