"""Co-review rings: pairs of (reviewer, product), and how well the ring detector alone tells colluders from others."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from datetime import UTC, datetime

import numpy as np

from molva.evaluate.figures import Figure, Options
from molva.evaluate.judged import auc, part
from schemas.events import AuthorPlaced, AuthorReviewed, Member
from streams.detectors import authors, rings
from streams.models.data import read

FOLDER = "A11_amazon_cn_collusion"
_AT = datetime(2000, 1, 1, tzinfo=UTC)  # the time of a fact reaches no result


def measure(_: Options) -> list[Figure]:
    """AUC over the labelled reviewers of A11, by what the steps of the product find among the pairs."""
    groups = list(read(f"{FOLDER}/candidate_groups.jsonl.gz"))
    pairs = {
        (reviewer, product) for group in groups for reviewer in group["reviewers"] for product in group["products"]
    }
    labels = {row["reviewer"]: bool(row["colluder"]) for row in read(f"{FOLDER}/colluder_labels.jsonl.gz")}
    found = reviewers(pairs)
    counted = Counter(reviewer for group in groups for reviewer in group["reviewers"])
    truth = np.array(list(labels.values()))
    scores = np.array([found.get(reviewer, 0.0) for reviewer in labels])
    halves = np.array([part(reviewer, 2) for reviewer in labels])
    plain = auc(truth, np.array([float(counted[reviewer]) for reviewer in labels]))
    note = (
        "no label was used; baseline: in how many candidate groups of the set a reviewer stands; all stand in one, "
        "and times and ratings are not in the set; what was tried is in docs/decisions/0032-co-review-rings.md"
    )
    return [
        Figure("A11 rings: AUC of reviewers", auc(truth, scores), 0.90, plain, note=note),
        *(
            Figure(
                f"A11 rings: AUC of half {half + 1} of the reviewers",
                auc(truth[halves == half], scores[halves == half]),
            )
            for half in range(2)
        ),
    ]


def reviewers(pairs: Iterable[tuple[str, str]]) -> dict[str, float]:
    """For each reviewer the strength of the strongest ring that one of its reviews is told of, 0 if none is.

    Args:
        pairs: Reviewer and product, each pair once.
    """
    facts = [
        AuthorReviewed(
            author=reviewer,
            review_id=f"{reviewer} {product}",
            at=_AT,
            now=Member(review_id=f"{reviewer} {product}", version=1, subject=product, author=reviewer),
        )
        for reviewer, product in sorted(pairs)
    ]
    placed = [event for event in authors.run(facts, {}) if isinstance(event, AuthorPlaced)]
    told: dict[str, float] = {}
    for event in rings.run(placed, {}):
        for item in event.items:
            told[event.review_id] = item.finding.features["strength"] if item.finding else 0.0
    strongest = {fact.author: 0.0 for fact in facts}
    for fact in facts:
        strongest[fact.author] = max(strongest[fact.author], told.get(fact.review_id, 0.0))
    return strongest
