"""The parts of a risk model: the judge computes what was trained, in any batch, and files come back as they went."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import roc_auc_score

from schemas.events import Review, Subject
from streams.detectors import incentive, wording
from streams.detectors.style import SHAPE_KINDS, SKELETON_KINDS, STYLE_KINDS, style
from streams.models.evidence_weights import EVIDENCE
from streams.risk import load
from streams.scoring import textmodel, trees
from streams.scoring.model import Head, HeadSettings, Model, Settings, load_model, save_model
from streams.scoring.textmodel import Grams, TextModel, measured, quantised
from streams.telling import phrases
from streams.text.features import KINDS, Integers, extract
from streams.training import textfit, treefit
from streams.training.figures import calibration_error, line
from streams.training.treefit import Shape, boost

TEXTS = [
    "",
    "Great phone!  Buy it.",
    "Отличный товар, всем советую!",
    "a",
    "it was ok, it was ok, it was ok",
    "👍👍👍",
    "!!",
] * 3
COMMON: Integers = np.unique(extract(["it was the and a ok"], ("word1",)).kinds["word1"][0])


def grams(texts: list[str]) -> Grams:
    features = extract(texts)
    return features.kinds | style(texts, features, COMMON)


@settings(max_examples=80, deadline=None)
@given(st.lists(st.text(max_size=60), min_size=1, max_size=6))
def test_style_of_a_text_does_not_depend_on_its_neighbours(texts: list[str]) -> None:
    together = style(texts, extract(texts), COMMON)
    for row, text in enumerate(texts):
        alone = style([text], extract([text]), COMMON)
        for kind in STYLE_KINDS:
            hashes, offsets = together[kind]
            assert hashes[offsets[row] : offsets[row + 1]].tolist() == alone[kind][0].tolist(), kind


def test_shape_knows_habits_and_not_topics() -> None:
    def shape(text: str) -> list[int]:
        return style([text], extract([text]), COMMON)["shape5"][0].tolist()

    assert shape("The room was small.") == shape("Our dogs hate cheese.")
    assert shape("The room was small.") != shape("the room was small")
    assert shape("One.  Two") != shape("One. Two")


def test_skeletons_keep_common_words_only() -> None:
    def skeleton(text: str) -> list[int]:
        return style([text], extract([text]), COMMON)["skeleton3"][0].tolist()

    assert skeleton("it was the lamp") == skeleton("it was the hotel")
    assert skeleton("it was the lamp") != skeleton("it and the lamp")


@pytest.mark.parametrize("measure", ["sum", "tfidf"])
@pytest.mark.parametrize("kinds", [KINDS, SHAPE_KINDS, SKELETON_KINDS])
def test_the_judge_computes_what_was_trained(measure: str, kinds: tuple[str, ...]) -> None:
    buckets, chance = 1 << 12, np.random.default_rng(1)
    weights, rarity = chance.normal(size=buckets), 1 + chance.random(buckets) * 5
    group = quantised(kinds, measure, weights, rarity if measure == "tfidf" else None)
    model = TextModel((group,), 0.25)
    matrix = measured(kinds, measure, grams(TEXTS), buckets, len(TEXTS))
    if measure == "tfidf":
        matrix = textfit._normal(matrix, group.rarity / textmodel.UNIT)
    expected = 0.25 + group.scale * (matrix @ group.weights.astype(np.float64))
    assert model.scores(grams(TEXTS), len(TEXTS)) == pytest.approx(expected, abs=1e-3)


@pytest.mark.parametrize("measure", ["sum", "tfidf"])
def test_a_text_scores_alike_in_any_batch(measure: str) -> None:
    chance = np.random.default_rng(2)
    group = quantised(KINDS, measure, chance.normal(size=1 << 12), 1 + chance.random(1 << 12))
    model = TextModel((group,), 0.0)
    together = model.scores(grams(TEXTS), len(TEXTS)).tolist()
    assert together == [model.scores(grams([text]), 1)[0] for text in TEXTS]


def some_rows(count: int, seed: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Log-odds of words, a table, and labels that depend on a pair of its columns."""
    chance = np.random.default_rng(seed)
    table = chance.normal(size=(count, 5)).round(2)
    start = chance.normal(size=count).round(4)
    odds = start + np.where(table[:, 0] > 0.3, 1.5, -1.5) * np.sign(table[:, 1])
    return start, table, chance.random(count) < 1 / (1 + np.exp(-odds))


def test_boosting_finds_what_only_a_pair_of_columns_tells() -> None:
    shape = Shape("all", tuple("abcde"), count=80, rate=0.1)
    grown = boost(*some_rows(1500, 1), shape)
    start, table, fake = some_rows(1000, 2)
    moved = grown.base + grown.contributions(np.column_stack((start, table))).sum(axis=1)
    assert roc_auc_score(fake, start + moved) > roc_auc_score(fake, start) + 0.1


def test_contributions_add_up_to_the_leaves() -> None:
    start, table, fake = some_rows(400, 3)
    grown = boost(start, table, fake, Shape("all", tuple("abcde"), count=40))
    values = np.column_stack((start, table))
    total = np.zeros(len(values))
    for tree in range(len(grown.roots)):
        first = (values[:, grown.features[tree, 0]] > grown.thresholds[tree, 0]).astype(int)
        rows = np.arange(len(values))
        second = values[rows, grown.features[tree, 1 + first]] > grown.thresholds[tree, 1 + first]
        total += grown.leaves[tree, first, second.astype(int)]
    assert grown.base + grown.contributions(values).sum(axis=1) == pytest.approx(total, abs=1e-9)
    assert grown.contributions(values).mean(axis=0).sum() == pytest.approx(0, abs=1e-6)


