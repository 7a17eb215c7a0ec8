"""How text becomes words, once for documents and queries and equally for both stores.

Words are those of Unicode's UAX 29 as Lucene's standard tokenizer finds them (a run of Thai is one word, ideographs
and emoji are a word each), in lower case, ё as е, no stop words, then Snowball's Russian and English stemmers one
after the other on every word: each leaves the other's alphabet alone.

One deviation, for hasty writers: a full stop or a colon between two letters ends a word ("плохо.Не берите").

``CHARACTERS`` and ``BREAK`` say the same to Elasticsearch, as a ``mapping`` and a ``pattern_replace`` filter before its
``standard`` tokenizer; its ``lowercase``, ``snowball`` (Russian) and ``snowball`` (English) filters follow.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator
from typing import NamedTuple

import regex
import Stemmer

CHARACTERS: dict[str, str] = {
    "ё": "е",
    "Ё": "Е",
    "е\u0308": "е",
    "Е\u0308": "Е",
    "и\u0306": "й",
    "И\u0306": "Й",
    "\u2019": "'",
    "\u0301": "",
    "\u00ad": "",
    "\u200e": "",
    "\u200f": "",
    "\u2060": "",
    "\ufeff": "",
    "İ": "i",
    "Σ": "σ",
}
"""What is replaced before words are found: ё, letters written in two parts, stress and other marks nobody sees."""

BREAK = r"(?<=\p{L})[.:](?=\p{L})"
"""What a space stands for before words are found (Java and ``regex`` read it alike)."""

MAX_WORD = 255
"""Code points of a word; a longer one is cut into words of that length."""

_LETTER = "A-Za-zÀ-ÖØ-öø-ÿЀ-ҁҊ-ӿ"
_SIMPLE = re.compile(rf"[\x00-\x7f{_LETTER}«»„“”‘’–—…№₽€£°\xa0]*+")
"""Texts of these characters alone, nearly all of them, go the short way, four times as fast."""
_SIMPLE_WORD = re.compile(
    rf"[{_LETTER}0-9_]++"
    rf"(?:['’.,;](?=[{_LETTER}0-9])(?:(?<=[{_LETTER}]['’])(?=[{_LETTER}])|(?<=[0-9].)(?=[0-9]))[{_LETTER}0-9_]++)*+"
)
_JOINED = re.compile(r"['’]|[0-9][.,;][0-9]")
"""Without these, the words of a simple text are its runs of letters and digits."""
_RUN = re.compile(rf"[{_LETTER}0-9_]+")

_EXTEND = r"\p{WB=Format}\p{WB=Extend}\p{WB=ZWJ}"
_ANY_LETTER = r"\p{WB=ALetter}\p{WB=Hebrew_Letter}"
_DIGIT = r"\p{WB=Numeric}\uff10-\uff19"
_UNITS = rf"""
    [{_ANY_LETTER}][{_ANY_LETTER}{_EXTEND}]*+
        (?:[\p{{WB=MidLetter}}\p{{WB=MidNumLet}}\p{{WB=Single_Quote}}--[.:]][{_EXTEND}]*+(?=[{_ANY_LETTER}]))?+
  | [{_DIGIT}][{_DIGIT}{_EXTEND}]*+
        (?:[\p{{WB=MidNum}}\p{{WB=MidNumLet}}\p{{WB=Single_Quote}}][{_EXTEND}]*+(?=[{_DIGIT}]))?+
"""
_JOINER = rf"\p{{WB=ExtendNumLet}}[{_EXTEND}]*+"
_WORD = regex.compile(
    rf"""
    [0-9\#*]\ufe0f?\u20e3
  | (?:{_JOINER})*+ (?:{_UNITS}) (?:{_UNITS} | {_JOINER})*+
  | [\p{{WB=Katakana}}][\p{{WB=Katakana}}{_EXTEND}]*+
  | [\p{{Script=Han}}\p{{Script=Hiragana}}][{_EXTEND}]*+
  | [\p{{LB=SA}}][\p{{LB=SA}}{_EXTEND}]*+
  | \p{{RI}}\p{{RI}}
  | \p{{ExtPict}}[\ufe0f\p{{EMod}}]*+(?:\u200d\p{{ExtPict}}[\ufe0f\p{{EMod}}]*+)*+
    """,
    regex.VERBOSE | regex.VERSION1,
)

_ONE_TO_ONE = str.maketrans({old: new for old, new in CHARACTERS.items() if len(old) == len(new) == 1})
_MANY = {old: new for old, new in CHARACTERS.items() if len(old) != len(new)}
_MARKED = re.compile("|".join(map(re.escape, _MANY)))
_SPECIAL = re.compile(f"[{''.join(sorted({char for old in CHARACTERS for char in old[-1]}))}]")

_KEPT = {
    f"{start}{letter}{letter}{end}": f"{start}{letter}{letter}"
    for start in "aeo"
    for letter in "bdfgmnprt"
    for end in ("ed", "edly", "ing", "ingly")
}
"""Words like "added": Lucene's Snowball keeps their double letter, PyStemmer's does not yet."""

_CACHE = 200_000
"""Words whose stems are remembered."""


class Word(NamedTuple):
    """An analysed word and where it stood in the text (code points)."""

    stem: str
    start: int
    end: int


class _Stems(dict[str, str]):
    """Words -> stems, remembered: a few thousand words make up most of all reviews."""

    def __init__(self) -> None:
        super().__init__()
        self._russian = Stemmer.Stemmer("russian", 0).stemWord
        self._english = Stemmer.Stemmer("english", 0).stemWord

    def __missing__(self, word: str) -> str:
        if len(self) >= _CACHE:
            self.clear()
        if word.isascii():  # Russian endings are Cyrillic
            folded = word.lower()
            stem: str = _KEPT.get(folded) or self._english(folded)
        else:
            stem = self._english(self._russian(fold(word)))
        self[word] = stem
        return stem


class _Thread(threading.local):
    """A thread's own stems: Snowball's stemmers must not be shared."""

    def __init__(self) -> None:
        self.stems = _Stems()


_thread = _Thread()


def fold(word: str) -> str:
    """The word in lower case with ``CHARACTERS`` replaced, not stemmed."""
    if _SPECIAL.search(word):
        word = _MARKED.sub(lambda match: _MANY[match[0]], word.translate(_ONE_TO_ONE))
    return word.lower()


def words(text: str) -> list[str]:
    """The stems of a text's words, in order."""
    if not _SIMPLE.fullmatch(text):
        found = _WORD.findall(text)
    else:
        found = (_SIMPLE_WORD if _JOINED.search(text) else _RUN).findall(text)
    if len(text) > MAX_WORD and max(map(len, found), default=0) > MAX_WORD:
        found = [piece for word in found for piece in _pieces(word)]
    if "_" in text:
        found = [word for word in found if word.strip("_")]
    return list(filter(None, map(_thread.stems.__getitem__, found)))


def spans(text: str) -> Iterator[Word]:
    """The same words, each with its place in the text."""
    stems = _thread.stems
    for match in (_SIMPLE_WORD if _SIMPLE.fullmatch(text) else _WORD).finditer(text):
        start = match.start()
        for piece in _pieces(match[0]):
            if piece.strip("_") and (stem := stems[piece]):
                yield Word(stem, start, start + len(piece))
            start += len(piece)


def _pieces(word: str) -> list[str]:
    return [word[at : at + MAX_WORD] for at in range(0, len(word), MAX_WORD)]
