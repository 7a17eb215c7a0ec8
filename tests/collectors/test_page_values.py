"""Dates, ratings, counts and character sets out of what pages write."""

from __future__ import annotations

import gzip
import json
import time
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collectors.platforms.page import dates, loose_json, ratings
from collectors.platforms.page.decode import to_text
from collectors.platforms.page.model import MAX_BYTES, Notes

NOW = datetime(2026, 11, 23, 6, 30, tzinfo=UTC)

DATES = {
    "February 11, 2022": "2022-02-11T00:00:00Z",
    "Reviewed in June 2019": "2019-06-01T00:00:00Z",
    "Submitted 19/04/2025, by Pippa": "2025-04-19T00:00:00Z",
    "Tue Apr 01 2025 20:08:29 GMT+0100 (British Summer Time)": "2025-04-01T19:08:29Z",
    "2022-02-11T10:00:00+03:00": "2022-02-11T07:00:00Z",
    "11 февраля 2022 г. в 10:30": "2022-02-11T10:30:00Z",
    "5 окт 2023": "2023-10-05T00:00:00Z",
    "12.03.21": "2021-03-12T00:00:00Z",
    "12 марта": "2026-03-12T00:00:00Z",
    "24 декабря": "2025-12-24T00:00:00Z",
    "вчера в 15:20": "2026-11-22T15:20:00Z",
    "3 дня назад": "2026-11-20T00:00:00Z",
    "2 часа назад": "2026-11-23T04:30:00Z",
    "год назад": "2025-11-23T00:00:00Z",
    "2 weeks ago": "2026-11-09T00:00:00Z",
    "a month ago": "2026-10-23T00:00:00Z",
    "vor 3 Tagen": "2026-11-20T00:00:00Z",
    "il y a 2 mois": "2026-09-23T00:00:00Z",
    "1. März 2023": "2023-03-01T00:00:00Z",
    "2017-01": "2017-01-01T00:00:00Z",
    "1700000000": "2023-11-14T22:13:20Z",
    "2024年3月5日": "2024-03-05T00:00:00Z",
    "July 4th, 2019 at 3:05 pm": "2019-07-04T15:05:00Z",
}


@pytest.mark.parametrize(("text", "expected"), DATES.items())
def test_dates_as_pages_write_them(text: str, expected: str):
    found = dates.parse(text, now=NOW)
    assert found is not None
    assert dates.iso(found) == expected


@pytest.mark.parametrize(
    "text", ["4 out of 5 stars", "10 years of use", "9999-12-31", "31.02.2020", "nice", "", "12345", "1/2"]
)
def test_what_is_no_date(text: str):
    assert dates.parse(text, now=NOW) is None


def test_the_whole_page_says_whether_the_day_comes_first():
    assert dates.order_of(["03/04/2025", "25/04/2025"]) == "day"
    assert dates.order_of(["03/04/2025", "04/25/2025"]) == "month"
    assert dates.order_of(["03.04.2025"], language="en-US") == "day"
    assert dates.parse("03/04/2025", now=NOW, order="month") == datetime(2025, 3, 4, tzinfo=UTC)
    assert dates.parse("03/04/2025", now=NOW, order="day") == datetime(2025, 4, 3, tzinfo=UTC)


@given(st.text(max_size=400))
def test_no_text_breaks_the_date_reader(text: str):
    found = dates.parse(text, now=NOW)
    assert found is None or found.tzinfo is UTC


@given(st.datetimes(min_value=datetime(1995, 1, 1), max_value=datetime(2026, 10, 31), timezones=st.just(UTC)))  # noqa: DTZ001
def test_every_date_survives_the_common_ways_to_write_it(moment: datetime):
    day = moment.replace(hour=0, minute=0, second=0, microsecond=0)
    for pattern in (
        "%Y-%m-%d",
        "%d.%m.%Y",
        "%d/%m/%Y",
        "%B %d, %Y",
        "%d %B %Y",
        "%a, %d %b %Y 00:00:00 GMT",
        "%Y/%m/%d",
    ):
        assert dates.parse(day.strftime(pattern), now=NOW) == day


