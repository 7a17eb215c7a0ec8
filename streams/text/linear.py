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

from streams.text.features import KINDS, Features, Integers

Floats = npt.NDArray[np.float64]
_LENGTHS: dict[float, Callable[[Floats], Floats]] = {0.0: np.ones_like, 0.5: np.sqrt, 1.0: np.positive}


class HashedLinear(msgspec.Struct, frozen=True):
    """A linear model: ``bias + scale * sum(weights of the row's hashes) / n ** power``, n being their number.

    Attributes:
        kinds: Kinds of n-gram that it reads.
        weights: Integers, (buckets, outputs); buckets is a power of two and a hash's low bits choose one.
        scale: What an integer weight of one is worth, for each output.
        bias: Added at the end, for each output.
        power: 0 sums (long texts are surer), 1 averages, 0.5 lies between; no other, because roots are rounded the
            same way on every machine and general powers are not.
        labels: Names of the outputs.
    """

    kinds: tuple[str, ...]
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
                stored = {name: file[name] for name in ("kinds", "weights", "scale", "bias", "power", "labels")}
        except (OSError, KeyError, ValueError, EOFError, zipfile.BadZipFile) as error:
            raise ValueError(
                f"{path} is not a model of hashed n-grams ({error}); reinstall or train it again"
            ) from error
        weights, labels = stored["weights"], tuple(str(label) for label in stored["labels"].ravel())
        buckets = len(weights) if weights.ndim == 2 else 0
        sound = (
            weights.ndim == 2
            and weights.dtype in (np.int8, np.int16)
            and buckets > 0
            and buckets & (buckets - 1) == 0
            and weights.shape[1] == len(labels)
            and stored["scale"].shape == stored["bias"].shape == (len(labels),)
            and bool(np.isfinite(stored["scale"]).all() and np.isfinite(stored["bias"]).all())
            and stored["power"].shape == ()
            and float(stored["power"]) in _LENGTHS
            and set(map(str, stored["kinds"].ravel())) <= set(KINDS)
        )
        if not sound:
            raise ValueError(f"{path} holds arrays of another shape than a model of hashed n-grams; train it again")
        return cls(
            kinds=tuple(str(kind) for kind in stored["kinds"].ravel()),
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
        mask = len(self.weights) - 1
        for kind in self.kinds:
            hashes, offsets = features.kinds[kind]
            counts += np.diff(offsets)
            if len(self.labels) == 1:
                running = np.concatenate(([0], np.cumsum(self.weights[hashes & mask, 0], dtype=np.int64)))
                sums[:, 0] += np.diff(running[offsets])
            else:
                sums += _rows(hashes & mask, offsets, len(self.weights)) @ self.weights
        return sums, counts


def matrix(features: Features, kinds: Sequence[str], buckets: int, power: float) -> sparse.csr_array:
    """Give the same features as a matrix to train with: counts over n ** *power*, (rows, *buckets*), float64."""
    counts = sum(np.diff(features.kinds[kind][1]) for kind in kinds)
    parts = [_rows(features.kinds[kind][0] & (buckets - 1), features.kinds[kind][1], buckets) for kind in kinds]
    total = sum(parts[1:], start=parts[0])
    total.sum_duplicates()
    return sparse.csr_array(
        sparse.diags_array(1 / _LENGTHS[power](np.maximum(counts, 1).astype(np.float64))) @ total.astype(np.float64)
    )


def _rows(buckets: Integers, offsets: Integers, width: int) -> sparse.csr_array:
    ones = np.ones(len(buckets), dtype=np.int32)
    return sparse.csr_array((ones, buckets.astype(np.int32), offsets.astype(np.int32)), shape=(len(offsets) - 1, width))


def save(
    path: Path,
    *,
    kinds: Sequence[str],
    weights: Floats,
    bias: Floats,
    power: float,
    labels: Sequence[str],
    largest: int = 127,
) -> None:
    """Quantise float *weights* (buckets, outputs) to integers up to *largest* and write the model.

    Weights beyond their 99.99th percentile are cut to it, so that one outlier does not coarsen all others.
    """
    top = np.array([_top(column) for column in weights.T])
    scale = np.where(top > 0, top, 1.0) / largest
    small = np.clip(np.rint(weights / scale), -largest, largest)
    np.savez_compressed(
        path,
        allow_pickle=False,
        kinds=np.array(kinds),
        weights=small.astype(np.int8 if largest <= 127 else np.int16),
        scale=scale,
        bias=np.asarray(bias, dtype=np.float64),
        power=np.float64(power),
        labels=np.array(labels),
    )


def _top(column: Floats) -> float:
    used = np.abs(column[column != 0])
    return float(np.quantile(used, 0.9999)) if len(used) else 0.0
