"""Hashed n-grams of a batch of texts, computed once and shared by every linear model.

Language, sentiment and the models of machine text all read the same few kinds of n-gram. Cutting and hashing them is
most of the cost of such a model, so it happens here a single time, with array operations over the code points of the
whole batch and no Python loop over n-grams. A row's hashes depend on that row alone: how texts were batched can never
change a result.

A token is a run of letters, digits, marks and inner apostrophes, or a run of punctuation and symbols. Character
n-grams lie within a token padded by one space on either side; word n-grams are one to three neighbouring tokens, and
denied words are single tokens under a negation (streams/text/negation.py).
"""

import unicodedata
from collections.abc import Iterable, Sequence
from functools import cache

import msgspec
import numpy as np
import numpy.typing as npt

from streams.text import negation
from streams.text.lookalikes import unmixed

Integers = npt.NDArray[np.int64]
_Words = npt.NDArray[np.uint64]
_Flags = npt.NDArray[np.bool_]

LIMIT = 2_000
"""Characters of a text that are looked at; a review's message stands in its beginning."""
CHARACTER_KINDS = ("char1", "char2", "char3", "char4", "char5")
WORD_KINDS = ("word1", "word2", "word3")
KINDS = CHARACTER_KINDS + WORD_KINDS
DENIED = "denied1"
ALL_KINDS = (*KINDS, DENIED)

_SPACE = np.uint64(32)
_RADIX = np.uint64(0x9E3779B97F4A7C15)  # odd, so that powers of it never lose a character
_PAIR = np.uint64(0xD6E8FEB86659FD93)
_SCRAMBLE = {  # one odd factor a kind keeps "a" the letter apart from "a" the word
    kind: np.uint64(factor)
    for kind, factor in zip(
        ALL_KINDS,
        (
            0xA24BAED4963EE407,
            0x9FB21C651E98DF25,
            0xC2B2AE3D27D4EB4F,
            0x165667B19E3779F9,
            0x27D4EB2F165667C5,
            0x85EBCA77C2B2AE63,
            0xD1B54A32D192ED03,
            0x8CB92BA72F3D8DD7,
            0xC3A5C85C97CB3127,
        ),
        strict=True,
    )
}
_SEPARATOR, _WORD, _SYMBOL, _DROPPED, _APOSTROPHE = range(5)
_APOSTROPHES = (0x27, 0x60, 0xB4, 0x2BC, 0x2018, 0x2019, 0x2032)


class Features(msgspec.Struct, frozen=True):
    """Hashed n-grams of a batch.

    Attributes:
        rows: Number of texts.
        kinds: For each kind its hashes (int64, 0 to 2**32 - 1, all rows one after the other) and the offsets of the
            rows in them (int64, ``rows + 1`` long): row r is ``hashes[offsets[r]:offsets[r + 1]]``.
    """

    rows: int
    kinds: dict[str, tuple[Integers, Integers]]


def extract(texts: Sequence[str], kinds: Iterable[str] = ALL_KINDS) -> Features:
    """Hash the n-grams of *texts*.

    Read are the first LIMIT characters, in NFKC and lower case, runs of one character cut to two, and words of mixed
    alphabets written in one.

    Any text is accepted, lone surrogates and control characters included; an empty one has no features.

    Raises:
        KeyError: A kind is not one of ALL_KINDS.
    """
    wanted = {kind: _SCRAMBLE[kind] for kind in kinds}
    codes, classes, starts = _characters(texts)
    found: dict[str, tuple[Integers, Integers]] = {}
    filled = np.flatnonzero(classes != _SEPARATOR)
    begins = np.empty(len(codes), dtype=np.bool_)
    begins[:1] = True
    np.not_equal(classes[1:], classes[:-1], out=begins[1:])
    begins = begins[filled]
    points = codes[filled].astype(np.uint64)
    tokens = np.cumsum(begins)
    firsts = np.searchsorted(filled, starts)  # the first character of each row, then one past the last
    tokens_before = np.concatenate(([0], tokens))[firsts]
    if not wanted.keys().isdisjoint(CHARACTER_KINDS):
        padded = np.full(len(points) + (int(tokens[-1]) if len(tokens) else 0) + 1, _SPACE)
        padded[np.arange(len(points)) + tokens] = points
        _character_ngrams(padded, firsts + tokens_before, wanted, found)
    if not wanted.keys().isdisjoint((*WORD_KINDS, DENIED)):
        _word_ngrams(points, np.flatnonzero(begins), tokens_before, wanted, found)
    return Features(rows=len(texts), kinds=found)


def _characters(texts: Sequence[str]) -> tuple[npt.NDArray[np.uint32], npt.NDArray[np.uint8], Integers]:
    """Give code points and classes of the whole batch and where each row starts (and the last one ends)."""
    pieces = [_normal(text) for text in texts]
    codes = np.frombuffer(("\n".join(pieces) + "\n").encode("utf-32-le", "surrogatepass"), dtype=np.uint32)
    starts = np.cumsum([0] + [len(piece) + 1 for piece in pieces])
    classes = _class_table()[np.minimum(codes, 0x1FFFF)]
    keep = classes != _DROPPED
    repeated = codes[1:] == codes[:-1]
    keep[2:] &= ~(repeated[1:] & repeated[:-1])
    kept = np.flatnonzero(keep)
    codes, classes = codes[kept], classes[kept]
    marks = np.flatnonzero(classes == _APOSTROPHE)
    if len(marks):
        codes[marks] = 0x27
        neighbours = (classes[marks - 1] == _WORD) & (classes[np.minimum(marks + 1, len(classes) - 1)] == _WORD)
        classes[marks] = np.where(neighbours, _WORD, _SYMBOL)
    return codes, classes, np.searchsorted(kept, starts)


