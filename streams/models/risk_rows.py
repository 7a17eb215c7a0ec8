"""The rows that the shipped risk model learns from: only sets that may be used for it, each text once.

Left out: A1 and A2 (non-commercial), A3 and A4 (not for a product), and B4, which is the real half of A8 and would put
A8's measured rows into the training. A12's rows with label 0 are the same text under all four generators: they are the
human reviews (translated from Italian) that the others were written after, and count as real.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import msgspec

from streams.models.data import read

EVERY = {"A7 generated": 2}
"""Of some large sets only each n-th row is taken."""


class Row(msgspec.Struct, frozen=True):
    """A labelled text: ``kind`` is ``real`` or the name of what made it, ``group`` never straddles a split."""

    text: str
    kind: str
    source: str
    group: str


def rows(language: str) -> list[Row]:
    """All rows of a language (``en``, ``ru``), the first of equal texts."""
    seen: set[str] = set()
    kept: list[Row] = []
    for row in _english() if language == "en" else _russian():
        key = " ".join(row.text.split())
        if key and key not in seen:
            seen.add(key)
            kept.append(row)
    return kept


def _english() -> Iterator[Row]:
    for row in read("A6_amazon_gpt2_cg_or/cg_or_subset.jsonl.gz"):
        yield _row(row["text"], "gpt2" if row["label"] else "real", "A6")
    for row in read("A9_hotel_local_llm/hotel_llm_reviews.jsonl.gz"):
        yield _row(row["text"], "llm", "A9", row["hotel"])
    for row in read("A12_llm_refund_reviews/llm_refund_reviews_en.jsonl.gz"):
        prose = _titled(row["title"], row["text"], row["prompt_id"])
        yield _row(prose, "llm" if row["label"] else "real", "A12", row["prompt_id"])
    for row in read("A5_amazon_labelled_verified/amazon_2100.jsonl.gz"):
        if not row["label"]:
            yield _row(row["text"], "real", "A5", row["PRODUCT_ID"])
    yield from _real("B6", "B6_amazon_all_beauty_5core/all_beauty_5core.jsonl.gz", ("reviewText",), "summary")
    yield from _real("B7", "B7_trustpilot_10_companies/trustpilot.jsonl.gz", ("review_text",), "review_title")
    yield from _real("B8", "B8_webmd_drug_reviews/webmd.jsonl.gz", ("textual_review",))
    yield from _real("B9", "B9_skytrax/lounge.jsonl.gz", ("content",), "title")
    yield from _real("B9", "B9_skytrax/seat.jsonl.gz", ("content",), "title")


def _russian() -> Iterator[Row]:
    for row in read("A7_ru_yandexgpt_vs_real/ru_test_unique_4690.jsonl.gz"):
        yield _row(row["text"], "llm" if row["label"] else "real", "A7")
    for index, row in enumerate(read("A7_ru_yandexgpt_vs_real/ru_yandexgpt_generated_14644.jsonl.gz")):
        if index % EVERY["A7 generated"] == 0:
            yield _row(row["text"], "llm", "A7")
    for row in read("A8_ru_marketplace_vs_bot_templates/ru_ozon_wb_vs_bot.jsonl.gz"):
        yield _row(row["text"], "template" if row["label"] else "real", "A8")
    yield from _real("B2", "B2_ru_gazprombank_sravni_banki/sravni_banki.jsonl.gz", ("text",))
    yield from _real("B3", "B3_ru_ozon_one_product/ozon_reviews.jsonl.gz", ("text", "pros", "cons"))


def _real(source: str, file: str, fields: Iterable[str], title: str = "") -> Iterator[Row]:
    for index, row in enumerate(read(file)):
        text = "\n".join(row[field] for field in fields if row.get(field))
        yield _row(_titled(row.get(title), text, index), "real", source, " ".join(text.split()))


def _titled(title: str | None, text: str, number: int) -> str:
    """Every other text with its title, as it is read in a judged review; the others without."""
    return f"{title}\n{text}" if title and text and number % 2 else text


def _row(text: str | None, kind: str, source: str, group: Any = None) -> Row:
    text = (text or "").strip()
    return Row(text, kind, source, f"{source} {group if group is not None else ' '.join(text.split())}")