SCALES = {
    "4,5": (4.5, None),
    "4.5/5": (4.5, 5),
    "80%": (80, 100),
    "★★★★☆": (4, 5),
    "★ 4.6": (4.6, None),
    "4 out of 5 stars": (4, 5),
    "Оценка 4 из 5": (4, 5),
    "3,5 von 5 Sternen": (3.5, 5),
    "Rated 5 2 people": (5, None),
}


@pytest.mark.parametrize(("text", "expected"), SCALES.items())
def test_ratings_as_pages_write_them(text: str, expected: tuple[float, float | None]):
    scale = ratings.written(text)
    assert scale is not None
    assert (scale.value, scale.best) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1,078 reviews", 1078),
        ("2,3 тыс.", 2300),
        ("12k", 12000),
        ("1 078", 1078),
        ("(45)", 45),
        (12.0, 12),
        ("none", None),
        (-3, None),
    ],
)
def test_counts_as_pages_write_them(text: object, expected: int | None):
    assert ratings.count(text) == expected


@given(
    st.one_of(st.text(max_size=100), st.floats(), st.integers(), st.none()),
    st.one_of(st.none(), st.text(max_size=10), st.floats()),
    st.one_of(st.none(), st.text(max_size=10), st.floats()),
)
def test_a_rating_always_lies_on_its_scale(value: object, best: object, worst: object):
    rating = ratings.rating(value, best, worst, Notes())
    assert rating is None or rating["worst"] <= rating["value"] <= rating["best"]


def test_character_sets_declared_undeclared_and_wrong():
    text = "<p>Отличный магазин, буду покупать ещё. Спасибо продавцу за быструю доставку и вежливость!</p>"
    for name in ("utf-8", "utf-8-sig", "utf-16", "cp1251", "koi8-r", "cp866"):
        assert to_text(text.encode(name), content_type=None, notes=Notes()) == text, name
    assert to_text(text.encode(), content_type="text/html; charset=windows-1251", notes=Notes()) == text
    assert to_text(text.encode("cp1251"), content_type="text/html; charset=utf-8", notes=Notes()) == text
    french = '<meta charset="iso-8859-1"><p>Très bon café, été à la crème</p>'
    assert to_text(french.encode("cp1252"), content_type=None, notes=Notes()) == french


def test_a_page_of_fifty_megabytes_and_a_gzip_bomb_are_cut():
    notes = Notes()
    assert len(to_text(b"x" * 50_000_000, content_type=None, notes=notes)) == MAX_BYTES
    assert len(to_text(gzip.compress(b"\0x" * 30_000_000), content_type=None, notes=notes)) <= MAX_BYTES
    assert len(list(notes)) == 2
    assert to_text(b"\x1f\x8bnot gzip", content_type=None, notes=notes) == ""


@given(
    st.recursive(
        st.none() | st.booleans() | st.text(max_size=20),
        lambda x: st.lists(x, max_size=4) | st.dictionaries(st.text(max_size=8), x, max_size=4),
    )
)
def test_valid_json_is_read_as_it_is(value: object):
    values, repaired = loose_json.read(json.dumps(value))
    assert (values, repaired) == ([value], False)


@given(st.text(alphabet="{}[]\":,\\/*'ab1 \n", max_size=300))
def test_no_text_breaks_the_json_reader(text: str):
    loose_json.read(text)


@pytest.mark.parametrize(
    "unit", ['{"a":', "[", '"', "\\", "{", "'a", "/*", "//", '{"a":"b" ', ",", "a:", '"a" "', "<!--"]
)
def test_the_json_reader_takes_linear_time(unit: str):
    started = time.perf_counter()
    loose_json.read(unit * (300_000 // len(unit)))
    assert time.perf_counter() - started < 5
