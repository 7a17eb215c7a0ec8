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

_REWARD_RU = r"(?:балл|бонус|скидк|подар|кешб[еэ]к|кэшб[еэ]к|деньг|рубл|вернул|промокод)"
_REWARDS_RU = ("балл", "бонус", "скидк", "подар", "кешб", "кэшб", "деньг", "рубл", "вернул", "промокод")

_OWNED = ("own ", "company", "shop", "store", "brand", "business", "product line")

_RULES: tuple[tuple[str, tuple[tuple[str, ...], ...], re.Pattern[str]], ...] = tuple(
    (kind, needed, re.compile(pattern))
    for kind, needed, pattern in (
        (
            "gift",
            (("in exchange for ",), ("review", "opinion", "feedback")),
            r"in exchange for (?:an? |my |your )?(?:(?:honest|fair|unbiased|and) ){0,3}(?:review|opinion|feedback)",
        ),
        (
            "gift",
            (("honest ", "fair ", "unbiased "),),
            r"for (?:an? |my )?(?:honest|fair|unbiased) (?:review|opinion|feedback)",
        ),
        (
            "gift",
            (("for free", "free of charge", "as a free sample"), ("received", "got ", "given", "sent ")),
            r"\b(?:received|got|given|sent) (?:\w+ ){0,4}(?:for free|free of charge|as a free sample)",
        ),
        ("gift", (("complimentary ",),), r"complimentary (?:product|sample|item)"),
        ("gift", (("free sample ",),), r"free sample (?:from|by|to review)"),
        (
            "gift",
            (("gift card", "discount", "coupon", "refund", "cash", "voucher"), ("review", "feedback", "stars")),
            (
                r"(?:gift card|discount|coupon|refund|cash ?back|voucher)s? (?:\w+ )?for (?:a|my|your|leaving|writing) "
                r"(?:\w+ )?(?:review|feedback|stars)"
            ),
        ),
        (
            "gift",
            (("отзыв",), _REWARDS_RU),
            rf"\b(?:за|в обмен на) (?:\w+ )?отзыв(?:ы)? (?:\w+ ){{0,3}}{_REWARD_RU}",
        ),
        ("gift", (("отзыв",), _REWARDS_RU), rf"\b{_REWARD_RU}\w* (?:\w+ ){{0,3}}за (?:\w+ ){{0,2}}отзыв"),
        ("gift", (("отзыв",),), r"\b(?:в обмен на|за) (?:честный|положительный|хороший) отзыв"),
        (
            "gift",
            (("отзыв", "обзор", "тест"), ("бесплатно", "в подарок", "даром")),
            r"\b(?:бесплатно|в подарок|даром) (?:\w+ ){0,3}(?:за|на|для) (?:\w+ )?(?:отзыв|обзор|тест)",
        ),
        (
            "insider",
            (tuple(f"{owner} {own}" for owner in ("my", "our") for own in _OWNED),),
            (
                r"\b(?:my|our) (?:own )?(?:company|shop|store|brand|business|product line) "
                r"(?:makes|made|sells|offers|created)"
            ),
        ),
        (
            "insider",
            (("i work", "i am working"),),
            r"\bi (?:work|am working) (?:for|at) (?:this|the) (?:company|seller|brand|manufacturer|hotel|restaurant)",
        ),
        ("insider", (("i am the ",),), r"\bi am the (?:owner|seller|manufacturer|author|developer)\b"),
        ("insider", (("we are the ",),), r"\bwe are the (?:manufacturer|seller|makers)\b"),
        (
            "insider",
            (("наша ", "моя "), ("компания", "фирма", "фабрика")),
            r"\b(?:наша|моя) (?:компания|фирма|фабрика) (?:производит|делает|прода[её]т|выпускает)",
        ),
        (
            "insider",
            (("наш магазин", "наш бренд", "наш салон"),),
            r"\bнаш (?:магазин|бренд|салон) (?:предлагает|прода[её]т|рад)",
        ),
        (
            "insider",
            (("работаю", "сотрудни", "владелец", "представитель"), ("этой", "этого", "данной", "данного")),
            r"\bя (?:работаю|сотрудник|сотрудница|владелец|представитель) (?:в )?(?:этой|этого|данной|данного) ",
        ),
    )
)
"""What is said, words of which one of each tuple must be there (a quick look spares the rest), and how it is said."""
_FIRST_WORDS = tuple(sorted({word for _, needed, _ in _RULES for word in needed[0]}))


def find(text: str) -> dict[str, str]:
    """What is said, by kind (``gift``, ``insider``), in the words of the text; nothing for most texts."""
    lowered = " ".join(text[:LIMIT].lower().split())
    found: dict[str, str] = {}
    for word in _FIRST_WORDS:
        if word in lowered:
            break
    else:
        return found
    for kind, needed, pattern in _RULES:
        if kind not in found and all(any(word in lowered for word in words) for words in needed):
            match = pattern.search(lowered)
            if match:
                found[kind] = match[0].strip()
    return found


def measure(text: str) -> dict[str, float]:
    """The same as numbers: 1.0 for each kind that is said."""
    return dict.fromkeys(find(text), 1.0)
