"""All that the pipeline reads out of a text, in one pass over a batch."""

from collections.abc import Sequence
from typing import Any

import msgspec

from streams.text import aspects, language, sentiment
from streams.text.features import Features, extract
from streams.text.segments import Span, cut
from streams.text.wishes import wishes

_KINDS = tuple(dict.fromkeys(language.KINDS + sentiment.KINDS))


class Aspect(msgspec.Struct, frozen=True):
    """An aspect that the text speaks of.

    Attributes:
        name: One of :func:`streams.text.aspects.names`.
        start: First code point of the word or phrase.
        end: One past its last code point.
        sentiment: -1 to 1, what its clause says of it.
    """

    name: str
    start: int
    end: int
    sentiment: float


class Request(msgspec.Struct, frozen=True):
    """A sentence that asks for something: its text and its place in code points."""

    text: str
    start: int
    end: int


class TextAnalysis(msgspec.Struct, frozen=True):
    """What a text says; probabilities 0 to 1, rounded to four decimals.

    Attributes:
        language: ISO 639-1, or "und".
        language_probability: That this is right; 0 for "und".
        negative: Probability that the author is dissatisfied.
        neutral: Probability that the author is neither.
        positive: Probability that the author is satisfied.
        aspects: What the text speaks of, in text order.
        requests: What it asks for, in text order.
    """

    language: str
    language_probability: float
    negative: float
    neutral: float
    positive: float
    aspects: tuple[Aspect, ...]
    requests: tuple[Request, ...]


def analyse(
    texts: Sequence[str], *, expected: frozenset[str] | None = None, features: Features | None = None
) -> list[TextAnalysis]:
    """Analyse a batch; each result depends on its own text alone. Batches of about 256 are the fastest.

    Args:
        texts: Any texts; the first :data:`streams.text.features.LIMIT` characters count.
        expected: Codes of the languages that the texts are probably in.
        features: Their n-grams of all kinds, when they are known already because other models need them too.
    """
    if not texts:
        return []
    features = extract(texts, _KINDS) if features is None else features
    languages = language.identify(texts, features, expected=expected)
    codes = [guess.code for guess in languages]
    moods = sentiment.sentiments(features, codes)
    found: list[list[aspects.Mention]] = []
    requests: list[tuple[Request, ...]] = []
    clauses: dict[tuple[int, Span], str] = {}
    for row, text in enumerate(texts):
        segments = cut(text)
        found.append(aspects.mentions(segments))
        requests.append(tuple(Request(segments.text[start:end], start, end) for start, end in wishes(segments)))
        clauses.update({(row, each.clause): segments.text[slice(*each.clause)] for each in found[-1]})
    leanings = _leanings(clauses, codes)
    return [
        TextAnalysis(
            language=guess.code,
            language_probability=guess.probability,
            negative=mood.negative,
            neutral=mood.neutral,
            positive=mood.positive,
            aspects=tuple(Aspect(each.name, *each.span, leanings[row, each.clause]) for each in found[row]),
            requests=requests[row],
        )
        for row, (guess, mood) in enumerate(zip(languages, moods, strict=True))
    ]


def inspect(texts: Sequence[str], *, expected: frozenset[str] | None = None) -> list[dict[str, Any]]:
    """Analyse a batch and give the objects that ``molva inspect text`` prints."""
    return [
        {
            "language": {"code": found.language, "probability": found.language_probability},
            "sentiment": {"negative": found.negative, "neutral": found.neutral, "positive": found.positive},
            "aspects": [msgspec.to_builtins(aspect) for aspect in found.aspects],
            "requests": [msgspec.to_builtins(request) for request in found.requests],
        }
        for found in analyse(texts, expected=expected)
    ]


def _leanings(clauses: dict[tuple[int, Span], str], codes: Sequence[str]) -> dict[tuple[int, Span], float]:
    """Sentiment of each clause, -1 to 1."""
    if not clauses:
        return {}
    features = extract(list(clauses.values()), sentiment.KINDS)
    moods = sentiment.sentiments(features, [codes[row] for row, _ in clauses])
    return {key: round(mood.positive - mood.negative, 4) for key, mood in zip(clauses, moods, strict=True)}
