"""The figures as a table in the terminal and as docs/accuracy.md."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import msgspec

from molva.evaluate.figures import Figure, Measurement

HEAD = """# Accuracy

How right Molva is on public data sets, with what one would use without it beside every figure. This page is written by

    MOLVA_DATA=../shared/data molva evaluate

(`make evaluate` in a clone); no figure in it is typed in by hand. `molva evaluate --only NAME` measures one section.
Everything goes through the code that judges reviews at work. Groups (a hotel, a product, a text) never lie on both
sides of a split. A baseline marked *quoted* was measured earlier on other rows of the same sets; all others ran in the
same command on the same rows. Packages to compare with are used where they can be imported (datasketch,
vaderSentiment, py3langid); the mail libraries may be in another Python (`--baselines`). Speeds depend on the machine.
"""


TRIED = Path(__file__).with_name("tried.json")


class Result(msgspec.Struct, frozen=True):
    """What came of one measurement: its figures, or the error that ended it."""

    measurement: Measurement
    figures: list[Figure]
    error: str = ""


def cells(figure: Figure) -> list[str]:
    """Name, figure, baseline, target, missed by, note."""
    baseline = "" if figure.baseline is None else _number(figure.baseline, figure)
    return [
        figure.name,
        "–" if figure.value is None else _number(figure.value, figure),
        baseline + (" quoted" if figure.quoted and baseline else ""),
        "" if figure.target is None else ("≤ " if figure.lower else "≥ ") + _number(figure.target, figure),
        "" if figure.missed is None else _number(figure.missed, figure, least=True),
        figure.note,
    ]


def _number(value: float, figure: Figure, *, least: bool = False) -> str:
    if least and round(value, figure.places) == 0:
        return f"< {10**-figure.places:.{figure.places}f}"
    return f"{value:,.{figure.places}f}"


COLUMNS = ["figure", "measured", "baseline", "target", "missed by", ""]


def text(results: Sequence[Result]) -> str:
    """The table for a terminal, without the notes' column where a line would grow over long."""
    made = []
    for result in results:
        made.append(f"\n{result.measurement.name}: {result.measurement.title}")
        if result.error:
            made.append(f"  failed: {result.error}")
        for figure in result.figures:
            name, value, baseline, target, missed, note = cells(figure)
            made.append(f"  {name[:66]:66}{value:>9}{baseline:>15}{target:>10}{missed:>9}  {note}".rstrip())
    head = f"  {COLUMNS[0]:66}{COLUMNS[1]:>9}{COLUMNS[2]:>15}{COLUMNS[3]:>10}{COLUMNS[4]:>9}"
    return "\n".join([head, *made])


def markdown(results: Sequence[Result], everything: Sequence[Measurement] = ()) -> str:
    """The page; those of *everything* that have no result are named as not measured."""
    parts = [HEAD, _missed(results), *_tried(results)]
    done = {result.measurement.name for result in results}
    if left := [measurement.title for measurement in everything if measurement.name not in done]:
        parts.append(f"Not measured when this page was written: {', '.join(left)}.\n")
    for result in results:
        parts.append(f"## {result.measurement.title}\n\n{result.measurement.how}\n")
        if result.error:
            parts.append(f"Could not be measured: {_plain(result.error)}\n")
        if result.figures:
            lines = [_line(COLUMNS), "|" + "---|" * len(COLUMNS)]
            lines += [_line(cells(figure)) for figure in result.figures]
            parts.append("\n".join(lines) + "\n")
    return "\n".join(parts)


def _missed(results: Sequence[Result]) -> str:
    """What misses its target, what was not measured, and what met it, in front of all tables."""
    aimed = [figure for result in results for figure in result.figures if figure.target is not None]
    missed = [figure for figure in aimed if figure.missed is not None]
    unknown = [figure for figure in aimed if figure.value is None]
    lines = [f"Of {len(aimed)} figures with a target, {len(aimed) - len(missed) - len(unknown)} reach it."]
    if missed:
        lines.append("\nMissed:\n")
        for figure in missed:
            name, value, _, target, short, _ = cells(figure)
            lines.append(f"- {_plain(name)}: {value}, target {target}, missed by {short}")
    lines += [f"- {_plain(figure.name)}: {figure.note}" for figure in unknown]
    lines += [f"- {result.measurement.title}: failed" for result in results if result.error]
    return "\n".join(lines) + "\n"


def _tried(results: Sequence[Result]) -> list[str]:
    """For missed figures what was tried, from tried.json: by how their names begin."""
    missed = [figure for result in results for figure in result.figures if figure.missed is not None]
    lines = []
    for name, said in json.loads(TRIED.read_text("utf-8")).items():
        if own := [figure.name for figure in missed if figure.name.startswith(name)]:
            lines.append(f"- **{_plain('; '.join(own))}.** {said}")
    return ["## What was tried\n\n" + "\n".join(lines) + "\n"] if lines else []


def _line(parts: Sequence[str]) -> str:
    return "| " + " | ".join(map(_plain, parts)) + " |"


def _plain(said: str) -> str:
    return " ".join(said.replace("|", "\\|").split())
