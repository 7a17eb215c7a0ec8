"""Train the models of sentiment: ``python -m streams.models.train_sentiment``.

One logistic regression over hashed n-grams for English and one for Russian. Rated texts are few and mostly praise, so
the weights do not start from nothing: a word list, this project's own for Russian and VADER's (MIT) for English, gives
every word, and every negated word, a weight to start from; how much it counts is learnt with the rest. The
probabilities are calibrated on sources that were left out of the training.

It needs a package that the product does not: ``pip install vaderSentiment``.
"""

import argparse
import importlib
import importlib.util
import json
import re
import sys
from collections.abc import Iterable
from pathlib import Path

import msgspec
import numpy as np
from scipy import optimize, sparse
from sklearn.metrics import roc_auc_score

from streams.models.data import read
from streams.models.sentiment_corpus import GROUPS, Rated, joined, kept_out, rated
from streams.text.features import extract
from streams.text.language import MODELS
from streams.text.linear import Floats, matrix, save
from streams.text.sentiment import CALIBRATION_FILE, FILES, KINDS, Calibration

SIZES = (2**16, 2**17, 2**17, 2**17, 2**18)
POWER = 0.5
_STARTS = np.cumsum([0, *SIZES]).tolist()
_WORD1, _WORD2 = (slice(_STARTS[at], _STARTS[at + 1]) for at in (3, 4))
_STRENGTH = {"en": 5e-6, "ru": 1e-4}  # the fewer rated texts, the more their own weights are held back
_BLAME = 0.4  # share of dissatisfied authors among texts without a rating, whose judgement rests on the text alone
_NEGATIONS = {
    "en": ("not", "no", "never", "don't", "doesn't", "didn't", "isn't", "wasn't", "can't", "won't", "without"),
    "ru": ("не",),
}
_WORD = re.compile(r"[^\W\d_]+")
_POLARITY = Path(__file__).with_name("polarity_ru.json")


def russian(words: Iterable[str]) -> dict[str, float]:
    """Polarity -3 to 3 of those *words* that the project's list knows; the longest beginning decides."""
    exact: dict[str, float] = {}
    beginnings: dict[str, float] = {}
    for weight, entries in json.loads(_POLARITY.read_text("utf-8")).items():
        for entry in entries.split() if weight != "about" else ():
            (beginnings if entry.endswith("*") else exact)[entry.rstrip("*")] = float(weight)
    found = dict(exact)
    for word in words:
        known = next((word[:size] for size in range(len(word), 2, -1) if word[:size] in beginnings), None)
        if word not in exact and known:
            found[word] = beginnings[known]
    return found


def vader() -> dict[str, float]:
    """Polarity -4 to 4 of English words and emoticons."""
    lines = (_folder("vaderSentiment") / "vader_lexicon.txt").read_text("utf-8").splitlines()
    return {fields[0]: float(fields[1]) for line in lines if len(fields := line.split("\t")) > 1}


def _folder(package: str) -> Path:
    spec = importlib.util.find_spec(package)
    if spec is None or spec.origin is None:
        sys.exit("this training needs: pip install vaderSentiment")
    return Path(spec.origin).parent


def table(words: dict[str, float], negation: str | None = None) -> Floats:
    """Weights that give each word its polarity, or each negated word the contrary."""
    kind, span, sign = ("word2", _WORD2, -1.0) if negation else ("word1", _WORD1, 1.0)
    hashes, offsets = extract([f"{negation} {word}" if negation else word for word in words], [kind]).kinds[kind]
    values = np.array(list(words.values()))
    single = np.diff(offsets) == 1
    weights = np.zeros(_STARTS[-1])
    weights[span.start + (hashes[offsets[:-1][single]] & (span.stop - span.start - 1))] = sign * values[single]
    return weights


def priors(language: str, texts: list[str]) -> sparse.csr_array:
    """Tables of weights to start from, as columns: of words, and of negated words."""
    if language == "en":
        words = vader()
    else:
        words = russian(sorted({word for text in texts for word in _WORD.findall(text.lower())}))
    negated = sum(table(words, negation) for negation in _NEGATIONS[language])
    return sparse.csr_array(np.stack([table(words), negated], axis=1))


