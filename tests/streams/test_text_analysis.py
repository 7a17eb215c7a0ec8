"""What is read out of a text: language, sentiment, aspects, requests; in English and Russian, for any text, in any batch."""

import time

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from streams.text import aspects, language, sentiment
from streams.text.analysis import analyse, inspect
from streams.text.features import extract
from streams.text.segments import cut

REVIEWS = [
    "Доставка быстрая, но качество ужасное. Хотелось бы нормальную упаковку!",
    "Great app, but please add dark mode. Customer service is terrible.",
    "Не рекомендую",
    "123",
    "",
    "The room was clean and the breakfast delicious.",
    "Спасибо сотрудникам банка, всё решили за день)))",
    "sehr gut",
]
HOSTILE = [
    "\x00" * 100,
    "\ud800\udfff",
    "x" * 1_000_000,
    "please " * 200_000,
    "не " * 300_000,
    "!?.," * 250_000,
    "(((((" * 100_000,
    "\n" * 1_000_000,
    "доставка, " * 100_000,
    "İ" * 5_000,
    "ﷺ" * 5_000,
    "пpивeт " * 5_000,
    "👩‍👩‍👧‍👦" * 9_999,
]


@settings(deadline=None, max_examples=60)
@given(st.lists(st.one_of(st.sampled_from(REVIEWS), st.text(max_size=40)), max_size=5))
def test_a_result_does_not_depend_on_the_batch(texts):
    assert analyse(texts) == [analyse([text])[0] for text in texts]


def test_hostile_texts_are_analysed_in_bounded_time():
    analyse(["warm up"])
    started = time.process_time()
    found = analyse(HOSTILE)
    assert time.process_time() - started < 2.0
    for text, result in zip(HOSTILE, found, strict=True):
        assert len(result.aspects) <= aspects.MOST
        assert abs(result.negative + result.neutral + result.positive - 1) < 2e-4
        for span in (*result.aspects, *result.requests):
            assert 0 <= span.start < span.end <= len(text)


@settings(deadline=None, max_examples=100)
@given(st.text(st.characters(codec=None, exclude_categories=()), max_size=80))
def test_any_text_has_an_analysis_that_can_be_printed_as_json(text):
    [found] = inspect([text])
    assert set(found) == {"language", "sentiment", "aspects", "requests"}
    assert 0 <= found["language"]["probability"] <= 1
    assert sum(found["sentiment"].values()) == pytest.approx(1, abs=2e-4)
    if text.isprintable():
        msgspec.json.encode(found)


def test_the_shape_that_scripts_rely_on():
    [found] = inspect(["The staff was rude. Please add more chairs."])
    assert list(found) == ["language", "sentiment", "aspects", "requests"]
    assert list(found["language"]) == ["code", "probability"]
    assert list(found["sentiment"]) == ["negative", "neutral", "positive"]
    [aspect] = found["aspects"]
    assert list(aspect) == ["name", "start", "end", "sentiment"]
    assert (aspect["name"], aspect["start"], aspect["end"]) == ("staff", 4, 9)
    assert found["requests"] == [{"text": "Please add more chairs.", "start": 20, "end": 43}]


def test_scores_have_four_decimals():
    for result in analyse(REVIEWS):
        for number in (result.language_probability, result.negative, result.neutral, result.positive):
            assert round(number, 4) == number


# --- language ---


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("Отличный товар, всем советую", "ru"),
        ("привет", "ru"),
        ("Great product, works as expected", "en"),
        ("Thanks", "en"),
        ("Дуже дякую, все сподобалось", "uk"),
        ("Вельмі дзякуй, якасны тавар", "be"),
        ("Өте жақсы, рахмет", "kk"),
        ("Schnelle Lieferung, gute Qualität", "de"),
        ("Livraison rapide, je recommande", "fr"),
        ("Muy buena calidad, lo recomiendo", "es"),
        ("Barang bagus sesuai pesanan", "id"),
        ("ochen horoshiy tovar, vsem sovetuyu", "ru"),
        ("хopoшo", "ru"),
        ("iPhone 15 Pro Max супер телефон", "ru"),
        ("素晴らしい商品です", "ja"),
        ("非常好", "zh"),
        ("좋아요", "ko"),
        ("ممتاز جدا", "ar"),
        ("بسیار خوب گ", "fa"),
        ("ძალიან კარგი", "ka"),
        ("बहुत अच्छा", "hi"),
        ("מצוין", "he"),
    ],
)
def test_languages(text, code):
    assert language.identify([text])[0].code == code


@pytest.mark.parametrize("text", ["", "123", "5/5!!!", "👍👍", "...", "\ud800", "й"])
def test_what_has_no_letters_to_judge_by_stays_undecided(text):
    assert language.identify([text]) == [language.Language(language.UNDECIDED, 0.0)]


def test_expected_languages_decide_what_the_text_leaves_open():
    assert language.identify(["super"], expected=frozenset({"de"}))[0].code == "de"
    assert language.identify(["доставка"], expected=frozenset({"uk"}))[0].code == "uk"
    clear = "Die Lieferung kam leider erst nach drei Wochen an, und das Gerät funktioniert nicht."
    assert language.identify([clear], expected=frozenset({"en", "ru"}))[0].code == "de"
    assert language.identify(["素晴らしい"], expected=frozenset({"en"}))[0].code == "ja"


def test_damaged_weights_are_named_in_the_error(tmp_path):
    (tmp_path / language.LATIN_FILE).write_bytes(b"PK\x03\x04 nonsense")
    with pytest.raises(ValueError, match=language.LATIN_FILE):
        language.identify(["hello"], models=tmp_path)


