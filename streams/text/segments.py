"""Cuts a text into words, clauses and sentences with their places: what aspects and requests are found in."""

import re
from bisect import bisect_right
from itertools import accumulate

import msgspec

from streams.text.features import LIMIT
from streams.text.negation import TURNS

Span = tuple[int, int]

# Each alternative begins with another kind of character and none can fail late, so the scans are linear.
_WORDS = re.compile(r"([^\W\d_]+(?:['’][^\W\d_]+)*)")
_MARKS = re.compile(r"[.!?…\n]+|[,;:()]")
_PAUSES = frozenset(",;:()")
_CLOSING = re.compile(r"[.!?…)]{0,4}")


class Segments(msgspec.Struct, frozen=True):
    """The parts of a text; places count code points.

    Attributes:
        text: The text that was cut, at most LIMIT characters.
        words: Words in lower case.
        starts: Where each word starts.
        clauses: Where clauses end: at commas and the like, and before words that turn the sense.
        sentences: Where sentences end.
    """

    text: str
    words: list[str]
    starts: list[int]
    clauses: list[int]
    sentences: list[int]

    def place(self, word: int) -> Span:
        """Place of a word."""
        return self.starts[word], self.starts[word] + len(self.words[word])

    def clause_number(self, word: int) -> int:
        """Number of a word's clause, counted from the beginning of the text."""
        return bisect_right(self.clauses, self.starts[word])

    def sentence_number(self, word: int) -> int:
        """Number of a word's sentence, counted from the beginning of the text."""
        return bisect_right(self.sentences, self.starts[word])

    def clause(self, word: int) -> Span:
        """Place of the clause around a word, or of the whole sentence when the clause is that word alone."""
        span = self._between(self.clauses, self.clause_number(word))
        return self.sentence(word) if span == self.place(word) else span

    def sentence(self, word: int) -> Span:
        """Place of the sentence around a word, its closing mark included."""
        start, end = self._between(self.sentences, self.sentence_number(word))
        closing = _CLOSING.match(self.text, end)
        return start, closing.end() if closing else end

    def _between(self, ends: list[int], number: int) -> Span:
        start = ends[number - 1] if number else 0
        end = ends[number] if number < len(ends) else len(self.text)
        part = self.text[start:end]
        bare = part.lstrip(" \t\r\n.!?…,;:()\"'»«-–—")
        start = end - len(bare)
        return start, start + len(bare.rstrip())


def cut(text: str) -> Segments:
    """Cut the first LIMIT characters of *text*; any text is accepted."""
    text = text[:LIMIT]
    lowered = text.lower()
    if len(lowered) != len(text):  # a few letters grow when lowered, which would move all places after them
        lowered = "".join(low if len(low := char.lower()) == 1 else char for char in text)
    parts = _WORDS.split(lowered)  # what stands before, between and after the words at even places, words at odd ones
    words = parts[1::2]
    starts = list(accumulate(map(len, parts)))[: 2 * len(words) : 2]
    clauses: list[int] = []
    sentences: list[int] = []
    for match in _MARKS.finditer(text):
        start, end = match.span()
        if text[start] not in _PAUSES:
            if text[start:end] == "." and text[end : end + 1].isdigit():
                continue  # "4.5"
            sentences.append(start)
        clauses.append(start)
    if not TURNS.isdisjoint(words):
        clauses += [start for word, start in zip(words, starts, strict=True) if word in TURNS]
        clauses.sort()
    return Segments(text=text, words=words, starts=starts, clauses=clauses, sentences=sentences)
