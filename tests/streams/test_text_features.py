"""Hashed n-grams: the same for a text however it is batched, for any text, and models that refuse what is not theirs."""

import re

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from streams.text.features import ALL_KINDS as KINDS
from streams.text.features import DENIED, LIMIT, extract, take
from streams.text.linear import HashedLinear, matrix, save
from streams.text.lookalikes import unmixed

ANY_TEXT = st.text(st.characters(codec=None, exclude_categories=()), max_size=60)
HOSTILE = [
    "",
    "\x00",
    "\ud800",
    "a\udfffb",
    "й",
    "🙂" * 5000,
    "x" * 1_000_000,
    " \n" * 10_000,
    "'" * 50,
    "İSTANBUL",
    "ﷺ" * 3000,
    "\u0301" * 99,
]


def of_row(features, kind, row):
    hashes, offsets = features.kinds[kind]
    return hashes[offsets[row] : offsets[row + 1]].tolist()


@settings(deadline=None, max_examples=150)
@given(st.lists(ANY_TEXT, max_size=6))
def test_a_row_does_not_depend_on_its_batch(texts):
    batch = extract(texts)
    for row, text in enumerate(texts):
        alone = extract([text])
        for kind in KINDS:
            assert of_row(batch, kind, row) == of_row(alone, kind, 0)


def test_hostile_texts_have_bounded_features():
    features = extract(HOSTILE)
    for kind in KINDS:
        hashes, offsets = features.kinds[kind]
        assert len(offsets) == len(HOSTILE) + 1
        assert offsets[-1] == len(hashes)
        assert np.diff(offsets).max() <= 2 * LIMIT
        assert hashes.min(initial=0) >= 0
        assert hashes.max(initial=0) < 2**32


def grams(text, kind):
    return of_row(extract([text]), kind, 0)


def test_windows_lie_within_tokens():
    assert len(grams("ab, c", "char3")) == 4  # " ab", "ab ", " , ", " c "
    assert len(grams("ab, c", "word1")) == 3
    assert len(grams("ab, c", "word2")) == 2
    assert len(grams("ab, c", "word3")) == 1
    assert len(grams("abcde", "char5")) == 3  # " abcd", "abcde", "bcde "


def test_word_ngrams_do_not_cross_texts():
    features = extract(["not", "good"])
    assert of_row(features, "word2", 0) == of_row(features, "word2", 1) == []


def denied(text):
    """The words of *text* that stand under a negation, in text order."""
    words = re.findall(r"\w+", text.lower())
    known = {number: word for word in words for number in grams(f"not {word}", DENIED)}
    return [known[number] for number in grams(text, DENIED)]


@pytest.mark.parametrize(
    ("text", "under"),
    [
        ("It is not very good", ["very", "good"]),
        ("I don't like it", ["like", "it"]),
        ("I DON’T like it", ["like", "it"]),
        ("Никому не советую этот банк", ["советую", "этот", "банк"]),
        ("not good, bad", ["good"]),
        ("not good (bad)", ["good"]),
        ("not bad but pricey", ["bad"]),
        ("не дёшево зато надёжно", ["дёшево"]),
        ("not one two three four five six", ["one", "two", "three", "four", "five"]),
        ("never not good", ["good"]),
        ("good not", []),
        ("good, really good", []),
        ("", []),
    ],
)
def test_words_under_a_negation(text, under):
    assert denied(text) == under


def test_a_negation_does_not_reach_into_the_next_text():
    features = extract(["it is not", "good"])
    assert of_row(features, DENIED, 1) == []


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("ОТЛИЧНО", "отлично"),
        ("оооочень", "оочень"),
        ("don’t", "don't"),
        ("хороший".replace("о", "o"), "хороший"),
        ("и\u0306", "й"),
        ("so\u00adft", "soft"),
        ("👍🏽", "👍"),
        ("good  \n\tthing", "good thing"),
    ],
)
def test_ways_of_writing_that_make_no_difference(one, other):
    for kind in KINDS:
        assert grams(one, kind) == grams(other, kind)


def test_words_of_one_alphabet_stay():
    for text in ("iPhone для мамы", "wifi", "Сергей", "CD-R и ОС", "тест test"):
        assert unmixed(text) == text
    assert unmixed("Pоссия и hеllo") == "Россия и hello"


def test_a_letter_is_another_feature_than_the_same_word():
    assert not set(grams("a", "char1")) & set(grams("a", "word1"))


def test_take_gives_the_rows_asked_for():
    texts = ["раз", "два три", "", "four five six"]
    some = take(extract(texts), np.array([1, 3]))
    again = extract([texts[1], texts[3]])
    for kind in KINDS:
        assert some.kinds[kind][0].tolist() == again.kinds[kind][0].tolist()
        assert some.kinds[kind][1].tolist() == again.kinds[kind][1].tolist()


def test_an_empty_batch_is_empty():
    assert extract([]).rows == 0


@pytest.fixture
def model_file(tmp_path):
    rng = np.random.default_rng(3)
    path = tmp_path / "model.npz"
    save(
        path,
        kinds=["char3", "word1"],
        sizes=[2**8, 2**10],
        weights=rng.normal(size=(2**8 + 2**10, 3)),
        bias=np.array([0.1, 0, -1]),
        power=0.5,
        labels=["a", "b", "c"],
    )
    return path


def test_scores_are_those_of_the_training_matrix_and_independent_of_the_batch(model_file):
    model = HashedLinear.load(model_file)
    texts = ["good thing, works", "", "плохая вещь", "a", "x" * 5000] * 7
    scores = model.scores(extract(texts))
    inputs = matrix(extract(texts), model.kinds, model.sizes, model.power)
    assert np.allclose(scores, inputs @ (model.weights * model.scale) + model.bias)
    for row, text in enumerate(texts):
        assert (model.scores(extract([text]))[0] == scores[row]).all()
    assert (scores[1] == model.bias).all()


def test_one_output_and_many_are_scored_alike(tmp_path):
    weights = np.random.default_rng(4).normal(size=(2**9, 1))
    texts = ["good thing, works", "", "плохая вещь"]
    for width in (1, 2):
        path = tmp_path / f"{width}.npz"
        save(
            path,
            kinds=["char2", "word1"],
            weights=np.repeat(weights, width, axis=1),
            bias=np.zeros(width),
            power=1.0,
            labels=list("ab"[:width]),
        )
    one, two = (HashedLinear.load(tmp_path / f"{width}.npz").scores(extract(texts)) for width in (1, 2))
    assert (one[:, 0] == two[:, 0]).all()
    assert (two[:, 0] == two[:, 1]).all()


def test_a_damaged_model_is_refused_with_a_clear_error(model_file, tmp_path):
    cut = tmp_path / "cut.npz"
    cut.write_bytes(model_file.read_bytes()[:500])
    wrong = tmp_path / "wrong.npz"
    with np.load(model_file) as stored:
        arrays = dict(stored)
    np.savez(wrong, **{**arrays, "weights": arrays["weights"][:-1]})
    pickled = tmp_path / "pickled.npz"
    np.savez(pickled, **{**arrays, "labels": np.array([{}], dtype=object)})
    for path in (cut, wrong, pickled, tmp_path / "missing.npz"):
        with pytest.raises(ValueError, match=path.name):
            HashedLinear.load(path)
