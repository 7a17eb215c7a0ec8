"""Train the shipped risk model: text heads from the clean sets, calibrated out of fold; evidence weights are set.

    MOLVA_DATA=../shared/data python -m streams.models.train_risk [en] [ru]

Writes streams/models/risk/ (the heads of one language, when it is named) and prints out-of-fold figures. Takes some ten
minutes and 4 GB.
"""

from __future__ import annotations

import json
import sys
from collections import Counter
from collections.abc import Sequence
from typing import Any

import msgspec
import numpy as np
import numpy.typing as npt
from scipy import sparse
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import GroupKFold

from streams.detectors import machine_text, template_praise
from streams.detectors.style import SHAPE_KINDS, SKELETON_KINDS, style
from streams.models.evidence_weights import EVIDENCE
from streams.models.risk_card import card
from streams.models.risk_rows import Row, rows
from streams.risk import SHIPPED
from streams.scoring.model import Head, HeadSettings, Model, Settings, load_model, save_model
from streams.scoring.textmodel import TextModel, measured, quantised
from streams.text.features import KINDS, Integers, extract
from streams.training import textfit
from streams.training.figures import calibration_error

Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]
Matrix = Any

GROUPS: dict[str, tuple[tuple[str, ...], int]] = {
    "words": (KINDS, 1 << 18),
    "shape": (SHAPE_KINDS, 1 << 15),
    "skeleton": (SKELETON_KINDS, 1 << 17),
}
BASE = -2.0
"""Log-odds of a review of which nothing is known: about one in eight, what platforms report to filter."""
FOLDS = 3
HIGH = 0.93
"""From this score on a review is called high: so few real hotel reviews, which it has not seen, are."""


class Recipe(msgspec.Struct, frozen=True):
    """What a head learns: these kinds of text against real ones, with these groups of n-grams.

    Attributes:
        likelihood: Take the mean of a plain model and one whose n-grams are weighed by their naive-Bayes log-odds first
            (Wang and Manning, "Baselines and bigrams", ACL 2012); they err in different places.
        dampened: Take the mean of a model that reads the words and one that does not, because the words of a set tell
            its topic as well as its origin.
        together: Instead, take the mean of these recipes for trained models, which is better and slower, so only for
            texts of up to ``longest`` code points.
    """

    name: str
    reason: str
    kinds: frozenset[str]
    groups: tuple[str, ...] = ()
    strength: float = 1.0
    likelihood: bool = False
    dampened: bool = False
    together: tuple[textfit.Recipe, ...] = ()
    longest: int = 0


_ALL = ("words", "shape", "skeleton")
RECIPES = {
    "en": (
        Recipe("small-model-en", machine_text.NAME, frozenset({"gpt2"}), _ALL, likelihood=True),
        Recipe("language-model-en", machine_text.NAME, frozenset({"llm"}), _ALL, dampened=True),
    ),
    "ru": (
        Recipe("language-model-ru", machine_text.NAME, frozenset({"llm"}), _ALL, likelihood=True),
        Recipe(
            "template-ru",
            template_praise.NAME,
            frozenset({"template"}),
            together=(
                textfit.Recipe("all", ("words", "characters", "skeleton", "shape"), 30.0),
                textfit.Recipe("likelihood", ("characters",), 30.0, likelihood=True),
            ),
            longest=400,
        ),
    ),
}


def main(languages: Sequence[str]) -> None:
    """Train the heads of *languages* and keep those of others as they are; print the figures, write the model."""
    common = common_words({code: rows(code) for code in RECIPES})
    kept: tuple[Head, ...] = ()
    fused: dict[str, tuple[float, float]] = {}
    report: dict[str, dict[str, float]] = {}
    if set(languages) != set(RECIPES):
        known = load_model(SHIPPED)
        kept = tuple(head for head in known.heads if head.settings.language not in languages)
        fused = dict(known.settings.fused)
        report = json.loads((SHIPPED / "card.json").read_text())["figures"]
    heads = list(kept)
    for language in languages:
        found, fused[language], figured = train_language(language, common)
        heads.extend(found)
        report |= figured
    heads.sort(key=lambda head: head.name)
    settings = Settings(
        name="molva-shipped",
        base=BASE,
        heads=tuple(head.settings for head in heads),
        fused=fused,
        evidence=EVIDENCE,
        medium=0.5,
        high=HIGH,
    )
    save_model(SHIPPED, Model(settings=settings, heads=tuple(heads), trees=None, common=common))
    (SHIPPED / "card.json").write_text(json.dumps({"name": settings.name, "figures": report}, indent=1) + "\n")
    (SHIPPED / "card.md").write_text(card(report, BASE), encoding="utf-8")
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
    lengths = np.array([len(row.text) for row in data])
    texts = [row.text for row in data]
    parts = matrices(texts, common)
    counts = textfit.matrices(texts, common) if any(recipe.together for recipe in RECIPES[language]) else {}
    real = kinds == "real"
    recipes = RECIPES[language]
    out = np.full((len(data), len(recipes)), -np.inf)
    for train, test in GroupKFold(FOLDS, shuffle=True, random_state=7).split(kinds, kinds, groups):
        for column, recipe in enumerate(recipes):
            short = lengths <= (recipe.longest or lengths.max())
            heard = test[short[test]]
            out[heard, column] = fit_and_predict(
                recipe, parts, counts, kinds=kinds, train=train[short[train]], test=heard
            )[1]
    heads, odds = [], np.zeros(len(data))
    for column, recipe in enumerate(recipes):
        short = lengths <= (recipe.longest or lengths.max())
        fake = np.isin(kinds, list(recipe.kinds))
        used = (real | fake) & short
        slope, shift = line(out[used, column], fake[used], sources[used])
        odds[short] += np.exp(np.clip(slope * out[short, column] + shift, -30, 30))
        model, _ = fit_and_predict(
            recipe, parts, counts, kinds=kinds, train=np.flatnonzero(short), test=np.zeros(0, dtype=np.int64)
        )
        heads.append(Head(HeadSettings(recipe.name, recipe.reason, language, slope, shift, recipe.longest), model))
    union = np.log(odds)
    calibration = line(union, ~real, sources)
    return heads, calibration, figures(calibration[0] * union + calibration[1], ~real, sources)


