"""What letters say, in English and Russian: every sentence of ours that a letter can hold, and dates and stars."""

from __future__ import annotations

from datetime import datetime
from typing import Any

WORDS: dict[str, dict[str, Any]] = {
    "en": {
        "edited": "edited",
        "was": "before",
        "negative": "Negative",
        "withdrawn": "The source no longer shows this review.",
        "by": "by",
        "anonymous": "Anonymous",
        "pros": "Liked",
        "cons": "Disliked",
        "more": "The review goes on in Molva.",
        "no_text": "No words, a rating alone.",
        "trust": "How far to trust it",
        "levels": {
            "low": "Low risk of being fake",
            "medium": "Suspicious: it may be fake",
            "high": "High risk of being fake",
            "insufficient": "Too little to judge by",
        },
        "raises": "speaks against it",
        "lowers": "speaks for it",
        "no_reasons": "Nothing about it stands out.",
        "grades": {
            "anonymous": "The author is anonymous.",
            "identified": "The author is known by a login.",
            "platform-verified": "The platform has verified the author.",
            "order-matched": "The author was matched with an order.",
            "invited": "The author was invited by you.",
        },
        "open": "Open in Molva",
        "source": "See it at the source",
        "why": "You get this letter because a review matches your subscription",
        "unsubscribe": "Unsubscribe",
        "quoted": "“{}”",
        "review": "Review",
        "stars_of_five": "{} of 5 stars",
        "months": "January February March April May June July August September October November December",
    },
    "ru": {
        "edited": "изменён",
        "was": "раньше",
        "negative": "Негатив",
        "withdrawn": "На источнике этого отзыва больше нет.",
        "by": "автор:",
        "anonymous": "Аноним",
        "pros": "Понравилось",
        "cons": "Не понравилось",
        "more": "Продолжение отзыва — в Молве.",
        "no_text": "Без слов, только оценка.",
        "trust": "Насколько ему верить",
        "levels": {
            "low": "Низкий риск подделки",
            "medium": "Подозрительно: возможна подделка",
            "high": "Высокий риск подделки",
            "insufficient": "Слишком мало данных, чтобы судить",
        },
        "raises": "говорит против",
        "lowers": "говорит за",
        "no_reasons": "Ничего необычного не видно.",
        "grades": {
            "anonymous": "Автор неизвестен.",
            "identified": "Автор известен по входу на сайт.",
            "platform-verified": "Автор подтверждён площадкой.",
            "order-matched": "Автор сопоставлен с заказом.",
            "invited": "Автор оставил отзыв по вашему приглашению.",
        },
        "open": "Открыть в Молве",
        "source": "Посмотреть на источнике",
        "why": "Письмо пришло, потому что отзыв подходит под вашу подписку",
        "unsubscribe": "Отписаться",
        "quoted": "«{}»",
        "review": "Отзыв",
        "stars_of_five": "{} из 5 звёзд",
        "months": "января февраля марта апреля мая июня июля августа сентября октября ноября декабря",
    },
}


def stars(value: float | None) -> str:
    """The rating as five glyphs, halves as ½; empty without a rating."""
    if value is None:
        return ""
    halves = max(0, min(10, int(value * 2 + 0.5)))
    full, half = divmod(halves, 2)
    return "★" * full + "½" * half + "☆" * (5 - full - half)


def number(value: float, language: str) -> str:
    """A number with at most two decimals and the language's comma."""
    text = f"{value:.2f}".rstrip("0").rstrip(".")
    return text.replace(".", ",") if language == "ru" else text


def percent(value: float, language: str) -> str:
    """A share of one as whole per cent; a space before the sign in Russian."""
    return f"{round(value * 100)}\u00a0%" if language == "ru" else f"{round(value * 100)}%"


def date(stamp: str | None, language: str) -> str:
    """A document's time in words, without the hour when it is midnight sharp."""
    if not stamp:
        return ""
    time = datetime.fromisoformat(stamp)
    month = WORDS[language]["months"].split()[time.month - 1]
    day = f"{time.day} {month} {time.year}"
    return day if (time.hour, time.minute, time.second) == (0, 0, 0) else f"{day}, {time:%H:%M} UTC"
