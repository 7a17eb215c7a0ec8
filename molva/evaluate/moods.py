"""Sentiment: the shipped models on texts kept out of every training, and models without a whole group of sources."""

from __future__ import annotations

import importlib

import numpy as np

from molva.evaluate.figures import Figure, Options
from molva.evaluate.judged import Floats, auc, there
from streams.models.sentiment_corpus import GROUPS
from streams.models.train_sentiment import Corpus, learn, measured
from streams.models.word_polarity import PACKAGES
from streams.text.analysis import analyse

UNSEEN = {
    "hotels": ("A1 hotel reviews, en, a set never trained with", 0.96, 0.944),
    "drugs": ("B8 drug reviews, en, a set never trained with", None, None),
    "a fifth of banki.ru": ("B2 bank reviews, ru, kept-out fifth", 0.97, 0.94),
    "a fifth of marketplaces": ("B4 and A8 shop reviews, ru, kept-out fifth", None, None),
    "a fifth of trustpilot": ("B7 company reviews, en, kept-out fifth", None, None),
    "a fifth of product snippets": ("F5 product sentences, en, kept-out fifth", 0.95, 0.914),
    "a fifth of film snippets": ("F5 film sentences, en, kept-out fifth", 0.95, 0.914),
    "a fifth of tweets": ("F5 tweets, en, kept-out fifth", None, None),
}
LEFT_OUT = {
    "banks ru": ("banki.ru", "B2 bank reviews, ru, no bank review trained with", 0.88, 0.70),
    "product snippets en": ("product snippets", "F5 product sentences, en, none trained with", 0.95, 0.914),
    "film snippets en": ("film snippets", "F5 film sentences, en, none trained with", 0.95, 0.914),
}
ELSEWHERE = {"F5": "the target was set on other sentences, where VADER had 0.897"}
"""What else must be known of a target, by the name of the set."""
MOST = 3_000


def vader(texts: list[str]) -> Floats:
    """VADER's compound score of each text."""
    analyser = importlib.import_module("vaderSentiment.vaderSentiment").SentimentIntensityAnalyzer()
    return np.array([analyser.polarity_scores(text[:2_000])["compound"] for text in texts])


def measure(options: Options) -> list[Figure]:
    """AUC of praise against blame."""
    figures = []
    for language in ("en", "ru"):
        rows = measured(language)
        for name, (label, target, quoted) in UNSEEN.items():
            own = [(text, praise) for at, text, praise in rows if at == name]
            own = own[:: 1 + len(own) // (500 if options.quick else MOST)]
            if not own:
                continue
            texts, truth = [text for text, _ in own], np.array([praise for _, praise in own])
            moods = [mood for at in range(0, len(texts), 256) for mood in analyse(texts[at : at + 256])]
            value = auc(truth, np.array([mood.positive - mood.negative for mood in moods]))
            note = f"{len(own)} texts"
            baseline = auc(truth, vader(texts)) if language == "en" and there("vaderSentiment") else None
            if baseline is not None:
                note += "; baseline: VADER"
            note += _elsewhere(label, target)
            figures.append(
                Figure(label, value, target, baseline if baseline is not None else quoted, baseline is None, note=note)
            )
    return figures + ([] if options.quick else _left_out(options))


def _left_out(options: Options) -> list[Figure]:
    """The same training without a whole group of sources; it needs the packages of word lists, as the training does."""
    if missing := [package for package in PACKAGES if not there(package)]:
        note = f"not measured: the training needs the packages {', '.join(missing)}: pip install -e '.[train]'"
        return [
            Figure(label, None, target, base, quoted=True, note=note) for _, label, target, base in LEFT_OUT.values()
        ]
    figures = []
    for language in ("en", "ru"):
        options.say(f"  sentiment {language}: training without a group of sources")
        corpus = Corpus.read(language, [])
        for group, (source, label, target, quoted) in LEFT_OUT.items():
            own = [at for at, row in enumerate(corpus.rows) if row.source == source and row.clear]
            if not own or GROUPS[source] != group:
                continue
            weights, bias = learn(corpus, without=group)
            truth = np.array([corpus.rows[at].satisfaction > 0.5 for at in own])
            value = auc(truth, np.asarray(corpus.inputs[own] @ weights + bias, dtype=np.float64))
            baseline = auc(truth, vader([corpus.rows[at].text for at in own])) if language == "en" else quoted
            note = f"{len(own)} texts, by a model trained without them and their like"
            note += _elsewhere(label, target)
            figures.append(Figure(label, value, target, baseline, language != "en", note=note))
    return figures


def _elsewhere(label: str, target: float | None) -> str:
    said = ELSEWHERE.get(label[:2]) if target else None
    return f"; {said}" if said else ""