def weigh(sources: list[str], targets: Floats) -> Floats:
    """Weight of each row: a source counts by the root of its size, praise and blame in it alike (up to 8-fold)."""
    names = np.array(sources)
    weights = np.zeros(len(targets))
    for name in sorted(set(sources)):
        own = names == name
        low, high = own & (targets < 0.5), own & (targets >= 0.5)
        weights[low] = min(0.5 / max(low.sum(), 1), 8 / own.sum())
        weights[high] = 0.5 / max(high.sum(), 1)
        weights[own] *= np.sqrt(own.sum())
    return weights


def fit(
    inputs: sparse.csr_array, starting: Floats, targets: Floats, weights: Floats, strength: float
) -> tuple[Floats, Floats, float]:
    """Own weights, factors of the tables to start from (*starting*: their sums for each row), and bias."""
    width, tables = inputs.shape[1], starting.shape[1]
    turned = sparse.csr_array(inputs.T)
    shares = weights / weights.sum()

    def loss(flat: Floats) -> tuple[float, Floats]:
        own, mix, bias = flat[:width], flat[width:-1], flat[-1]
        scores = inputs @ own.astype(np.float32) + starting @ mix + bias
        value = float(shares @ (np.logaddexp(0, scores) - targets * scores)) + strength * float(own @ own)
        slopes = (1 / (1 + np.exp(-scores)) - targets) * shares
        to_own = turned @ slopes.astype(np.float32) + 2 * strength * own
        return value, np.concatenate((to_own, starting.T @ slopes, [slopes.sum()]))

    start = np.zeros(width + tables + 1)
    start[width:-1] = 1.0
    found = optimize.minimize(loss, start, jac=True, method="L-BFGS-B", options={"maxiter": 60, "maxcor": 6}).x
    return found[:width], found[width:-1], float(found[-1])


class Corpus(msgspec.Struct, frozen=True):
    """Rated rows of one language and then what is measured only, as inputs."""

    language: str
    rows: list[Rated]
    inputs: sparse.csr_array
    tables: sparse.csr_array
    starting: Floats

    @classmethod
    def read(cls, language: str, others: list[str]) -> "Corpus":
        """Read the rows of a language; *others* are texts that are measured only."""
        rows = [row for row in rated(language) if row.source == "phrases" or not kept_out(row.text)]
        texts = [row.text for row in rows] + others
        inputs = matrix(extract(texts, KINDS), KINDS, SIZES, POWER).astype(np.float32)
        tables = priors(language, texts[: len(rows)])
        starting = (inputs @ tables).toarray().astype(np.float64)
        return cls(language, rows, inputs, tables, starting)


def learn(corpus: Corpus, without: str | None = None) -> tuple[Floats, float]:
    """Weights and bias from all rated rows but those of the group *without*."""
    kept = [at for at, row in enumerate(corpus.rows) if GROUPS[row.source] != without]
    targets = np.array([corpus.rows[at].satisfaction for at in kept])
    weights = weigh([corpus.rows[at].source for at in kept], targets)
    strength = _STRENGTH[corpus.language]
    own, mix, bias = fit(corpus.inputs[kept], corpus.starting[kept], targets, weights, strength)
    return own + corpus.tables @ mix, bias


def calibrate(scores: Floats, rows: list[Rated]) -> Calibration:
    """Fit an ordinal logistic regression; every source counts the same, and blame in it as much as _BLAME says."""
    levels = np.array([(row.satisfaction >= 0.3) + (row.satisfaction > 0.7) for row in rows], dtype=int)
    names = np.array([row.source for row in rows])
    weights = np.zeros(len(rows))
    for name in sorted(set(names.tolist()) - {"editorials", "phrases"}):
        low, rest = (names == name) & (levels == 0), (names == name) & (levels > 0)
        weights[low] = _BLAME / low.sum()
        weights[rest] = (1 - _BLAME) / rest.sum()

    def loss(values: Floats) -> float:
        scaled, low, high = np.exp(values[0]) * scores, values[1], values[1] + np.exp(values[2])
        below = 1 / (1 + np.exp(np.clip(scaled - low, -50, 50)))
        above = 1 / (1 + np.exp(np.clip(high - scaled, -50, 50)))
        chances = np.stack((below, 1 - below - above, above), axis=1)
        return -float(weights @ np.log(np.maximum(chances[np.arange(len(rows)), levels], 1e-9)))

    best = optimize.minimize(loss, np.array([0.0, -0.5, 0.0]), method="Nelder-Mead").x
    return Calibration(
        slope=float(np.exp(best[0])),
        negative=float(best[1]),
        positive=float(best[1] + np.exp(best[2])),
        average=float(np.exp(best[0]) * np.average(scores, weights=weights)),
    )


