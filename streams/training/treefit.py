"""Boost trees of depth two on top of the text's log-odds, by histograms, into streams/scoring/trees.py.

Second-order boosting as in Chen and Guestrin, "XGBoost" (KDD 2016), with rows and columns drawn anew for each tree
(Friedman, "Stochastic gradient boosting", 2002). It is written out here because it must start from the words' log-odds
and end as arrays that split exactly into contributions.
"""

from __future__ import annotations

import msgspec
import numpy as np
import numpy.typing as npt

from streams.scoring.trees import Trees

Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]
Integers = npt.NDArray[np.int64]

BINS = 32
ROWS, COLUMNS = 0.7, 0.5
RESTRAINT = 5.0
"""Added to the curvature of every node: small nodes move little."""
LEAST_SHARE = 0.01


class Shape(msgspec.Struct, frozen=True):
    """How trees are grown: how many, how deep (one or two questions), how fast, over which columns."""

    name: str
    columns: tuple[str, ...]
    count: int = 200
    depth: int = 2
    rate: float = 0.05


class _Node(msgspec.Struct, frozen=True):
    """The best question to ask of some rows: its column and the last bin that answers no; -1: none helps."""

    column: int
    bin: int


def boost(start: Floats, table: Floats, fake: Flags, shape: Shape) -> Trees:
    """Grow trees that mend *start* (log-odds of each row) by the columns of *table*.

    The trees of the result have one column more, ``text``, the first: they may ask about *start* too.
    """
    values = np.column_stack((start, table))
    edges = [_edges(column) for column in values.T]
    bins = np.column_stack([np.searchsorted(edge, column) for edge, column in zip(edges, values.T, strict=True)])
    chance = np.random.default_rng(0)
    score = start.astype(np.float64).copy()
    least = max(5.0, LEAST_SHARE * len(fake))
    features = np.zeros((shape.count, 3), dtype=np.int64)
    thresholds = np.full((shape.count, 3), np.inf)
    roots, children, leaves = np.zeros(shape.count), np.zeros((shape.count, 2)), np.zeros((shape.count, 2, 2))
    for tree in range(shape.count):
        probability = 1 / (1 + np.exp(-score))
        gradient, curvature = fake - probability, probability * (1 - probability)
        drawn = chance.random(len(fake)) < ROWS
        columns = np.sort(chance.choice(values.shape[1], max(1, round(COLUMNS * values.shape[1])), replace=False))
        questions = [_best(bins, columns, gradient, curvature, drawn, least=least)]
        first = _answers(bins, questions[0])
        for side in (0, 1):
            rows = drawn & (first == side)
            deeper = shape.depth > 1 and questions[0].column >= 0
            questions.append(_best(bins, columns, gradient, curvature, rows, least=least) if deeper else _Node(-1, 0))
        second = np.where(first == 0, _answers(bins, questions[1]), _answers(bins, questions[2]))
        cells = 2 * first + second
        pull = np.bincount(cells[drawn], gradient[drawn], 4)
        moved = shape.rate * pull / (np.bincount(cells[drawn], curvature[drawn], 4) + RESTRAINT)
        score += moved[cells]
        number = np.bincount(cells, minlength=4).astype(np.float64)
        for place, question in enumerate(questions):
            asked = question if question.column >= 0 else questions[0]
            features[tree, place] = max(asked.column, 0)
            if question.column >= 0:
                thresholds[tree, place] = edges[question.column][question.bin]
        leaves[tree] = moved.reshape(2, 2)
        roots[tree] = (number * moved).sum() / len(fake)
        for side in (0, 1):
            here = number[2 * side : 2 * side + 2]
            children[tree, side] = (here * leaves[tree, side]).sum() / max(here.sum(), 1.0)
    return Trees(("text", *shape.columns), float(roots.sum()), features, thresholds, roots, children, leaves)


def _edges(column: Floats) -> Floats:
    """Up to BINS - 1 values between which the rows divide evenly; a value belongs to the bin that it ends."""
    distinct = np.unique(column)
    if len(distinct) > BINS:
        distinct = np.unique(np.quantile(column, np.linspace(0, 1, BINS + 1)[1:], method="lower"))
    return (distinct[:-1] + distinct[1:]) / 2


def _best(
    bins: Integers, columns: Integers, gradient: Floats, curvature: Floats, rows: Flags, *, least: float
) -> _Node:
    """The question about one of *columns* that helps most among *rows* and leaves *least* rows on either side."""
    own, width = bins[rows][:, columns], BINS + 1
    if len(own) < 2 * least:
        return _Node(-1, 0)
    flat = (own + np.arange(len(columns)) * width).ravel()
    size = len(columns) * width

    def sums(weights: Floats | None) -> Floats:
        repeated = None if weights is None else np.repeat(weights[rows], len(columns))
        return np.cumsum(np.bincount(flat, repeated, size).reshape(len(columns), width), axis=1)

    number, pull, bend = sums(None), sums(gradient), sums(curvature)
    left = pull**2 / (bend + RESTRAINT)
    right = (pull[:, -1:] - pull) ** 2 / (bend[:, -1:] - bend + RESTRAINT)
    gain = left + right - pull[:, -1:] ** 2 / (bend[:, -1:] + RESTRAINT)
    gain[(number < least) | (number[:, -1:] - number < least)] = 0.0
    place = int(np.argmax(np.round(gain, 9)))
    if gain.ravel()[place] <= 1e-6:
        return _Node(-1, 0)
    return _Node(int(columns[place // width]), place % width)


def _answers(bins: Integers, question: _Node) -> Integers:
    """0 (no) or 1 (yes) for each row; no where nothing is asked."""
    if question.column < 0:
        return np.zeros(len(bins), dtype=np.int64)
    return (bins[:, question.column] > question.bin).astype(np.int64)
