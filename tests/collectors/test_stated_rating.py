"""Ratings that people state in words are read with their scale, and other numbers are left alone."""

from __future__ import annotations

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from collectors.platforms.stated_rating import stated_rating
from schemas.events import Rating

STATED = [
    ("Оценка:5", 5, 5),
    ("Оцінка 4", 4, 5),
    ("Итого: 4", 4, 5),
    ("Ставлю 4 из-за доставки", 4, 5),
    ("8 из 10 баллов", 8, 10),
    ("Всё супер. 5", 5, 5),
    ("Отлично, 5!", 5, 5),
    ("4 von 5 Sternen", 4, 5),
    ("Puanım 4", 4, 5),
    ("Daję 3 na 5.", 3, 5),
    ("Ik geef 3 van de 5.", 3, 5),
    ("Jag ger 4 av 5", 4, 5),
    ("5 üzerinden 3 veriyorum", 3, 5),
    ("10点中8点です。", 8, 10),
    ("5点満点で4点", 4, 5),
    ("我给3分(满分5分)。", 3, 5),
    ("满分10分，我打9分", 9, 10),
    ("评分：4", 4, 5),
    ("给五星好评", 5, 5),
    ("星5つです", 5, 5),
    ("★5", 5, 5),
    ("4.5⭐", 4.5, 5),
    ("A solid 4", 4, 5),
    ("5", 5, 5),
    ("4,5", 4.5, 5),
    ("5!", 5, 5),
    ("5+", 5, 5),
    ("5️⃣", 5, 5),
    ("٥", 5, 5),
    ("Пять", 5, 5),
    ("7", 7, 10),
    ("10", 10, 10),
    ("0", 0, 10),
    ("4/5", 4, 5),
    ("10/10", 10, 10),
    ("8/10 would buy again", 8, 10),
    ("3/5 for service", 3, 5),
    ("rating 4.5/5", 4.5, 5),
    ("8 из 10", 8, 10),
    ("четыре из пяти", 4, 5),
    ("five out of five", 5, 5),
    ("4 out of 5 stars", 4, 5),
    ("4 stars out of 5", 4, 5),
    ("Всё понравилось. 5 из 5!", 5, 5),
    ("9 баллов из 10", 9, 10),
    ("★★★★☆", 4, 5),
    ("★☆☆☆☆ ужас", 1, 5),
    ("⭐️⭐️⭐️", 3, 5),
    ("5 звёзд", 5, 5),
    ("Ставлю 5 звёзд магазину", 5, 5),
    ("Я бы поставил 3 звезды", 3, 5),
    ("3 stars", 3, 5),
    ("five stars", 5, 5),
    ("1 star because it broke", 1, 5),
    ("4 Sterne", 4, 5),
    ("5 étoiles", 5, 5),
    ("5 estrellas", 5, 5),
    ("5 баллов", 5, 5),
    ("поставлю 2 балла", 2, 5),
    ("оценка 4", 4, 5),
    ("Оценка: пять", 5, 5),
    ("Оценка - 10", 10, 10),
    ("Оценка: 87 из 100", 87, 100),
    ("моя оценка — 3", 3, 5),
    ("Rating: 2", 2, 5),
    ("I give it a 9", 9, 10),
    ("Оцениваю на 5", 5, 5),
    ("Ставлю твёрдую четвёрку", 4, 5),
    ("5, всё супер", 5, 5),
    ("5 - отлично", 5, 5),
    ("4. Хорошо, но дорого", 4, 5),
    ("Отлично!\n5", 5, 5),
    ("1\r\nУжасно, ждали два часа", 1, 5),
]

NOT_STATED = [
    "I can't give 5 stars",
    "Не заслуживает 5 звёзд",
    "Doesn't deserve 5 stars",
    "У них рейтинг 4.9, накручен",
    "rated 4.8 on Google, don't believe it",
    "Куплено: 5",
    "5%",
    "五星级酒店",
    "Квартира, дом 5",
    "",
    "Спасибо большое",
    "2 комнаты",
    "Room 5",
    "5 дней",
    "Ждали 5 дней",
    "I waited 10 minutes",
    "Цена 450 руб",
    "5 тысяч рублей",
    "скидка 10%",
    "5/10/2024",
    "приехали 4.5.2024",
    "on 4/5 we arrived",
    "в 5 утра",
    "24/7 support",
    "заказ 12345",
    "+7 999 123-45-67",
    "4,5 км от метро",
    "звонили 3 раза",
    "на 5 минут позже",
    "купил 2 пары",
    "заказывали 2 пиццы",
    "в номере 4 кровати",
    "поставил 2 замка",
    "ставлю 5 окон",
    "рейтинг",
    "Note 10 is a good phone",
    "3 из 5 товаров пришли битыми",
    "2 of 5 items missing",
    "1/5 of the order",
    "Отель 4 звезды, хороший",
    "5 star hotel was dirty",
    "если бы можно было поставить 0 звёзд",
    "not 5 stars",
    "1. Первое\n2. Второе",
    "1. Ждали 6 дней! 2. Навязывали карту.",
    "Снимаю 2 звезды за упаковку",
    "I would give it 5 stars but it is overpriced",
    "I was excited to see the 5 star review",
    "сервис 5/5, еда 2/5",
]


@pytest.mark.parametrize(("text", "value", "best"), STATED)
def test_stated_ratings_are_read_with_their_scale(text: str, value: float, best: float) -> None:
    found = stated_rating(text)
    assert found is not None
    assert (found.value, found.best) == (value, best)
    assert found.worst <= found.value <= found.best


@pytest.mark.parametrize("text", NOT_STATED)
def test_other_numbers_are_no_ratings(text: str) -> None:
    assert stated_rating(text) is None


@given(st.integers(1, 5), st.sampled_from(["Оценка {}", "{}/5", "{} из 5", "{} stars", "{}", "Моя оценка: {}."]))
def test_the_same_rating_is_read_in_every_wording(value: int, wording: str) -> None:
    assert stated_rating(wording.format(value)) == Rating(value=float(value), best=5.0, worst=1.0)


@settings(max_examples=300, deadline=None)
@given(st.text(alphabet="0159 /.,из★☆звёздстаrоценка\n\ud800\x00²٣%", max_size=60))
def test_any_text_gives_a_rating_within_its_scale_or_none(text: str) -> None:
    found = stated_rating(text)
    assert found is None or found.worst <= found.value <= found.best


@pytest.mark.parametrize("piece", ["5", "★", "оценка ", "4 из ", "1/", " ", "ten ten ", "rate it a "])
def test_huge_texts_take_no_time(piece: str) -> None:
    start = time.process_time()
    stated_rating(piece * (1_000_000 // len(piece)))
    assert time.process_time() - start < 2
