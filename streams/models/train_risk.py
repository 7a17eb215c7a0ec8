"""Train the shipped risk model: text heads from the clean sets, calibrated out of fold; evidence weights are set.

    MOLVA_DATA=../shared/data python -m streams.models.train_risk

Writes streams/models/risk/ and prints out-of-fold figures. Takes some ten minutes and 4 GB.
"""

from __future__ import annotations

import json
from collections import Counter
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy import sparse
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import GroupKFold

from streams.detectors import machine_text, template_praise
from streams.detectors.style import SHAPE_KINDS, SKELETON_KINDS, style
from streams.models.evidence_weights import EVIDENCE
from streams.models.risk_rows import Row, rows
from streams.risk import SHIPPED
from streams.scoring.model import Head, HeadSettings, Model, Settings, save_model
from streams.scoring.textmodel import TextModel, measured, quantised
from streams.text.features import KINDS, Integers, extract

Floats = npt.NDArray[np.float64]
Matrix = Any

GROUPS: dict[str, tuple[tuple[str, ...], int]] = {
    "words": (KINDS, 1 << 18),
    "shape": (SHAPE_KINDS, 1 << 15),
    "skeleton": (SKELETON_KINDS, 1 << 17),
}
BASE = -2.0
"""Log-odds of a review of which nothing is known: about one in eight, what platforms report to filter."""
FOLDS = 3


class Recipe:
    """What a head learns: these kinds against real rows, with these groups of n-grams."""

    def __init__(self, name: str, reason: str, kinds: set[str], groups: tuple[str, ...], strength: float) -> None:
        self.name, self.reason, self.kinds, self.groups, self.strength = name, reason, kinds, groups, strength


RECIPES = {
    "en": [
        Recipe("small-model-en", machine_text.NAME, {"gpt2"}, ("words", "shape", "skeleton"), 1.0),
        Recipe("language-model-en", machine_text.NAME, {"llm"}, ("shape", "skeleton"), 1.0),
    ],
    "ru": [
        Recipe("language-model-ru", machine_text.NAME, {"llm"}, ("words", "shape", "skeleton"), 1.0),
        Recipe("template-ru", template_praise.NAME, {"template"}, ("words", "shape"), 2.0),
    ],
}


def main() -> None:
    """Train, print, write."""
    common = common_words({code: rows(code) for code in RECIPES})
    heads: list[Head] = []
    fused: dict[str, tuple[float, float]] = {}
    report: dict[str, Any] = {}
    for language in RECIPES:
        found, line, figures = train_language(language, common)
        heads.extend(found)
        fused[language] = line
        report |= figures
    settings = Settings(
        name="molva-shipped",
        base=BASE,
        heads=tuple(HeadSettings(h.name, h.reason, h.language, h.slope, h.shift) for h in heads),
        fused=fused,
        evidence=EVIDENCE,
        medium=0.5,
        high=0.9,
    )
    save_model(SHIPPED, Model(settings=settings, heads=tuple(heads), trees=None, common=common))
    (SHIPPED / "figures.json").write_text(json.dumps(report, indent=1) + "\n")
    print(json.dumps(report, indent=1))


def common_words(by_language: dict[str, list[Row]]) -> Integers:
    """Hashes of the words that make up a ten-thousandth or more of the words of every set of real texts."""
    kept: list[int] = []
    for language in sorted(by_language):
        sources: dict[str, list[str]] = {}
        for row in by_language[language]:
            if row.kind == "real" and row.source[0] == "B":
                sources.setdefault(row.source, []).append(row.text)
        seen: Counter[int] = Counter()
        for source in sorted(sources):
            hashes, _ = extract(sources[source], ("word1",)).kinds["word1"]
            words, counts = np.unique(hashes, return_counts=True)
            seen.update(words[counts >= 1e-4 * len(hashes)].tolist())
        kept.extend(word for word, number in seen.items() if number == len(sources))
    return np.unique(np.array(kept, dtype=np.int64))


def matrices(texts: list[str], common: Integers) -> dict[str, Matrix]:
    """Each group of n-grams as a matrix."""
    parts: dict[str, list[Matrix]] = {name: [] for name in GROUPS}
    for start in range(0, len(texts), 512):
        batch = texts[start : start + 512]
        features = extract(batch)
        grams = features.kinds | style(batch, features, common)
        for name, (kinds, buckets) in GROUPS.items():
            parts[name].append(measured(kinds, "sum", grams, buckets, len(batch)))
    return {name: sparse.vstack(found).tocsr() for name, found in parts.items()}


