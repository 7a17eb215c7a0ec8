"""Train the language model: ``python -m streams.models.train_language``.

The weights come from two sources. Letter n-gram frequencies of 75 languages, as the lingua package ships them
(Apache-2.0, from the Leipzig corpora), give each n-gram a log-probability. A multinomial logistic regression, one for
the Latin and one for the Cyrillic alphabet, then corrects these weights on sentences, word pairs and words of the
Lingua test data (Apache-2.0 and CC BY, F6 below MOLVA_DATA), on interface texts that Django ships (BSD), on reviews
whose language is known, and on short phrases of reviews that were written for this project. Every fifth row of F6 is
kept out of the training; the last lines that are printed measure on it.

It needs packages that the product does not: ``pip install -e '.[train]'``, and for its files alone, because what lingua
requires does not fit, ``pip install --no-deps lingua-language-detector==1.3.5``.
"""

import argparse
import importlib
import importlib.util
import itertools
import json
import re
import sys
from collections import Counter, defaultdict
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from scipy import optimize, sparse

from streams.models.data import read
from streams.text.features import CHARACTER_KINDS, extract
from streams.text.language import CYRILLIC, CYRILLIC_FILE, LATIN, LATIN_FILE, MODELS, identify
from streams.text.linear import Floats, matrix, save

KINDS = (*CHARACTER_KINDS, "word1")
POWER = 0.5
NAMED = ("en", "ru", "uk", "kk", "be", "de", "fr", "es")
SIZES = {  # buckets of the tables of KINDS
    LATIN: (2**10, 2**13, 2**15, 2**16, 2**16, 2**15),
    CYRILLIC: (2**9, 2**12, 2**14, 2**15, 2**15, 2**14),
}
_UNSEEN = (1e-4, 1e-5, 1e-6, 3e-7, 1e-7)  # the chance of an n-gram of one to five letters that was never seen
_STRENGTH, _STEPS = 1e-7, 50
_FULL = 0.6  # a table that is fuller gives too many unknown n-grams somebody else's weight
_TABLES = ("unigrams", "bigrams", "trigrams", "quadrigrams", "fivegrams")
_DJANGO = {"nb": "nb", "zh": "zh_Hans"}
_TRANSLIT = dict(
    zip(
        "абвгдеёжзийклмнопрстуфхцчшщъыьэюя",
        "a b v g d e e zh z i y k l m n o p r s t u f h c ch sh sch '' y '' e yu ya".replace("''", "-").split(),
        strict=True,
    )
)

Rows = list[tuple[str, str, str]]  # language, kind, text


def corpus() -> Rows:
    """Sentences, word pairs and single words of the data set, in its order."""
    return [(row["lang"], row["kind"], row["text"]) for row in read("F6_langid_lingua/lingua_testdata.jsonl.gz")]


def interface(language: str) -> list[str]:
    """Translated texts of Django's interface, without placeholders."""
    root = _folder("django")
    texts = []
    for path in sorted(root.glob(f"**/locale/{_DJANGO.get(language, language)}/LC_MESSAGES/*.po")):
        for entry in re.findall(r'^msgstr(?:\[\d\])? ((?:".*"\n)+)', path.read_text("utf-8") + "\n", re.MULTILINE):
            text = "".join(json.loads(line) for line in entry.splitlines() if _is_json(line))
            texts.append(re.sub(r"%(\(\w+\))?[sd]|\{\w*\}|<[^>]*>|&\w+;", " ", text))
    return [text for text in dict.fromkeys(texts[1:]) if len(text) > 2 and "Project-Id" not in text]


def _is_json(line: str) -> bool:
    try:
        json.loads(line)
    except ValueError:
        return False
    return True


def _folder(package: str) -> Path:
    spec = importlib.util.find_spec(package)
    if spec is None or spec.origin is None:
        sys.exit(
            f"this training needs {package}: pip install django; pip install --no-deps lingua-language-detector==1.3.5"
        )
    return Path(spec.origin).parent


def translit(text: str) -> str:
    """Russian in Latin letters, as people without a Russian keyboard write it."""
    return "".join(_TRANSLIT.get(char, char) for char in text.lower()).replace("-", "")


def reviews() -> Iterator[tuple[str, str]]:
    """Texts of reviews whose language is known: English, Russian, Indonesian."""
    for row in itertools.islice(read("F5_vader_human_rated/amazonReviewSnippets_GroundTruth.jsonl.gz"), 1200):
        yield "en", row["text"]
    for row in read("A7_ru_yandexgpt_vs_real/ru_test_unique_4690.jsonl.gz"):
        if row["label"] == 0:
            yield "ru", row["text"]
    for row in itertools.islice(read("B12_indonesian_marketplaces/prdect_id.jsonl.gz"), 1200):
        yield "id", row["Customer Review"]


