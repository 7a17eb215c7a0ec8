"""The wordings that a trained model goes by, recovered from the labelled texts: the model itself holds only hashes."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from itertools import pairwise

from streams.scoring.model import Model
from streams.telling import weights

_WORD = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)?")
_LIMIT = 2_000
LEAST_TEXTS = 8
"""Texts that must share a wording: what one person wrote is not repeated."""


def telling(texts: Sequence[str], model: Model, most: int = 12) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Words and pairs of words that speak loudest for fake and for genuine, the loudest first."""
    seen: Counter[str] = Counter()
    for text in texts:
        words = [word.lower() for word in _WORD.findall(text[:_LIMIT])]
        seen.update(set(words) | {" ".join(pair) for pair in pairwise(words)})
    shared = sorted(phrase for phrase, count in seen.items() if count >= LEAST_TEXTS)
    if not shared:
        return (), ()
    found = weights(shared, [head.model for head in model.heads], [head.settings.slope for head in model.heads])
    ranked = sorted(zip(found.tolist(), shared, strict=True))
    fake = tuple(phrase for value, phrase in reversed(ranked[-most:]) if value > 0)
    return fake, tuple(phrase for value, phrase in ranked[:most] if value < 0)
