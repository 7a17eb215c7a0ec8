"""All measurements, in the order of the page, and the loop that runs them one at a time."""

from __future__ import annotations

import time
from collections.abc import Collection, Iterator
from functools import partial
from pathlib import Path

import msgspec

from molva.evaluate import benches, moods, rings, shipped, speed, tongues, trained
from molva.evaluate.figures import Figure, Measurement, Options
from molva.evaluate.table import Result

TAUGHT = (
    "Labels through `molva train`, reviews of {group} that it has not seen through `molva judge --model`. The baseline "
    "is TF-IDF of words and letters with logistic regression on the same split."
)
THIRDS = "Each third of the groups is judged by a model that learned from the two others. "
MEASUREMENTS = (
    Measurement("copies", "Copies", "Real reviews changed in ten ways, see bench/copies.py.", benches.copies),
    Measurement("replies", "Replies by mail", "Suite by suite, see bench/replies.py.", benches.replies),
    Measurement("pages", "Pages", "Recorded pages, see bench/pages.py.", benches.pages),
    Measurement(
        "language", "Language", "The fifth of every language that the training of the model keeps out.", tongues.measure
    ),
    Measurement(
        "sentiment",
        "Sentiment",
        "AUC of praise against blame: the shipped models on texts that were kept out of their training; then the same "
        "training without a whole group of sources.",
        moods.measure,
    ),
    Measurement(
        "shipped",
        "Fake risk, the shipped model",
        "The shipped heads learned from the rows that lie here. So their recipes are fitted anew on two thirds of the "
        "groups, with the shipped slopes and shifts, and the last third goes through `molva judge` with that model. "
        "Baseline: TF-IDF of words and letters with logistic regression, trained on the same two thirds of the set.",
        shipped.measure,
    ),
    Measurement(
        "A1",
        "Fake risk after training: A1",
        "Each of the authors' four folds is judged by a model that learned from the three others. "
        + TAUGHT.format(group="hotels"),
        partial(trained.measure, "A1"),
    ),
    Measurement(
        "A3",
        "Fake risk after training: A3",
        THIRDS + TAUGHT.format(group="restaurants"),
        partial(trained.measure, "A3"),
    ),
    Measurement(
        "A4",
        "Fake risk after training: A4",
        "A third is judged. " + TAUGHT.format(group="places"),
        partial(trained.measure, "A4"),
    ),
    Measurement(
        "A5", "Fake risk after training: A5", THIRDS + TAUGHT.format(group="products"), partial(trained.measure, "A5")
    ),
    Measurement("rings", "Co-review rings", "The ring function alone on pairs of reviewer and product.", rings.measure),
    Measurement("speed", "Speed", "CPU time in batches of 256 on one core.", speed.measure),
)


def run(options: Options, only: Collection[str] = (), kept: Path | None = None) -> Iterator[Result]:
    """Measure one after the other; a measurement that fails gives a result that says so.

    Args:
        options: How to measure.
        only: Names of measurements; all without.
        kept: A folder that figures are written to as they are measured, and read from when they are there already, so
            that a run that was interrupted goes on where it was.

    Raises:
        ValueError: A name in *only* is unknown.
    """
    known = [measurement.name for measurement in MEASUREMENTS]
    if unknown := sorted(set(only) - set(known)):
        raise ValueError(f"no measurement is called {', '.join(unknown)}: choose among {', '.join(known)}")
    for measurement in MEASUREMENTS:
        if only and measurement.name not in only:
            continue
        file = kept / f"{measurement.name}{'-quick' if options.quick else ''}.json" if kept else None
        if file and file.exists():
            yield Result(measurement, msgspec.json.decode(file.read_bytes(), type=list[Figure]))
            continue
        options.say(f"{measurement.name} …")
        started = time.monotonic()
        try:
            result = Result(measurement, measurement.measure(options))
        except Exception as error:  # noqa: BLE001 - one measurement that fails must not take the others with it
            result = Result(measurement, [], f"{type(error).__name__}: {error}")
        if file and not result.error:
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(msgspec.json.encode(result.figures))
        options.say(f"{measurement.name}: {time.monotonic() - started:.0f} s")
        yield result
