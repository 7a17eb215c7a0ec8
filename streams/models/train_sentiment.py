"""Train the model of sentiment: ``python -m streams.models.train_sentiment``.

A logistic regression over hashed n-grams, English and Russian together. Rated Russian texts are few and nearly all
praise, so the weights do not start from nothing: a word list of this project's own, the list of VADER (MIT) for
English, and Russian word vectors (navec, MIT) that carry the first list to words it lacks, each give every word, and
its negation, a weight to start from. Then the model labels unrated reviews itself, keeps what it is sure of, and is
trained once more with them. Its probabilities are calibrated on sources that were left out of the training.

It needs three packages that the product does not: ``pip install vaderSentiment navec natasha``.
"""

import argparse
import importlib
import importlib.util
import json
import re
import sys
from collections.abc import Iterable
from functools import cache
from pathlib import Path

import msgspec
import numpy as np
from scipy import optimize, sparse
from sklearn.linear_model import Ridge
from sklearn.metrics import roc_auc_score

from streams.models.data import read
from streams.models.sentiment_corpus import GROUPS, Rated, joined, kept_out, rated, unrated
from streams.text.features import extract
from streams.text.linear import Floats, matrix, save
from streams.text.sentiment import CALIBRATION_FILE, FILE, Calibration

KINDS = ("char3", "char4", "char5", "word1", "word2")
SIZES = (2**16, 2**17, 2**17, 2**17, 2**18)
POWER = 0.5
_STARTS = np.cumsum([0, *SIZES]).tolist()
_WORD1, _WORD2 = (slice(_STARTS[at], _STARTS[at + 1]) for at in (3, 4))
_STRENGTH_ENGLISH, _STRENGTH_RUSSIAN = 3e-5, 1.5e-4  # the fewer rated texts, the more their own weights are held back
_SHARP, _SHARE = 3.0, 1.0
_CYRILLIC = re.compile("[а-яё]")
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


@cache
def vectors() -> tuple[list[str], Floats]:
    """Russian words and their vectors of unit length."""
    path = next((_folder("natasha") / "data" / "emb").glob("navec_news*.tar"))
    navec = importlib.import_module("navec").Navec.load(str(path))
    words = [word for word in navec.vocab.words if _WORD.fullmatch(word)]
    rows = np.stack([navec.pq[navec.vocab[word]] for word in words]).astype(np.float32)
    return words, rows / (np.linalg.norm(rows, axis=1, keepdims=True) + 1e-9)


def carried(known: dict[str, float], common: set[str]) -> dict[str, float]:
    """Polarity of further Russian words, by ridge regression from vectors to *known*; *common* others count as 0."""
    words, rows = vectors()
    chosen = [at for at, word in enumerate(words) if word in known or word in common]
    targets = [known.get(words[at], 0.0) for at in chosen]
    weights = [1.0 if words[at] in known else 0.25 for at in chosen]
    guesses = Ridge(alpha=5.0).fit(rows[chosen], targets, sample_weight=weights).predict(rows)
    found = {word: float(guess) for word, guess in zip(words, guesses, strict=True) if word not in known}
    return dict(sorted(found.items(), key=lambda item: -abs(item[1]))[:40_000])


def _folder(package: str) -> Path:
    spec = importlib.util.find_spec(package)
    if spec is None or spec.origin is None:
        sys.exit("this training needs: pip install vaderSentiment navec natasha")
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