def examples(rows: Rows, languages: tuple[str, ...], seed: int = 7) -> Rows:
    """All rows of *languages*, reviews and interface texts, and words and fragments cut out of their sentences."""
    rng = np.random.default_rng(seed)
    own = [row for row in rows if row[0] in languages]
    for language in languages:
        own += [(language, "interface", text) for text in interface(language)]
    own += [(code, "sentences", text) for code, text in reviews() if code in languages]
    phrases = json.loads(Path(__file__).with_name("review_phrases.json").read_text("utf-8"))
    for code in sorted(set(languages) - ({"ru"} if "en" in languages else set())):
        own += [(code, "phrase", phrase) for phrase in phrases.get(code, "").split("|") if phrase] * 8
    if "en" in languages:  # transliterated Russian is a class of its own, called ru
        own += [("ru", kind, translit(text)) for code, kind, text in rows if code == "ru" and kind != "word-pairs"]
        own += [("ru", "sentences", translit(text)) for code, text in reviews() if code == "ru"]
        own += [("ru", "phrase", translit(phrase)) for phrase in phrases["ru"].split("|")] * 8
    found: Rows = list(own)
    for language in languages:
        long = [text for code, kind, text in own if code == language and kind in {"sentences", "interface"}]
        words = [re.findall(r"[^\W\d_]+", text.lower()) for text in long]
        seen = Counter(word for line in words for word in line if len(word) > 2)
        found += [(language, "single-words", str(word)) for word in rng.permutation(sorted(seen))[:1500]]
        for line in words:
            if len(line) > 4:
                at, size = int(rng.integers(len(line) - 3)), int(rng.integers(2, 5))
                found.append((language, "fragment", " ".join(line[at : at + size])))
    return found


def letter_ngrams(language: str, rows: Rows, *, counted: bool) -> Iterator[tuple[int, list[str], Floats]]:
    """For n = 1 to 5 the n-grams of *language* and their probabilities, *counted* in *rows* or as lingua knows them."""
    folder = _folder("lingua") / "language-models" / language
    if counted or not folder.exists():
        yield from _counted([text for code, _, text in rows if code == language])
        return
    brotli = importlib.import_module("brotli")
    shorter: dict[str, float] = {}
    for size, table in enumerate(_TABLES, start=1):
        stored = json.loads(brotli.decompress((folder / f"{table}.json.br").read_bytes()))["ngrams"]
        known: dict[str, float] = {}
        for fraction, ngrams in stored.items():
            numerator, denominator = fraction.split("/")
            for ngram in ngrams.split(" "):  # lingua stores P(last letter | the letters before)
                known[ngram] = int(numerator) / int(denominator) * (shorter.get(ngram[:-1], 0.0) if size > 1 else 1.0)
        yield size, list(known), np.array(list(known.values()))
        shorter = known


def _counted(texts: list[str]) -> Iterator[tuple[int, list[str], Floats]]:
    words = [word for text in texts for word in re.findall(r"[^\W\d_]+", text.lower())]
    for size in range(1, 6):
        counts = Counter(word[at : at + size] for word in words for at in range(len(word) - size + 1))
        total = sum(counts.values())
        yield size, list(counts), np.array([count / total for count in counts.values()])


