"""How people and spammers change a review that they copy: a seeded generator, used by bench/copies.py and the tests.

Every change is a function of a text and a random generator, and gives a text that differs, or None where the change
does not apply (no ё in it, one sentence only).
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable
from random import Random

Change = Callable[[str, Random], str | None]

_EMOJI = "😀😍👍🔥❤️🎉😊👌⭐💯😡🙏"
_KEYS = {
    **{a: b for row in ("йцукенгшщзхъ", "фывапролджэ", "ячсмитьбю") for a, b in itertools.pairwise(row)},
    **{a: b for row in ("qwertyuiop", "asdfghjkl", "zxcvbnm") for a, b in itertools.pairwise(row)},
}
_TO_LATIN = dict(zip("аеорсухкАВЕКМНОРСТХ", "aeopcyxkABEKMHOPCTX", strict=True))
_TO_CYRILLIC = {latin: cyrillic for cyrillic, latin in _TO_LATIN.items()}
_SENTENCE = re.compile(r"[^.!?\n]+(?:[.!?\n]+|$)")
_NUMBER = re.compile(r"\d+")
_NAME = re.compile(r"(?<=[\w,] )[A-ZА-ЯЁ][a-zа-яё]{2,}")
_NAMES_RU = ("Мария", "Андрей", "Ольга Петровна", "Светлана", "Тимур", "Самара", "Казань", "Евгений", "Наталья")
_NAMES_EN = ("Julia", "Robert", "Mr Henderson", "Manchester", "Olivia", "Prague", "Sandra", "Acme", "Kevin")
_ADDED_RU = (
    "Буду заказывать ещё.", "Всем советую обратить внимание.", "Пользуюсь уже третий месяц.",
    "Заказывала на подарок сестре.", "Пишу как есть, без прикрас.", "Надеюсь, мой отзыв кому-то поможет.",
    "Муж тоже оценил.", "Посмотрим, как будет дальше.",
)  # fmt: skip
_ADDED_EN = (
    "I would order it again.", "Hope this helps somebody.", "My husband agrees with me.", "We will see how it lasts.",
    "Bought it as a present for my sister.", "I have been using it for three months.", "Just my honest opinion.",
)  # fmt: skip


def _russian(text: str) -> bool:
    return bool(re.search("[а-яё]", text.lower()))


def _sentences(text: str) -> list[str]:
    return [part.strip() for part in _SENTENCE.findall(text) if part.strip()]


def typos(text: str, random: Random, rate: float = 0.03) -> str | None:
    """Change about *rate* of the letters: swapped, dropped, doubled, or the neighbour on the keyboard."""
    letters = [i for i, c in enumerate(text) if c.isalpha()]
    if len(letters) < 10:
        return None
    out = list(text)
    for i in random.sample(letters, max(1, round(len(letters) * rate))):
        match random.randrange(4):
            case 0 if i + 1 < len(out):
                out[i], out[i + 1] = out[i + 1], out[i]
            case 1:
                out[i] = ""
            case 2:
                out[i] = out[i] * 2
            case _:
                out[i] = _KEYS.get(out[i].lower(), "а" if _russian(text) else "a")
    return "".join(out)


def case(text: str, random: Random) -> str | None:
    """Write it in capitals, in small letters or As A Title."""
    return random.choice((str.upper, str.lower, str.title, str.swapcase))(text)


def emoji(text: str, random: Random) -> str | None:
    """Strew emoji between words."""
    words = text.split(" ")
    for _ in range(max(1, len(words) // 6)):
        words.insert(random.randrange(len(words) + 1), random.choice(_EMOJI) * random.randint(1, 3))
    return " ".join(words)


def yo(text: str, random: Random) -> str | None:
    """Replace ё by е, or some е by ё."""
    if "ё" in text or "Ё" in text:
        return text.replace("ё", "е").replace("Ё", "Е")
    if "е" not in text:
        return None
    return "".join("ё" if c == "е" and random.random() < 0.3 else c for c in text)


def mixed_alphabets(text: str, random: Random) -> str | None:
    """Write Latin letters in Cyrillic words, or the reverse."""
    table = _TO_LATIN if _russian(text) else _TO_CYRILLIC
    rate = random.choice((0.2, 0.5, 1.0))
    changed = "".join(table[c] if c in table and random.random() < rate else c for c in text)
    return changed if changed != text else None


def swapped_sentences(text: str, random: Random) -> str | None:
    """Swap two sentences."""
    parts = _sentences(text)
    if len(parts) < 2:
        return None
    i, j = random.sample(range(len(parts)), 2)
    parts[i], parts[j] = parts[j], parts[i]
    return " ".join(parts)


def cut(text: str, random: Random) -> str | None:
    """Keep 60 to 80 % of it: the start, the end, or the middle."""
    kept = round(len(text) * random.uniform(0.6, 0.8))
    start = random.choice((0, 0, len(text) - kept, random.randint(0, len(text) - kept)))
    return text[start : start + kept]


def added_sentence(text: str, random: Random) -> str | None:
    """Add a sentence at the start, the end or between two."""
    parts = _sentences(text)
    parts.insert(
        random.choice((0, len(parts), random.randint(0, len(parts)))),
        random.choice(_ADDED_RU if _russian(text) else _ADDED_EN),
    )
    return " ".join(parts)


def names_and_numbers(text: str, random: Random) -> str | None:
    """Put other names and other numbers in."""
    names = _NAMES_RU if _russian(text) else _NAMES_EN
    changed = _NUMBER.sub(
        lambda found: str(random.randrange(1, 10 ** len(found.group())) if len(found.group()) < 9 else 1), text
    )
    changed = _NAME.sub(lambda _: random.choice(names), changed)
    return changed if changed != text else None


def several(text: str, random: Random) -> str | None:
    """Two of the other changes, one after the other."""
    for change in random.sample(SINGLE, 2):
        text = change(text, random) or text
    return text


SINGLE: list[Change] = [
    typos, case, emoji, yo, mixed_alphabets, swapped_sentences, cut, added_sentence, names_and_numbers,
]  # fmt: skip
KINDS: dict[str, Change] = {change.__name__: change for change in (*SINGLE, several)}
