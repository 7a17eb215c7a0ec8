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
from molva.evaluate.judged import auc, judgements, lines, part, plain_model, ranked, scores
from streams.enrich import Models
from streams.models.data import read
from streams.risk import load
from streams.training import train
from streams.training.figures import calibration_error

Row = dict[str, Any]


class Case(msgspec.Struct, frozen=True):
    """A labelled set: how it is read and split, and what stands beside its figures."""

    rows: Callable[[], Iterator[tuple[bool, Row]]]
    name: str
    targets: dict[str, float]
    quoted: float


def a1() -> Iterator[tuple[bool, Row]]:
    """Hotel reviews, half written to order; whether in the test part (the authors' fold 4) and the review."""
    for row in read("A1_op_spam/op_spam_v1.4.jsonl.gz"):
        yield (
            row["fold"] == 4,
            {
                "id": row["id"],
                "source": "hotels",
                "subject": {"id": row["hotel"]},
                "text": row["text"],
                "fake": bool(row["label"]),
            },
        )


def a3() -> Iterator[tuple[bool, Row]]:
    """Restaurant reviews that a platform filtered or not; without the counters that were crawled later."""
    for row in read("A3_yelp_filter_with_reviewer_metadata/yelp_restaurants_chicago_filtered.jsonl.gz"):
        at = datetime.strptime(row["date"], "%m/%d/%Y").replace(tzinfo=UTC)
        yield (
            part(row["restaurantID"]) == 0,
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


def a4() -> Iterator[tuple[bool, Row]]:
    """Reviews of places that a platform filtered or not, with user and place."""
    for row in read("A4_yelpzip_text/yelpzip_9190_label_corrected.jsonl.gz"):
        yield (
            part(row["product_id"]) == 0,
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


def a5() -> Iterator[tuple[bool, Row]]:
    """Shop reviews with the flag of a verified purchase; DOC_ID, which tells the label, stays out."""
    for number, row in enumerate(read("A5_amazon_labelled_verified/amazon_2100.jsonl.gz")):
        yield (
            part(row["PRODUCT_ID"]) == 0,
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
    "A1": Case(a1, "hotel reviews written to order", {"AUC": 0.975, "accuracy": 0.92}, 0.972),
    "A3": Case(a3, "filtered restaurant reviews, with date and author", {"AUC": 0.72}, 0.692),
    "A4": Case(a4, "filtered reviews of places, with author", {"AUC": 0.80}, 0.777),
    "A5": Case(a5, "labelled shop reviews, with verified flag", {"AUC": 0.88}, 0.859),
}


def measure(name: str, options: Options) -> list[Figure]:
    """Train on the groups that are not tested, judge those that are; beside it the plain model on the same split."""
    case = CASES[name]
    rows = list(case.rows())
    known = [row for tested, row in rows if not tested]
    asked = [row for tested, row in rows if tested]
    if options.quick:
        known, asked = known[:: 1 + len(known) // 1000], asked[:: 1 + len(asked) // 500]
    truth = np.array([row["fake"] for row in asked])
    fake = np.array([row["fake"] for row in known])
    with tempfile.TemporaryDirectory(prefix="molva-evaluate-") as folder:
        out = Path(folder) / name
        report = train(lines(known), out, group="subject", say=options.say)
        unlabelled = [{key: value for key, value in row.items() if key != "fake"} for row in asked]
        found = scores(judgements(unlabelled, Models(risk=load(out))))
    plain = plain_model([row["text"] for row in known], fake, [row["text"] for row in asked])
    split = f"{len(known)} reviews to train, {len(asked)} to test"
    boosted = "" if name == "A1" else "with behaviour features and boosting "
    notes = {
        "AUC": f"{split}; {boosted}the baseline had {case.quoted} on other rows; {ranked(truth, found)}",
        "accuracy": split,
    }
    value = {"AUC": auc(truth, found), "accuracy": float(((found >= 0.5) == truth).mean())}
    base = {"AUC": auc(truth, plain), "accuracy": float(((plain >= 0) == truth).mean())}
    return [
        *(
            Figure(f"{name} {case.name}: {key}", value[key], case.targets.get(key), base[key], note=notes[key])
            for key in ("AUC", "accuracy")
        ),
        Figure(
            f"{name}: calibration error on the tested groups",
            float(calibration_error(found, truth)),
            0.05,
            lower=True,
            note=f"{report.figures.calibration_error} when cross-validated by `molva train` itself",
        ),
    ]
