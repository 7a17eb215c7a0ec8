"""From labels to a model folder: read, cross-validate by group, choose, calibrate, fit on all, write the card."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from itertools import combinations
from pathlib import Path

import msgspec
import numpy as np
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import GroupKFold

from streams.enrich import Models
from streams.enrich import read as read_reviews
from streams.models.evidence_weights import EVIDENCE
from streams.risk import RiskModel, load, mood
from streams.rows import Reading
from streams.scoring import table
from streams.scoring.model import Head, HeadSettings, Model, Settings, save_model
from streams.scoring.trees import Trees
from streams.text.features import Integers
from streams.training import textfit, treefit
from streams.training.figures import Figures, calibrated, line, measure
from streams.training.labels import Labelled, check, read_labels
from streams.training.phrases import telling
from streams.training.report import Report, write_cards
from streams.training.signals import among
from streams.training.textfit import Flags, Floats
from streams.training.treefit import Shape

FOLDS = 5
REASON = "text-pattern"
UNTAUGHT = ("copied-text", "subject-burst", "ring", "incentive")
"""Evidence that labels teach nothing about keeps the weights of the shipped model."""

_WORDS = tuple(name for name in table.MISSING if name.startswith("wording."))
_OWN = ("rating.stars", "rating.extreme", "rating.mismatch", "verification.verified")
_AUTHOR = tuple(name for name in table.MISSING if name.startswith("author."))
_RELATIVE = ("subject.deviation", "subject.distance", "subject.shorter")
_SUBJECT = ("subject.count", "subject.mean", "subject.spread", "subject.extreme", "subject.length")
SHAPES = (
    Shape("rating", _OWN, depth=1),
    Shape("author", (*_OWN, *_AUTHOR, *_RELATIVE), depth=1),
    Shape("form", (*_OWN, *_WORDS, *_AUTHOR, *_RELATIVE)),
    Shape("subject, simple", (*_OWN, *_WORDS, *_AUTHOR, *_RELATIVE, *_SUBJECT), depth=1),
    Shape("subject", (*_OWN, *_WORDS, *_AUTHOR, *_RELATIVE, *_SUBJECT), count=300),
)


class _Data(msgspec.Struct, frozen=True):
    """The labels as arrays, the folds, and the tables of each fold's two sides."""

    labels: list[Labelled]
    fake: Flags
    readings: list[Reading]
    folds: list[tuple[Integers, Integers]]


def train(
    lines: Iterable[bytes | str], out: Path, *, group: str = "subject", say: Callable[[str], None] = print
) -> Report:
    """Learn a model from labelled reviews and write it to the folder *out*.

    Args:
        lines: JSON lines, each a review with ``"fake": true`` or ``false``.
        out: The folder to write; files of an earlier model in it are replaced.
        group: What never straddles a split when the model is tested: ``subject``, ``author`` or ``source``.
        say: Is told how far the training is.

    Raises:
        TooFewLabelsError: There is too little to learn from.
        ValueError: *group* is unknown.
    """
    labels, problems = read_labels(lines, group=group)
    check(labels)
    say(f"{len(labels)} labels, {sum(label.fake for label in labels)} of them fake")
    data = _prepare(labels)
    parts = textfit.matrices([label.review.prose for label in labels], load().model.common)
    scores = []
    for recipe in textfit.RECIPES:
        scores.append(textfit.out_of_fold(recipe, parts, data.fake, data.folds))
        say(f"words, {recipe.name}: AUC {_mean_auc(scores[-1], data):.4f} on groups not seen")
    chosen, lines_ = _choose_text(scores, data)
    start = np.sum([slope * scores[i] + shift for i, (slope, shift) in zip(chosen, lines_, strict=True)], axis=0)
    start = np.round(np.clip(start, -12, 12), 4)
    shape, total = _choose_shape(start, data, say)
    slope, shift = line(total, data.fake)
    figures = measure(calibrated(total, data.fake, data.folds), data.fake, data.folds)
    heads = [
        Head(
            HeadSettings(textfit.RECIPES[i].name, REASON, None, round(slope, 6), round(shift, 6)),
            textfit.fit(textfit.RECIPES[i], parts, data.fake, np.arange(len(labels))),
        )
        for i, (slope, shift) in zip(chosen, lines_, strict=True)
    ]
    rows = _rows(data, np.arange(len(labels)))
    trees = treefit.boost(start, table.table(rows, shape.columns), data.fake, shape) if shape else _no_trees()
    settings = Settings(
        name=out.name,
        base=0.0,
        heads=tuple(head.settings for head in heads),
        center=round(float(start.mean()), 6),
        slope=slope,
        shift=shift,
        evidence={name: EVIDENCE[name] for name in UNTAUGHT},
    )
    model = Model(settings=settings, heads=tuple(heads), trees=trees, common=load().model.common)
    save_model(out, model)
    report = _report(model, data, figures, shape, group=group, problems=problems)
    write_cards(out, report)
    return report


