"""Boost trees of depth two on top of the text's log-odds, and cast them into streams/scoring/trees.py."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec
import numpy as np
import numpy.typing as npt
from sklearn.ensemble import GradientBoostingClassifier

from streams.scoring.trees import Trees

Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]


class Shape(msgspec.Struct, frozen=True):
    """How trees are grown: how many, how deep (one or two questions), how fast, over which columns."""

    name: str
    columns: tuple[str, ...]
    count: int = 200
    depth: int = 2
    rate: float = 0.05


class _Start:
    """Boosting starts from these log-odds: the first column of the table."""

    def fit(self, *_: object) -> _Start:
        """Nothing to fit."""
        return self

    def predict_proba(self, table: Floats) -> Floats:
        """Probabilities of genuine and fake."""
        fake = 1 / (1 + np.exp(-np.clip(np.asarray(table, dtype=np.float64)[:, 0], -12, 12)))
        return np.column_stack((1 - fake, fake))


def boost(start: Floats, table: Floats, fake: Flags, shape: Shape) -> Trees:
    """Grow trees that mend *start* (log-odds of each row) by the columns of *table*.

    The trees of the result have one column more, ``text``, the first: they may ask about *start* too.
    """
    columns = np.column_stack((np.clip(start, -12, 12), table)).astype(np.float32)
    least = max(10, len(fake) // 100)
    model = GradientBoostingClassifier(
        init=_Start(),
        n_estimators=shape.count,
        learning_rate=shape.rate,
        max_depth=shape.depth,
        min_samples_leaf=least,
        subsample=0.7,
        max_features=0.5,
        random_state=0,
    )
    model.fit(columns, fake)
    return _cast(model, ("text", *shape.columns), columns, shape.rate)


def _cast(
    model: GradientBoostingClassifier, columns: Sequence[str], table: npt.NDArray[np.float32], rate: float
) -> Trees:
    """The trees as arrays; means of inner nodes are those of the training rows that came through."""
    count = len(model.estimators_)
    features = np.zeros((count, 3), dtype=np.int64)
    thresholds = np.full((count, 3), np.inf)
    children, leaves = np.zeros((count, 2)), np.zeros((count, 2, 2))
    roots = np.zeros(count)
    for index, estimator in enumerate(model.estimators_[:, 0]):
        tree = estimator.tree_
        mean = _means(tree, rate * tree.value[:, 0, 0], np.bincount(tree.apply(table), minlength=tree.node_count))
        roots[index] = mean[0]
        sides = (tree.children_left[0], tree.children_right[0]) if tree.children_left[0] >= 0 else (0, 0)
        if sides != (0, 0):
            features[index], thresholds[index, 0] = tree.feature[0], tree.threshold[0]
        for side, child in enumerate(sides):
            children[index, side] = leaves[index, side] = mean[child]
            if child and tree.children_left[child] >= 0:
                features[index, 1 + side], thresholds[index, 1 + side] = tree.feature[child], tree.threshold[child]
                leaves[index, side] = mean[tree.children_left[child]], mean[tree.children_right[child]]
    return Trees(tuple(columns), float(roots.sum()), features, thresholds, roots, children, leaves)


def _means(tree: Any, values: Floats, reached: npt.NDArray[np.int64]) -> Floats:
    """Mean value of each node over the training rows, from the leaves up."""
    mean, weight = values.copy(), reached.astype(np.float64)
    for node in range(len(values) - 1, -1, -1):  # children come after their parents
        left, right = tree.children_left[node], tree.children_right[node]
        if left >= 0:
            weight[node] = weight[left] + weight[right]
            mean[node] = (mean[left] * weight[left] + mean[right] * weight[right]) / max(weight[node], 1.0)
    return mean