def _normal(text: str) -> str:
    text = text[:LIMIT]
    if text.isascii():
        return text.lower()
    if not unicodedata.is_normalized("NFKC", text):
        text = unicodedata.normalize("NFKC", text)
    return unmixed(text).lower()[:LIMIT]


@cache
def _class_table() -> npt.NDArray[np.uint8]:
    """Class of each code point below 0x20000; all beyond are ideographs and rare, and share the last entry's."""
    table = np.full(0x20000, _WORD, dtype=np.uint8)
    table[0x1F000:0x1FFFF] = _SYMBOL
    table[0x1F3FB:0x1F400] = _DROPPED  # skin tones
    for code in range(0x10000):
        category = unicodedata.category(chr(code))
        if category in {"Cf", "Me"} or 0xFE00 <= code <= 0xFE0F:  # joiners, soft hyphens, emoji variants
            table[code] = _DROPPED
        elif category[0] == "Z" or category in {"Cc", "Cs"}:
            table[code] = _SEPARATOR
        elif category[0] not in "LNM":
            table[code] = _SYMBOL
    table[list(_APOSTROPHES)] = _APOSTROPHE
    return table


def _character_ngrams(
    padded: _Words, rows: Integers, wanted: dict[str, np.uint64], found: dict[str, tuple[Integers, Integers]]
) -> None:
    """Hash every window that holds a space at its ends only; *rows* are the rows' starts in *padded*."""
    inked = padded != _SPACE
    rolling, inside = padded, inked
    for length, kind in enumerate(CHARACTER_KINDS, start=1):
        if length > 1:
            rolling = rolling[:-1] * _RADIX
            rolling += padded[length - 1 :]
        if length == 2:
            inside = np.ones(max(len(padded) - 1, 0), dtype=np.bool_)
        elif length > 2:
            inside = inside[:-1] & inked[length - 2 : -1]
        if kind in wanted:
            found[kind] = _chosen(rolling, inside, rows, wanted[kind])


def _word_ngrams(
    codes: _Words,
    firsts: Integers,
    rows: Integers,
    wanted: dict[str, np.uint64],
    found: dict[str, tuple[Integers, Integers]],
) -> None:
    """Hash runs of one to three tokens; *firsts* are the tokens' first characters, *rows* the rows' first tokens."""
    lengths = np.diff(firsts, append=len(codes))
    places = np.arange(len(codes)) - np.repeat(firsts, lengths)
    powers = _powers()[places]
    single = np.add.reduceat(codes * powers, firsts) if len(firsts) else codes
    if DENIED in wanted:
        denied = negation.under(
            single, codes, firsts, rows, negators=_hashes(negation.NEGATORS), turns=_hashes(negation.TURNS)
        )
        found[DENIED] = _chosen(single, denied, rows, wanted[DENIED])
    rolling, inside = single, np.ones(len(single), dtype=np.bool_)
    last = np.zeros(len(single) + 1, dtype=np.bool_)
    last[rows[rows > 0] - 1] = True  # no n-gram runs on from a row's last token
    for length, kind in enumerate(WORD_KINDS, start=1):
        if length > 1:
            rolling = rolling[:-1] * _PAIR
            rolling += single[length - 1 :]
            inside = inside[:-1] & ~last[length - 2 : len(single) - 1]
        if kind in wanted:
            found[kind] = _chosen(rolling, inside, rows, wanted[kind])


@cache
def _powers() -> _Words:
    return np.cumprod(np.concatenate(([np.uint64(1)], np.full(LIMIT, _RADIX))), dtype=np.uint64)


@cache
def _hashes(words: frozenset[str]) -> _Words:
    """The hashes of single tokens, in order, as _word_ngrams makes them."""
    codes = [np.array([ord(letter) for letter in word], dtype=np.uint64) for word in words]
    return np.sort(np.array([np.add.reduce(each * _powers()[: len(each)]) for each in codes], dtype=np.uint64))


def _chosen(rolling: _Words, inside: _Flags, rows: Integers, factor: np.uint64) -> tuple[Integers, Integers]:
    """Keep the windows that are inside, scramble their hashes, and find the rows' offsets among them."""
    places = np.flatnonzero(inside)
    hashes = rolling[places]
    hashes *= factor
    hashes >>= np.uint64(32)
    return hashes.view(np.int64), np.searchsorted(places, rows)


def take(features: Features, rows: Integers) -> Features:
    """Give the features of some *rows* (ascending) of a batch."""
    if len(rows) == features.rows:
        return features
    wanted = np.zeros(features.rows, dtype=np.bool_)
    wanted[rows] = True
    kinds = {}
    for kind, (hashes, offsets) in features.kinds.items():
        lengths = np.diff(offsets)
        kinds[kind] = hashes[np.repeat(wanted, lengths)], np.concatenate(([0], np.cumsum(lengths[rows])))
    return Features(rows=len(rows), kinds=kinds)
