"""Linear models of wording and style over hashed n-grams, in exact integers.

Each group of kinds (n-grams of streams/text/features.py, shapes and skeletons of streams/detectors/style.py) has a
table of integer weights of its own. Two measures of how often an n-gram stands in a text are known:

* ``sum``: a kind's weights are added and divided by the root of the number of its n-grams. Fast; for shipped models.
* ``tfidf``: (1 + ln count) times a frozen rarity, over the group's Euclidean norm. Better with a thousand labels, and
  three times as slow; for models that a team trains.

All sums are taken in integers, so they are the same in any batch and on any host.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import msgspec
import numpy as np
import numpy.typing as npt
from scipy import sparse

from streams.detectors.style import SHAPE_KINDS, SKELETON_KINDS
from streams.text.features import KINDS, Integers

Floats = npt.NDArray[np.float64]
Grams = Mapping[str, tuple[Integers, Integers]]

KNOWN_KINDS = frozenset((*KINDS, *SHAPE_KINDS, *SKELETON_KINDS))
UNIT = 64
"""What 1.0 is in the integers of counts and rarities."""
_MOST = 512
_COUNT = np.rint(UNIT * (1 + np.log(np.maximum(np.arange(_MOST), 1)))).astype(np.int64)


class Group(msgspec.Struct, frozen=True):
    """Kinds that share a table.

    Attributes:
        kinds: Names of the kinds.
        measure: ``sum`` or ``tfidf``.
        weights: Integers, one a bucket; the number of buckets is a power of two.
        scale: What an integer weight of one is worth.
        rarity: For ``tfidf``, UNIT times the inverse document frequency of each bucket; else empty.
    """

    kinds: tuple[str, ...]
    measure: str
    weights: Integers
    scale: float
    rarity: Integers


class TextModel(msgspec.Struct, frozen=True):
    """``bias`` plus the groups' parts is the log-odds that a text is what the model looks for."""

    groups: tuple[Group, ...]
    bias: float

    def scores(self, grams: Grams, rows: int) -> Floats:
        """The log-odds of each of *rows* texts, rounded to six decimals."""
        total = np.full(rows, self.bias)
        for group in self.groups:
            for sums, norms in _measured(group, grams, rows):
                total += group.scale * sums / norms
        return np.round(total, 6)


