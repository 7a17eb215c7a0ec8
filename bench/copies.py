"""Near-duplicates among real reviews, beside datasketch: ``python bench/copies.py [--per-set 300] [--only-molva]``.

Takes distinct reviews of at least ``--shortest`` characters from seven public sets under MOLVA_DATA, changes each as
people and spammers do (bench/copy_changes.py), and lets Molva's own step and datasketch 2.0 (128 permutations,
5-character shingles, J >= 0.6) find the pairs. Any other found pair counts as false, so of texts that share a run of
ten words, natural copies, only the first is taken. The table of common wording is made anew from the half of the
sets that is not tested. Then the copies that occur by nature, common phrases, and speed on one core.
"""

from __future__ import annotations

import argparse
import os
import re
import sys
import time
import zlib
from collections import defaultdict
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from random import Random
from typing import Any

from copy_changes import KINDS  # beside this file

from schemas.events import FingerprintBanded, Member
from streams.detectors import copies
from streams.models.train_common_phrases import SETS, common_hashes, rows_of, texts_of
from streams.text import phrases
from streams.text.fingerprint import fingerprints
from streams.text.fold import fold

DATA = Path(os.environ.get("MOLVA_DATA", Path(__file__).parent.parent.parent / "shared" / "data"))
TESTED = {
    "B2": ("B2_ru_gazprombank_sravni_banki/sravni_banki.jsonl.gz", "text"),
    "B3": ("B3_ru_ozon_one_product/ozon_reviews.jsonl.gz", "text"),
    "B4": ("B4_ru_wb_ozon_small/wb_ozon.jsonl.gz", "text"),
    "B6": ("B6_amazon_all_beauty_5core/all_beauty_5core.jsonl.gz", "reviewText"),
    "B7": ("B7_trustpilot_10_companies/trustpilot.jsonl.gz", "review_text"),
    "B9": ("B9_skytrax/lounge.jsonl.gz", "content"),
    "A7": ("A7_ru_yandexgpt_vs_real/ru_test_unique_4690.jsonl.gz", "text"),
}
PHRASES = tuple(
    """Всё отлично, спасибо!|Отличный товар, рекомендую всем|Всё супер, очень доволен|Товар соответствует описанию
Быстрая доставка, всё пришло целое|Хорошее качество, рекомендую к покупке|Очень довольна покупкой, спасибо
Отличное качество, быстрая доставка, рекомендую продавца|Размер подошёл, качество хорошее, спасибо
Спасибо большое, всё пришло быстро и в целости|Не советую никому, ужасное обслуживание|Хороший товар за свои деньги
Great product, highly recommended!|Excellent service, very happy|Works great, would buy again|Love it!!!|Good value
As described, fast shipping|Very good quality, thank you|Five stars, great customer service|Good quality, came in time
Excellent product and fast delivery, highly recommend|Terrible customer service, avoid at all costs
The product is as described and works great|Great app, easy to use and works perfectly""".replace("\n", "|").split("|")
)
WHEN = datetime(2026, 1, 1, tzinfo=UTC)
Pairs = set[tuple[int, int]]


@dataclass
class Score:
    """Pairs of one kind of change over both halves."""

    true: int = 0
    false: int = 0
    missed: int = 0
    examples: list[tuple[str, str]] = field(default_factory=list)

    @property
    def recall(self) -> float:
        """Share of the true pairs that were found."""
        return self.true / max(1, self.true + self.missed)

    @property
    def precision(self) -> float:
        """Share of the found pairs that are true."""
        return self.true / max(1, self.true + self.false)

    @property
    def f1(self) -> float:
        """Harmonic mean of both."""
        return 2 * self.true / max(1, 2 * self.true + self.false + self.missed)

    def __add__(self, other: Score) -> Score:
        return Score(
            self.true + other.true,
            self.false + other.false,
            self.missed + other.missed,
            self.examples + other.examples,
        )


