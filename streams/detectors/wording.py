"""How a review is worded, in plain numbers: length, sentences, punctuation, persons, superlatives, concreteness.

Invented experiences are told with more "I", more superlatives and fewer numbers and places than real ones
(Ott et al., "Finding deceptive opinion spam by any stretch of the imagination", ACL 2011; Li et al., "Towards a
general rule for identifying deceptive opinion spam", ACL 2014). These numbers are weak alone and differ from one site
to the next, so only a model trained on a team's own labels weighs them.
"""

from __future__ import annotations

import math
import re

NAME = "wording"
LIMIT = 4_000
"""Characters of a text that are looked at."""

_WORD = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)?")
_SENTENCE = re.compile(r"[.!?…\n]+")


def _words(line: str) -> frozenset[str]:
    return frozenset(line.split())


_SELF = frozenset(
    ["i", "me", "my", "mine", "i'm", "i've", "i'd", "я", "мне", "меня", "мой", "моя", "моё", "мое", "мою"]
)
_GROUP = frozenset(["we", "us", "our", "ours", "we're", "we've", "мы", "нам", "нас", "наш", "наша", "наши", "нашей"])
_OTHER = frozenset(["you", "your", "you're", "you'll", "вы", "вам", "вас", "ваш", "ваша", "ваши", "тебе", "ты"])
_SUPERLATIVE = _words(
    "best worst amazing awesome excellent perfect perfectly fantastic wonderful incredible outstanding great love "
    "loved favorite favourite delicious definitely absolutely highly recommend recommended beautiful always never "
    "everything лучший лучшая лучшие лучшее отличный отличная отличное отлично супер прекрасный прекрасно великолепно "
    "идеально рекомендую советую замечательный замечательно превосходно всегда никогда обалденный шикарный "
    "шикарно очень"
)
_NEGATION = frozenset(
    ["not", "no", "don't", "didn't", "wasn't", "isn't", "but", "however", "не", "нет", "но", "однако"]
)


def measure(text: str) -> dict[str, float]:
    """The numbers of *text*; shares are of its words unless said otherwise, all are rounded to three decimals."""
    text = text[:LIMIT].strip()
    words = _WORD.findall(text)
    lowered = [word.lower().replace("’", "'") for word in words]
    characters, count = max(len(text), 1), max(len(words), 1)
    sentences = [len(part.split()) for part in _SENTENCE.split(text) if part.strip()] or [0]
    mean = sum(sentences) / len(sentences)
    spread = math.sqrt(sum((length - mean) ** 2 for length in sentences) / len(sentences))
    numbers = {
        "length": math.log2(characters),
        "word_length": sum(map(len, words)) / count,
        "sentence_length": mean,
        "sentence_spread": spread,
        "exclamations": 100 * text.count("!") / characters,
        "questions": 100 * text.count("?") / characters,
        "commas": 100 * text.count(",") / characters,
        "brackets": 100 * text.count("(") / characters,
        "lines": 100 * text.count("\n") / characters,
        "capitals": sum(map(str.isupper, text)) / characters,
        "shouting": sum(len(word) > 1 and word.isupper() for word in words) / count,
        "digits": sum(map(str.isdigit, text)) / characters,
        "self": sum(word in _SELF for word in lowered) / count,
        "group": sum(word in _GROUP for word in lowered) / count,
        "other": sum(word in _OTHER for word in lowered) / count,
        "superlatives": sum(word in _SUPERLATIVE for word in lowered) / count,
        "negations": sum(word in _NEGATION for word in lowered) / count,
        "variety": len(set(lowered)) / math.sqrt(count),
    }
    return {name: round(value, 3) for name, value in numbers.items()}
