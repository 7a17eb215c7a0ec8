"""The shipped risk model on texts that it has not seen: its heads are made again without a third of the groups.

The shipped heads learned from all rows that lie here, so their scores on these rows say nothing. The same recipes are
fitted on two thirds of the groups of each set; the slopes and shifts are the shipped ones (two numbers a head), and the
last third goes through ``molva judge`` with that model. B12, the genuine half of A1, and what of B4 is not in A8, were
never trained with at all.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import cache

import msgspec
import numpy as np

from molva.evaluate.figures import Figure, Options
from molva.evaluate.judged import Floats, auc, judgements, part, plain_model, ranked, scores
from streams.enrich import Models
from streams.models.data import read
from streams.models.risk_rows import Row, rows
from streams.models.train_risk import RECIPES, fit, matrices
from streams.risk import RiskModel, load
from streams.scoring.model import Head, Model
from streams.scoring.textmodel import TextModel
from streams.training import textfit
from streams.training.figures import calibration_error

TARGETS = {"A6": 0.985, "A7": 0.999, "A8": 0.994}
APART = {
    "A1": "a set never trained with; the threshold of high was set in view of it",
    "B12": "a set never trained with",
}
MOST = 1_500
"""Rows of each set that are judged."""


class Held(msgspec.Struct, frozen=True):
    """Judged rows that the model has not seen."""

    rows: list[Row]
    scores: list[float]
    levels: list[str]
    reasons: list[int]


def measure(options: Options) -> list[Figure]:
    """AUC of machine texts and template praise, genuine reviews called high, calibration."""
    held = _held(options.quick, options.say)
    fake = np.array([row.kind != "real" for row in held.rows])
    source = np.array([row.source for row in held.rows])
    score = np.array(held.scores)
    figures = []
    for name, what in (("A6", "GPT-2, en"), ("A7", "YandexGPT, ru"), ("A8", "template praise, ru")):
        own = source == name
        options.say(f"  the baseline of {name}")
        plain = _plain(name, what[-2:], [row.text for row, chosen in zip(held.rows, own, strict=True) if chosen])
        figures.append(
            Figure(
                f"{name} {what}: AUC by risk.score",
                auc(fake[own], score[own]),
                TARGETS[name],
                auc(fake[own], plain),
                places=4,
                note=f"{own.sum()} rows of groups not trained with; {ranked(fake[own], score[own])}",
            )
        )
    machine = (source == "A9") & fake
    for other, label in (("A1", "genuine hotel reviews (A1)"), ("B9", "lounge and seat reviews (B9)")):
        own = machine | ((source == other) & ~fake)
        figures.append(
            Figure(
                f"A9 local models against {label}: AUC",
                auc(fake[own], score[own]),
                0.95,
                places=4,
                note=f"{machine.sum()} machine texts of hotels not trained with, {(own & ~machine).sum()} genuine",
            )
        )
    for name in ("A6", "A7", "A8", "A12"):
        own = source == name
        error = float(calibration_error(score[own], fake[own]))
        note = f"{own.sum()} rows, {fake[own].mean():.0%} of them fake"
        figures.append(Figure(f"{name}: calibration error", error, 0.05, lower=True, note=note))
    return figures + _called_high(held)


def _plain(source: str, language: str, asked: list[str]) -> Floats:
    """The plain model of one set, trained on the groups that are not asked for."""
    known = [row for row in rows(language) if row.source == source and part(row.group) != 0]
    return plain_model([row.text for row in known], np.array([row.kind != "real" for row in known]), asked)


def _called_high(held: Held) -> list[Figure]:
    """The share of plain genuine reviews that are called high."""
    figures = []
    totals = [0, 0, 0]
    names = {row.source for row in held.rows if row.kind == "real" and (row.source[0] == "B" or row.source == "A1")}
    for name in sorted(names, key=lambda name: (name[0], int(name[1:]))):
        own = [at for at, row in enumerate(held.rows) if row.source == name and row.kind == "real"]
        high = [at for at in own if held.levels[at] == "high"]
        if name != "A1":
            totals = [totals[0] + len(high), totals[1] + len(own), totals[2] + sum(not held.reasons[at] for at in high)]
        figures.append(
            Figure(
                f"{name} genuine reviews called high",
                len(high) / len(own),
                0.01,
                lower=True,
                places=4,
                note=f"{len(high)} of {len(own)}, {APART.get(name, 'texts not trained with')}",
            )
        )
    note = f"{totals[0]} of {totals[1]}, {totals[2]} of them without a reason"
    return [
        Figure("B sets together, called high", totals[0] / totals[1], 0.01, lower=True, places=4, note=note),
        *figures,
    ]


@cache
def _held(quick: bool, say: Callable[[str], None]) -> Held:  # noqa: FBT001 - a key of the cache
    model, asked = _without_a_third(quick, say)
    models = Models(risk=RiskModel(model))
    found = Held([], [], [], [])
    for name in sorted({row.source for row in asked}):
        own = [row for row in asked if row.source == name]
        own = own[:: 1 + len(own) // (300 if quick else MOST)]
        say(f"  judging {len(own)} rows of {name}")
        answers = judgements([_review(row, at) for at, row in enumerate(own)], models)
        found.rows.extend(own)
        found.scores.extend(scores(answers).tolist())
        found.levels.extend(answer["risk"]["level"] for answer in answers)
        found.reasons.extend(len(answer["risk"]["reasons"]) for answer in answers)
    return found


def _review(row: Row, number: int) -> dict[str, object]:
    """Every text stands under a subject of its own: only its words are measured here."""
    return {"id": f"{row.source}-{number}", "source": row.source, "subject": f"s{number}", "text": row.text}


def _without_a_third(quick: bool, say: Callable[[str], None]) -> tuple[Model, list[Row]]:  # noqa: FBT001
    """The shipped model with heads that have not seen a third of the groups, and the rows of that third."""
    shipped = load().model
    heads: dict[str, TextModel] = {}
    asked: list[Row] = []
    seen: set[str] = set()
    for language, recipes in RECIPES.items():
        data = rows(language)
        seen.update(" ".join(row.text.split()) for row in data)
        asked.extend(row for row in data if part(row.group) == 0)
        known = [row for row in data if part(row.group) != 0][:: 4 if quick else 1]
        say(f"  fitting {', '.join(recipe.name for recipe in recipes)} on {len(known)} rows")
        heads |= _fitted(language, known)
    asked.extend(row for row in _never_trained() if " ".join(row.text.split()) not in seen)
    replaced = tuple(Head(head.settings, heads[head.name]) for head in shipped.heads)
    return Model(settings=shipped.settings, heads=replaced, trees=shipped.trees, common=shipped.common), asked


def _fitted(language: str, known: Sequence[Row]) -> dict[str, TextModel]:
    common = load().model.common
    texts = [row.text for row in known]
    kinds = np.array([row.kind for row in known])
    lengths = np.array([len(text) for text in texts])
    parts = matrices(texts, common)
    fitted: dict[str, TextModel] = {}
    for recipe in RECIPES[language]:
        chosen = np.flatnonzero(
            np.isin(kinds, [*recipe.kinds, "real"]) & (lengths <= (recipe.longest or lengths.max()))
        )
        if recipe.together:
            counts = textfit.matrices([texts[at] for at in chosen], common)
            everyone = np.arange(len(chosen))
            fitted[recipe.name] = textfit.fit_mean(recipe.together, counts, kinds[chosen] != "real", everyone)
        else:
            fitted[recipe.name] = fit(recipe, parts, kinds[chosen] != "real", chosen)
    return fitted


def _never_trained() -> Iterator[Row]:
    """Genuine texts of sets that the shipped model never learned from; much of B4 is in A8, and is left out later."""
    for row in read("A1_op_spam/op_spam_v1.4.jsonl.gz"):
        if not row["label"]:
            yield Row(row["text"], "real", "A1", f"A1 {row['hotel']}")
    for row in read("B4_ru_wb_ozon_small/wb_ozon.jsonl.gz"):
        if row["text"]:
            yield Row(row["text"], "real", "B4", row["text"])
    for row in read("B12_indonesian_marketplaces/prdect_id.jsonl.gz"):
        yield Row(row["Customer Review"], "real", "B12", row["Product Name"])
