"""Reasons in words: one sentence each, in English and in Russian, for a person who has never heard of Molva.

A sentence says what was seen, with its numbers, and which way it points; how strongly it counts stands in the bar
beside it. It never says that a review *is* fake.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Protocol

from schemas.events import Level, Review
from streams.detectors import incentive
from streams.grammar import noun, plural
from streams.scoring.evidence import grade
from streams.scoring.model import Model
from streams.telling import phrases


class Found(Protocol):
    """A detector's signal."""

    @property
    def features(self) -> dict[str, float]: ...  # noqa: D102 - the class says it
    @property
    def reviews(self) -> tuple[str, ...]: ...  # noqa: D102


STRONG = 2.0
"""Log-odds from which a sentence about wording speaks without reserve and names phrases."""


class Case:
    """All that a sentence may speak of."""

    def __init__(
        self,
        value: float,
        *,
        review: Review,
        negative: float | None,
        signals: Mapping[str, Found],
        model: Model,
        level: Level,
    ) -> None:
        self.raises = value > 0
        self.strong = value >= STRONG
        self.review = review
        self.negative = negative
        self.signals = signals
        self.model = model
        self.level = level

    def number(self, signal: str, feature: str, missing: float = 0.0) -> float:
        """A feature of a signal."""
        return self.signals[signal].features.get(feature, missing) if signal in self.signals else missing


Sentence = tuple[str, str]


def tell(
    name: str,
    value: float,
    *,
    review: Review,
    negative: float | None,
    signals: Mapping[str, Found],
    model: Model,
    level: Level,
) -> tuple[str, str, str, tuple[str, ...]]:
    """The reason *name* in words: its name, the English and the Russian sentence, the reviews that it points at."""
    case = Case(value, review=review, negative=negative, signals=signals, model=model, level=level)
    english, russian = _SENTENCES[name](case)
    signal = signals.get(_SIGNALS.get(name, name))
    return name, english, russian, signal.reviews if signal else ()


def _quoted(case: Case, reason: str) -> Sentence:
    """The most telling wordings, as the end of a sentence, if it is worth naming any."""
    if not case.strong or case.level in {"low", "insufficient"}:
        return "", ""
    found = phrases(case.review.prose, case.model, reason)
    if not found:
        return "", ""
    english = ", ".join(f"“{phrase}”" for phrase in found)
    return f", for example in {english}", ", например: " + ", ".join(f"«{phrase}»" for phrase in found)


def _machine(case: Case) -> Sentence:
    if not case.raises:
        return (
            "It reads as if a person wrote it about an experience of their own.",
            "Похоже, что это написал человек о собственном опыте.",
        )
    if not case.strong:
        return (
            "Some of its turns are usual in generated texts.",
            "Некоторые обороты в нём обычны для сгенерированных текстов.",
        )
    english, russian = _quoted(case, "machine-text")
    return (
        f"It is put together the way text generators write{english}.",
        f"Текст построен так, как пишут генераторы текста{russian}.",
    )


def _template(case: Case) -> Sentence:
    if not case.strong:
        return (
            "In part it sounds like ready-made praise.",
            "Отчасти это похоже на шаблонную похвалу.",
        )
    english, russian = _quoted(case, "template-praise")
    return (
        f"It sounds like ready-made praise that would fit any product{english}.",
        f"Похоже на шаблонную похвалу, которая подошла бы к любому товару{russian}.",
    )


def _pattern(case: Case) -> Sentence:
    if not case.raises:
        return (
            "Its wording is closer to the reviews that were labelled genuine in training.",
            "По словам он ближе к отзывам, которые при обучении были помечены как настоящие.",
        )
    english, russian = _quoted(case, "text-pattern")
    return (
        f"Its wording is closer to the reviews that were labelled fake in training{english}.",
        f"По словам он ближе к отзывам, которые при обучении были помечены как накрутка{russian}.",
    )


def _wording(case: Case) -> Sentence:
    characters = len(case.review.prose)
    stock = round(100 * case.number("wording", "superlatives"))
    english = f"Its form ({characters} characters, {stock}% of the words strong praise or blame)"
    russian = (
        f"По форме ({characters} {plural(characters, 'знак', 'знака', 'знаков')}, {stock} % слов — сильная оценка) он"
    )
    if case.raises:
        return f"{english} is commoner among fakes.", f"{russian} чаще встречается среди накруток."
    return f"{english} is commoner among genuine reviews.", f"{russian} чаще встречается среди настоящих отзывов."


def _rating(case: Case) -> Sentence:
    stars = case.review.stars
    if stars is None:
        return "It has no rating.", "В нём нет оценки."
    if case.raises:
        return (
            f"A rating of {stars:g} out of 5 is commoner among fakes.",
            f"Оценка {stars:g} из 5 чаще встречается среди накруток.",
        )
    return (
        f"A rating of {stars:g} out of 5 is commoner among genuine reviews.",
        f"Оценка {stars:g} из 5 чаще встречается среди настоящих отзывов.",
    )


def _copied(case: Case) -> Sentence:
    count = case.number("copied-text", "count")
    percent = round(100 * case.number("copied-text", "similarity"))
    how_en = f" (up to {percent}% the same)" if percent else ""
    how_ru = f" (совпадение до {percent} %)" if percent else ""
    return (
        (
            f"{int(count)} earlier {noun(count, 'review', 'reviews')} by other authors "
            f"{noun(count, 'has', 'have')} nearly the same text{how_en}."
        ),
        (
            f"Почти такой же текст уже был в {int(count)} "
            f"{plural(count, 'более раннем отзыве', 'более ранних отзывах', 'более ранних отзывах')} "
            f"других авторов{how_ru}."
        ),
    )


