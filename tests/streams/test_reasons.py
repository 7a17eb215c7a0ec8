"""Every reason is a whole sentence in English and in Russian, and says which way it points, whatever was seen."""

from __future__ import annotations

import itertools
import re

import pytest

from schemas.events import Rating, Review, Subject
from schemas.wire import VERIFIED_PURCHASE
from streams import reasons
from streams.risk import Signal, load

NAMES = tuple(reasons._SENTENCES)
TEXT = "An amazing stay, a perfect blend of comfort and style. Honestly the best hotel ever, highly recommended!"
TEXT_RU = "Отличный товар! Качество на высоте, рекомендую всем! Пришёл быстро, продавец вежливый, спасибо."
FEATURES = {
    "copied-text": [{"count": 1.0, "similarity": 0.93}, {"count": 5.0, "similarity": 0.7}],
    "burst": [{"count": 9.0, "ratio": 4.0}, {"count": 21.0, "ratio": 1.0}],
    "author": [
        {},
        {"count": 3.0},
        {"count": 5.0, "per_day": 3.0, "similar": 0.8, "extreme": 1.0},
        {"count": 2.0, "per_day": 1.0, "similar": 0.1, "extreme": 0.5},
    ],
    "subject": [{}, {"count": 1.0}, {"count": 9.0, "mean": 3.1}, {"count": 17.0, "mean": 5.0}, {"count": 2.0}],
    "ring": [{"authors": 5.0, "subjects": 3.0, "near": 1.0, "alike": 1.0}, {"authors": 2.0, "subjects": 3.0}],
    "wording": [{}, {"superlatives": 0.21}],
}


def told(name, *, value=1.0, stars=5.0, text=TEXT, badges=(), features=None, negative=0.1, level="high"):
    """The English and the Russian sentence for one reason, and what it points at."""
    review = Review(
        source="shop",
        subject=Subject(id="p"),
        text=text,
        rating=None if stars is None else Rating(value=stars),
        badges=badges,
    )
    signal = reasons._SIGNALS.get(name, name)
    signals = {} if features is None else {signal: Signal(signal, features, ("r7",))}
    found = reasons.tell(
        name, value, review=review, negative=negative, signals=signals, model=load().model, level=level
    )
    assert found[0] == name
    return found[1:]


def worlds(name):
    signal = reasons._SIGNALS.get(name, name)
    for value, stars, text, badges, features in itertools.product(
        (-1.5, 0.4, 3.0),
        (5.0,) if name == "rating-mismatch" else (None, 1.0, 5.0),
        (TEXT, TEXT_RU),
        ((), (VERIFIED_PURCHASE,)),
        FEATURES.get(signal, [None]),
    ):
        yield {"value": value, "stars": stars, "text": text, "badges": badges, "features": features}


@pytest.mark.parametrize("name", NAMES)
def test_each_is_a_sentence_in_both_languages(name):
    for world in worlds(name):
        english, russian, _ = told(name, **world)
        for sentence in (english, russian):
            assert re.match(r"[A-ZА-ЯЁ0-9]", sentence), sentence
            assert sentence.endswith("."), sentence
            assert not re.search(r"nan|None|\{|\}|  |\.\.|\bNone\b", sentence), sentence
        unquoted = re.sub(r"“[^”]*”", "", english)
        assert not re.search(r"[А-Яа-яЁё]", unquoted), english
        unquoted = re.sub(r"«[^»]*»", "", russian)
        assert not re.search(r"[A-Za-z]", unquoted), russian


POINTS = {
    "machine-text": ("generat", "person wrote"),
    "text-pattern": ("labelled fake", "labelled genuine"),
    "wording": ("fakes", "genuine"),
    "rating": ("fakes", "genuine"),
}


@pytest.mark.parametrize("name", POINTS)
def test_what_raises_and_what_lowers_is_said_otherwise(name):
    raises, lowers = POINTS[name]
    for value in (0.4, 3.0):
        assert raises in told(name, value=value)[0]
    assert lowers in told(name, value=-1.0)[0]


def test_numbers_are_those_that_were_seen():
    english, russian, reviews = told("copied-text", features={"count": 3.0, "similarity": 0.934})
    assert "3 earlier reviews by other authors have" in english
    assert "93%" in english
    assert "в 3 более ранних отзывах" in russian
    assert reviews == ("r7",)
    english, russian, _ = told("copied-text", features={"count": 1.0, "similarity": 0.0})
    assert "1 earlier review by other authors has" in english
    assert "%" not in english + russian
    assert "в 1 более раннем отзыве" in russian
    english, russian, reviews = told("subject-burst", features={"count": 22.0, "ratio": 5.0})
    assert "22 reviews" in english
    assert "22 отзывов" in russian or "22 отзыва" in russian
    assert reviews == ("r7",), "the signal of a burst has another name than its reason"


def test_an_author_of_one_review_is_told_as_such_and_one_of_many_by_habits():
    assert "Nothing else" in told("author", features={"count": 1.0})[0]
    english, russian, _ = told("author", features={"count": 5.0, "per_day": 3.0, "similar": 0.81, "extreme": 1.0})
    for words in ("5 reviews", "3 or more", "81% alike", "highest or lowest"):
        assert words in english
    for words in ("5 отзывов", "за один день 3", "на 81 %", "высшей или низшей"):
        assert words in russian
    ordinary = told("author", value=-1.0, features={"count": 5.0})
    assert "ordinary reviewer" in ordinary[0]
    assert "обычного человека" in ordinary[1]


def test_a_rating_against_the_words_names_both():
    assert "5 out of 5, but the words are negative" in told("rating-mismatch", negative=0.9)[0]
    assert "1 из 5, а написано положительно" in told("rating-mismatch", stars=1.0, negative=0.1)[1]


@pytest.mark.parametrize(
    ("text", "english", "russian"),
    [
        (
            "I work for this company and I love it, the coffee is great and I recommend it.",
            "company itself",
            "компании",
        ),
        ("I received this product for free in exchange for my honest review. Nice kettle.", "got something", "получил"),
    ],
)
def test_what_was_given_for_a_review_is_quoted(text, english, russian):
    found = told("incentive", text=text)
    assert english in found[0]
    assert russian in found[1]
    assert "“" in found[0]


def test_phrases_are_quoted_only_when_the_wording_weighs_much_and_the_risk_is_not_low():
    assert "“" in told("machine-text", value=3.0)[0]
    assert "“" not in told("machine-text", value=3.0, level="low")[0]
    assert "“" not in told("machine-text", value=1.0)[0]


def test_a_subject_known_by_one_review_is_not_compared():
    assert "No other review" in told("subject", features={"count": 1.0, "mean": 3.0})[0]
    assert (
        "It gives 5 where the subject has 3.1 on average (9" in told("subject", features={"count": 9.0, "mean": 3.1})[0]
    )
    assert "It gives" not in told("subject", stars=3.0, features={"count": 9.0, "mean": 3.1})[0]
