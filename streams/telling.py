"""The most telling wordings of one text: hashed weights name no words, but the text itself still has them."""

from __future__ import annotations

import re
from collections import OrderedDict
from collections.abc import Sequence

import numpy as np

from streams.detectors.machine_text import heard
from streams.scoring.model import Model
from streams.scoring.textmodel import TextModel
from streams.text.features import WORD_KINDS, extract

_PIECE = re.compile(r"[^.!?,;:()\n\"«»“”]+")
_LIMIT = 800
_LONGEST, _SHORTEST = 4, 2
_LEAST_LETTERS = 4  # a phrase that begins or ends with "of" or "для" reads as if it were torn off


_remembered: OrderedDict[tuple[int, str, str], tuple[Model, list[str]]] = OrderedDict()
_REMEMBERED = 512


def phrases(text: str, model: Model, reason: str, most: int = 2) -> list[str]:
    """``found`` for a text that is judged again and again while evidence about it comes in."""
    key = (id(model), reason, text)
    if key not in _remembered:
        _remembered[key] = (model, found(text, model, reason, most))  # with the model, so that its id stays its own
        if len(_remembered) > _REMEMBERED:
            _remembered.popitem(last=False)
    return _remembered[key][1]


def found(text: str, model: Model, reason: str, most: int = 2) -> list[str]:
    """Up to *most* phrases of two to four words that speak loudest for *reason*, in the order of the text.

    Only heads that read whole words can name any; the list is empty when no phrase stands out.
    """
    candidates = _candidates(text)
    language = heard("und", 0.0, text)
    heads = [h.model for h in model.heads if h.reason == reason and h.settings.language in {None, language}]
    if not candidates or not heads:
        return []
    loud = weights(candidates, heads)
    chosen: list[str] = []
    for index in np.argsort(-loud, kind="stable").tolist():
        phrase = candidates[index]
        if loud[index] <= 0 or len(chosen) == most:
            break
        words = set(phrase.lower().split())
        if all(not words & set(other.lower().split()) for other in chosen):
            chosen.append(phrase)
    return sorted(chosen, key=text.find)


def _candidates(text: str) -> list[str]:
    found: dict[str, None] = {}
    for piece in _PIECE.findall(text[:_LIMIT]):
        words = piece.split()
        for size in range(_SHORTEST, _LONGEST + 1):
            for start in range(len(words) - size + 1):
                chosen = words[start : start + size]
                if min(len(chosen[0]), len(chosen[-1])) >= _LEAST_LETTERS:
                    found[" ".join(chosen)] = None
    return list(found)


def weights(
    candidates: Sequence[str], heads: Sequence[TextModel], slopes: Sequence[float] = ()
) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    """What the words and runs of words of each phrase weigh together, by the root of its length.

    Args:
        candidates: The phrases.
        heads: The models whose weights add up.
        slopes: What each head counts, by default one.
    """
    features = extract(candidates, WORD_KINDS)
    total = np.zeros(len(candidates))
    for head, slope in zip(heads, slopes or [1.0] * len(heads), strict=True):
        for group in head.groups:
            for kind in sorted(set(WORD_KINDS).intersection(group.kinds)):
                hashes, offsets = features.kinds[kind]
                buckets = hashes & (len(group.weights) - 1)
                chosen = group.weights[buckets] * (group.rarity[buckets] if group.measure == "tfidf" else 1)
                running = np.concatenate((np.zeros(1, dtype=np.int64), np.cumsum(chosen)))
                total += slope * group.scale * np.diff(running[offsets])
    sizes = np.array([len(candidate.split()) for candidate in candidates], dtype=np.float64)
    return total / np.sqrt(sizes)
