"""Linear models over hashed n-grams: one small class that serves every shipped model of text.

Weights are small integers and their sums are taken in integers, which is exact in any order; only the last step, the
same few operations for each row, is in float64. So a score cannot depend on the batch, the machine or the host.
"""

import zipfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Self

import msgspec
import numpy as np
import numpy.typing as npt
from scipy import sparse

from streams.text.features import ALL_KINDS, Features, Integers

Floats = npt.NDArray[np.float64]
_LENGTHS: dict[float, Callable[[Floats], Floats]] = {0.0: np.ones_like, 0.5: np.sqrt, 1.0: np.positive}


class HashedLinear(msgspec.Struct, frozen=True):
    """A linear model: ``bias + scale * sum(weights of the row's hashes) / n ** power``, n being their number.

    Attributes:
        kinds: Kinds of n-gram that it reads.
        sizes: Buckets of the table of each kind, or of one table that all kinds share. Each is a power of two, and a
            hash's low bits choose the bucket.
        weights: Integers, (all buckets, outputs), the tables one after the other.
        scale: What an integer weight of one is worth, for each output.
        bias: Added at the end, for each output.
        power: 0 sums (long texts are surer), 1 averages, 0.5 lies between; no other, because roots are rounded the
            same way on every machine and general powers are not.
        labels: Names of the outputs.
    """

    kinds: tuple[str, ...]
    sizes: tuple[int, ...]
    weights: npt.NDArray[np.int32]
    scale: Floats
    bias: Floats
    power: float
    labels: tuple[str, ...]

    @classmethod
    def load(cls, path: Path) -> Self:
        """Read a model from an .npz file (no pickles) and check its shape.

        Raises:
            ValueError: The file is missing, damaged, or not such a model.
        """
        try:
            with np.load(path, allow_pickle=False) as file:
                stored = {
                    name: file[name] for name in ("kinds", "sizes", "weights", "scale", "bias", "power", "labels")
                }
        except (OSError, KeyError, ValueError, EOFError, zipfile.BadZipFile) as error:
            raise ValueError(
                f"{path} is not a model of hashed n-grams ({error}); reinstall or train it again"
            ) from error
        weights, labels = stored["weights"], tuple(str(label) for label in stored["labels"].ravel())
        kinds, sizes = tuple(map(str, stored["kinds"].ravel())), tuple(map(int, stored["sizes"].ravel()))
        sound = (
            weights.ndim == 2
            and weights.dtype in (np.int8, np.int16)
            and len(sizes) in {1, len(kinds)}
            and all(size > 0 and size & (size - 1) == 0 for size in sizes)
            and len(weights) == sum(sizes)
            and weights.shape[1] == len(labels)
            and stored["scale"].shape == stored["bias"].shape == (len(labels),)
            and bool(np.isfinite(stored["scale"]).all() and np.isfinite(stored["bias"]).all())
            and stored["power"].shape == ()
            and float(stored["power"]) in _LENGTHS
            and 0 < len(kinds) == len(set(kinds) & set(ALL_KINDS))
        )
        if not sound:
            raise ValueError(f"{path} holds arrays of another shape than a model of hashed n-grams; train it again")
        return cls(
            kinds=kinds,
            sizes=sizes,
            weights=weights.astype(np.int32),
            scale=stored["scale"].astype(np.float64),
            bias=stored["bias"].astype(np.float64),
            power=float(stored["power"]),
            labels=labels,
        )

    def scores(self, features: Features) -> Floats:
        """Score each row of *features*: (rows, outputs), in the unit of the training (log-odds for a classifier)."""
        sums, counts = self._sums(features)
        return self.bias + self.scale * sums / _LENGTHS[self.power](np.maximum(counts, 1).astype(np.float64))[:, None]

    def _sums(self, features: Features) -> tuple[Integers, Integers]:
        counts = np.zeros(features.rows, dtype=np.int64)
        sums = np.zeros((features.rows, len(self.labels)), dtype=np.int64)
        for kind, start, size in _tables(self.kinds, self.sizes):
            hashes, offsets = features.kinds[kind]
            places = (hashes & (size - 1)) + start
            counts += np.diff(offsets)
            if len(self.labels) == 1:
                running = np.concatenate(([0], np.cumsum(self.weights[places, 0], dtype=np.int64)))
                sums[:, 0] += np.diff(running[offsets])
            else:
                sums += _rows(places, offsets, len(self.weights)) @ self.weights
        return sums, counts


def matrix(features: Features, kinds: Sequence[str], sizes: int | Sequence[int], power: float) -> sparse.csr_array:
    """Give the same features as a matrix to train with: counts over n ** *power*, (rows, all buckets), float64."""
    sizes = (sizes,) if isinstance(sizes, int) else sizes
    counts = sum(np.diff(features.kinds[kind][1]) for kind in kinds)
    parts = []
    for kind, start, size in _tables(kinds, sizes):
        hashes, offsets = features.kinds[kind]
        parts.append(_rows((hashes & (size - 1)) + start, offsets, sum(sizes)))
    total = sum(parts[1:], start=parts[0])
    total.sum_duplicates()
    return sparse.csr_array(sparse.diags_array(1 / _LENGTHS[power](np.maximum(counts, 1).astype(np.float64))) @ total)


def _tables(kinds: Sequence[str], sizes: Sequence[int]) -> list[tuple[str, int, int]]:
    """Name of each kind with the start and the size of its table."""
    if len(sizes) == 1:
        return [(kind, 0, sizes[0]) for kind in kinds]
    starts = np.cumsum([0, *sizes]).tolist()
    return list(zip(kinds, starts[:-1], sizes, strict=True))


def _rows(buckets: Integers, offsets: Integers, width: int) -> sparse.csr_array:
    ones = np.ones(len(buckets), dtype=np.int32)
    return sparse.csr_array((ones, buckets.astype(np.int32), offsets.astype(np.int32)), shape=(len(offsets) - 1, width))


def save(
    path: Path,
    *,
    kinds: Sequence[str],
    weights: Floats,
    sizes: int | Sequence[int] | None = None,
    bias: Floats,
    power: float,
    labels: Sequence[str],
    largest: int = 127,
) -> None:
    """Quantise float *weights* (all buckets, outputs) to integers up to *largest* and write the model.

    *sizes* are those given to :func:`matrix`; without them all kinds share one table.

    Weights beyond their 99.99th percentile are cut to it, so that one outlier does not coarsen all others.
    """
    top = np.array([_top(column) for column in weights.T])
    scale = np.where(top > 0, top, 1.0) / largest
    small = np.clip(np.rint(weights / scale), -largest, largest)
    np.savez_compressed(
        path,
        allow_pickle=False,
        kinds=np.array(kinds),
        sizes=np.array(len(weights) if sizes is None else sizes, dtype=np.int64).ravel(),
        weights=small.astype(np.int8 if largest <= 127 else np.int16),
        scale=scale,
        bias=np.asarray(bias, dtype=np.float64),
        power=np.float64(power),
        labels=np.array(labels),
    )


def _top(column: Floats) -> float:
    used = np.abs(column[column != 0])
    return float(np.quantile(used, 0.9999)) if len(used) else 0.0