# --- sentiment ---

PAIRS = [
    ("Отличный банк, спасибо сотрудникам", "Ужасный банк, навязали страховку"),
    ("Рекомендую", "Не рекомендую"),
    ("Понравилось", "Не понравилось"),
    ("Деньги вернули сразу", "Деньги не вернули"),
    ("Приложение работает отлично", "Приложение не работает((("),
    ("Персонал вежливый, номер чистый", "Персонал хамит, в номере грязь"),
    ("Great hotel, friendly staff", "Dirty hotel, rude staff"),
    ("I recommend it", "I would not recommend it"),
    ("It works", "It does not work"),
    ("Good", "Not good"),
    ("Will come back", "Never again"),
    ("Love this app", "This app crashes every time"),
    ("👍", "👎"),
]


@pytest.mark.parametrize(("praise", "blame"), PAIRS)
def test_praise_sounds_better_than_blame(praise, blame):
    better, worse = analyse([praise, blame])
    assert better.positive > worse.positive
    assert better.negative < worse.negative
    assert better.positive > 0.5


@pytest.mark.parametrize("blame", [blame for _, blame in PAIRS if len(blame) > 8])
def test_blame_is_more_likely_negative_than_positive(blame):
    [found] = analyse([blame])
    assert found.negative > found.positive


def test_an_unknown_language_is_judged_near_the_average():
    german, average = analyse(["Die Lieferung kam am Dienstag mit der Post", ""])
    assert german.language == "de"
    assert abs(german.negative - average.negative) < 0.25


def test_damaged_calibration_is_named_in_the_error(tmp_path):

    (tmp_path / sentiment.CALIBRATION_FILE).write_text(
        '{"en": {"slope": -1, "negative": 0, "positive": 1, "average": 0}}'
    )
    with pytest.raises(ValueError, match=sentiment.CALIBRATION_FILE):
        sentiment.sentiments(extract(["a"]), ["en"], models=tmp_path)


# --- aspects and requests ---


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("Быстрая доставка, но упаковка плохая", ["speed", "delivery", "packaging"]),
        ("Персонал хамит, в номере грязно", ["staff", "room", "cleanliness"]),
        ("Цена высокая, размер маломерит", ["price", "size"]),
        ("Служба поддержки молчит, возврат не сделали", ["support", "refund"]),
        ("Delivery was late and the box was damaged", ["delivery", "waiting", "packaging"]),
        ("Customer service refused a refund", ["support", "refund"]),
        ("Breakfast was cold; the bed was comfortable", ["food", "room", "comfort"]),
        ("Ничего особенного", []),
    ],
)
def test_aspects(text, names):
    found = aspects.mentions(cut(text))
    assert [mention.name for mention in found] == names
    assert set(names) <= set(aspects.names())


def test_each_aspect_has_the_sentiment_of_its_clause():
    for text in ("Доставка отличная, но качество ужасное", "The location is great, but the food was terrible"):
        first, second = analyse([text])[0].aspects
        assert first.sentiment > 0.3 > -0.3 > second.sentiment


def test_places_count_code_points_of_the_text():
    text = "👍👍 İstanbul — Доставка супер"
    [found] = [aspect for aspect in analyse([text])[0].aspects if aspect.name == "delivery"]
    assert text[found.start : found.end] == "Доставка"


@pytest.mark.parametrize(
    "text",
    [
        "Спасибо за внимание",
        "Просто супер",
        "Здорово, что открыли",
        "Вернёмся сюда ещё",
        "It fell apart",
        "Ужин отменный",
    ],
)
def test_words_that_only_share_a_stem_with_an_aspect_are_none(text):
    found = [mention.name for mention in aspects.mentions(cut(text))]
    assert not set(found) & {"credit", "ease of use", "wellness", "refund", "room"}


@pytest.mark.parametrize(
    ("text", "request_text"),
    [
        ("Всё хорошо. Хотелось бы больше цветов! Спасибо.", "Хотелось бы больше цветов!"),
        ("Приложение удобное. Сделайте тёмную тему", "Сделайте тёмную тему"),
        ("Было бы неплохо добавить оплату картой.", "Было бы неплохо добавить оплату картой."),
        ("Прошу вернуть деньги.", "Прошу вернуть деньги."),
        ("Nice app. Please, just add widgets.", "Please, just add widgets."),
        ("Love it! It would be nice if it had a timer.", "It would be nice if it had a timer."),
        ("You need to fix the login. Bye.", "You need to fix the login."),
        ("Fine. Why can’t I pay by card?", "Why can’t I pay by card?"),
        ("Nice. It’d be great to have subtitles 😀.", "It’d be great to have subtitles 😀."),
        ("Rude. They should train the staff!", "They should train the staff!"),
        ("😀😀 Вкусно. Почему нельзя оплатить картой?", "Почему нельзя оплатить картой?"),
        ("Можно сделать доставку по выходным?", "Можно сделать доставку по выходным?"),
    ],
)
def test_requests(text, request_text):
    [found] = analyse([text])[0].requests
    assert found.text == request_text == text[found.start : found.end]


@pytest.mark.parametrize(
    "text",
    [
        "Всё понравилось, спасибо",
        "I was pleased with the hotel",
        "Не рекомендую",
        "fix",
        "please",
        "You should visit this place",
        "Советую вам этот магазин",
    ],
)
def test_no_request_where_none_is_made(text):
    assert analyse([text])[0].requests == ()
