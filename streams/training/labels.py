"""Labelled reviews: lines in the shape of any review outside the process, with ``"fake": true`` or ``false``."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable

import msgspec

from schemas import wire
from schemas.events import Review

LEAST_OF_A_CLASS = 50
LEAST_GROUPS = 3
GROUPS: dict[str, Callable[[Review], str | None]] = {
    "subject": lambda review: f"{review.source}|{review.subject.id}",
    "author": lambda review: f"{review.source}|{review.author.id or review.author.name}" if review.author else None,
    "source": lambda review: review.source,
}
"""By what reviews are kept together when the model is tested on what it has not seen."""


class TooFewLabelsError(ValueError):
    """There is too little to learn from; the message says how much there is and how much is needed."""


class Labelled(msgspec.Struct, frozen=True):
    """A review and whether it is known to be fake; ``group`` never straddles a split."""

    review: Review
    fake: bool
    group: str


def read_labels(lines: Iterable[bytes | str], *, group: str = "subject") -> tuple[list[Labelled], list[str]]:
    """Read labelled reviews, and what is wrong with the lines that cannot be used, with their numbers.

    Of equal lines (the same source and id, or the same words under the same subject and author) the first is taken.

    Raises:
        ValueError: *group* is not one of GROUPS.
    """
    if group not in GROUPS:
        raise ValueError(f"cannot group by {group!r}: choose one of {', '.join(GROUPS)}")
    key = GROUPS[group]
    labels: list[Labelled] = []
    problems: list[str] = []
    seen: set[object] = set()
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        try:
            data = wire.parse(line)
            review = wire.read(data).review
        except wire.InvalidReview as error:
            problems.append(f"line {number}: {error}")
            continue
        fake = data.get("fake")
        if not isinstance(fake, bool):
            problems.append(f'line {number}: "fake" must be true or false, not {fake!r}')
            continue
        same = (review.source, review.id) if review.id else (review.subject, review.author, review.prose)
        if same in seen:
            problems.append(f"line {number}: the same review again")
            continue
        seen.add(same)
        labels.append(Labelled(review, fake, key(review) or f"line {number}"))
    return labels, problems


def check(labels: Iterable[Labelled]) -> None:
    """Refuse labels from which nothing can be learned honestly.

    Raises:
        TooFewLabelsError: Fewer than LEAST_OF_A_CLASS fake or genuine reviews, or fewer than LEAST_GROUPS groups.
    """
    labels = list(labels)
    counts = Counter(label.fake for label in labels)
    groups = {label.group for label in labels}
    if min(counts[True], counts[False]) < LEAST_OF_A_CLASS:
        raise TooFewLabelsError(
            f"{counts[True]} reviews are labelled fake and {counts[False]} genuine; at least {LEAST_OF_A_CLASS} of "
            "each are needed, and some hundreds of each are better"
        )
    if len(groups) < LEAST_GROUPS:
        raise TooFewLabelsError(
            f"the labels come from {len(groups)} group(s); at least {LEAST_GROUPS} are needed to test the model on "
            "groups that it has not seen: label reviews of more subjects, or choose another --group"
        )
    if any(len({label.group for label in labels if label.fake is fake}) < 2 for fake in (True, False)):
        raise TooFewLabelsError(
            "all fake or all genuine reviews come from one group: a model would learn the group, not the fake; "
            "label both kinds in several groups"
        )