def priors(texts: list[str]) -> sparse.csr_array:
    """Tables of weights to start from, as columns."""
    counts: dict[str, int] = {}
    for text in texts:
        for word in _WORD.findall(text.lower()):
            counts[word] = counts.get(word, 0) + 1
    known = russian([*counts, *vectors()[0]])
    met = {word: weight for word, weight in known.items() if word in counts}
    further = carried(known, {word for word, count in counts.items() if count > 14 and word not in known})
    english = vader()
    columns = [table(met), table(met, "не"), table(english), table(english, "not"), table(further)]
    return sparse.csr_array(np.stack(columns, axis=1))


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
    inputs: sparse.csr_array, starting: Floats, targets: Floats, weights: Floats, strength: Floats
) -> tuple[Floats, Floats, float]:
    """Own weights, factors of the tables to start from (*starting*: their sums for each row), and bias."""
    width, tables = inputs.shape[1], starting.shape[1]
    turned = sparse.csr_array(inputs.T)
    shares = weights / weights.sum()

    def loss(flat: Floats) -> tuple[float, Floats]:
        own, mix, bias = flat[:width], flat[width:-1], flat[-1]
        scores = inputs @ own.astype(np.float32) + starting @ mix + bias
        value = float(shares @ (np.logaddexp(0, scores) - targets * scores)) + float(strength @ own**2)
        slopes = (1 / (1 + np.exp(-scores)) - targets) * shares
        to_own = turned @ slopes.astype(np.float32) + 2 * strength * own
        return value, np.concatenate((to_own, starting.T @ slopes, [slopes.sum()]))

    start = np.zeros(width + tables + 1)
    start[width:-1] = 1.0
    found = optimize.minimize(loss, start, jac=True, method="L-BFGS-B", options={"maxiter": 50, "maxcor": 6}).x
    return found[:width], found[width:-1], float(found[-1])


class Corpus(msgspec.Struct, frozen=True):
    """Rated rows first, then unrated and then measured ones, as inputs."""

    rows: list[Rated]
    inputs: sparse.csr_array
    tables: sparse.csr_array
    starting: Floats
    strength: Floats
    unrated: slice

    @classmethod
    def read(cls, others: list[str]) -> "Corpus":
        """Read everything; *others* are texts that are measured only."""
        rows, more = [row for row in rated() if not kept_out(row.text)], unrated()
        texts = [row.text for row in rows] + more + others
        inputs = matrix(extract(texts, KINDS), KINDS, SIZES, POWER).astype(np.float32)
        tables = priors(texts[: len(rows) + len(more)])
        starting = (inputs @ tables).toarray().astype(np.float64)
        russian_rows = np.array([bool(_CYRILLIC.search(text.lower())) for text in texts], dtype=np.float32)
        share = (inputs.T @ russian_rows) / np.maximum(inputs.sum(axis=0), 1e-9)
        strength = _STRENGTH_ENGLISH + share.astype(np.float64) * (_STRENGTH_RUSSIAN - _STRENGTH_ENGLISH)
        return cls(rows, inputs, tables, starting, strength, slice(len(rows), len(rows) + len(more)))


def learn(corpus: Corpus, without: str | None = None) -> tuple[Floats, float]:
    """Weights and bias from all rated rows but those of the group *without*, and from what they say of the unrated."""
    kept = [at for at, row in enumerate(corpus.rows) if GROUPS[row.source] != without]
    targets = np.array([corpus.rows[at].satisfaction for at in kept])
    weights = weigh([corpus.rows[at].source for at in kept], targets)
    own, mix, bias = fit(corpus.inputs[kept], corpus.starting[kept], targets, weights, corpus.strength)
    chosen = np.concatenate((kept, np.arange(corpus.unrated.start, corpus.unrated.stop)))
    scores = corpus.inputs[corpus.unrated] @ own + corpus.starting[corpus.unrated] @ mix + bias
    scores = (scores - np.median(scores) / 2) / scores.std()
    guesses = 1 / (1 + np.exp(-_SHARP * scores))
    sure = np.abs(guesses - 0.5)
    sure *= _SHARE * np.sqrt(len(sure)) / sure.sum()
    both = np.concatenate((targets, guesses)), np.concatenate((weights, sure))
    own, mix, bias = fit(corpus.inputs[chosen], corpus.starting[chosen], *both, corpus.strength)
    return own + corpus.tables @ mix, bias


def calibrate(scores: Floats, rows: list[Rated]) -> Calibration:
    """Fit slope and cuts of an ordinal logistic regression; every source counts the same."""
    levels = np.array([(row.satisfaction >= 0.3) + (row.satisfaction > 0.7) for row in rows], dtype=int)
    names = np.array([row.source for row in rows])
    weights = np.zeros(len(rows))
    for name in sorted(set(names.tolist()) - {"editorials"}):
        weights[names == name] = 1 / (names == name).sum()

    def loss(values: Floats) -> float:
        slope, low, high = np.exp(values[0]), values[1], values[1] + np.exp(values[2])
        below = 1 / (1 + np.exp(np.clip(slope * scores - low, -50, 50)))
        above = 1 / (1 + np.exp(np.clip(high - slope * scores, -50, 50)))
        chances = np.stack((below, 1 - below - above, above), axis=1)
        return -float(weights @ np.log(np.maximum(chances[np.arange(len(rows)), levels], 1e-9)))

    slope, low, gap = optimize.minimize(loss, np.array([0.0, -0.5, 0.0]), method="Nelder-Mead").x
    factor = float(np.exp(slope))
    average = float(np.average(scores, weights=weights))
    return Calibration(slope=factor, negative=float(low), positive=float(low + np.exp(gap)), average=average)