def _prepare(labels: list[Labelled]) -> _Data:
    fake = np.array([label.fake for label in labels])
    groups = np.array([label.group for label in labels])
    number = min(FOLDS, len(set(groups.tolist())))
    folds = [(a, b) for a, b in GroupKFold(number, shuffle=True, random_state=3).split(fake, fake, groups) if len(b)]
    blank = Model(settings=Settings("", 0.0, ()), heads=(), trees=_no_trees(), common=np.zeros(0, dtype=np.int64))
    readings = read_reviews([label.review for label in labels], Models(risk=RiskModel(blank)))
    return _Data(labels, fake, readings, folds)


def _rows(data: _Data, chosen: Integers) -> list[dict[str, float]]:
    """The columns of the rows *chosen* as if they alone were in the pipeline, as a judged file is."""
    reviews = [data.labels[i].review for i in chosen]
    readings = [data.readings[i] for i in chosen]
    return [
        table.row(review, mood(reading.analysis), {signal.name: signal.features for signal in signals})
        for review, reading, signals in zip(reviews, readings, among(reviews, readings), strict=True)
    ]


def _mean_auc(scores: Floats, data: _Data) -> float:
    """Mean over the folds that hold both classes; folds are not comparable with each other before calibration."""
    found = [roc_auc_score(data.fake[t], scores[t]) for _, t in data.folds if 0 < data.fake[t].mean() < 1]
    return float(np.mean(found)) if found else 0.5


def _choose_text(scores: Sequence[Floats], data: _Data) -> tuple[list[int], list[tuple[float, float]]]:
    """The heads that do best together, each with its line to its share of the log-odds."""
    lines = [line(score, data.fake) for score in scores]
    odds = [slope * score + shift for score, (slope, shift) in zip(scores, lines, strict=True)]
    places = range(len(scores))
    sets = [list(chosen) for size in range(1, len(scores) + 1) for chosen in combinations(places, size)]
    best = max(sets, key=lambda chosen: _mean_auc(np.mean([odds[i] for i in chosen], axis=0), data))
    slope, shift = line(np.mean([odds[i] for i in best], axis=0), data.fake)
    share = len(best)
    return best, [(slope * lines[i][0] / share, (slope * lines[i][1] + shift) / share) for i in best]


def _choose_shape(start: Floats, data: _Data, say: Callable[[str], None]) -> tuple[Shape | None, Floats]:
    """The trees that do best on groups not seen, None when the words alone do, and the scores out of fold."""
    sides = [(_rows(data, train), _rows(data, test)) for train, test in data.folds]
    best: tuple[float, Shape | None, Floats] = (_mean_auc(start, data), None, start)
    for shape in SHAPES:
        total = start.copy()
        for (train, test), (rows, tested) in zip(data.folds, sides, strict=True):
            trees = treefit.boost(start[train], table.table(rows, shape.columns), data.fake[train], shape)
            values = np.column_stack((start[test], table.table(tested, shape.columns)))
            total[test] += trees.base + trees.contributions(values).sum(axis=1)
        auc = _mean_auc(total, data)
        say(f"words and {shape.name}: AUC {auc:.4f} on groups not seen")
        if auc > best[0]:
            best = (auc, shape, total)
    return best[1], best[2]


def _no_trees() -> Trees:
    none = np.zeros((0, 3))
    return Trees(("text",), 0.0, none.astype(np.int64), none, none[:, 0], none[:, :2], np.zeros((0, 2, 2)))


def _report(
    model: Model, data: _Data, figures: Figures, shape: Shape | None, *, group: str, problems: list[str]
) -> Report:
    weights = {} if model.trees is None else _weights(model, data)
    fake, genuine = telling([label.review.prose for label in data.labels], model)
    return Report(
        name=model.settings.name,
        labels=len(data.labels),
        fake=int(data.fake.sum()),
        groups=len({label.group for label in data.labels}),
        group=group,
        columns=shape.name if shape else "words only",
        figures=figures,
        telling=weights,
        fake_phrases=fake,
        genuine_phrases=genuine,
        problems=tuple(problems),
    )


def _weights(model: Model, data: _Data) -> dict[str, float]:
    """How much each column moves a score on average, in log-odds, most first."""
    assert model.trees is not None
    rows = _rows(data, np.arange(len(data.labels)))
    for row in rows:
        row["text"] = model.settings.center
    moved = (
        np.abs(model.trees.contributions(table.table(rows, model.trees.columns))).mean(axis=0) * model.settings.slope
    )
    found = dict(zip(model.trees.columns, moved.round(4).tolist(), strict=True))
    return dict(sorted(found.items(), key=lambda item: -item[1])[:12])
