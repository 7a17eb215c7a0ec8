"""A team's own kind of fake: labels through ``molva train``, unseen groups through ``molva judge --model``."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec
import numpy as np

from molva.evaluate.figures import Figure, Options
from molva.evaluate.judged import Flags, Floats, auc, judgements, lines, part, plain_model, ranked, scores
from streams.enrich import Models
from streams.models.data import read
from streams.risk import load
from streams.training import train
from streams.training.figures import calibration_error

Row = dict[str, Any]


class Case(msgspec.Struct, frozen=True):
    """A labelled set: how it is read and split, and what stands beside its figures.

    Attributes:
        rows: Gives the part that each review is in, and the review.
        turns: The parts that are judged, one after the other, each by a model that learned from all other parts.
        name: What the reviews are.
        targets: What the figures should reach.
        quoted: The baseline's AUC on other rows.
    """

    rows: Callable[[], Iterator[tuple[int, Row]]]
    turns: tuple[int, ...]
    name: str
    targets: dict[str, float]
    quoted: float


class Turn(msgspec.Struct, frozen=True):
    """One part judged: how many reviews were learned from, what is true of the judged, and what was found.

    Attributes:
        known: Reviews learned from.
        truth: Whether each judged review is fake.
        found: Its ``risk.score``.
        plain: The baseline's log-odds.
        own_error: Calibration error by the training's own cross-validation.
    """

    known: int
    truth: Flags
    found: Floats
    plain: Floats
    own_error: float


def a1() -> Iterator[tuple[int, Row]]:
    """Hotel reviews, half written to order, in the authors' folds."""
    for row in read("A1_op_spam/op_spam_v1.4.jsonl.gz"):
        yield (
            row["fold"],
            {
                "id": row["id"],
                "source": "hotels",
                "subject": {"id": row["hotel"]},
                "text": row["text"],
                "fake": bool(row["label"]),
            },
        )


def a3() -> Iterator[tuple[int, Row]]:
    """Restaurant reviews that a platform filtered or not; without the counters that were crawled later."""
    for row in read("A3_yelp_filter_with_reviewer_metadata/yelp_restaurants_chicago_filtered.jsonl.gz"):
        at = datetime.strptime(row["date"], "%m/%d/%Y").replace(tzinfo=UTC)
        yield (
            part(row["restaurantID"]),
            {
                "id": row["reviewID"],
                "source": "restaurants",
                "subject": {"id": row["restaurantID"]},
                "author": {"id": row["reviewerID"]},
                "text": row["text"],
                "rating": {"value": row["rating"]},
                "published_at": at.isoformat(),
                "fake": bool(row["label"]),
            },
        )


def a4() -> Iterator[tuple[int, Row]]:
    """Reviews of places that a platform filtered or not, with user and place."""
    for row in read("A4_yelpzip_text/yelpzip_9190_label_corrected.jsonl.gz"):
        yield (
            part(row["product_id"]),
            {
                "id": row["review_id"],
                "source": "restaurants",
                "subject": {"id": str(row["product_id"])},
                "author": {"id": str(row["user_id"])},
                "text": row["text"],
                "rating": {"value": row["rating"]},
                "fake": bool(row["label"]),
            },
        )


def a5() -> Iterator[tuple[int, Row]]:
    """Shop reviews with the flag of a verified purchase; DOC_ID, which tells the label, stays out."""
    for number, row in enumerate(read("A5_amazon_labelled_verified/amazon_2100.jsonl.gz")):
        yield (
            part(row["PRODUCT_ID"]),
            {
                "id": f"r{number}",
                "source": "shop",
                "subject": {"id": row["PRODUCT_ID"]},
                "title": row["REVIEW_TITLE"],
                "text": row["text"],
                "rating": {"value": row["RATING"]},
                "verified": row["VERIFIED_PURCHASE"] == "Y",
                "fake": bool(row["label"]),
            },
        )


