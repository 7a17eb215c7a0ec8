"""The card of the shipped risk model: what it learned from, how well it does, what it does not know."""

from __future__ import annotations

from collections.abc import Mapping

DATA = {
    "A5": ("labelled Amazon reviews, genuine rows only", "no licence stated"),
    "A6": ("Amazon reviews and GPT-2 imitations of them (Salminen et al. 2022)", "no licence stated"),
    "A7": ("Russian shop reviews and YandexGPT imitations", "no licence stated"),
    "A8": ("Ozon and Wildberries reviews and template praise", "MIT (repository)"),
    "A9": ("hotel reviews by small local language models", "no licence stated"),
    "A12": ("refund reviews by four language models and the human ones behind them", "no licence stated"),
    "B2": ("bank reviews from sravni.ru and banki.ru, taken for genuine", "no licence stated"),
    "B3": ("Ozon reviews of one product, taken for genuine", "no licence stated"),
    "B6": ("Amazon All Beauty, 5-core (Ni, Li, McAuley 2019), taken for genuine", "citation asked for"),
    "B7": ("Trustpilot reviews of nine companies, taken for genuine", "no licence stated"),
    "B8": ("WebMD drug reviews, taken for genuine", "no licence stated"),
    "B9": ("Skytrax lounge and seat reviews, taken for genuine", "CC0 (repository)"),
}
"""The sets that the model learns from, and what is said of their licence."""


def card(report: Mapping[str, Mapping[str, float]], base: float) -> str:
    """The card as Markdown; *report* holds the figures of each set, out of fold."""
    sets = "\n".join(f"| {name} | {what} | {licence} |" for name, (what, licence) in DATA.items())
    figures = "\n".join(
        f"| {name} | {entry.get('rows', 0):g} | {_cell(entry, 'auc')} | {_cell(entry, 'calibration error')} "
        f"| {_cell(entry, 'real called high')} | {_cell(entry, 'fake called high')} |"
        for name, entry in sorted(report.items())
    )
    return f"""# The shipped risk model

It says how likely a review is fake, between 0 and 1, with named reasons. It is the model that `molva judge` uses when
no other is given. Made by

    MOLVA_DATA=../shared/data python -m streams.models.train_risk

**What it reads.** Text heads, linear in hashed n-grams of words, letters, shapes and sentence skeletons (no text can be
recovered from them): two for English text that a machine wrote, one for Russian, one for Russian template praise. And
what the detectors find: copied text, bursts, the author's behaviour, rings, a rating against its words, paid reviews,
verified purchases. The weights of the latter are set by judgement (streams/models/evidence_weights.py), because no
labels under a free licence exist for them. Co-review rings tell the labelled colluders of A11, which is not trained
with, from others with an AUC of 0.83 (docs/accuracy.md). Fans of one series and loyal customers of a shop with few
products meet as rings do, so a ring counts a quarter when times and ratings differ, and at most 3.5 in log-odds.

**Data.** Only hashed weights are shipped. Sets that are non-commercial, withdrawn or not for use in a product (A1 to
A4) are not used; B4 is left out because A8's genuine rows come from it.

| set | what it is | licence as stated |
|---|---|---|
{sets}

**Figures**, out of fold (no group in training and test), by the words alone, printed by the command above; "high" is
the level of that name:

| set | rows | AUC | calibration error | genuine called high | fake called high |
|---|---|---|---|---|---|
{figures}

**Limits.** It has seen GPT-2, YandexGPT, GPT-3.5, Claude, Bard, Llama, Gemma, Qwen and Ministral; text by other models,
or rewritten by a person, may look human. Human-written paid reviews look human: only copies, behaviour and their own
words betray them. Text heads know English and Russian; a review in another language is judged by its evidence alone.
Sets "taken for genuine" hold some fakes. Scores are calibrated where half of the reviews are fake; a review of which
nothing is known gets {base:g} in log-odds. Whether a review is fake is for people to decide.
"""


def _cell(entry: Mapping[str, float], name: str) -> str:
    return f"{entry[name]:.4f}" if name in entry else ""
