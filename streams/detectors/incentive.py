"""Words by which a review itself says that it was paid for, asked for, or written by an insider.

Reviews for free goods say so, because the rules of shops and of trade commissions make them; they are far kinder than
others (Park, Shin and Xie, "The fateful first consumer review", Marketing Science 2021, on seeded reviews; the
US Federal Trade Commission's rule on consumer reviews, 16 CFR 465, lists insiders and incentives). It is a sign of
bias, not proof of fraud.
"""

from __future__ import annotations

import re

NAME = "incentive"
LIMIT = 4_000
"""Characters of a text that are looked at."""

_GIFT_EN = (
    r"in exchange for (?:an? |my |your )?(?:honest|fair|unbiased|honest and unbiased)? ?(?:review|opinion|feedback)"
    r"|for (?:an? |my )?(?:honest|fair|unbiased) (?:review|opinion|feedback)"
    r"|(?:received|got|given|sent) (?:this|it|the|a|these|one|them)? ?(?:\w+ ){0,3}"
    r"(?:for free|free of charge|as a free sample)"
    r"|(?:gift card|discount|coupon|refund|cash ?back|voucher)s? (?:\w+ )?for (?:a|my|your|leaving|writing) "
    r"(?:\w+ )?(?:review|feedback|stars)"
    r"|complimentary (?:product|sample|item)|free sample (?:from|by|to review)"
)
_GIFT_RU = (
    r"(?:за|в обмен на) (?:\w+ )?отзыв(?:ы)? (?:\w+ ){0,3}"
    r"(?:балл|бонус|скидк|подар|кешб[еэ]к|кэшб[еэ]к|деньг|рубл|вернул|промокод)"
    r"|(?:балл|бонус|скидк|подар|кешб[еэ]к|кэшб[еэ]к|деньги|рубл|промокод)\w* (?:\w+ ){0,3}за (?:\w+ ){0,2}отзыв"
    r"|(?:бесплатно|в подарок|даром) (?:\w+ ){0,3}(?:за|на|для) (?:\w+ )?(?:отзыв|обзор|тест)"
    r"|(?:в обмен на|за) (?:честный|положительный|хороший) отзыв"
)
_INSIDER_EN = (
    r"\b(?:my|our) (?:own )?(?:company|shop|store|brand|business|product line) (?:makes|made|sells|offers|created)"
    r"|\bi (?:work|am working) (?:for|at) (?:this|the) (?:company|seller|brand|manufacturer|hotel|restaurant)"
    r"|\bi am the (?:owner|seller|manufacturer|author|developer)|\bwe are the (?:manufacturer|seller|makers)"
)
_INSIDER_RU = (
    r"\b(?:наша|моя) (?:компания|фирма|фабрика) (?:производит|делает|прода[её]т|выпускает)"
    r"|\bнаш (?:магазин|бренд|салон) (?:предлагает|прода[её]т|рад)"
    r"|\bя (?:работаю|сотрудник|сотрудница|владелец|представитель) (?:в )?(?:этой|этого|данной|данного) "
)
_PATTERNS = {
    "gift": re.compile(f"{_GIFT_EN}|{_GIFT_RU}"),
    "insider": re.compile(f"{_INSIDER_EN}|{_INSIDER_RU}"),
}
_HINTS = (
    "for free", "free of charge", "free sample", "complimentary", "exchange", "honest", "unbiased", "fair ",
    "gift card", "discount", "coupon", "refund", "cash", "voucher", "company", "our shop", "my shop", "store", "brand",
    "business", "i am the", "we are the", "i work", "am working", "отзыв", "обзор", "за тест", "компания", "фирма",
    "фабрика",
    "наш магазин", "наш бренд", "наш салон", "сотрудни", "работаю", "владелец", "представитель",
)  # fmt: skip
"""A text without any of these is done with at once."""


def find(text: str) -> dict[str, str]:
    """What is said, by kind (``gift``, ``insider``), in the words of the text; nothing for most texts."""
    lowered = " ".join(text[:LIMIT].lower().split())
    if not any(hint in lowered for hint in _HINTS):
        return {}
    return {kind: match[0].strip() for kind, pattern in _PATTERNS.items() if (match := pattern.search(lowered))}


def measure(text: str) -> dict[str, float]:
    """The same as numbers: 1.0 for each kind that is said."""
    return dict.fromkeys(find(text), 1.0)
