"""The frozen models on rows that were kept out of their training: floors well below what the model cards state."""

from collections import defaultdict

import pytest
from sklearn.metrics import roc_auc_score

from streams.models.sentiment_corpus import kept_out, rated
from streams.models.train_language import NAMED, corpus, split
from streams.text.analysis import analyse
from streams.text.language import identify

pytestmark = pytest.mark.data


@pytest.fixture(autouse=True)
def _data(data_dir, monkeypatch):
    monkeypatch.setenv("MOLVA_DATA", str(data_dir))


def test_language_of_sentences_pairs_and_single_words():
    _, held = split(corpus())
    rows = [row for row in held if row[0] in NAMED]
    found = identify([text for _, _, text in rows])
    right = defaultdict(list)
    for (code, kind, _), guess in zip(rows, found, strict=True):
        right[kind].append(guess.code == code)
    share = {kind: sum(values) / len(values) for kind, values in right.items()}
    assert len(rows) > 2000
    assert share["sentences"] >= 0.98
    assert share["word-pairs"] >= 0.92
    assert share["single-words"] >= 0.75


@pytest.mark.parametrize(
    ("language", "floors"),
    [
        ("ru", {"marketplaces": 0.92, "ozon": 0.95}),
        (
            "en",
            {
                "lounges": 0.93,
                "seats": 0.89,
                "beauty": 0.90,
                "trustpilot": 0.95,
                "product snippets": 0.85,
                "tweets": 0.94,
            },
        ),
    ],
)
def test_sentiment_of_texts_that_were_kept_out(language, floors):
    rows = [row for row in rated(language) if row.source in floors and row.clear and kept_out(row.text)]
    positive = [found.positive - found.negative for found in _analysed([row.text for row in rows])]
    for source, floor in floors.items():
        own = [at for at, row in enumerate(rows) if row.source == source]
        truth = [rows[at].satisfaction > 0.5 for at in own]
        assert roc_auc_score(truth, [positive[at] for at in own]) >= floor, source


def test_sentiment_of_hotel_reviews_and_its_probabilities(rows):
    hotels = list(rows("A1_op_spam/op_spam_v1.4.jsonl.gz"))
    found = _analysed([row["text"] for row in hotels])
    negative = [row["polarity"] == "negative" for row in hotels]
    assert roc_auc_score(negative, [each.negative for each in found]) >= 0.96
    sure = [is_so for is_so, each in zip(negative, found, strict=True) if each.negative > 0.9]
    assert len(sure) > 100
    assert sum(sure) / len(sure) > 0.9


def _analysed(texts):
    return [found for at in range(0, len(texts), 256) for found in analyse(texts[at : at + 256])]
