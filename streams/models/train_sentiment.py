"""Train the models of sentiment: ``python -m streams.models.train_sentiment``.

One logistic regression over hashed n-grams for English and one for Russian. Rated texts are few and mostly praise, so
the weights do not start from nothing: lists of words (streams/models/word_polarity.py) give every word, and every word
under a negation, a weight to start from; how much a list counts is learnt with the rest. The probabilities are
calibrated on sources that were left out of the training.

It needs packages that the product does not: ``pip install -e '.[train]'``.
"""

import argparse
import importlib
from collections.abc import Iterable
from pathlib import Path

import msgspec
import numpy as np
from scipy import optimize, sparse
from sklearn.metrics import roc_auc_score

from streams.models.data import read
from streams.models.sentiment_corpus import GROUPS, Rated, joined, kept_out, rated
from streams.models.word_polarity import Polarities, lists
from streams.text.features import DENIED, extract
from streams.text.language import MODELS
from streams.text.linear import Floats, matrix, save
from streams.text.sentiment import CALIBRATION_FILE, FILES, KINDS, Calibration

SIZES = (2**16, 2**17, 2**17, 2**17, 2**18, 2**17)
POWER = 0.5
_STEPS = 120
_STARTS = np.cumsum([0, *SIZES]).tolist()
_STRENGTH = {"en": 5e-6, "ru": 1e-4}  # the fewer rated texts, the more their own weights are held back
_BLAME = 0.4  # share of dissatisfied authors among texts without a rating, whose judgement rests on the text alone


def table(words: Polarities, kind: str) -> Floats:
    """Weights that give each word its polarity; of the kind DENIED, each word under a negation the contrary.

    Of words that share a bucket the first is taken.
    """
    span = _spans()[kind]
    hashes, offsets = extract([f"not {word}" if kind == DENIED else word for word in words], [kind]).kinds[kind]
    single = np.flatnonzero(np.diff(offsets) == 1)[::-1]
    values = np.array(list(words.values()))[single]
    weights = np.zeros(_STARTS[-1])
    weights[span.start + (hashes[offsets[single]] & (span.stop - span.start - 1))] = (
        -values if kind == DENIED else values
    )
    return weights


def priors(language: str, texts: list[str]) -> sparse.csr_array:
    """Tables of weights to start from, as columns: each list of words, and the same words under a negation."""
    found = lists(language, texts)
    return sparse.csr_array(np.stack([table(words, kind) for kind in ("word1", DENIED) for words in found], axis=1))


def _spans() -> dict[str, slice]:
    return {kind: slice(*_STARTS[at : at + 2]) for at, kind in enumerate(KINDS)}


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
    start[width:-1] = 1.0 / tables
    found = optimize.minimize(loss, start, jac=True, method="L-BFGS-B", options={"maxiter": _STEPS, "maxcor": 6}).x
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
