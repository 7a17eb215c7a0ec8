"""The word lists that sentiment starts from: carried on to neighbours, and turned round under a negation."""

import numpy as np
import pytest

from streams.models import word_polarity
from streams.models.train_sentiment import SIZES, table
from streams.text.features import DENIED, extract
from streams.text.sentiment import KINDS

LETTERS = "abcdefghij"


def clusters():
    """Words whose vectors lie about one of three corners, the commonest first, and the polarity of some."""
    chance = np.random.default_rng(1)
    words, vectors = [], []
    for number in range(120):
        corner = number % 3
        words.append(
            f"{('good', 'bad', 'grey')[corner]}{LETTERS[number // 30]}{LETTERS[number % 10]}{LETTERS[number // 12 % 10]}"
        )
        vectors.append(np.eye(3)[corner] + chance.normal(scale=0.1, size=3))
    known = {word: 3.0 if word.startswith("good") else -3.0 for word in words[:90] if not word.startswith("grey")}
    return words, np.array(vectors), known


def test_a_list_is_carried_on_to_words_that_are_used_alike():
    words, vectors, known = clusters()
    found = word_polarity._carried(known, words, vectors, neutral=20, most=3.0)
    new = {word: value for word, value in found.items() if word not in known}
    assert {word for word in words[90:] if word.startswith("good")} <= {w for w, v in new.items() if v > 1}
    assert {word for word in words[90:] if word.startswith("bad")} <= {w for w, v in new.items() if v < -1}
    assert all(abs(value) < 1 for word, value in new.items() if word.startswith("grey"))


def test_the_longest_beginning_of_the_russian_list_decides():
    found = word_polarity.russian(["отличного", "ужасное", "стол"])
    assert found["отличного"] > 0 > found["ужасное"]
    assert "стол" not in found


@pytest.mark.parametrize(("text", "sign"), [("good", 1), ("not good", -1), ("never a good day", -1), ("table", 0)])
def test_tables_turn_words_round_under_a_negation(text, sign):
    weights = table({"good": 2.0}, "word1") + 2 * table({"good": 2.0}, DENIED)
    starts = np.cumsum([0, *SIZES])
    features = extract([text], KINDS)
    total = sum(
        weights[starts[at] + (features.kinds[kind][0] & (SIZES[at] - 1))].sum() for at, kind in enumerate(KINDS)
    )
    assert np.sign(total) == sign


def test_a_missing_package_is_named():
    with pytest.raises(ModuleNotFoundError, match=r"need the package no_such_package: pip install -e '\.\[train\]'"):
        word_polarity._folder("no_such_package")