def molva(texts: list[str]) -> Pairs:
    """The pairs that Molva's step tells both sides of."""
    table: dict[int, copies.Bucket] = {}
    events = []
    for i, found in enumerate(fingerprints(texts)):
        if found:
            member = Member(
                review_id=str(i), version=1, subject="s", signature=found.signature, bands=found.bands, author=f"a{i}"
            )
            events.append(FingerprintBanded(bucket=0, review_id=str(i), at=WHEN, now=member))
    pairs: Pairs = set()
    for evidence in copies.run(events, table):
        for item in evidence.items:
            for match in item.finding.matches if item.finding else ():
                one, other = int(evidence.review_id), int(match.review_id)
                pairs.add((min(one, other), max(one, other)))
    return pairs


def datasketch_pairs(texts: list[str]) -> Pairs:
    """The pairs that datasketch finds in small letters, used as its documentation has it."""
    from datasketch import MinHash, MinHashLSH  # noqa: PLC0415 - the baseline is optional

    index, prints, pairs = MinHashLSH(threshold=0.6, num_perm=128), [], set()
    for i, text in enumerate(text.casefold() for text in texts):
        made = MinHash(num_perm=128)
        made.update_batch([text[j : j + 5].encode("utf-8", "replace") for j in range(max(1, len(text) - 4))])
        for other in index.query(made):
            if made.jaccard(prints[other]) >= 0.6:
                pairs.add((other, i))
        index.insert(i, made)
        prints.append(made)
    return pairs


def half_of(text: str) -> int:
    """0 or 1, by how the text begins: a text and its natural near-duplicates mostly lie in one half."""
    return zlib.crc32(text[:30].casefold().encode("utf-8", "replace")) % 2


def use_table_without(half: int) -> None:
    """Make the table of common wording from the texts of the other half."""
    texts = [t for name, fields in SETS.items() for t in texts_of(DATA / name, fields) if half_of(t) != half]
    bits = phrases.pack(common_hashes(texts, 4))  # half the texts, so half the reviews that make wording common
    phrases.bits = lambda: bits