def _burst(case: Case) -> Sentence:
    count, ratio = int(case.number("burst", "count")), int(case.number("burst", "ratio"))
    return (
        (
            f"It came in a wave: at least {count} reviews of the same subject in one day, "
            f"{ratio} times its usual pace or more."
        ),
        (
            f"Он пришёл в волне: не меньше {count} {plural(count, 'отзыва', 'отзывов', 'отзывов')} "
            "на то же самое за день, "
            f"это как минимум в {ratio} {plural(ratio, 'раз', 'раза', 'раз')} чаще обычного."
        ),
    )


def _author(case: Case) -> Sentence:
    count, per_day = case.number("author", "count", 1), case.number("author", "per_day")
    similar, extreme = case.number("author", "similar"), case.number("author", "extreme", -1)
    if count < 2:
        return (
            "Nothing else by this author is known.",
            "Других отзывов этого автора не видно.",
        )
    english = [f"wrote at least {int(count)} reviews"]
    russian = [f"не меньше {int(count)} {plural(count, 'отзыва', 'отзывов', 'отзывов')}"]
    if per_day >= 2:
        english.append(f"{int(per_day)} or more of them on one day")
        russian.append(f"из них за один день {int(per_day)} или больше")
    if similar >= 0.5:
        english.append(f"some of them {round(100 * similar)}% alike")
        russian.append(f"некоторые похожи друг на друга на {round(100 * similar)} %")
    if extreme >= 1:
        english.append("all with the highest or lowest rating")
        russian.append("все с высшей или низшей оценкой")
    end_en, end_ru = (
        ("", "")
        if case.raises
        else ("; that looks like an ordinary reviewer", "; похоже на обычного человека, который пишет отзывы")
    )
    return f"The author {', '.join(english)}{end_en}.", f"У автора {', '.join(russian)}{end_ru}."


def _ring(case: Case) -> Sentence:
    others, subjects = int(case.number("ring", "authors", 2)) - 1, int(case.number("ring", "subjects", 3))
    english = (
        f"At least {others} other {noun(others, 'author', 'authors')} reviewed {subjects} or more of the subjects that "
        "this author did"
    )
    russian = (
        f"Не меньше {others} {plural(others, 'другого автора', 'других авторов', 'других авторов')} писали о том же, "
        f"что и этот автор ({subjects} {plural(subjects, 'объект', 'объекта', 'объектов')} или больше)"
    )
    alike = []
    if case.number("ring", "near", -1) >= 1:
        alike.append(("within a week of each other", "в пределах недели"))
    if case.number("ring", "alike", -1) >= 1:
        alike.append(("with like ratings", "с похожими оценками"))
    if alike:
        english += ", " + " and ".join(en for en, _ in alike)
        russian += ", " + " и ".join(ru for _, ru in alike)
    return f"{english}.", f"{russian}."


def _subject(case: Case) -> Sentence:
    stars, mean = case.review.stars, case.number("subject", "mean")
    count = int(case.number("subject", "count", 1))
    if count < 2:
        return "No other review of the same subject is known.", "Других отзывов на то же самое не видно."
    others = plural(count, "отзыв", "отзыва", "отзывов")
    if stars is not None and mean and abs(stars - mean) >= 1:
        english = f"It gives {stars:g} where the subject has {mean:g} on average ({count} or more reviews)"
        russian = f"Здесь {stars:g}, а в среднем ставят {mean:g} ({count} {others} или больше)"
    else:
        average = f", {mean:g} stars on average" if mean else ""
        english = f"The subject has {count} or more reviews{average}"
        russian = f"На то же самое есть {count} {others} или больше" + (f", в среднем {mean:g}" if mean else "")
    if case.raises:
        return f"{english}; such a review is commoner among fakes.", f"{russian}; такое чаще бывает у накруток."
    return (
        f"{english}; such a review is commoner among genuine ones.",
        f"{russian}; такое чаще бывает у настоящих отзывов.",
    )


def _mismatch(case: Case) -> Sentence:
    stars = case.review.stars
    english, russian = ("negative", "отрицательно") if (case.negative or 0.0) >= 0.5 else ("positive", "положительно")
    return (
        f"The rating is {stars:g} out of 5, but the words are {english}.",
        f"Оценка — {stars:g} из 5, а написано {russian}.",
    )


def _incentive(case: Case) -> Sentence:
    said = incentive.find(case.review.prose)
    words = next(iter(said.values()), "")
    if "insider" in said:
        return (
            f"It seems to be written by somebody of the company itself: “{said['insider']}”.",
            f"Похоже, писал кто-то из самой компании: «{said['insider']}».",
        )
    return (
        f"It says that the author got something for it: “{words}”.",
        f"В нём сказано, что автор что-то за него получил: «{words}».",
    )


def _verification(case: Case) -> Sentence:
    known = grade(case.review)
    if known == "invited":
        return (
            "The author was invited by the company after a purchase.",
            "Автора пригласила сама компания после покупки.",
        )
    if known == "verified":
        return (
            "The platform says that the author really bought it.",
            "Площадка подтверждает, что автор действительно это купил.",
        )
    return (
        "Nothing shows that the author really bought it.",
        "Ничто не подтверждает, что автор действительно это купил.",
    )


_SIGNALS = {"subject-burst": "burst"}
_SENTENCES: dict[str, Callable[[Case], Sentence]] = {
    "machine-text": _machine,
    "template-praise": _template,
    "text-pattern": _pattern,
    "wording": _wording,
    "rating": _rating,
    "copied-text": _copied,
    "subject-burst": _burst,
    "author": _author,
    "ring": _ring,
    "subject": _subject,
    "rating-mismatch": _mismatch,
    "incentive": _incentive,
    "verification": _verification,
}