def measured() -> list[tuple[str, str, bool]]:
    """What is never trained with: name, text, whether it is praise."""
    found = [
        (f"a fifth of {row.source}, {GROUPS[row.source][-2:]}", row.text, row.satisfaction > 0.5)
        for row in rated()
        if kept_out(row.text) and abs(row.satisfaction - 0.5) > 0.2
    ]
    found += [
        ("hotels en", row["text"], row["polarity"] == "positive") for row in read("A1_op_spam/op_spam_v1.4.jsonl.gz")
    ]
    found += [
        ("drugs en", joined(row["textual_review"]), row["overall_rating"] > 3)
        for row in read("B8_webmd_drug_reviews/webmd.jsonl.gz")
        if row["textual_review"] and row["overall_rating"] in {1, 2, 4, 5}
    ]
    return found


def auc(truth: Iterable[bool], scores: Floats) -> float:
    """Area under the curve, rounded."""
    return round(float(roc_auc_score(list(truth), scores)), 4)


def compare(name: str, texts: list[str], truth: list[bool], scores: Floats) -> None:
    """Print the figure of a set and, where it is English, VADER's."""
    analyser = importlib.import_module("vaderSentiment.vaderSentiment").SentimentIntensityAnalyzer()
    theirs = [analyser.polarity_scores(text[:2000])["compound"] for text in texts] if name.endswith("en") else None
    print(
        f"| {name} | {len(texts)} | {auc(truth, scores)} | {auc(truth, np.array(theirs)) if theirs else '-'} |",
        flush=True,
    )


def main() -> None:
    """Measure every group with a model that was trained without it, calibrate on that, then train on all."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("--out", type=Path, default=FILE.parent)
    options = parser.parse_args()
    others = measured()
    corpus = Corpus.read([text for _, text, _ in others])
    scores = np.zeros(len(corpus.rows))
    print("| source left out with its group | texts | AUC | VADER |\n|---|---|---|---|")
    for group in dict.fromkeys(GROUPS.values()):
        weights, bias = learn(corpus, without=group)
        places = [at for at, row in enumerate(corpus.rows) if GROUPS[row.source] == group]
        scores[places] = corpus.inputs[places] @ weights + bias
        for source in [source for source, its in GROUPS.items() if its == group]:
            clear = [
                at
                for at in places
                if corpus.rows[at].source == source and abs(corpus.rows[at].satisfaction - 0.5) > 0.2
            ]
            rows = [corpus.rows[at] for at in clear]
            label = f"{source}, {group.rsplit(' ', 1)[-1]}"
            compare(label, [row.text for row in rows], [row.satisfaction > 0.5 for row in rows], scores[clear])
    calibration = calibrate(scores, corpus.rows)
    weights, bias = learn(corpus)
    start = corpus.unrated.stop
    final = corpus.inputs[start:] @ weights + bias
    print("\n| never trained with | texts | AUC | VADER |\n|---|---|---|---|")
    for name in dict.fromkeys(name for name, _, _ in others):
        own = [at for at, other in enumerate(others) if other[0] == name]
        compare(name, [others[at][1] for at in own], [others[at][2] for at in own], final[own])
    print(calibration)
    target = options.out / FILE.name
    save(
        target,
        kinds=KINDS,
        sizes=SIZES,
        weights=weights[:, None],
        bias=np.array([bias]),
        power=POWER,
        labels=["polarity"],
    )
    (options.out / CALIBRATION_FILE.name).write_bytes(msgspec.json.format(msgspec.json.encode(calibration)) + b"\n")
    print(f"{target} {target.stat().st_size:,} bytes")


if __name__ == "__main__":
    main()
