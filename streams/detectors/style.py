"""N-grams of how a text is written, not of what it is about: its shape and its skeleton.

The *shape* is the run of character classes (small letter, capital, digit, space, each punctuation mark), every run of
small letters written once: habits of capitals, spacing and punctuation, which models of language and people do not
share. The *skeleton* is the run of words with all but a few hundred of the commonest replaced by a blank: the way
sentences are joined. Neither knows the topic, so what is learned about shops holds for hotels
(Stamatatos, "A survey of modern authorship attribution methods", JASIST 2009; the masking of topic words follows his
"Authorship attribution using text distortion", EACL 2017).

Both come in the form of streams/text/features.py: per kind the hashes of all rows and the rows' offsets.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from functools import cache

import numpy as np
import numpy.typing as npt

from streams.text.features import LIMIT, Features, Integers

SHAPE_KINDS = ("shape2", "shape3", "shape4", "shape5", "shape6", "shape7")
SKELETON_KINDS = ("skeleton1", "skeleton2", "skeleton3", "skeleton4")
STYLE_KINDS = SHAPE_KINDS + SKELETON_KINDS

_Words = npt.NDArray[np.uint64]
_RADIX = np.uint64(0x9E3779B97F4A7C15)
_SCRAMBLE = np.uint64(0xD6E8FEB86659FD93)
_BLANK = np.uint64(1 << 40)  # beyond every hash of a word
_SMALL, _CAPITAL, _DIGIT, _SPACE, _LINE, _FIRST_MARK = 1, 2, 3, 4, 5, 8
_TYPOGRAPHY = ("—", "–", "“”„", "’‘", "…", "«", "»", "№")
_OTHER = 250


def style(texts: Sequence[str], features: Features, common: Integers) -> dict[str, tuple[Integers, Integers]]:
    """Hash the shapes and skeletons of *texts*.

    Args:
        texts: The texts as they were written; outer white space counts for nothing.
        features: Their n-grams, ``word1`` among them.
        common: Hashes (of kind ``word1``) of the words that stay in the skeleton.
    """
    found = _ngrams(*_shape(texts), SHAPE_KINDS, shortest=2)
    words, offsets = features.kinds["word1"]
    kept = np.where(np.isin(words, common), words.astype(np.uint64), _BLANK)
    return found | _ngrams(kept, offsets, SKELETON_KINDS, shortest=1)


def _shape(texts: Sequence[str]) -> tuple[_Words, Integers]:
    """Give the classes of all texts one after the other, runs shortened, and the offsets of the texts."""
    pieces = [text.strip()[:LIMIT] for text in texts]
    codes = np.frombuffer(("\n".join(pieces) + "\n").encode("utf-32-le", "surrogatepass"), dtype=np.uint32)
    starts = np.cumsum([0] + [len(piece) + 1 for piece in pieces])
    classes = _class_table()[np.minimum(codes, 0x1FFFF)]
    begins = np.ones(len(classes), dtype=np.bool_)
    begins[1:] = classes[1:] != classes[:-1]
    begins[starts[:-1]] = True
    firsts = np.flatnonzero(begins)
    place = np.arange(len(classes)) - np.repeat(firsts, np.diff(firsts, append=len(classes)))
    kept = np.flatnonzero(place < _run_table()[classes])
    return classes[kept].astype(np.uint64), np.searchsorted(kept, starts)


@cache
def _run_table() -> npt.NDArray[np.int64]:
    """How many of a run of one class are kept: a word is one letter, two capitals are shouting, two spaces a habit."""
    table = np.full(256, 3)
    table[[_SMALL, _DIGIT, _LINE]] = 1
    table[[_CAPITAL, _SPACE]] = 2
    return table


@cache
def _class_table() -> npt.NDArray[np.uint8]:
    """Class of each code point below 0x20000; what lies beyond shares the last entry's."""
    table = np.full(0x20000, _OTHER, dtype=np.uint8)
    for code in range(0x10000):
        category = unicodedata.category(chr(code))
        if category in {"Lu", "Lt"}:
            table[code] = _CAPITAL
        elif category[0] in "LM":
            table[code] = _SMALL
        elif category[0] == "N":
            table[code] = _DIGIT
        elif category[0] in "ZC":
            table[code] = _SPACE
        elif code < 0x80:
            table[code] = _FIRST_MARK + code
    table[[0x0A, 0x0D]] = _LINE
    for index, marks in enumerate(_TYPOGRAPHY):
        table[[ord(mark) for mark in marks]] = 200 + index
    return table


def _ngrams(
    units: _Words, offsets: Integers, kinds: Sequence[str], *, shortest: int
) -> dict[str, tuple[Integers, Integers]]:
    """Hash the n-grams of each row of *units*, from *shortest* on one length a kind."""
    last = np.zeros(len(units) + 1, dtype=np.bool_)
    last[offsets[1:][offsets[1:] > 0] - 1] = True  # no n-gram runs on from a row's last unit
    found: dict[str, tuple[Integers, Integers]] = {}
    rolling, inside = units + np.uint64(1), np.ones(len(units), dtype=np.bool_)
    for length in range(1, shortest + len(kinds)):
        if length > 1:
            rolling = rolling[:-1] * _RADIX + (units[length - 1 :] + np.uint64(1))
            inside = inside[:-1] & ~last[length - 2 : len(units) - 1]
        if length >= shortest:
            places = np.flatnonzero(inside)
            hashes = rolling[places] * _SCRAMBLE
            hashes >>= np.uint64(32)
            found[kinds[length - shortest]] = hashes.view(np.int64), np.searchsorted(places, offsets)
    return found