CASES = {
    "A1": Case(a1, (1, 2, 3, 4), "hotel reviews written to order", {"AUC": 0.975, "accuracy": 0.92}, 0.972),
    "A3": Case(a3, (0, 1, 2), "filtered restaurant reviews, with date and author", {"AUC": 0.72}, 0.692),
    "A4": Case(a4, (0,), "filtered reviews of places, with author", {"AUC": 0.80}, 0.777),
    "A5": Case(a5, (0, 1, 2), "labelled shop reviews, with verified flag", {"AUC": 0.88}, 0.859),
}


def measure(name: str, options: Options) -> list[Figure]:
    """Train on the groups that are not tested, judge those that are; beside it the plain model on the same split."""
    case = CASES[name]
    rows = list(case.rows())
    turns = [_turn(name, rows, tested, options) for tested in case.turns[: 1 if options.quick else None]]
    truth = np.concatenate([turn.truth for turn in turns])
    found = np.concatenate([turn.found for turn in turns])
    value = _figures([(turn.truth, turn.found, 0.5) for turn in turns])
    base = _figures([(turn.truth, turn.plain, 0.0) for turn in turns])
    learned = " or ".join(sorted({str(turn.known) for turn in turns}))
    split = f"{learned} reviews to train, {len(truth)} tested" + (f" in {len(turns)} turns" if len(turns) > 1 else "")
    boosted = "" if name == "A1" else "with behaviour features and boosting "
    quoted = f"{boosted}the baseline had {case.quoted} on other rows"
    return [
        Figure(
            f"{name} {case.name}: AUC",
            float(np.mean(value["AUC"])),
            case.targets.get("AUC"),
            float(np.mean(base["AUC"])),
            note=f"{split}{_each(value['AUC'])}; {quoted}; {ranked(truth, found)}",
        ),
        Figure(
            f"{name} {case.name}: accuracy",
            float(np.mean(value["accuracy"])),
            case.targets.get("accuracy"),
            float(np.mean(base["accuracy"])),
            note=f"{split}{_each(value['accuracy'])}",
        ),
        Figure(
            f"{name}: calibration error on the tested groups",
            float(calibration_error(found, truth)),
            0.05,
            lower=True,
            note=f"{split}{_each([calibration_error(turn.found, turn.truth) for turn in turns])}; "
            f"{max(turn.own_error for turn in turns)} at most when cross-validated by `molva train` itself",
        ),
    ]


def _turn(name: str, rows: list[tuple[int, Row]], tested: int, options: Options) -> Turn:
    known = [row for part_, row in rows if part_ != tested]
    asked = [row for part_, row in rows if part_ == tested]
    if options.quick:
        known, asked = known[:: 1 + len(known) // 1000], asked[:: 1 + len(asked) // 500]
    with tempfile.TemporaryDirectory(prefix="molva-evaluate-") as folder:
        out = Path(folder) / name
        report = train(lines(known), out, group="subject", say=options.say)
        unlabelled = [{key: value for key, value in row.items() if key != "fake"} for row in asked]
        found = scores(judgements(unlabelled, Models(risk=load(out))))
    fake = np.array([row["fake"] for row in known])
    return Turn(
        known=len(known),
        truth=np.array([row["fake"] for row in asked]),
        found=found,
        plain=plain_model([row["text"] for row in known], fake, [row["text"] for row in asked]),
        own_error=report.figures.calibration_error,
    )


def _figures(turns: list[tuple[Flags, Floats, float]]) -> dict[str, list[float]]:
    """AUC and accuracy of each turn: what is true, what was found, and from where on it means fake."""
    return {
        "AUC": [auc(truth, found) for truth, found, _ in turns],
        "accuracy": [float(((found >= least) == truth).mean()) for truth, found, least in turns],
    }


def _each(values: list[float]) -> str:
    return f" ({', '.join(f'{value:.3f}' for value in values)})" if len(values) > 1 else ""