def frequencies(languages: tuple[str, ...], rows: Rows) -> list[Floats]:
    """Log-probabilities of letter n-grams less their mean over languages: a table for each of KINDS, in hash order."""
    tables = []
    latin = languages == LATIN
    known: list[list[dict[str, float]]] = [
        [dict(zip(names, chances.tolist(), strict=True)) for _, names, chances in found]
        for found in (letter_ngrams(code, rows, counted=latin and code == "ru") for code in languages)
    ]
    for size, (kind, buckets) in enumerate(zip(CHARACTER_KINDS, SIZES[languages], strict=False), start=1):
        of_language = [tables_of[size - 1] for tables_of in known]
        frequent: set[str] = set()
        for chances in of_language:
            frequent.update(sorted(chances, key=lambda ngram: (-chances[ngram], ngram))[: buckets // 4])
        ngrams = sorted(frequent)
        values = np.array([[chances.get(ngram, 0.0) for chances in of_language] for ngram in ngrams])
        logs = np.log(values + _UNSEEN[size - 1])
        logs -= logs.mean(axis=1, keepdims=True)
        telling = (values * logs).max(axis=1)
        features = extract(ngrams, kinds=[kind])
        hashes, offsets = features.kinds[kind]
        whole = np.diff(offsets) == (3 if size > 1 else 1)  # " a", "a "... and between them the n-gram itself
        places = hashes[np.minimum(offsets[:-1] + (size > 1), len(hashes) - 1)] & (buckets - 1)
        table = np.zeros((buckets, len(languages)))
        best = np.argsort(telling, kind="stable")[-int(_FULL * buckets) :]
        for row in best:  # where two n-grams collide, the more telling one wins
            if whole[row]:
                table[places[row]] = logs[row]
        tables.append(table)
    tables.append(np.zeros((SIZES[languages][-1], len(languages))))
    return tables


def fit(rows: Rows, languages: tuple[str, ...]) -> tuple[Floats, Floats]:
    """Weights (all buckets, languages) and biases, by multinomial logistic regression."""
    chosen = examples(rows, languages)
    base = frequencies(languages, chosen)
    features = extract([text for _, _, text in chosen], kinds=KINDS)
    truth = np.array([languages.index(code) for code, _, _ in chosen])
    inputs = matrix(features, KINDS, SIZES[languages], POWER).astype(np.float32)
    turned = sparse.csr_array(inputs.T)
    starts = np.cumsum([0, *SIZES[languages]])
    spans = list(itertools.pairwise(starts.tolist()))
    priors = np.stack([inputs[:, a:b] @ table for (a, b), table in zip(spans, base, strict=True)])
    share = np.bincount(truth, minlength=len(languages))
    importance = 1.0 / share[truth] / len(languages)
    cuts = [len(base), len(base) + len(languages)]

    def loss(flat: Floats) -> tuple[float, Floats]:
        mix, bias, own = np.split(flat, cuts)
        own = own.reshape(-1, len(languages))
        scores = inputs @ own.astype(np.float32) + np.tensordot(mix, priors, axes=1) + bias
        scores -= scores.max(axis=1, keepdims=True)
        chances = np.exp(scores)
        chances /= chances.sum(axis=1, keepdims=True)
        value = -float(importance @ np.log(chances[np.arange(len(truth)), truth] + 1e-12))
        chances[np.arange(len(truth)), truth] -= 1
        chances *= importance[:, None]
        to_mix, to_bias = np.tensordot(priors, chances, axes=([1, 2], [0, 1])), chances.sum(axis=0)
        to_own = (turned @ chances.astype(np.float32)).astype(np.float64) + 2 * _STRENGTH * own
        return value + _STRENGTH * float((own**2).sum()), np.concatenate((to_mix, to_bias, to_own.ravel()))

    start = np.zeros(cuts[-1] + int(starts[-1]) * len(languages))
    start[: len(base)] = 0.3
    found = optimize.minimize(loss, start, jac=True, method="L-BFGS-B", options={"maxiter": _STEPS, "maxcor": 5})
    mix, bias, own = np.split(found.x, cuts)
    print(f"  loss {found.fun:.4f} after {found.nit} steps; weight of n-gram sizes {np.round(mix, 3).tolist()}")
    tables = [factor * table for factor, table in zip(mix, base, strict=True)]
    weights = own.reshape(-1, len(languages)) + np.concatenate(tables)
    return weights - weights.mean(axis=1, keepdims=True), bias - bias.mean()


def accuracy(rows: Rows, models: Path, expected: frozenset[str] | None = None) -> str:
    """Share of *rows* named rightly: sentences, word pairs, single words."""
    found = identify([text for _, _, text in rows], expected=expected, models=models)
    right: dict[str, list[bool]] = defaultdict(list)
    for (code, kind, _), guess in zip(rows, found, strict=True):
        right[kind].append(guess.code == code)
    return ", ".join(f"{kind} {np.mean(right[kind]):.4f}" for kind in ("sentences", "word-pairs", "single-words"))


def measure(held: Rows, models: Path) -> None:
    """Print accuracies on rows that the models have not seen; all languages of both alphabets are candidates."""
    named = [row for row in held if row[0] in NAMED]
    print(f"{len(named)} rows in {' '.join(NAMED)}: {accuracy(named, models)}")
    print(f"the same with these {len(NAMED)} expected: {accuracy(named, models, frozenset(NAMED))}")
    print(f"{len(held)} rows in all languages of the data set: {accuracy(held, models)}")
    for language in sorted({code for code, _, _ in held}):
        print(f"  {language}: {accuracy([row for row in held if row[0] == language], models)}")


def split(rows: Rows) -> tuple[Rows, Rows]:
    """Rows to train with, and every fifth, at random but always the same, to measure on."""
    order = np.random.default_rng(11).permutation(len(rows))
    held = len(rows) // 5
    return [rows[at] for at in order[held:]], [rows[at] for at in order[:held]]


def main() -> None:
    """Train, write the weights, and measure on the rows that were kept out."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("--out", type=Path, default=MODELS, help="folder for the weights")
    out = parser.parse_args().out
    kept, held = split(corpus())
    for name, languages in ((LATIN_FILE, LATIN), (CYRILLIC_FILE, CYRILLIC)):
        print(f"{name}: {' '.join(languages)}", flush=True)
        weights, bias = fit(kept, languages)
        save(out / name, kinds=KINDS, sizes=SIZES[languages], weights=weights, bias=bias, power=POWER, labels=languages)
        print(f"  {(out / name).stat().st_size:,} bytes", flush=True)
    measure(held, out)


if __name__ == "__main__":
    main()
