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
    """Which groups of n-grams a head reads, and how little it is held back (scikit-learn's C)."""

    name: str
    groups: tuple[str, ...]
    strength: float


RECIPES = (
    Recipe("cautious", ("words", "characters"), 0.5),
    Recipe("bold", ("words", "characters", "skeleton"), 30.0),
    Recipe("style", ("words", "characters", "skeleton", "shape"), 10.0),
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
    blocks, rarity = [], []
    for name in recipe.groups:
        counts = parts[name][among]
        seen = np.bincount(counts.indices, minlength=counts.shape[1])
        rare = np.log((1 + len(among)) / (1 + seen)) + 1
        rarity.append(rare)
        blocks.append(_normal(counts, rare))
    model = LogisticRegression(C=recipe.strength, solver="liblinear", tol=1e-3)
    model.fit(sparse.hstack(blocks).tocsr(), fake[among])
    groups, start = [], 0
    for name, rare in zip(recipe.groups, rarity, strict=True):
        kinds, buckets = GROUPS[name]
        weights = model.coef_[0, start : start + buckets]
        groups.append(quantised(kinds, "tfidf", weights, rare, largest=8191))
        start += buckets
    return TextModel(tuple(groups), round(float(model.intercept_[0]), 6))


def predict(model: TextModel, recipe: Recipe, parts: dict[str, Matrix], among: Integers) -> Floats:
    """The scores that *model* gives the rows *among*, as the judge would compute them."""
    total = np.full(len(among), model.bias)
    for name, group in zip(recipe.groups, model.groups, strict=True):
        counts = parts[name][among]
        total += group.scale * (_normal(counts, group.rarity / UNIT) @ group.weights.astype(np.float64))
    return total


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
        scores[test] = predict(fit(recipe, parts, fake, train), recipe, parts, test)
    return scores
