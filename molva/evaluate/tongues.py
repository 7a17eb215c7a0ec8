"""Language of sentences, word pairs and single words: the rows of F6 that the training keeps out."""

from __future__ import annotations

import importlib
import itertools
import time

import numpy as np

from molva.evaluate.figures import Figure, Options
from molva.evaluate.judged import there
from streams.models.data import read
from streams.models.train_language import NAMED, corpus, split
from streams.text.language import identify

KINDS = {
    "sentences": (0.99, 0.989),
    "word-pairs": (0.92, 0.918),
    "single-words": (0.78, 0.737),
}
"""Kind of text: target, and the better of what py3langid and lingua had."""


REVIEWS = ("A7_ru_yandexgpt_vs_real/ru_test_unique_4690.jsonl.gz", "A6_amazon_gpt2_cg_or/cg_or_subset.jsonl.gz")
"""Whole reviews, Russian and English, for the time that they take."""


def measure(options: Options) -> list[Figure]:
    """Share named rightly, among all languages and among the eight, and the time a whole review takes."""
    held = [row for row in split(corpus())[1] if row[0] in NAMED]
    held = held[:: 5 if options.quick else 1]
    theirs = _py3langid([text for _, _, text in held]) if there("py3langid") else None
    figures = []
    for expected, label in ((None, "any language possible"), (frozenset(NAMED), f"{len(NAMED)} languages expected")):
        found = [language.code for language in identify([text for _, _, text in held], expected=expected)]
        for kind, (target, quoted) in KINDS.items():
            own = [at for at, row in enumerate(held) if row[1] == kind]
            right = float(np.mean([found[at] == held[at][0] for at in own]))
            baseline, note = quoted, f"{len(own)} texts; baseline: lingua at 1.7 ms a text"
            if theirs and expected is None:
                baseline = float(np.mean([theirs[at] == held[at][0] for at in own]))
                note = f"{len(own)} texts; baseline: py3langid, any language; lingua had {quoted} on other rows"
            quoted_here = not (theirs and expected is None)
            figures.append(Figure(f"{kind}, {label}", right, target, baseline, quoted_here, note=note))
    texts = [row["text"] for name in REVIEWS for row in itertools.islice(read(name), 1_000)]
    identify(texts[:64])
    started = time.process_time()
    for at in range(0, len(texts), 256):
        identify(texts[at : at + 256])
    took = (time.process_time() - started) / len(texts) * 1_000
    note = "CPU time by itself, without sharing n-grams with the other models; depends on the machine"
    return [*figures, Figure("milliseconds a review", took, 0.1, 0.18, quoted=True, lower=True, note=note)]


def _py3langid(texts: list[str]) -> list[str]:
    classify = importlib.import_module("py3langid").classify
    return [classify(text)[0] for text in texts]
