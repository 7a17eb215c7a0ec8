"""Fit text heads on labels and score every row by heads that have not seen its group."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec
import numpy as np
import numpy.typing as npt
from scipy import sparse
from sklearn.linear_model import LogisticRegression

from streams.detectors.style import SHAPE_KINDS, SKELETON_KINDS, style
from streams.scoring.textmodel import UNIT, Grams, TextModel, measured, quantised, rarities
from streams.text.features import Integers, extract

Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]
Matrix = Any

GROUPS: dict[str, tuple[tuple[str, ...], int]] = {
    "words": (("word1", "word2"), 1 << 18),
    "characters": (("char2", "char3", "char4", "char5"), 1 << 18),
    "skeleton": (SKELETON_KINDS, 1 << 17),
    "shape": (SHAPE_KINDS, 1 << 15),
}


class Recipe(msgspec.Struct, frozen=True):
    """Which groups of n-grams a head reads, and how little it is held back (scikit-learn's C).

    ``likelihood``: n-grams are weighed by their naive-Bayes log-odds first, which suits few labels (Wang and Manning,
    "Baselines and bigrams", ACL 2012).
    """

    name: str
    groups: tuple[str, ...]
    strength: float
    likelihood: bool = False


RECIPES = (
    Recipe("cautious", ("words", "characters"), 0.5),
    Recipe("bold", ("words", "characters", "skeleton"), 30.0),
    Recipe("style", ("words", "characters", "skeleton", "shape"), 10.0),
    Recipe("likelihood", ("words",), 30.0, likelihood=True),
)


def matrices(texts: Sequence[str], common: Integers) -> dict[str, Matrix]:
    """Counts of each group of n-grams in *texts*."""
    parts: dict[str, list[Matrix]] = {name: [] for name in GROUPS}
    for start in range(0, len(texts), 512):
        batch = texts[start : start + 512]
        features = extract(batch)
        grams: Grams = features.kinds | style(batch, features, common)
        for name, (kinds, buckets) in GROUPS.items():
            parts[name].append(measured(kinds, "tfidf", grams, buckets, len(batch)))
    return {name: sparse.vstack(found).tocsr() for name, found in parts.items()}


def fit(recipe: Recipe, parts: dict[str, Matrix], fake: Flags, among: Integers) -> TextModel:
    """Fit a head on the rows *among*."""
    return fit_mean((recipe,), parts, fake, among)


def fit_mean(recipes: Sequence[Recipe], parts: dict[str, Matrix], fake: Flags, among: Integers) -> TextModel:
    """Fit a head on the rows *among* whose log-odds are the mean of what the *recipes* give, and cost no more."""
    names = [name for name in GROUPS if any(name in recipe.groups for recipe in recipes)]
    rarity = {name: _rarity(parts[name][among]) for name in names}
    normal = {name: _normal(parts[name][among], rarity[name]) for name in names}
    weights = {name: np.zeros(GROUPS[name][1]) for name in names}
    intercept = 0.0
    for recipe in recipes:
        odds = {
            name: _odds(parts[name][among], fake[among]) if recipe.likelihood else np.ones(GROUPS[name][1])
            for name in recipe.groups
        }
        blocks = [normal[name] @ sparse.diags_array(odds[name].astype(np.float32)) for name in recipe.groups]
        model = LogisticRegression(C=recipe.strength, solver="liblinear", tol=1e-2)
        model.fit(sparse.hstack(blocks).tocsr(), fake[among])
        intercept += float(model.intercept_[0]) / len(recipes)
        start = 0
        for name in recipe.groups:
            buckets = GROUPS[name][1]
            weights[name] += model.coef_[0, start : start + buckets] * odds[name] / len(recipes)
            start += buckets
    groups = tuple(quantised(GROUPS[name][0], "tfidf", weights[name], rarity[name], largest=8191) for name in names)
    return TextModel(groups, round(intercept, 6))


def _rarity(counts: Matrix) -> Floats:
    seen = np.bincount(counts.indices, minlength=counts.shape[1])
    return np.asarray(np.log((1 + counts.shape[0]) / (1 + seen)) + 1)


def predict(model: TextModel, parts: dict[str, Matrix], among: Integers) -> Floats:
    """The scores that *model* gives the rows *among*, as the judge would compute them."""
    names = {kinds: name for name, (kinds, _) in GROUPS.items()}
    total = np.full(len(among), model.bias)
    for group in model.groups:
        counts = parts[names[group.kinds]][among]
        total += group.scale * (_normal(counts, group.rarity / UNIT) @ group.weights.astype(np.float64))
    return total


def _odds(counts: Matrix, fake: Flags) -> Floats:
    """Log-odds of each bucket: how much more often texts of the fakes have it than those of the others."""
    sides = [np.bincount(counts[side].indices, minlength=counts.shape[1]) + 1.0 for side in (fake, ~fake)]
    return np.asarray(np.log((sides[0] / sides[0].sum()) / (sides[1] / sides[1].sum())))


def _normal(counts: Matrix, rarity: Floats) -> Matrix:
    weighed = counts @ sparse.diags_array((rarities(rarity) / UNIT).astype(np.float32))
    norms = np.sqrt(np.asarray(weighed.multiply(weighed).sum(axis=1), dtype=np.float64)).ravel()
    return (sparse.diags_array((1 / np.maximum(norms, 1e-9)).astype(np.float32)) @ weighed).tocsr()


def out_of_fold(
    recipe: Recipe, parts: dict[str, Matrix], fake: Flags, folds: Sequence[tuple[Integers, Integers]]
) -> Floats:
    """The score of each row by a head that was trained without its fold."""
    scores = np.zeros(len(fake))
    for train, test in folds:
        scores[test] = predict(fit(recipe, parts, fake, train), parts, test)
    return scores
