"""What a review speaks of: delivery, price, staff and the other elements of value, each with its place.

A dictionary of stems, no model: it is exact about where the word stands, says the same in English and Russian, and a
company can read and extend it (streams/text/data/aspects.json).
"""

from functools import cache
from pathlib import Path

import msgspec
import Stemmer

from streams.text.segments import Segments, Span

MOST = 32
"""Mentions of one review that are kept."""
_REMEMBERED, _LONGEST = 16_384, 40
_FILE = Path(__file__).with_name("data") / "aspects.json"


class Mention(msgspec.Struct, frozen=True):
    """An aspect that a review speaks of.

    Attributes:
        name: Name of the aspect.
        span: Place of the word or phrase, in code points.
        clause: Place of the clause that says something of it.
    """

    name: str
    span: Span
    clause: Span


class _Lexicon(msgspec.Struct, frozen=True, rename={"exceptions": "except"}):
    """Words by aspect and language; ``exceptions`` share a stem with one of them and mean something else."""

    aspects: dict[str, dict[str, str]]
    exceptions: dict[str, str]


class _Words(msgspec.Struct, frozen=True):
    """The dictionary by stem, and by stems of two words."""

    single: dict[str, str]
    pairs: dict[tuple[str, str], str]
    halves: frozenset[str]


@cache
def names() -> tuple[str, ...]:
    """All names of aspects, in the order of the dictionary."""
    return tuple(_lexicon().aspects)


def mentions(segments: Segments) -> list[Mention]:
    """Find the aspects of a text: the first word of each aspect in each clause, at most MOST, in text order."""
    words, stems = _words(), _stems()
    found: list[Mention] = []
    seen: set[tuple[str, int]] = set()
    telling = {word for word in set(segments.words) if stems[word]}
    for number in [at for at, word in enumerate(segments.words) if word in telling]:
        stem = stems[segments.words[number]]
        before = stems[segments.words[number - 1]] if number else ""
        first = number - ((before, stem) in words.pairs)
        name = words.pairs.get((before, stem)) or words.single.get(stem)
        if name is None or (key := (name, segments.clause_number(number))) in seen:
            continue
        seen.add(key)
        span = segments.starts[first], segments.place(number)[1]
        found.append(Mention(name=name, span=span, clause=segments.clause(number)))
        if len(found) == MOST:
            break
    return found


class _Stems(dict[str, str]):
    """Stem of each word met so far that is in the dictionary, "" for others: reviews repeat few words."""

    def __missing__(self, word: str) -> str:
        if len(self) >= _REMEMBERED:
            self.clear()
        stem = stemmed(word) if len(word) <= _LONGEST and word not in _exceptions() else ""
        known = stem in _words().single or stem in _words().halves
        self[word] = found = stem if known else ""
        return found


@cache
def _stems() -> _Stems:
    return _Stems()


def stemmed(word: str) -> str:
    """Snowball stem of a word in lower case: Russian for Cyrillic words, English for all others."""
    word = word.replace("ё", "е")
    language = "russian" if "а" <= word[:1] <= "я" else "english"
    return str(_stemmer(language).stemWord(word))


@cache
def _stemmer(language: str) -> Stemmer.Stemmer:
    return Stemmer.Stemmer(language)


@cache
def _lexicon() -> _Lexicon:
    return msgspec.json.decode(_FILE.read_bytes(), type=_Lexicon)


@cache
def _exceptions() -> frozenset[str]:
    return frozenset(" ".join(_lexicon().exceptions.values()).split())


@cache
def _words() -> _Words:
    single: dict[str, str] = {}
    pairs: dict[tuple[str, str], str] = {}
    for name, languages in _lexicon().aspects.items():
        for entry in " ".join(languages.values()).split():
            stems = [stemmed(word) for word in entry.split("|")]
            if len(stems) == 2:
                pairs.setdefault((stems[0], stems[1]), name)
            else:
                single.setdefault(stems[0], name)
    return _Words(single=single, pairs=pairs, halves=frozenset(stem for pair in pairs for stem in pair))