def fit_and_predict(
    recipe: Recipe,
    parts: dict[str, Matrix],
    counts: dict[str, Matrix],
    *,
    kinds: npt.NDArray[np.str_],
    train: Integers,
    test: Integers,
) -> tuple[TextModel, Floats]:
    """Fit a head on the rows *train* that concern it, and score the rows *test*."""
    chosen = train[np.isin(kinds[train], [*recipe.kinds, "real"])]
    if recipe.together:
        model = textfit.fit_mean(recipe.together, counts, kinds != "real", chosen)
        return model, textfit.predict(model, counts, test)
    model = fit(recipe, parts, kinds[chosen] != "real", chosen)
    return model, predict(model, recipe, parts, test)


def fit(recipe: Recipe, parts: dict[str, Matrix], fake: Flags, chosen: Integers) -> TextModel:
    """Fit a head on the rows *chosen*, of which *fake* says which are what it looks for."""
    weights, intercept = _weights(recipe.groups, recipe.strength, parts, fake, chosen)
    if recipe.likelihood or recipe.dampened:
        names = tuple(name for name in recipe.groups if name != "words") if recipe.dampened else recipe.groups
        others, other = _weights(names, recipe.strength, parts, fake, chosen, likelihood=recipe.likelihood)
        weights = {name: (own + others.get(name, 0.0)) / 2 for name, own in weights.items()}
        intercept = (intercept + other) / 2
    groups = tuple(quantised(GROUPS[name][0], "sum", weights[name]) for name in recipe.groups)
    return TextModel(groups, round(intercept, 6))


def _weights(
    names: tuple[str, ...],
    strength: float,
    parts: dict[str, Matrix],
    fake: Flags,
    chosen: Integers,
    *,
    likelihood: bool = False,
) -> tuple[dict[str, Floats], float]:
    """Weights of each group and the intercept; rare n-grams are held back less."""
    stacked = sparse.hstack([parts[name] for name in names]).tocsr()[chosen]
    rarity = np.log((1 + len(chosen)) / (1 + np.bincount(stacked.indices, minlength=stacked.shape[1]))) + 1
    if likelihood:
        sides = [np.bincount(stacked[side].indices, minlength=stacked.shape[1]) + 1.0 for side in (fake, ~fake)]
        rarity = rarity * np.log((sides[0] / sides[0].sum()) / (sides[1] / sides[1].sum()))
    model = LogisticRegression(C=strength, solver="liblinear", tol=1e-2)
    model.fit(stacked @ sparse.diags_array(rarity.astype(np.float32)), fake)
    weights = model.coef_[0] * rarity
    ends = np.cumsum([0] + [GROUPS[name][1] for name in names])
    found = {name: weights[ends[i] : ends[i + 1]] for i, name in enumerate(names)}
    return found, float(model.intercept_[0])


def predict(model: TextModel, recipe: Recipe, parts: dict[str, Matrix], among: Integers) -> Floats:
    """Score rows of the matrices with a quantised head."""
    total = np.full(len(among), model.bias)
    for name, group in zip(recipe.groups, model.groups, strict=True):
        total += group.scale * (parts[name][among] @ group.weights.astype(np.float64))
    return total


def line(scores: Floats, fake: Flags, sources: npt.NDArray[np.str_]) -> tuple[float, float]:
    """Slope and shift from *scores* to log-odds where fake and real weigh the same, and so does each set in either."""
    weights = np.zeros(len(scores))
    for side in (fake, ~fake):
        names = sorted(set(sources[side].tolist()))
        for name in names:
            own = side & (sources == name)
            weights[own] = 1 / (len(names) * own.sum())
    model = LogisticRegression(C=1e6).fit(scores[:, None], fake, sample_weight=weights * len(scores))
    return round(float(model.coef_[0, 0]), 6), round(float(model.intercept_[0]), 6)


def figures(log_odds: Floats, fake: Flags, sources: npt.NDArray[np.str_]) -> dict[str, dict[str, float]]:
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
            entry["real called high"] = round(float((score[own & ~fake] >= HIGH).mean()), 4)
        if fake[own].any():
            entry["fake called high"] = round(float((score[own & fake] >= HIGH).mean()), 4)
        report[name] = entry
    return report


if __name__ == "__main__":
    main(sys.argv[1:] or tuple(RECIPES))