def measured(group_kinds: Sequence[str], measure: str, grams: Grams, buckets: int, rows: int) -> sparse.csr_array:
    """The same numbers as a matrix to train with, (rows, *buckets*), float32.

    For ``tfidf`` they are integers (UNIT times 1 + ln count), neither weighed by rarity nor normalised yet.
    """
    if measure == "tfidf":
        keys, counts = _counted(group_kinds, grams, buckets)
        values = _COUNT[np.minimum(counts, _MOST - 1)].astype(np.float32)
        places_, columns_ = (keys // buckets).astype(np.int32), (keys % buckets).astype(np.int32)
        return sparse.csr_array((values, (places_, columns_)), shape=(rows, buckets))
    places, columns, values_ = [], [], []
    for kind in group_kinds:
        hashes, offsets = grams[kind]
        numbers = np.diff(offsets)
        places.append(np.repeat(np.arange(rows, dtype=np.int32), numbers))
        columns.append((hashes & (buckets - 1)).astype(np.int32))
        values_.append(np.repeat(1 / np.sqrt(np.maximum(numbers, 1)), numbers).astype(np.float32))
    matrix = sparse.coo_array(
        (np.concatenate(values_), (np.concatenate(places), np.concatenate(columns))), shape=(rows, buckets)
    ).tocsr()
    matrix.sum_duplicates()
    return sparse.csr_array(matrix)


def _measured(group: Group, grams: Grams, rows: int) -> list[tuple[Floats, Floats]]:
    buckets = len(group.weights)
    if group.measure == "tfidf":
        keys, counts = _counted(group.kinds, grams, buckets)
        columns = keys % buckets
        values = _COUNT[np.minimum(counts, _MOST - 1)] * group.rarity[columns]
        offsets = np.searchsorted(keys, np.arange(rows + 1) * buckets)
        squares = _by_row(values * values, offsets).astype(np.float64)
        sums = _by_row(values * group.weights[columns], offsets).astype(np.float64)
        return [(sums, np.sqrt(np.maximum(squares, 1.0)))]
    parts = []
    for kind in group.kinds:
        hashes, offsets = grams[kind]
        sums = _by_row(group.weights[hashes & (buckets - 1)], offsets).astype(np.float64)
        parts.append((sums, np.sqrt(np.maximum(np.diff(offsets), 1).astype(np.float64))))
    return parts


def _counted(kinds: Sequence[str], grams: Grams, buckets: int) -> tuple[Integers, Integers]:
    """Each bucket of each row once, as row * buckets + bucket, in order, and how often it occurs there."""
    keys = [
        np.repeat(np.arange(len(offsets) - 1) * buckets, np.diff(offsets)) + (hashes & (buckets - 1))
        for hashes, offsets in (grams[kind] for kind in kinds)
    ]
    found, counts = np.unique(np.concatenate(keys), return_counts=True)
    return found, counts.astype(np.int64)


def _by_row(values: Integers, offsets: Integers) -> Integers:
    running = np.concatenate((np.zeros(1, dtype=np.int64), np.cumsum(values, dtype=np.int64)))
    return np.diff(running[offsets])


def quantised(
    kinds: Sequence[str], measure: str, weights: Floats, rarity: Floats | None = None, *, largest: int = 2047
) -> Group:
    """A group with float *weights* as integers up to *largest*; weights beyond the 99.99th percentile are cut to it."""
    used = np.abs(weights[weights != 0])
    scale = float(np.quantile(used, 0.9999)) / largest if len(used) else 1.0
    return Group(
        kinds=tuple(kinds),
        measure=measure,
        weights=np.clip(np.rint(weights / scale), -largest, largest).astype(np.int64),
        scale=scale,
        rarity=rarities(rarity) if rarity is not None else np.zeros(0, dtype=np.int64),
    )


def rarities(rarity: Floats) -> Integers:
    """Inverse document frequencies as the integers that are stored."""
    return np.clip(np.rint(UNIT * rarity), 0, 2047).astype(np.int64)


def to_arrays(name: str, model: TextModel) -> dict[str, npt.NDArray[np.generic]]:
    """The model as arrays for an .npz file, under names that begin with *name*."""
    arrays: dict[str, npt.NDArray[np.generic]] = {f"{name}/bias": np.float64(model.bias).reshape(1)}
    for index, group in enumerate(model.groups):
        key = f"{name}/{index}"
        arrays[f"{key}/kinds"] = np.array(group.kinds)
        arrays[f"{key}/measure"] = np.array([group.measure])
        arrays[f"{key}/weights"] = group.weights.astype(np.int16)
        arrays[f"{key}/scale"] = np.array([group.scale])
        arrays[f"{key}/rarity"] = group.rarity.astype(np.int16)
    return arrays


def from_arrays(name: str, arrays: Mapping[str, npt.NDArray[np.generic]]) -> TextModel:
    """The model of that *name*.

    Raises:
        ValueError: An array is missing or has another shape than it must.
    """
    groups: list[Group] = []
    try:
        while f"{name}/{len(groups)}/kinds" in arrays:
            key = f"{name}/{len(groups)}"
            groups.append(
                Group(
                    kinds=tuple(str(kind) for kind in arrays[f"{key}/kinds"].ravel()),
                    measure=str(arrays[f"{key}/measure"].ravel()[0]),
                    weights=arrays[f"{key}/weights"].astype(np.int64),
                    scale=float(arrays[f"{key}/scale"].astype(np.float64).ravel()[0]),
                    rarity=arrays[f"{key}/rarity"].astype(np.int64),
                )
            )
        model = TextModel(tuple(groups), float(arrays[f"{name}/bias"].astype(np.float64).ravel()[0]))
    except (KeyError, IndexError) as error:
        raise ValueError(f"the text model {name!r} is not whole ({error}): train it again") from error
    if not (groups and np.isfinite(model.bias) and all(map(_sound, groups))):
        raise ValueError(f"the text model {name!r} has arrays of another shape: train it again")
    return model


def _sound(group: Group) -> bool:
    buckets = len(group.weights)
    return (
        bool(group.kinds)
        and KNOWN_KINDS.issuperset(group.kinds)
        and group.weights.ndim == 1
        and buckets > 0
        and buckets & (buckets - 1) == 0
        and bool(np.isfinite(group.scale))
        and (group.measure == "sum" or (group.measure == "tfidf" and group.rarity.shape == group.weights.shape))
    )
