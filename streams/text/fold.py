"""The normal form in which two texts are the same to a reader who looks for copies.

Whoever copies a review changes what costs nothing: case, punctuation, emoji, spaces, ё, and Latin letters that look
like Cyrillic ones. The form below keeps none of these. It is a *skeleton* in the sense of Unicode Technical Standard 39
("Unicode Security Mechanisms"): look-alikes of Latin, Cyrillic and Greek share one code, so no guess about the script
of a word is needed, and a word disguised in either direction folds to the same codes.

Beyond case and look-alikes the form drops all that is not a letter or a digit (spaces too: "о т л и ч н о"), strips
accents, writes every digit as ``0`` and every run of one code once ("оооочень", "2 500" and "1 200" are no difference).
It is for comparing, never for showing.
"""

from __future__ import annotations

import functools
import unicodedata
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

MAX_CODE_POINTS = 4_000
"""How much of a text is read; what follows changes nothing."""

DROPPED = 0
"""Code of everything that the normal form does not keep."""

_EXPANDS = 0xFFFF
"""Code of a character that the compatibility decomposition turns into several letters (the ligature fi, No, 1/2)."""

# Cyrillic and Greek on the left of each pair, the Latin letter it is taken for on the right, both small. A small
# letter is also listed for what its capital looks like (в by B, н by H), and the handwritten forms that spammers use
# (и as u, п as n, г as r). Within one script hardly any two letters merge, so honest texts lose nothing.
_LOOKALIKES = dict(
    zip(
        "авекмнорстухипгіјѕԁԛԝһӏʟαβεζηικμνορτυχϲϳ",
        "abekmhopctyxunrijsdqwhllabezhikmnoptyxcj",
        strict=True,
    )
)
_LOOKALIKES |= {"ı": "i", "ӏ": "l", "ь": "b", "ß": "b", "ø": "o", "ł": "l", "đ": "d", "ħ": "h", "ŧ": "t"}

# Blocks whose characters stand for themselves: decomposing them one by one would only cost start-up time.
_IDENTITY = ((0x3400, 0xA000), (0xAC00, 0xD7A4))
_SURROGATES = range(0xD800, 0xE000)
_SCANNED = (range(0x30, 0x3400), range(0xA000, 0xAC00), range(0xF900, 0xFFFF), range(0x1D400, 0x1D800))
_SCANNED_LATE = (range(0x1F100, 0x1F200),)  # letters in circles and squares
_ALL = 0x110000
_IDEOGRAPHS_BEYOND = 0x20000


def _code_of(character: str) -> int:
    """Return the code of one character; never raises."""
    kept = [
        part
        for part in unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", character).casefold())
        if part.isalnum()
    ]
    if not kept:
        return DROPPED
    if len(kept) > 1:
        return _EXPANDS
    letter = kept[0]
    if letter.isdecimal():
        return ord("0")
    code = ord(_LOOKALIKES.get(letter, letter))
    return code if code < _EXPANDS else code & 0x7FFF | 0x4000


@functools.cache
def _table() -> NDArray[np.uint16]:
    """Return the code of every code point (2 MB, made once, some 50 ms)."""
    table = np.zeros(_ALL, dtype=np.uint16)
    for first, end in _IDENTITY:
        table[first:end] = np.arange(first, end, dtype=np.uint16)
    for block in (*_SCANNED, *_SCANNED_LATE):
        for code_point in block:
            if code_point not in _SURROGATES:
                table[code_point] = _code_of(chr(code_point))
    beyond = np.arange(_IDEOGRAPHS_BEYOND, _IDEOGRAPHS_BEYOND + 0x10000)
    table[beyond] = (beyond & 0x7FFF | 0x4000).astype(np.uint16)
    return table


def _code_points(text: str) -> NDArray[np.uint32]:
    return np.frombuffer(text.encode("utf-32-le", "surrogatepass"), dtype=np.uint32)


def _expanded(text: str) -> str:
    """Write out the ligatures, fractions and the like of one text, if it has any."""
    if (_table()[_code_points(text)] != _EXPANDS).all():
        return text
    return unicodedata.normalize("NFKC", text.casefold())[: 2 * MAX_CODE_POINTS]


def fold_many(texts: Sequence[str]) -> tuple[NDArray[np.uint16], NDArray[np.int64]]:
    """Fold texts in one go.

    Args:
        texts: Any strings, lone surrogates and NUL included; of each the first 4,000 code points are read.

    Returns:
        The codes of all texts one after the other, and ``len(texts) + 1`` offsets: text *i* is
        ``codes[offsets[i]:offsets[i + 1]]``. A text's codes do not depend on its neighbours.
    """
    bounded = [text[:MAX_CODE_POINTS] for text in texts]
    codes = _table()[_code_points("".join(bounded))]
    if (codes == _EXPANDS).any():
        bounded = [_expanded(text) for text in bounded]
        codes = _table()[_code_points("".join(bounded))]
        codes[codes == _EXPANDS] = DROPPED
    lengths = np.fromiter(map(len, bounded), dtype=np.int64, count=len(bounded))
    ends = np.cumsum(lengths)
    kept = np.flatnonzero(codes)
    codes = codes[kept]
    # A run counts once, but a run does not reach over the border between two texts.
    starts = np.searchsorted(kept, ends - lengths)
    first = np.ones(len(codes) + 1, dtype=bool)
    np.not_equal(codes[1:], codes[:-1], out=first[1 : len(codes)])
    first[starts] = True
    first = first[: len(codes)]
    offsets = np.zeros(len(bounded) + 1, dtype=np.int64)
    survivors = np.flatnonzero(first)
    offsets[1:] = np.searchsorted(survivors, np.searchsorted(kept, ends))
    return codes[survivors], offsets


def fold(text: str) -> str:
    """Return the normal form of one text as a string; for tests and people, not for speed."""
    codes, _ = fold_many([text])
    return "".join(map(chr, codes.tolist()))
