"""What reading a review costs on one core: ``OMP_NUM_THREADS=1 MOLVA_DATA=… python bench/text.py``.

Times are the best of five passes in batches of 256, so that other work on the machine disturbs them least.
"""

import time
from collections.abc import Callable, Sequence
from statistics import median
from typing import Any

from streams.models.data import read
from streams.text import aspects, language, segments, sentiment, wishes
from streams.text.analysis import analyse
from streams.text.features import extract

BATCH = 256


def reviews() -> list[str]:
    """Three thousand real reviews, English and Russian, long and short."""
    texts = [row["text"] for row in read("B2_ru_gazprombank_sravni_banki/sravni_banki.jsonl.gz")][:1000]
    texts += [row["content"] for row in read("B9_skytrax/lounge.jsonl.gz")][:500]
    texts += [row["text"] for row in read("B4_ru_wb_ozon_small/wb_ozon.jsonl.gz")][:750]
    texts += [row.get("reviewText") or "" for row in read("B6_amazon_all_beauty_5core/all_beauty_5core.jsonl.gz")][:750]
    return sorted(texts, key=backwards)


def backwards(text: str) -> str:
    """Mixes the sources without randomness: the order of the last characters."""
    return text[::-1]


def best(step: Callable[[Any], object], batches: Sequence[Any], texts: int) -> float:
    """Milliseconds a review, best of five passes."""
    times = []
    for _ in range(5):
        started = time.process_time()
        for batch in batches:
            step(batch)
        times.append(time.process_time() - started)
    return min(times) / texts * 1000


def main() -> None:
    """Print milliseconds a review for the whole and for each part."""
    texts = reviews()
    batches = [texts[at : at + BATCH] for at in range(0, len(texts), BATCH)]
    extracted = [extract(batch) for batch in batches]
    known = list(zip(batches, extracted, strict=True))
    codes = [[guess.code for guess in language.identify(*pair)] for pair in known]
    parts = [[segments.cut(text) for text in batch] for batch in batches]
    print(f"{len(texts)} reviews, median {median(map(len, texts)):.0f} characters; ms a review")
    print(f"analyse, all together  {best(analyse, batches, len(texts)):.3f}")
    print(f"  n-grams of all kinds {best(extract, batches, len(texts)):.3f}")
    print(f"  language             {best(lambda pair: language.identify(*pair), known, len(texts)):.3f}")
    judged = list(zip(extracted, codes, strict=True))
    print(f"  sentiment            {best(lambda pair: sentiment.sentiments(*pair), judged, len(texts)):.3f}")
    print(
        f"  words and clauses    {best(lambda batch: [segments.cut(text) for text in batch], batches, len(texts)):.3f}"
    )
    print(
        f"  aspects              {best(lambda batch: [aspects.mentions(cut) for cut in batch], parts, len(texts)):.3f}"
    )
    print(f"  requests             {best(lambda batch: [wishes.wishes(cut) for cut in batch], parts, len(texts)):.3f}")


if __name__ == "__main__":
    main()
