"""Boosted trees of depth two whose score splits exactly into what each feature contributed.

A tree asks two questions one after the other; the path from the root to the leaf tells how much each question moved
the tree's mean, and these moves add up to the leaf (Saabas, "Interpreting random forests", 2014). With at most two
questions a tree, a contribution is easy to check by hand. All trees of all rows are walked at once.
"""

from __future__ import annotations

from collections.abc import Mapping

import msgspec
import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]


class Trees(msgspec.Struct, frozen=True):
    """An ensemble over named columns. A question is "value > threshold?": no goes left (0), yes goes right (1).

    Attributes:
        columns: Names of the features, in the order of the columns of the rows given.
        base: Mean score of the training rows: the score before any question.
        features: (trees, 3): column asked at the root, at its left child, at its right child.
        thresholds: (trees, 3): what the value is compared with; infinite where nothing is asked.
        roots: (trees,): mean of the tree.
        children: (trees, 2): mean after the first answer.
        leaves: (trees, 2, 2): value after both answers.
    """

    columns: tuple[str, ...]
    base: float
    features: Integers
    thresholds: Floats
    roots: Floats
    children: Floats
    leaves: Floats

    def contributions(self, table: Floats) -> Floats:
        """What each column moved each row's score by, (rows, columns); with ``base`` they add up to the score.

        Args:
            table: Values, (rows, columns), no NaN.
        """
        trees = np.arange(len(self.roots))
        first = (table[:, self.features[:, 0]] > self.thresholds[:, 0]).astype(np.int64)
        asked = np.take_along_axis(self.features[:, 1:].T, first, axis=0)
        thresholds = np.take_along_axis(self.thresholds[:, 1:].T, first, axis=0)
        second = (np.take_along_axis(table, asked, axis=1) > thresholds).astype(np.int64)
        middle = self.children[trees, first]
        moved = np.zeros(table.shape)
        rows = np.arange(len(table))
        for tree in trees:  # in a fixed order, so that sums round the same way in any batch
            moved[:, self.features[tree, 0]] += middle[:, tree] - self.roots[tree]
            moved[rows, asked[:, tree]] += self.leaves[tree, first[:, tree], second[:, tree]] - middle[:, tree]
        return moved

    def to_arrays(self, name: str) -> dict[str, npt.NDArray[np.generic]]:
        """The trees as arrays for an .npz file, under names that begin with *name*."""
        return {
            f"{name}/columns": np.array(self.columns),
            f"{name}/base": np.array([self.base]),
            f"{name}/features": self.features.astype(np.int16),
            f"{name}/thresholds": self.thresholds,
            f"{name}/roots": self.roots,
            f"{name}/children": self.children,
            f"{name}/leaves": self.leaves,
        }


def from_arrays(name: str, arrays: Mapping[str, npt.NDArray[np.generic]]) -> Trees:
    """The trees of that *name*.

    Raises:
        ValueError: An array is missing or has another shape than it must.
    """
    try:
        trees = Trees(
            columns=tuple(str(column) for column in arrays[f"{name}/columns"].ravel()),
            base=float(arrays[f"{name}/base"].astype(np.float64).ravel()[0]),
            features=arrays[f"{name}/features"].astype(np.int64),
            thresholds=arrays[f"{name}/thresholds"].astype(np.float64),
            roots=arrays[f"{name}/roots"].astype(np.float64),
            children=arrays[f"{name}/children"].astype(np.float64),
            leaves=arrays[f"{name}/leaves"].astype(np.float64),
        )
    except (KeyError, IndexError) as error:
        raise ValueError(f"the trees {name!r} are not whole ({error}): train the model again") from error
    count = len(trees.roots)
    sound = (
        trees.features.shape == trees.thresholds.shape == (count, 3)
        and trees.children.shape == (count, 2)
        and trees.leaves.shape == (count, 2, 2)
        and (count == 0 or 0 <= trees.features.min() <= trees.features.max() < len(trees.columns))
        and not np.isnan(trees.thresholds).any()
        and all(np.isfinite(part).all() for part in (trees.roots, trees.children, trees.leaves, trees.base))
    )
    if not sound:
        raise ValueError(f"the trees {name!r} have arrays of another shape: train the model again")
    return trees
