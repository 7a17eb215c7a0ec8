"""The shipped risk model on real reviews: few genuine ones are called high, generated ones rank above real ones."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from sklearn.metrics import roc_auc_score

from schemas.events import Review, Subject
from streams.risk import Assessment, load
from streams.text.analysis import analyse

Rows = Callable[[str], Iterator[dict[str, Any]]]

pytestmark = pytest.mark.data

GENUINE = {
    "B2_ru_gazprombank_sravni_banki/sravni_banki.jsonl.gz": ("text",),
    "B3_ru_ozon_one_product/ozon_reviews.jsonl.gz": ("text", "pros", "cons"),
    "B6_amazon_all_beauty_5core/all_beauty_5core.jsonl.gz": ("reviewText",),
    "B7_trustpilot_10_companies/trustpilot.jsonl.gz": ("review_text",),
    "B8_webmd_drug_reviews/webmd.jsonl.gz": ("textual_review",),
    "B9_skytrax/lounge.jsonl.gz": ("content",),
    "B12_indonesian_marketplaces/prdect_id.jsonl.gz": ("Customer Review",),
}


def assessed(texts: list[str]) -> list[Assessment]:
    reviews = [Review(source="s", subject=Subject(id="p"), text=text) for text in texts]
    return load().assess(reviews, analyse(texts), [[] for _ in texts])


@pytest.mark.parametrize("name", GENUINE)
def test_few_genuine_reviews_are_called_high_and_each_has_a_reason(rows: Rows, name: str) -> None:
    texts = ["\n".join(row[field] for field in GENUINE[name] if row.get(field)) for row in rows(name)][::5][:500]
    high = [assessment for assessment in assessed(texts) if assessment.level == "high"]
    assert len(high) <= 0.01 * len(texts)
    assert all(assessment.reasons for assessment in high)


def test_generated_hotel_reviews_rank_above_real_ones_of_hotels_that_no_training_saw(rows: Rows) -> None:
    generated = [row["text"] for row in rows("A9_hotel_local_llm/hotel_llm_reviews.jsonl.gz")][::3]
    real = [row["text"] for row in rows("A1_op_spam/op_spam_v1.4.jsonl.gz") if not row["label"]][::3]
    found = assessed([*generated, *real])
    fake = [True] * len(generated) + [False] * len(real)
    assert roc_auc_score(fake, [assessment.score for assessment in found]) > 0.95
    assert sum(assessment.level == "high" for assessment in found[len(generated) :]) < 0.05 * len(real)
