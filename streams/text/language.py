"""The language of a review, a single word included.

Most writing systems name the language. Latin and Cyrillic texts are told apart by two linear models over the hashed
n-grams that are computed anyway; a prior says which languages reviews are usually written in, and a configured set of
expected languages sharpens it.
"""

from collections.abc import Sequence
from functools import cache
from pathlib import Path

import msgspec
import numpy as np

from streams.text import scripts
from streams.text.features import Features, Integers, extract, take
from streams.text.linear import Floats, HashedLinear

UNDECIDED = "und"
"""Code of a text that has no letters to judge by (ISO 639-2)."""
MODELS = Path(__file__).resolve().parents[1] / "models"
LATIN_FILE, CYRILLIC_FILE = "language_latin.npz", "language_cyrillic.npz"
# fmt: off
LATIN = (  # "ru" is Russian in Latin letters
    "en", "ru", "de", "fr", "es", "it", "pt", "nl", "pl", "tr", "cs", "sk", "fi", "sv", "id", "az", "uz",
    "ro", "hu", "da", "nb", "et", "lv", "lt", "hr", "vi",
)
CYRILLIC = ("ru", "uk", "be", "bg", "sr", "mk", "kk", "ky", "mn")
# fmt: on
KINDS = ("char1", "char2", "char3", "char4", "char5", "word1")

# Log-odds by which languages start, as they differ in frequency among the reviews that this product is for; chosen
# as a compromise: more would name their single words better and lose more of the other languages.
_FREQUENT = {"en": 0.6, "ru": 0.6} | dict.fromkeys(("uk", "kk", "be", "de", "fr", "es"), 0.0)
_RARE = -2.0
_TRANSLIT = -2.0
_UNEXPECTED = -5.0
"""Log-odds by which a language starts behind the expected ones: long clear texts still win against it."""
_PERSIAN, _URDU, _ARABIC = "پچژگکی", "ٹڈڑےں", "يكةىإأ"


class Language(msgspec.Struct, frozen=True):
    """A language with the probability that it is right.

    Attributes:
        code: ISO 639-1, or UNDECIDED.
        probability: 0 to 1; 0 for UNDECIDED.
    """

    code: str
    probability: float


def identify(
    texts: Sequence[str],
    features: Features | None = None,
    *,
    expected: frozenset[str] | None = None,
    models: Path = MODELS,
) -> list[Language]:
    """Name the language of each text.

    Args:
        texts: Any texts.
        features: Their n-grams, at least of KINDS, when they are known already.
        expected: Codes of the languages that the texts are probably in. They are preferred as far as the writing
            system and the text leave it open; a long text in another language is still named rightly.
        models: Folder of the weights.

    Raises:
        ValueError: The weights cannot be read.
    """
    if not texts:
        return []
    features = extract(texts, KINDS) if features is None else features
    counts = scripts.letters(texts)
    totals = counts.sum(axis=1)
    chosen = counts.argmax(axis=1)
    result = [Language(UNDECIDED, 0.0)] * len(texts)
    for number, name in enumerate(scripts.SCRIPTS):
        rows = np.flatnonzero((chosen == number) & (totals > 1))
        if not len(rows):
            continue
        if name in {scripts.LATIN, scripts.CYRILLIC}:
            model = (
                _model(models / LATIN_FILE, LATIN)
                if name == scripts.LATIN
                else _model(models / CYRILLIC_FILE, CYRILLIC)
            )
            found = _by_model(model, take(features, rows), expected)
        else:
            found = [
                Language(_by_script(name, texts[row], counts[row]), round(float(counts[row, number] / totals[row]), 4))
                for row in rows.tolist()
            ]
        for row, language in zip(rows.tolist(), found, strict=True):
            result[row] = language
    return result


@cache
def _model(path: Path, labels: tuple[str, ...]) -> HashedLinear:
    model = HashedLinear.load(path)
    if model.labels != labels:
        raise ValueError(f"{path} names other languages than this version knows; reinstall or train it again")
    return model


def _by_model(model: HashedLinear, features: Features, expected: frozenset[str] | None) -> list[Language]:
    scores = model.scores(features) + _prior(model.labels, expected)
    scores -= scores.max(axis=1, keepdims=True)
    chances = np.exp(scores)
    chances /= chances.sum(axis=1, keepdims=True)
    best = chances.argmax(axis=1)
    return [Language(model.labels[column], round(float(chances[row, column]), 4)) for row, column in enumerate(best)]


def _prior(labels: tuple[str, ...], expected: frozenset[str] | None) -> Floats:
    prior = np.array([_FREQUENT.get(label, _RARE) for label in labels])
    if labels == LATIN:
        prior[labels.index("ru")] = _TRANSLIT
    if expected is not None and not expected.isdisjoint(labels):
        prior += [0.0 if label in expected else _UNEXPECTED for label in labels]
        if labels == LATIN:  # expecting Russian is no reason to take German for it
            prior[labels.index("ru")] = _TRANSLIT + (_UNEXPECTED / 2 if "ru" in expected else _UNEXPECTED)
    return prior


def _by_script(script: str, text: str, counts: Integers) -> str:
    if script == scripts.ARABIC:
        persian, urdu, arabic = (sum(map(text.count, letters)) for letters in (_PERSIAN, _URDU, _ARABIC))
        if max(persian, urdu) <= arabic:
            return "ar"
        return "ur" if urdu else "fa"
    if script in {scripts.KANA, scripts.HAN}:
        kana = counts[scripts.SCRIPTS.index(scripts.KANA)]
        return "ja" if kana * 10 >= counts[scripts.SCRIPTS.index(scripts.HAN)] and kana else "zh"
    return script