def train_language(
    language: str, common: Integers
) -> tuple[list[Head], tuple[float, float], dict[str, dict[str, float]]]:
    """Train the heads of one language; give them, the line that calibrates their union, and the figures."""
    data = rows(language)
    kinds = np.array([row.kind for row in data])
    sources = np.array([row.source for row in data])
    groups = np.array([row.group for row in data])
    parts = matrices([row.text for row in data], common)
    real = kinds == "real"
    recipes = RECIPES[language]
    out = np.zeros((len(data), len(recipes)))
    for train, test in GroupKFold(FOLDS, shuffle=True, random_state=7).split(kinds, kinds, groups):
        for column, recipe in enumerate(recipes):
            model = fit(recipe, parts, kinds, train)
            out[test, column] = predict(model, recipe, parts, test)
    heads, odds = [], np.zeros(len(data))
    for column, recipe in enumerate(recipes):
        fake = np.isin(kinds, list(recipe.kinds))
        used = real | fake
        slope, shift = line(out[used, column], fake[used], sources[used])
        odds += np.exp(np.clip(slope * out[:, column] + shift, -30, 30))
        model = fit(recipe, parts, kinds, np.arange(len(data)))
        heads.append(Head(recipe.name, recipe.reason, language, slope, shift, model))
    union = np.log(odds)
    calibration = line(union, ~real, sources)
    return heads, calibration, figures(calibration[0] * union + calibration[1], ~real, sources)


def fit(recipe: Recipe, parts: dict[str, Matrix], kinds: npt.NDArray[np.str_], among: Integers) -> TextModel:
    """Fit a head on the rows *among* that concern it; rare n-grams are given more weight by their rarity."""
    chosen = among[np.isin(kinds[among], [*recipe.kinds, "real"])]
    stacked = sparse.hstack([parts[name] for name in recipe.groups]).tocsr()[chosen]
    rarity = np.log((1 + len(chosen)) / (1 + np.bincount(stacked.indices, minlength=stacked.shape[1]))) + 1
    model = LogisticRegression(C=recipe.strength, solver="liblinear", tol=1e-3)
    model.fit(stacked @ sparse.diags_array(rarity.astype(np.float32)), kinds[chosen] != "real")
    weights = model.coef_[0] * rarity
    groups, start = [], 0
    for name in recipe.groups:
        names, buckets = GROUPS[name]
        groups.append(quantised(names, "sum", weights[start : start + buckets]))
        start += buckets
    return TextModel(tuple(groups), round(float(model.intercept_[0]), 6))


def predict(model: TextModel, recipe: Recipe, parts: dict[str, Matrix], among: Integers) -> Floats:
    """Score rows of the matrices with a quantised head."""
    total = np.full(len(among), model.bias)
    for name, group in zip(recipe.groups, model.groups, strict=True):
        total += group.scale * (parts[name][among] @ group.weights.astype(np.float64))
    return total


def line(scores: Floats, fake: npt.NDArray[np.bool_], sources: npt.NDArray[np.str_]) -> tuple[float, float]:
    """Slope and shift from *scores* to log-odds where fake and real weigh the same, and so does each set in either."""
    weights = np.zeros(len(scores))
    for side in (fake, ~fake):
        names = sorted(set(sources[side].tolist()))
        for name in names:
            own = side & (sources == name)
            weights[own] = 1 / (len(names) * own.sum())
    model = LogisticRegression(C=1e6).fit(scores[:, None], fake, sample_weight=weights * len(scores))
    return round(float(model.coef_[0, 0]), 6), round(float(model.intercept_[0]), 6)


def figures(
    log_odds: Floats, fake: npt.NDArray[np.bool_], sources: npt.NDArray[np.str_]
) -> dict[str, dict[str, float]]:
    """Out of fold: AUC and calibration error of each set with both classes, share of real rows called high."""
    report: dict[str, dict[str, float]] = {}
    score = 1 / (1 + np.exp(-log_odds))
    for name in sorted(set(sources.tolist())):
        own = sources == name
        entry: dict[str, float] = {"rows": int(own.sum())}
        if 0 < fake[own].mean() < 1:
            entry["auc"] = round(float(roc_auc_score(fake[own], score[own])), 4)
            entry["calibration error"] = round(calibration_error(score[own], fake[own]), 4)
        if (~fake[own]).any():
            entry["real called high"] = round(float((score[own & ~fake] >= 0.9).mean()), 4)
        if fake[own].any():
            entry["fake called high"] = round(float((score[own & fake] >= 0.9).mean()), 4)
        report[name] = entry
    return report


def calibration_error(score: Floats, fake: npt.NDArray[np.bool_], bins: int = 10) -> float:
    """Expected calibration error over *bins* of equal width."""
    places = np.minimum((score * bins).astype(int), bins - 1)
    error = 0.0
    for place in range(bins):
        own = places == place
        if own.any():
            error += own.mean() * abs(score[own].mean() - fake[own].mean())
    return float(error)


if __name__ == "__main__":
    main()
