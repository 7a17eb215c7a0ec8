"""What a training tells: figures on groups not seen, the most telling features, and the model's card."""

from __future__ import annotations

from pathlib import Path

import msgspec
from msgspec.structs import replace

from streams.training.figures import Figures


class Report(msgspec.Struct, frozen=True):
    """What was learned from what, and how well it does.

    Attributes:
        name: The model's name.
        labels: Labelled reviews used, ``fake`` of them fake, from so many ``groups`` of the kind ``group``.
        columns: What the trees look at besides the words.
        figures: On groups not seen.
        telling: The columns that move scores most, in log-odds on average.
        fake_phrases: The wordings that speak loudest for fake, ``genuine_phrases`` for genuine. They are printed and
            never stored, because they come from people's texts.
        problems: Lines that could not be used.
    """

    name: str
    labels: int
    fake: int
    groups: int
    group: str
    columns: str
    figures: Figures
    telling: dict[str, float]
    fake_phrases: tuple[str, ...] = ()
    genuine_phrases: tuple[str, ...] = ()
    problems: tuple[str, ...] = ()


def write_cards(out: Path, report: Report) -> None:
    """Write card.json for programs and card.md for people, without anybody's words."""
    report = replace(report, fake_phrases=(), genuine_phrases=())
    (out / "card.json").write_bytes(msgspec.json.format(msgspec.json.encode(report), indent=2) + b"\n")
    (out / "card.md").write_text(card(report), encoding="utf-8")


def card(report: Report) -> str:
    """The model's card."""
    figures = report.figures
    telling = "\n".join(f"| {name} | {value:.3f} |" for name, value in report.telling.items())
    return f"""# {report.name}

A risk model trained with `molva train` on {report.labels} labelled reviews, {report.fake} of them fake,
from {report.groups} groups ({report.group}). Used with `molva judge --model DIR`.

**What it reads:** the words, as hashed n-grams from which no text can be recovered, and {report.columns}.
Copied text, bursts, rings and paid reviews count as in the shipped model, because labels teach nothing about them.

**Figures on groups that the model had not seen** (cross-validated by {report.group}):

| figure | value |
|---|---|
| AUC | {figures.auc} |
| AUC of each fold | {", ".join(map(str, figures.auc_folds))} |
| average precision | {figures.auprc} |
| accuracy at 0.5 | {figures.accuracy} |
| fakes among the 5 % of highest risk | {figures.precision_5} |
| fakes among the 10 % of highest risk | {figures.precision_10} |
| expected calibration error | {figures.calibration_error} |

**Most telling besides the words** (mean size of the contribution in log-odds):

| column | moves |
|---|---|
{telling}

**Limits:** it knows the fakes that were labelled, on the sites they came from. Its scores are calibrated for the share
of fakes among the labels ({report.fake / max(report.labels, 1):.0%}); where fakes are rarer, fewer of those it calls
high are fake. Whether a review is fake is for people to decide.
"""


def summary(report: Report) -> str:
    """What to print after a training."""
    figures = report.figures
    besides = ", ".join(f"{name} {value:.2f}" for name, value in report.telling.items())
    counts = f"{report.labels} labels ({report.fake} fake) from {report.groups} groups ({report.group})"
    quality = f"AUC {figures.auc}, average precision {figures.auprc}, accuracy {figures.accuracy}"
    lines = [
        f"{counts}; reads the words and {report.columns}",
        f"on groups not seen: {quality}, calibration error {figures.calibration_error}",
        f"fakes among the 5 % of highest risk {figures.precision_5}, among the 10 % {figures.precision_10}",
        f"most telling besides the words: {besides}",
        "wordings of fakes: " + ", ".join(report.fake_phrases),
        "wordings of genuine reviews: " + ", ".join(report.genuine_phrases),
    ]
    if report.problems:
        lines.append(f"{len(report.problems)} lines not used, the first: {report.problems[0]}")
    return "\n".join(lines)
