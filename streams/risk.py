"""How likely a review is fake, and why: everything that is known about it becomes one calibrated score with reasons.

A model is a folder: ``model.json`` (how the parts combine), ``arrays.npz`` (hashed weights, trees) and a card. It works
in two calls. ``read`` looks at the words once for each version of a review and returns what it saw as small signals
that can be stored; ``assess`` adds what the detectors found and is cheap enough for every piece of evidence. Both are
pure: no clock, no input or output, float64, the same result for a review in any batch.

What ``assess`` understands, and leaves out where it is missing (names of signals and their features):
    copied-text: count (earlier texts of others, 1 and more), similarity (0-1).
    burst: see streams/detectors/bursts.py - count, ratio, extreme.
    author: see streams/detectors/authors.py - count, subjects, per_day, extreme, similar.
    subject: see streams/detectors/subjects.py - count, mean, spread, extreme, length.
    ring: see streams/detectors/rings.py - authors, subjects, strength, near, alike.
    text, wording, incentive: what ``read`` returned.
The grade of verification is read from the review itself.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Protocol

import msgspec
import numpy as np

from schemas.events import MAX_TEXT, Level, Review
from streams import reasons
from streams.detectors import incentive, machine_text, wording
from streams.detectors.style import style
from streams.scoring import evidence, table
from streams.scoring.model import Model, load_model
from streams.text.features import KINDS, Features, extract, take

SHIPPED = Path(__file__).parent / "models" / "risk"
CEILING = 8.0
"""Log-odds that no review can pass: whatever is known, some doubt stays."""
WORDS_ALONE = 5.0
"""Log-odds that words alone cannot pass: people do write like machines and like advertisements."""
HUMAN_WORDS = 1.5
"""Log-odds that words which look human can take away: a person may well have written what a ring copies."""
LEAST_WORDS = 4
"""With fewer words, and nothing else known, there is too little to say."""
LEAST_SHARE = 0.1
"""A kind of wording with a smaller part in what words say is not told of."""
_BATCH = 256


class Signal(msgspec.Struct, frozen=True, array_like=True):
    """What a detector knows about one review.

    Attributes:
        name: The detector's name.
        features: Numbers by name, quantised so that they change rarely.
        reviews: Ids of the reviews that it points at.
    """

    name: str
    features: dict[str, float] = {}
    reviews: tuple[str, ...] = ()


class Reason(msgspec.Struct, frozen=True):
    """One named part of the risk: its ``contribution`` in log-odds and a sentence in English and in Russian."""

    name: str
    contribution: float
    text: str
    text_ru: str
    reviews: tuple[str, ...] = ()


class Assessment(msgspec.Struct, frozen=True):
    """The risk of one review: ``base`` plus all contributions is the log-odds of ``score`` (0-1), before rounding."""

    score: float
    level: Level
    base: float
    reasons: tuple[Reason, ...]


class Analysis(Protocol):
    """What is needed of streams/text/analysis.py: language, its probability, and the probability of being negative."""

    @property
    def language(self) -> str: ...  # noqa: D102 - the class says it
    @property
    def language_probability(self) -> float: ...  # noqa: D102
    @property
    def negative(self) -> float: ...  # noqa: D102


class RiskModel(msgspec.Struct, frozen=True):
    """A loaded model; ``load`` makes one."""

    model: Model

    def read(
        self, reviews: Sequence[Review], analyses: Sequence[Analysis], features: Features | None = None
    ) -> list[tuple[Signal, ...]]:
        """What the words of each review say, for ``assess``.

        Args:
            reviews: The reviews; batches of about 256 are the fastest.
            analyses: What was read of language and sentiment, one a review.
            features: All kinds of n-grams of the reviews' prose, when other models need them too.
        """
        texts = [review.prose for review in reviews]
        heard = [
            machine_text.heard(analysis.language, analysis.language_probability, text)
            for analysis, text in zip(analyses, texts, strict=True)
        ]
        scores: list[dict[str, float]] = [{} for _ in texts]
        for language in sorted({head.settings.language or "" for head in self.model.heads}):
            chosen = [index for index, code in enumerate(heard) if not language or code == language]
            for start in range(0, len(chosen), _BATCH):
                among = chosen[start : start + _BATCH]
                known = take(features, np.array(among)) if features else None
                lengths = np.array([len(texts[index]) for index in among])
                grams = cut([texts[index] for index in among], self.model, known)
                for head in self.model.heads:
                    if (head.settings.language or "") == language:
                        rows = np.flatnonzero(lengths <= (head.settings.longest or MAX_TEXT * 8))
                        if len(rows):
                            spoken = head.model.scores(take(grams, rows).kinds, len(rows)).tolist()
                            for place, score in zip(rows.tolist(), spoken, strict=True):
                                scores[among[place]][head.name] = round(score, 4)
        mark = self.model.mark
        return [self._signals(text, found, mark) for text, found in zip(texts, scores, strict=True)]

    def _signals(self, text: str, scores: dict[str, float], mark: float) -> tuple[Signal, ...]:
        words = float(min(len(text.split(None, 16)), 16))
        signals = [Signal("text", {**scores, "words": words, "model": mark})]
        if self.model.trees is not None:
            signals.append(Signal(wording.NAME, wording.measure(text)))
        said = incentive.measure(text)
        if said:
            signals.append(Signal(incentive.NAME, said))
        return tuple(signals)

    def assess(
        self, reviews: Sequence[Review], analyses: Sequence[Analysis], signals: Sequence[Sequence[Signal]]
    ) -> list[Assessment]:
        """The risk of each review.

        Args:
            reviews: The reviews.
            analyses: What was read of language and sentiment, one a review.
            signals: For each review what ``read`` returned and what the detectors found. Without a ``text`` signal of
                this very model the words are read here.
        """
        mark = self.model.mark
        unread = [
            i
            for i, found in enumerate(signals)
            if all(signal.name != "text" or signal.features.get("model") != mark for signal in found)
        ]
        read = dict(zip(unread, self.read([reviews[i] for i in unread], [analyses[i] for i in unread]), strict=True))
        known = [{signal.name: signal for signal in (*found, *read.get(i, ()))} for i, found in enumerate(signals)]
        numbers = [{name: signal.features for name, signal in sorted(found.items())} for found in known]
        moods = [mood(analysis) for analysis in analyses]
        worded = self._worded(reviews, moods, numbers)
        return [
            self._assessment(review, negative, found, base, parts)
            for review, negative, found, (base, parts) in zip(reviews, moods, known, worded, strict=True)
        ]

    def _worded(
        self,
        reviews: Sequence[Review],
        moods: Sequence[float | None],
        numbers: Sequence[Mapping[str, dict[str, float]]],
    ) -> list[tuple[float, dict[str, float]]]:
        """Base and contributions of what was learned: from trees if the model has them, else from its text heads."""
        model = self.model
        if model.trees is None:
            return [(model.settings.base, self._heads(found.get("text", {}))) for found in numbers]
        rows = [
            table.row(review, negative, found) for review, negative, found in zip(reviews, moods, numbers, strict=True)
        ]
        for row, found in zip(rows, numbers, strict=True):
            row["text"] = self._text(found.get("text", {}))
        values = table.table(rows, model.trees.columns)
        moved = model.trees.contributions(values)
        moved[:, model.trees.columns.index("text")] += [row["text"] - model.settings.center for row in rows]
        moved *= model.settings.slope
        base = model.settings.slope * (model.trees.base + model.settings.center) + model.settings.shift
        names = [table.reason(column) for column in model.trees.columns]
        parts: list[tuple[float, dict[str, float]]] = []
        for line in moved.tolist():
            grouped: dict[str, float] = {}
            for name, value in zip(names, line, strict=True):
                grouped[name] = grouped.get(name, 0.0) + value
            parts.append((base, grouped))
        return parts

    def _text(self, scores: Mapping[str, float]) -> float:
        """The log-odds of the words by themselves, from which the trees start."""
        parts = [head.settings.slope * scores.get(head.name, 0.0) + head.settings.shift for head in self.model.heads]
        return round(max(-12.0, min(12.0, sum(parts))), 4)

    def _heads(self, scores: Mapping[str, float]) -> dict[str, float]:
        """Several heads of one language at work: the odds of what each looks for add up, and share the log-odds."""
        settings = self.model.settings
        heads = [head for head in self.model.heads if head.name in scores]
        if not heads:
            return {}
        odds = {head.name: math.exp(head.log_odds(scores[head.name])) for head in heads}
        whole = sum(odds[name] for name in sorted(odds))
        language = heads[0].settings.language or ""
        slope, shift = settings.fused.get(language, (1.0, 0.0))
        words = min(scores.get("words", 16.0), 4.0) / 4.0
        fused = WORDS_ALONE * math.tanh((slope * math.log(whole) + shift) / WORDS_ALONE)
        moved = fused - settings.base
        moved = words * (moved if moved > 0 else HUMAN_WORDS * math.tanh(moved / HUMAN_WORDS))
        if moved <= 0:  # no head found what it looks for: that is one thing to say, not one for each head
            return {machine_text.NAME: moved}
        shares: dict[str, float] = {}
        for head in heads:
            shares[head.reason] = shares.get(head.reason, 0.0) + odds[head.name] / whole
        loud = {name: share for name, share in shares.items() if share >= LEAST_SHARE}
        return {name: moved * share / sum(loud.values()) for name, share in loud.items()}

    def _assessment(
        self,
        review: Review,
        negative: float | None,
        found: Mapping[str, Signal],
        base: float,
        learned: Mapping[str, float],
    ) -> Assessment:
        settings = self.model.settings
        numbers = {name: signal.features for name, signal in sorted(found.items())}
        parts = dict(learned)
        for name, value in evidence.contributions(review, negative, numbers, settings.evidence).items():
            parts[name] = parts.get(name, 0.0) + value
        moved = sum(parts[name] for name in sorted(parts))
        start, total = _bounded(base), _bounded(base + moved)
        scale = (total - start) / moved if abs(moved) > 1e-9 else 1.0  # above 0, so no reason changes its side
        parts = {name: round(value * scale, 4) for name, value in parts.items()}
        score = round(1.0 / (1.0 + math.exp(-total)), 4)
        level = self._level(score, numbers)
        told = tuple(
            reasons.tell(name, value, review=review, negative=negative, signals=found, model=self.model, level=level)
            for name, value in sorted(parts.items(), key=lambda item: (-abs(item[1]), item[0]))
            if value
        )
        return Assessment(
            score=score,
            level=level,
            base=round(start, 4),
            reasons=tuple(
                Reason(name=name, contribution=parts[name], text=en, text_ru=ru, reviews=pointed)
                for name, en, ru, pointed in told
            ),
        )

    def _level(self, score: float, numbers: Mapping[str, Mapping[str, float]]) -> Level:
        settings = self.model.settings
        text = numbers.get("text", {})
        silent = all(head.name not in text for head in self.model.heads) or text.get("words", 0.0) < LEAST_WORDS
        told = any(name in numbers for name in ("copied-text", "burst", "ring", "incentive"))
        told = told or numbers.get("author", {}).get("count", 1.0) >= 3
        if silent and not told:
            return "insufficient"
        if score >= settings.high:
            return "high"
        return "medium" if score >= settings.medium else "low"


def _bounded(log_odds: float) -> float:
    """Log-odds within ``CEILING`` on either side, in their order."""
    return CEILING * math.tanh(log_odds / CEILING)


def mood(analysis: Analysis) -> float | None:
    """The probability that the words are negative, None in a language whose words the sentiment model cannot weigh."""
    return analysis.negative if analysis.language in {"en", "ru"} else None


def cut(texts: Sequence[str], model: Model, features: Features | None = None) -> Features:
    """The n-grams of *texts* that the heads of *model* read; *features* are those of all kinds, if they are known."""
    kinds = {kind for head in model.heads for group in head.model.groups for kind in group.kinds}
    if features is None:
        features = extract(texts, sorted({"word1", *kinds.intersection(KINDS)}))
    if kinds <= set(KINDS):
        return features
    return Features(rows=features.rows, kinds=features.kinds | style(texts, features, model.common))


def load(folder: Path | None = None) -> RiskModel:
    """The model in *folder*, by default the shipped one.

    Raises:
        ValueError: The folder holds no whole model; the message says what to do.
    """
    return RiskModel(load_model(folder)) if folder else _shipped()


@cache
def _shipped() -> RiskModel:
    return RiskModel(load_model(SHIPPED))
