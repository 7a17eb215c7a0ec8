"""Figures of a classifier on groups that it has not seen, and the line that calibrates it."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
import numpy as np
import numpy.typing as npt
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import average_precision_score, roc_auc_score

Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]
Folds = Sequence[tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]]


class Figures(msgspec.Struct, frozen=True):
    """How well a model does out of fold; all between 0 and 1.

    Attributes:
        auc: Area under the ROC curve over all rows, ``auc_folds`` of each fold.
        auprc: Average precision.
        accuracy: Share of rows on the right side of 0.5.
        precision_5: Share of fakes among the five per cent of highest risk; ``precision_10`` among ten.
        calibration_error: Expected calibration error over ten bins.
    """

    auc: float
    auc_folds: tuple[float, ...]
    auprc: float
    accuracy: float
    precision_5: float
    precision_10: float
    calibration_error: float


def line(scores: Floats, fake: Flags) -> tuple[float, float]:
    """Slope and shift from *scores* to log-odds (Platt, "Probabilistic outputs for support vector machines", 1999)."""
    model = LogisticRegression(C=1e6).fit(scores[:, None], fake)
    return round(float(model.coef_[0, 0]), 6), round(float(model.intercept_[0]), 6)


def calibrated(scores: Floats, fake: Flags, folds: Folds) -> Floats:
    """Probabilities of *scores*, each fold by the line of the others."""
    found = np.zeros(len(scores))
    for train, test in folds:
        slope, shift = line(scores[train], fake[train])
        found[test] = 1 / (1 + np.exp(-(slope * scores[test] + shift)))
    return found


def measure(probability: Floats, fake: Flags, folds: Folds) -> Figures:
    """The figures of *probability*."""
    order = np.argsort(-probability, kind="stable")
    return Figures(
        auc=_round(roc_auc_score(fake, probability)),
        auc_folds=tuple(_round(roc_auc_score(fake[t], probability[t])) for _, t in folds if 0 < fake[t].mean() < 1),
        auprc=_round(average_precision_score(fake, probability)),
        accuracy=_round(((probability >= 0.5) == fake).mean()),
        precision_5=_round(fake[order[: max(1, len(fake) // 20)]].mean()),
        precision_10=_round(fake[order[: max(1, len(fake) // 10)]].mean()),
        calibration_error=_round(calibration_error(probability, fake)),
    )


def calibration_error(probability: Floats, fake: Flags, bins: int = 10) -> float:
    """Expected calibration error over *bins* of equal width (Naeini et al., AAAI 2015)."""
    places = np.minimum((probability * bins).astype(int), bins - 1)
    error = 0.0
    for place in range(bins):
        own = places == place
        if own.any():
            error += float(own.mean()) * abs(float(probability[own].mean()) - float(fake[own].mean()))
    return error


def _round(value: float) -> float:
    return round(float(value), 4)
