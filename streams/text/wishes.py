"""What a review asks for ("please add", "хотелось бы", "исправьте"): the sentences that hold a request."""

from collections import defaultdict
from functools import cache
from pathlib import Path

import msgspec

from streams.text.segments import Segments, Span

MOST = 16
"""Requests of one review that are kept."""
LONGEST = 500
"""Characters of a request's text; a sentence without an end is cut."""
_FILE = Path(__file__).with_name("data") / "requests.json"
_GAP = 2


class _Lexicon(msgspec.Struct, frozen=True):
    en: list[str]
    ru: list[str]


def wishes(segments: Segments) -> list[Span]:
    """Find the sentences that ask for something, in text order, at most MOST of at most LONGEST characters."""
    cues = _cues()
    found: list[Span] = []
    if cues.keys().isdisjoint(segments.words) and not any("’" in word for word in segments.words):
        return found
    segments = _straight(segments)
    there = set(segments.words)
    possible = {word: [phrase for phrase, needed in cues[word] if needed <= there] for word in there if word in cues}
    asked = -1
    for number in [at for at, word in enumerate(segments.words) if possible.get(word)]:
        sentence = segments.sentence_number(number)
        if sentence != asked and any(_follows(segments, number, phrase) for phrase in possible[segments.words[number]]):
            asked = sentence
            start, end = segments.sentence(number)
            if end - start > LONGEST:
                start = max(start, segments.starts[number] - LONGEST // 2)
                end = min(end, start + LONGEST)
            found.append((start, end))
            if len(found) == MOST:
                break
    return found


def _straight(segments: Segments) -> Segments:
    """The same with typographic apostrophes in words made straight, as the phrases are written."""
    if not any("’" in word for word in segments.words):
        return segments
    return msgspec.structs.replace(segments, words=[word.replace("’", "'") for word in segments.words])


def _follows(segments: Segments, number: int, phrase: tuple[str, ...]) -> bool:
    """Whether the words after *number*, in the same sentence, are those of *phrase*."""
    at, gap, sentence = number, 0, segments.sentence_number(number)
    for wanted in phrase:
        if wanted == "_":
            gap = _GAP
            continue
        for step in range(1, gap + 2):
            place = at + step
            if place >= len(segments.words) or segments.sentence_number(place) != sentence:
                return False
            word = segments.words[place]
            if word.startswith(wanted[:-1]) if wanted[-1] == "*" else word == wanted:
                at = place
                break
        else:
            return False
        gap = 0
    return True


@cache
def _cues() -> dict[str, list[tuple[tuple[str, ...], frozenset[str]]]]:
    """For each first word of a phrase what may follow, and the whole words in that, without which it cannot."""
    lexicon = msgspec.json.decode(_FILE.read_bytes(), type=_Lexicon)
    cues: dict[str, list[tuple[tuple[str, ...], frozenset[str]]]] = defaultdict(list)
    for phrase in lexicon.en + lexicon.ru:
        first, *rest = phrase.split()
        whole = frozenset(word for word in rest if word != "_" and not word.endswith("*"))
        cues[first].append((tuple(rest), whole))
    return dict(cues)
