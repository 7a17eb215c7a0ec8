"""The risk of a review: what raises it, what lowers it, and that the reasons add up."""

from __future__ import annotations

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.events import Rating, Review, Subject
from schemas.wire import VERIFIED_PURCHASE
from streams.risk import Assessment, Signal, load
from streams.text.analysis import TextAnalysis

ANGRY = "Пришло разбитое, продавец три дня не отвечал, деньги вернули только через поддержку. Больше не закажу."
PRAISE = "Отличный товар! Качество на высоте, рекомендую всем!"
GENERATED = (
    "Our stay was nothing short of exceptional — the staff went above and beyond to ensure every detail was perfect, "
    "and the room offered a perfect blend of comfort and style. Highly recommended for anyone seeking a memorable stay."
)
GENUINE = (
    "ok so we stayed 2 nights in june. room was small but clean, aircon LOUD as hell. breakfast 14 bucks, skip it and "
    "go to the diner accross the street. front desk guy (mike?) was nice about the late checkout tho"
)
SUPPORTED = ("copied-text", "burst", "author", "subject", "ring")


def a_review(text: str, *, stars: float | None = None, badges: tuple[str, ...] = ()) -> Review:
    rating = Rating(value=stars) if stars else None
    return Review(source="shop", subject=Subject(id="p1"), text=text, rating=rating, badges=badges)


def analysis(language: str = "en", negative: float = 0.5) -> TextAnalysis:
    return TextAnalysis(
        language=language,
        language_probability=0.99,
        negative=negative,
        neutral=0.0,
        positive=1 - negative,
        aspects=(),
        requests=(),
    )


def assess(review: Review, *signals: Signal, language: str = "en", negative: float = 0.5) -> Assessment:
    return load().assess([review], [analysis(language, negative)], [signals])[0]


def logit(score: float) -> float:
    return math.log(score / (1 - score))


def names(assessment: Assessment) -> list[str]:
    return [reason.name for reason in assessment.reasons]


@pytest.mark.parametrize(("text", "language"), [(ANGRY, "ru"), (PRAISE, "ru"), (GENERATED, "en"), (GENUINE, "en")])
def test_base_and_contributions_add_up_to_the_score(text: str, language: str) -> None:
    found = assess(a_review(text), Signal("copied-text", {"count": 3.0, "similarity": 0.9}), language=language)
    total = found.base + sum(reason.contribution for reason in found.reasons)
    assert 1 / (1 + math.exp(-total)) == pytest.approx(found.score, abs=2e-4)


@given(
    st.floats(-6, 6),
    st.dictionaries(st.sampled_from(["machine-text", "template-praise"]), st.floats(-9, 9), min_size=1),
)
def test_no_reason_changes_its_side_or_grows_by_what_others_say(base: float, parts: dict[str, float]) -> None:
    review = Review(source="s", subject=Subject(id="p"), text="Good enough for the price, I would buy it again.")
    found = load()._assessment(review, None, {}, base, parts)
    for reason in found.reasons:
        assert reason.contribution * parts[reason.name] >= 0
        assert abs(reason.contribution) <= abs(parts[reason.name]) + 1e-4


def test_words_of_a_generator_are_riskier_than_words_of_a_guest() -> None:
    generated, genuine = assess(a_review(GENERATED)), assess(a_review(GENUINE))
    assert generated.score > 0.8
    assert genuine.score < 0.2
    assert generated.reasons[0].name == "machine-text"


def test_template_praise_is_named_in_its_own_words() -> None:
    found = assess(a_review(PRAISE), language="ru")
    assert found.level == "high"
    reason = found.reasons[0]
    assert reason.name == "template-praise"
    assert "рекомендую" in reason.text_ru
    assert "“" in reason.text


def test_an_angry_genuine_review_stays_low() -> None:
    assert assess(a_review(ANGRY, stars=1), language="ru", negative=0.97).level == "low"


def test_an_unknown_language_is_not_guessed_at() -> None:
    found = assess(a_review("Barang bagus, pengiriman cepat, penjual ramah dan responsif sekali."), language="id")
    assert found.level == "insufficient"
    assert names(found) == []


def test_nothing_to_read_is_insufficient_and_still_has_a_score() -> None:
    found = assess(a_review("", stars=5))
    assert found.level == "insufficient"
    assert found.score == pytest.approx(1 / (1 + math.exp(-found.base)), abs=1e-4)