def load(shortest: int, per_set: int, half: int, random: Random) -> list[str]:
    """The texts to change, at most *per_set* of each set."""
    chosen = []
    for name, key in TESTED.values():
        texts = [row[key].strip() for row in rows_of(DATA / name) if row.get(key) and not row.get("label")]
        distinct = [t for t in dict.fromkeys(texts) if len(t) >= shortest and half_of(t) == half]
        distinct = without_natural_copies(distinct)
        chosen += random.sample(distinct, min(per_set // 2, len(distinct)))
    return chosen


def without_natural_copies(texts: list[str]) -> list[str]:
    """Leave out texts that share ten words in a row with an earlier one."""
    seen: set[tuple[str, ...]] = set()
    kept = []
    for text in texts:
        words = re.findall(r"\w+", text.casefold())
        runs = {tuple(words[i : i + 10]) for i in range(max(1, len(words) - 9))}
        if not runs & seen:
            kept.append(text)
        seen |= runs
    return kept


def score(found: Pairs, texts: list[str], true: Pairs) -> Score:
    """Compare found pairs with the truth."""
    false = sorted(found - true)
    return Score(len(true & found), len(false), len(true - found), [(texts[i], texts[j]) for i, j in false[:3]])


def measure_changes(args: argparse.Namespace, finders: dict[str, Any]) -> None:
    """Print recall by kind of change, precision and F1 over all."""
    scores: dict[str, dict[str, Score]] = {name: defaultdict(Score) for name in finders}
    random = Random(args.seed)
    for half in (0, 1):
        use_table_without(half)
        base = load(args.shortest, args.per_set, half, random)
        for kind, change in KINDS.items():
            made = [(i, change(text, random)) for i, text in enumerate(base)]
            made = [(i, text) for i, text in made if text]
            texts = base + [text for _, text in made]
            truth = {(i, len(base) + n) for n, (i, _) in enumerate(made)}
            for name, find in finders.items():
                scores[name][kind] += score(find(texts), texts, truth)
    print(f"\n{'recall by kind of change':34}" + "".join(f"{name:>14}" for name in finders) + f"{'pairs':>9}")
    for kind in KINDS:
        ours = scores["molva"][kind]
        recalls = "".join(f"{scores[name][kind].recall:14.3f}" for name in finders)
        print(f"  {kind:32}{recalls}{ours.true + ours.missed:9,}")
    for label, pick in (("precision", "precision"), ("recall", "recall"), ("F1", "f1")):
        totals = {name: sum(kinds.values(), Score()) for name, kinds in scores.items()}
        print(f"{label:34}" + "".join(f"{getattr(totals[name], pick):14.4f}" for name in finders))
    if args.examples:
        for one, other in sum(scores["molva"].values(), Score()).examples:
            print(f"  false: {one[:100]!r}\n         {other[:100]!r}")


def measure_nature() -> None:
    """Print what is found of the copies that occur by nature, and what common phrases give, with the shipped table."""
    phrases.bits = SHIPPED
    for label, (name, key) in {k: TESTED[k] for k in ("B3", "B6", "B7")}.items():
        texts = [row.get(key) or "" for row in rows_of(DATA / name)]
        groups: dict[str, list[int]] = defaultdict(list)
        for i, (text, mark) in enumerate(zip(texts, fingerprints(texts), strict=True)):
            if mark:
                groups[fold(text)].append(i)
        true = {(i, j) for group in groups.values() for i in group for j in group if i < j}
        found = molva(texts)
        more = len(found - true)
        print(
            f"{label} repeated texts: {len(true & found):,} of {len(true):,} pairs found, {more:,} near-duplicates more"
        )
    clusters = [row["rows"] for row in rows_of(DATA / "F9_amazon_exact_copy_clusters/clusters.jsonl.gz")]
    texts = [row.get("reviewText") or "" for row in rows_of(DATA / TESTED["B6"][0])]
    marked = [mark is not None for mark in fingerprints(texts)]
    true = {(i, j) for rows in clusters for i in rows for j in rows if i < j < len(texts)}
    long = {(i, j) for i, j in true if marked[i] and marked[j]}
    found = molva(texts)
    print(f"F9 clusters: {len(long & found):,} of {len(long):,} pairs found; {len(true - long):,} have too little text")
    print(
        f"common phrases, each by 20 authors: {len(molva([p for p in PHRASES for _ in range(20)]))} pairs (none wanted)"
    )


def measure_speed(finders: dict[str, Any], random: Random) -> None:
    """Print reviews a second of one core."""
    phrases.bits = SHIPPED
    texts = [row[key] for name, key in TESTED.values() for row in rows_of(DATA / name) if row.get(key)]
    texts = random.sample(texts, min(5_000, len(texts)))
    speeds = {}
    for name, find in finders.items():
        start = time.process_time()
        find(texts)
        speeds[name] = len(texts) / (time.process_time() - start)
        print(f"{name}: {speeds[name]:,.0f} reviews/s on one core, fingerprints and pairs")
    start = time.process_time()
    fingerprints(texts)
    print(f"fold and fingerprint alone: {(time.process_time() - start) / len(texts) * 1e3:.3f} ms a review")
    if "datasketch" in speeds:
        print(f"molva is {speeds['molva'] / speeds['datasketch']:.1f} times as fast")


SHIPPED = phrases.bits


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--per-set", type=int, default=300, help="texts of each set")
    parser.add_argument("--shortest", type=int, default=40, help="characters of the shortest text")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only-molva", action="store_true", help="leave the baseline out")
    parser.add_argument("--examples", action="store_true", help="print some of the false pairs")
    args = parser.parse_args()
    if not (DATA / "README.md").exists():
        sys.exit(f"no public data sets at {DATA}: set MOLVA_DATA")
    finders: dict[str, Any] = {"molva": molva}
    if not args.only_molva:
        try:
            import datasketch  # noqa: F401, PLC0415 - the baseline is optional
        except ImportError:
            sys.exit("the baseline is missing: pip install 'datasketch>=2,<3', or run with --only-molva")
        finders["datasketch"] = datasketch_pairs
    measure_changes(args, finders)
    print()
    measure_nature()
    print()
    measure_speed(finders, Random(args.seed))


if __name__ == "__main__":
    main()
