"""Dates in queries stand for stretches of time, as Elasticsearch rounds them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from indexer.query import dates

NOW = datetime(2026, 11, 18, 12, 30, 45, 678_901, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "first", "last"),
    [
        ("2026", "2026-01-01T00:00:00.000", "2026-12-31T23:59:59.999"),
        ("2026-02", "2026-02-01T00:00:00.000", "2026-02-28T23:59:59.999"),
        ("2026-11-01", "2026-11-01T00:00:00.000", "2026-11-01T23:59:59.999"),
        ("2026-11-01T10", "2026-11-01T10:00:00.000", "2026-11-01T10:59:59.999"),
        ("2026-11-01T10:15", "2026-11-01T10:15:00.000", "2026-11-01T10:15:59.999"),
        ("2026-11-01T10:15:20Z", "2026-11-01T10:15:20.000", "2026-11-01T10:15:20.999"),
        ("2026-11-01T10:15:20.5", "2026-11-01T10:15:20.500", "2026-11-01T10:15:20.500"),
        ("2026-11-01T10:15:20.123456Z", "2026-11-01T10:15:20.123", "2026-11-01T10:15:20.123"),
        ("2026-11-01T10+03:00", "2026-11-01T07:00:00.000", "2026-11-01T07:59:59.999"),
        ("2026-11-01T10-0330", "2026-11-01T13:30:00.000", "2026-11-01T14:29:59.999"),
        ("now", "2026-11-18T12:30:45.678", "2026-11-18T12:30:45.678"),
        ("now/d", "2026-11-18T00:00:00.000", "2026-11-18T23:59:59.999"),
        ("now-7d/d", "2026-11-11T00:00:00.000", "2026-11-11T23:59:59.999"),
        ("now/w", "2026-11-16T00:00:00.000", "2026-11-22T23:59:59.999"),
        ("now/M", "2026-11-01T00:00:00.000", "2026-11-30T23:59:59.999"),
        ("now-1y/y", "2025-01-01T00:00:00.000", "2025-12-31T23:59:59.999"),
        ("now+1h/h", "2026-11-18T13:00:00.000", "2026-11-18T13:59:59.999"),
        ("now-d", "2026-11-17T12:30:45.678", "2026-11-17T12:30:45.678"),
        ("2024-02-29||+1y", "2025-02-28T00:00:00.000", "2025-02-28T23:59:59.999"),
        ("2026-01-31||+1M/d", "2026-02-28T00:00:00.000", "2026-02-28T23:59:59.999"),
        ("0001-01-01", "0001-01-01T00:00:00.000", "0001-01-01T23:59:59.999"),
        ("9999", "9999-01-01T00:00:00.000", "9999-12-30T23:59:59.999"),
    ],
)
def test_date_stands_for_a_stretch(text, first, last):
    found = dates.read(text, now=NOW)
    assert [time.isoformat("T", "milliseconds").removesuffix("+00:00") for time in found] == [first, last]


NO_DATES = """x 26 2026-13 2026-02-30 2026-1-1T25 now7d now-7 now-7q now-9999999d now+9999y 2026||+1 2026+1d
    2026-11-01T10:15:20.1234567890 2026-11-01T10+99:99 ٢٠٢٦ 2026-11-01T10:15:20GMT 10000 0001-01-01T00+01:00"""


@pytest.mark.parametrize("text", ["", *NO_DATES.split()])
def test_text_that_is_no_date_is_refused(text):
    with pytest.raises(ValueError, match=r".*"):
        dates.read(text, now=NOW)


@given(st.integers(0, 4_000_000_000_000).map(lambda n: datetime(1990, 1, 1, tzinfo=UTC) + timedelta(milliseconds=n)))
def test_every_instant_lies_in_its_own_stretches(time):
    whole = time.isoformat("T", "milliseconds").removesuffix("+00:00")
    for length in (4, 7, 10, 13, 16, 19, 23):
        stretch = dates.read(whole[:length], now=NOW)
        assert stretch.first <= time <= stretch.last
    for unit in "yMwdhms":
        stretch = dates.read(f"now/{unit}", now=time)
        assert stretch.first <= time <= stretch.last
        following = dates.read(f"now/{unit}", now=stretch.last + dates.MILLISECOND)
        assert following.first == stretch.last + timedelta(milliseconds=1)


@given(st.text("now0123456789-+/|yMwdhmsTZ: ", max_size=24))
def test_any_text_is_a_date_or_refused(text):
    try:
        stretch = dates.read(text, now=NOW)
    except ValueError:
        return
    assert stretch.first.tzinfo
    assert stretch.last.microsecond % 1000 == 0