def measured(language: str) -> list[tuple[str, str, bool]]:
    """What is never trained with: name, text, whether it is praise."""
    found = [
        (f"a fifth of {row.source}", row.text, row.satisfaction > 0.5)
        for row in rated(language)
        if kept_out(row.text) and row.source != "phrases" and abs(row.satisfaction - 0.5) > 0.2
    ]
    if language == "en":
        found += [
            ("hotels", row["text"], row["polarity"] == "positive") for row in read("A1_op_spam/op_spam_v1.4.jsonl.gz")
        ]
        found += [
            ("drugs", joined(row["textual_review"]), row["overall_rating"] > 3)
            for row in read("B8_webmd_drug_reviews/webmd.jsonl.gz")
            if row["textual_review"] and row["overall_rating"] in {1, 2, 4, 5}
        ]
    return found


def auc(truth: Iterable[bool], scores: Floats) -> float:
    """Area under the curve, rounded."""
    return round(float(roc_auc_score(list(truth), scores)), 4)


def compare(name: str, language: str, texts: list[str], truth: list[bool], scores: Floats) -> None:
    """Print the figure of a set and, where it is English, VADER's."""
    theirs = "-"
    if language == "en":
        analyser = importlib.import_module("vaderSentiment.vaderSentiment").SentimentIntensityAnalyzer()
        theirs = str(auc(truth, np.array([analyser.polarity_scores(text[:2000])["compound"] for text in texts])))
    print(f"| {name} | {language} | {len(texts)} | {auc(truth, scores)} | {theirs} |", flush=True)


def train(language: str, out: Path) -> Calibration:
    """Measure every group with a model that was trained without it, calibrate on that, then train on all and write."""
    others = measured(language)
    corpus = Corpus.read(language, [text for _, text, _ in others])
    scores = np.zeros(len(corpus.rows))
    print("\n| source left out with its group | language | texts | AUC | VADER |\n|---|---|---|---|---|")
    for group in dict.fromkeys(GROUPS[row.source] for row in corpus.rows if row.source != "phrases"):
        weights, bias = learn(corpus, without=group)
        places = [at for at, row in enumerate(corpus.rows) if GROUPS[row.source] == group]
        scores[places] = corpus.inputs[places] @ weights + bias
        for source in dict.fromkeys(corpus.rows[at].source for at in places):
            own = [at for at in places if corpus.rows[at].source == source and corpus.rows[at].clear]
            rows = [corpus.rows[at] for at in own]
            compare(source, language, [row.text for row in rows], [row.satisfaction > 0.5 for row in rows], scores[own])
    calibration = calibrate(scores, corpus.rows)
    weights, bias = learn(corpus)
    final = corpus.inputs[len(corpus.rows) :] @ weights + bias
    print("\n| never trained with | language | texts | AUC | VADER |\n|---|---|---|---|---|")
    for name in dict.fromkeys(name for name, _, _ in others):
        own = [at for at, other in enumerate(others) if other[0] == name]
        compare(name, language, [others[at][1] for at in own], [others[at][2] for at in own], final[own])
    path = out / FILES[language]
    columns, biases = weights[:, None], np.array([bias])
    save(path, kinds=KINDS, sizes=SIZES, weights=columns, bias=biases, power=POWER, labels=["polarity"], largest=2_000)
    print(f"\n{path.name}: {path.stat().st_size:,} bytes, {calibration}", flush=True)
    return calibration


def main() -> None:
    """Train both languages, measure them, and write weights and calibration."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("--out", type=Path, default=MODELS, help="folder for the weights")
    out = parser.parse_args().out
    calibrations = {language: train(language, out) for language in FILES}
    (out / CALIBRATION_FILE).write_bytes(msgspec.json.format(msgspec.json.encode(calibrations)) + b"\n")


if __name__ == "__main__":
    main()