def test_more_copies_weigh_more_and_point_at_the_reviews() -> None:
    once = assess(a_review(GENUINE), Signal("copied-text", {"count": 1.0, "similarity": 0.9}, ("r1",)))
    often = assess(a_review(GENUINE), Signal("copied-text", {"count": 8.0, "similarity": 0.9}, ("r1", "r2")))
    assert assess(a_review(GENUINE)).score < once.score < often.score
    reason = next(reason for reason in often.reasons if reason.name == "copied-text")
    assert reason.reviews == ("r1", "r2")
    assert "8 earlier reviews" in reason.text
    assert "8 более ранних отзывах" in reason.text_ru


def test_a_verified_purchase_lowers_the_risk() -> None:
    plain, verified = a_review(GENERATED), a_review(GENERATED, badges=(VERIFIED_PURCHASE,))
    assert assess(verified).score < assess(plain).score
    assert "verification" in names(assess(verified))


@pytest.mark.parametrize(
    "text",
    [
        "Nice enough lamp. I received this product for free in exchange for my honest review.",
        "Лампа как лампа. За отзыв обещали бонусы на карту, поэтому пишу.",
        "I work for this company and can tell you that it is the best.",
        "Наша компания производит эти лампы с 1998 года, качество проверено.",
    ],
)
def test_a_paid_or_inside_review_is_recognised_by_its_own_words(text: str) -> None:
    language = "ru" if text[0] > "z" else "en"
    found = assess(a_review(text), language=language)
    reason = next(reason for reason in found.reasons if reason.name == "incentive")
    assert reason.contribution > 0.5
    assert "“" in reason.text
    assert "«" in reason.text_ru


def test_five_stars_over_a_complaint_are_noticed() -> None:
    text = "Сломался через день, продавец не отвечает, деньги не вернули, ужасный магазин."
    found = assess(a_review(text, stars=5), language="ru", negative=0.98)
    assert "rating-mismatch" in names(found)
    assert "rating-mismatch" not in names(assess(a_review(text, stars=1), language="ru", negative=0.98))


@pytest.mark.parametrize(
    "signal",
    [
        Signal("copied-text", {"count": 1.0, "similarity": 0.9}),
        Signal("burst", {"count": 9.0, "ratio": 8.0, "extreme": 1.0}),
        Signal("author", {"count": 9.0, "subjects": 9.0, "per_day": 9.0, "extreme": 1.0, "similar": 0.9}),
        Signal("ring", {"authors": 5.0, "subjects": 4.0}),
    ],
)
def test_each_piece_of_evidence_raises_the_risk_and_says_why_in_two_languages(signal: Signal) -> None:
    found = assess(a_review(GENUINE, stars=5), signal, negative=0.3)
    assert found.score > assess(a_review(GENUINE, stars=5), negative=0.3).score
    reason = max(found.reasons, key=lambda reason: reason.contribution)
    assert reason.text.isascii()
    assert any("а" <= letter <= "я" for letter in reason.text_ru)


def test_a_review_is_assessed_alike_in_any_batch() -> None:
    model = load()
    texts = ["", GENUINE, GENERATED, PRAISE, ANGRY, "ok", "👍", GENUINE.upper()]
    reviews = [a_review(text, stars=4) for text in texts]
    analyses = [analysis("ru" if text in {PRAISE, ANGRY} else "en") for text in texts]
    together = model.assess(reviews, analyses, [[] for _ in texts])
    alone = [model.assess([one], [of], [[]])[0] for one, of in zip(reviews, analyses, strict=True)]
    backwards = model.assess(reviews[::-1], analyses[::-1], [[] for _ in texts])
    assert together == alone == backwards[::-1]


def test_what_was_read_before_gives_the_same_assessment() -> None:
    model, review = load(), a_review(GENERATED)
    (read,) = model.read([review], [analysis()])
    assert model.assess([review], [analysis()], [read]) == model.assess([review], [analysis()], [[]])


@settings(max_examples=60, deadline=None)
@given(st.text(max_size=400), st.sampled_from(["en", "ru", "und", "id"]), st.floats(0, 1))
def test_any_text_gets_a_score(text: str, language: str, negative: float) -> None:
    found = assess(a_review(text, stars=2.5), language=language, negative=negative)
    assert 0 < found.score < 1


@pytest.mark.parametrize(
    "text", ["a" * 1_000_000, "\x00" * 5_000, "\ud800" * 5_000, "! " * 200_000, "за отзыв " * 50_000]
)
def test_hostile_texts_take_no_time_and_no_harm(text: str) -> None:
    found = load().assess([Review(source="s", subject=Subject(id="p"), text=text)], [analysis()], [[]])[0]
    assert 0 < found.score < 1


def test_what_another_model_read_is_read_anew() -> None:
    model, review = load(), a_review(GENERATED)
    stale = Signal("text", {"some-other-head": 9.0, "words": 16.0, "model": 1.0})
    assert model.assess([review], [analysis()], [[stale]]) == model.assess([review], [analysis()], [[]])