def test_trees_over_a_column_that_says_nothing_ask_nothing() -> None:
    chance = np.random.default_rng(4)
    fake = chance.random(200) < 0.5
    grown = boost(np.zeros(200), np.ones((200, 1)), fake, Shape("none", ("a",), count=5))
    assert not grown.contributions(np.ones((3, 2))).any()


def test_a_model_comes_back_from_its_folder_as_it_went(tmp_path: Path) -> None:
    start, table, fake = some_rows(200, 5)
    head = HeadSettings("words", "text-pattern")
    group = quantised(KINDS, "tfidf", np.linspace(-1, 1, 1 << 10), np.full(1 << 10, 2.0))
    model = Model(
        settings=Settings(name="own", base=0.0, heads=(head,)),
        heads=(Head(head, TextModel((group,), 0.5)),),
        trees=boost(start, table, fake, Shape("all", tuple("abcde"), count=3)),
        common=COMMON,
    )
    save_model(tmp_path, model)
    back = load_model(tmp_path)
    assert back.settings == model.settings
    assert (
        back.heads[0].model.scores(grams(TEXTS), len(TEXTS)).tolist()
        == model.heads[0].model.scores(grams(TEXTS), len(TEXTS)).tolist()
    )
    assert back.trees is not None
    values = np.column_stack((start, table))
    assert np.array_equal(back.trees.contributions(values), model.trees.contributions(values))  # type: ignore[union-attr]


@pytest.mark.parametrize("damage", ["missing", "cut", "other arrays", "other format"])
def test_a_damaged_model_is_refused_with_advice(tmp_path: Path, damage: str) -> None:
    head = HeadSettings("words", "text-pattern")
    group = quantised(KINDS, "sum", np.linspace(-1, 1, 1 << 10))
    settings_ = Settings(name="own", base=0.0, heads=(head,), format=2 if damage == "other format" else 1)
    save_model(tmp_path, Model(settings_, (Head(head, TextModel((group,), 0.5)),), None, COMMON))
    if damage == "missing":
        (tmp_path / "arrays.npz").unlink()
    elif damage == "cut":
        (tmp_path / "arrays.npz").write_bytes((tmp_path / "arrays.npz").read_bytes()[:100])
    elif damage == "other arrays":
        np.savez(tmp_path / "arrays.npz", allow_pickle=False, common=COMMON)
    with pytest.raises(ValueError, match="train"):
        load_model(tmp_path)


def test_the_shipped_model_weighs_evidence_as_the_code_states() -> None:
    assert load().model.settings.evidence == EVIDENCE


def test_trees_with_columns_out_of_range_are_refused() -> None:
    start, table, fake = some_rows(200, 6)
    arrays = boost(start, table, fake, Shape("all", tuple("abcde"), count=3)).to_arrays("trees")
    arrays["trees/features"] = np.full((3, 3), 99)
    with pytest.raises(ValueError, match="train"):
        trees.from_arrays("trees", arrays)


@settings(max_examples=60, deadline=None)
@given(st.text(max_size=300))
def test_any_text_can_be_measured(text: str) -> None:
    assert all(np.isfinite(value) for value in wording.measure(text).values())
    assert set(incentive.measure(text)) <= {"gift", "insider"}
    assert len(phrases(text, load().model, "machine-text")) <= 2


@pytest.mark.parametrize(
    "text",
    [
        "I was not paid for my opinion, and I paid full price.",
        "Free shipping and a fair price, great company.",
        "Отзыв писать не хотела, но бонусов и скидок тут полно.",
        "Магазин хороший, сотрудники вежливые, компания надёжная.",
    ],
)
def test_talk_of_money_and_staff_is_not_a_paid_review(text: str) -> None:
    assert incentive.find(text) == {}


def test_calibration_error_of_a_certain_wrong_guess_is_one() -> None:
    assert calibration_error(np.array([0.99, 0.99]), np.array([False, False])) == pytest.approx(0.99)
    slope, shift = line(np.array([-1.0, -0.5, 0.2, -0.2, 0.5, 1.0]), np.array([False, False, False, True, True, True]))
    assert slope > 0
    assert abs(shift) < 10


def test_bins_never_split_equal_values() -> None:
    edges = treefit._edges(np.array([1.0, 1.0, 2.0, 5.0, 5.0]))
    assert edges.tolist() == [1.5, 3.5]


def test_long_texts_are_left_to_the_heads_that_may_read_them() -> None:
    model = load()
    limited = [head for head in model.model.heads if head.settings.longest]
    assert limited
    text = "Пришло вовремя, ткань плотная, швы ровные. " * 30
    review = Review(source="s", subject=Subject(id="p"), text=text)

    class Analysis:
        language, language_probability, negative = "ru", 0.99, 0.1

    (signals,) = model.read([review], [Analysis()])
    assert limited[0].name not in signals[0].features
    assert "language-model-ru" in signals[0].features
