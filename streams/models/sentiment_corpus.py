"""Rated texts to train sentiment with, every source on one scale from 0 (very dissatisfied) to 1 (very satisfied)."""

import json
import math
import re
import zlib
from collections.abc import Iterable, Iterator
from itertools import chain, islice
from pathlib import Path
from typing import Any

import msgspec

from streams.models.data import read

GROUPS = {  # sources that share texts, authors or subjects; a measurement leaves out a whole group
    "banki.ru": "banks ru",
    "marketplaces": "shops ru",
    "ozon": "shops ru",
    "lounges": "airlines en",
    "seats": "airlines en",
    "beauty": "shops en",
    "garcia": "shops en",
    "original": "shops en",
    "trustpilot": "companies en",
    "product snippets": "product snippets en",
    "film snippets": "film snippets en",
    "tweets": "tweets en",
    "editorials": "editorials en",
    "phrases": "phrases",
}
_PHRASES = Path(__file__).with_name("phrases_sentiment.json")
_STARS = {1: 0.0, 2: 0.1, 3: 0.4, 4: 0.85, 5: 1.0}
_F5 = {
    "product snippets": "amazonReviewSnippets",
    "film snippets": "movieReviewSnippets",
    "tweets": "tweets",
    "editorials": "nytEditorialSnippets",
}


def kept_out(text: str) -> bool:
    """Whether a text is among the fifth of every source that is only measured; the same for the same text."""
    return zlib.crc32(text.lower().encode("utf-8", "replace")) % 5 == 0


class Rated(msgspec.Struct, frozen=True):
    """A text and how satisfied its author or its readers called it, 0 to 1."""

    source: str
    text: str
    satisfaction: float

    @property
    def clear(self) -> bool:
        """Whether it is plainly praise or plainly blame."""
        return abs(self.satisfaction - 0.5) > 0.2


def rated(language: str) -> list[Rated]:
    """All rated texts in "en" or "ru", each text of a source once, in a fixed order; signs and emoji are in both."""
    found: dict[tuple[str, str], Rated] = {}
    for source, satisfaction, *parts in chain(
        _russian() if language == "ru" else chain(_skytrax(), _english(), _snippets()), _phrases(language)
    ):
        text = joined(*parts)
        if text:
            found.setdefault((source, text.lower()[:300]), Rated(source, text, satisfaction))
    return list(found.values())


def joined(*parts: str | None) -> str:
    """Give title and text as one line."""
    return re.sub(r"(?:\s|\\n)+", " ", ". ".join(part.strip() for part in parts if part)).strip()


def _russian() -> Iterator[tuple[Any, ...]]:
    for row in read("B2_ru_gazprombank_sravni_banki/sravni_banki.jsonl.gz"):
        if row["rating"]:
            yield "banki.ru", _STARS[int(row["rating"])], row["text"]
    for row in read("B4_ru_wb_ozon_small/wb_ozon.jsonl.gz"):
        yield "marketplaces", _STARS[row["rating"]], row["text"]
    for row in read("A8_ru_marketplace_vs_bot_templates/ru_ozon_wb_vs_bot.jsonl.gz"):
        if not row["label"]:
            yield "marketplaces", _STARS[row["rating"]], row["text"]
    for row in read("B3_ru_ozon_one_product/ozon_reviews.jsonl.gz"):
        yield "ozon", _STARS[row["rating"]], row["text"], row["pros"], row["cons"]


def _english() -> Iterator[tuple[Any, ...]]:
    for row in read("B6_amazon_all_beauty_5core/all_beauty_5core.jsonl.gz"):
        yield "beauty", _STARS[int(row["overall"])], row.get("summary"), row.get("reviewText")
    for row in read("A5_amazon_labelled_verified/amazon_2100.jsonl.gz"):
        if not row["label"]:
            yield "garcia", _STARS[row["RATING"]], row["REVIEW_TITLE"], row["text"]
    for row in read("A6_amazon_gpt2_cg_or/cg_or_subset.jsonl.gz"):
        if not row["label"] and row["rating"]:
            yield "original", _STARS[int(row["rating"])], row["text"]
    for row in read("B7_trustpilot_10_companies/trustpilot.jsonl.gz"):
        if row["language"] == "en":
            yield "trustpilot", _STARS[int(row["rating"])], row["review_title"], row["review_text"]


def _snippets() -> Iterator[tuple[Any, ...]]:
    for source, name in _F5.items():
        rows: Iterable[dict[str, Any]] = read(f"F5_vader_human_rated/{name}_GroundTruth.jsonl.gz")
        for row in islice(rows, 1200) if source == "editorials" else rows:
            yield source, 1 / (1 + math.exp(-1.3 * row["mean_rating"])), row["text"]


def _skytrax() -> Iterator[tuple[str, float, str]]:
    """Lounges are rated 1 to 5; seats 1 to 5 before 2015 and 1 to 10 after, so they go by the recommendation."""
    for row in read("B9_skytrax/lounge.jsonl.gz"):
        if row["overall_rating"]:
            yield "lounges", _STARS[min(int(row["overall_rating"]), 5)], row["content"]
    for row in read("B9_skytrax/seat.jsonl.gz"):
        rating = row["overall_rating"] or 5
        sure = rating <= 3 or rating >= 7
        recommended = int(row["recommended"]) == 1
        yield "seats", ((0.95 if recommended else 0.05) if sure else (0.7 if recommended else 0.3)), row["content"]


def _phrases(language: str) -> Iterator[tuple[str, float, str]]:
    other = re.compile("[a-zA-Z]{2}" if language == "ru" else "[а-яё]")
    for satisfaction, phrases in json.loads(_PHRASES.read_text("utf-8")).items():
        if satisfaction != "about":
            yield from (("phrases", float(satisfaction), each) for each in phrases.split("|") if not other.search(each))
