"""Reviews from outside: lenient in form, strict in sense, never an error of another kind."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas import wire
from schemas.events import Rating
from schemas.wire import InvalidReview

BASE = {"id": "r1", "source": "s", "subject": {"id": "p"}, "text": "Хорошо"}


def read(**fields):
    return wire.read({**BASE, **fields})


def test_a_whole_review_is_read_and_written_back():
    data = {
        **BASE,
        "channel": "site",
        "author": {"id": "u7", "name": "Инна", "contact": "+7 912"},
        "rating": {"value": 4, "best": 5, "worst": 1},
        "title": "Да",
        "published_at": "2026-11-01T10:00:00Z",
        "verified": True,
        "reply": {"text": "Спасибо", "at": "2026-11-02"},
    }
    review = wire.read(data).review
    assert review.author.contact == "+7 912"
    assert review.badges == (wire.VERIFIED_PURCHASE,)
    assert review.reply.at == datetime(2026, 11, 2, tzinfo=UTC)
    assert wire.read(wire.write_review(review)).review == review


@pytest.mark.parametrize("rating", [5, "5", "5,0", {"value": 5}, {"value": 5, "best": 5, "worst": 1}])
def test_rating_in_many_forms(rating):
    assert read(rating=rating).review.rating == Rating(value=5)


@pytest.mark.parametrize(
    ("rating", "scale"),
    [
        ("4/5", (4, 5, 1)),
        ("80/100", (80, 100, 0)),
        ({"value": 80, "best": 100}, (80, 100, 0)),
        ({"value": 0, "best": 10}, (0, 10, 0)),
        ({"value": 3, "best": 10}, (3, 10, 1)),
        ({"value": 0.5, "best": 5}, (0.5, 5, 0)),
        ({"value": 50, "best": 100, "worst": 20}, (50, 100, 20)),
    ],
    ids=str,
)
def test_scales_that_lack_their_bottom_begin_where_such_scales_do(rating, scale):
    assert read(rating=rating).review.rating == Rating(*scale)


def test_a_bare_zero_is_no_rating_of_five():
    with pytest.raises(InvalidReview, match="outside its scale"):
        read(rating=0)


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"rating": 7}, "outside its scale"),
        ({"rating": float("nan")}, "finite"),
        ({"rating": {"value": 1, "best": 1, "worst": 5}}, "above"),
        ({"rating": True}, "number"),
        ({"text": "", "rating": None}, "text or rating"),
        ({"subject": None}, "subject"),
        ({"subject": {}}, "subject"),
        ({"source": " "}, "source"),
        ({"published_at": "9999-01-01"}, "1990 to 2100"),
        ({"published_at": "yesterday"}, "ISO 8601"),
        ({"published_at": 1e300}, "ISO 8601"),
        ({"text": "x" * 60_000}, "characters"),
        ({"text": ["x"]}, "a text"),
        ({"badges": "x"}, "badges"),
        ({"withdrawn": True, "id": None}, "id"),
        ({"rating": "five"}, "not a number: 'five'"),
        ({"rating": True}, "must be a number"),
        ({"rating": [5]}, "must be a number"),
        ({"rating": 10**400}, "out of range"),
    ],
)
def test_nonsense_is_refused_with_its_field_and_reason(fields, said):
    with pytest.raises(InvalidReview, match=said):
        read(**fields)


def test_withdrawal():
    seen = wire.read({"id": "r1", "source": "s", "subject": {"id": "p"}, "withdrawn": True})
    assert seen.withdrawn
    assert seen.review.id == "r1"


def test_nul_bytes_go_and_lone_surrogates_are_replaced():
    line = b'{"id":"1","source":"s","subject":{"id":"p"},"text":"a\\u0000b\\ud800c"}'
    assert wire.read(wire.parse(line)).review.text == "ab\ufffdc"


@pytest.mark.parametrize(
    "line",
    [
        b"[" * 5_000,
        b"{",
        b"\xff",
        b"x" * (wire.MAX_LINE_BYTES + 1),
        b'{"a":' * 5_000 + b"1" + b"}" * 5_000,
        b'""',
        b"3",
    ],
)
def test_lines_that_are_no_review_are_refused(line):
    with pytest.raises(InvalidReview):
        wire.read(wire.parse(line))


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)
names = st.sampled_from(
    [
        "id",
        "source",
        "subject",
        "author",
        "rating",
        "text",
        "title",
        "published_at",
        "badges",
        "reply",
        "counters",
        "verified",
    ]
)


@given(st.dictionaries(names, json_values))
def test_any_object_is_a_review_or_refused(data):
    try:
        seen = wire.read({**BASE, **data})
    except InvalidReview:
        return
    written = json.loads(json.dumps(wire.write_review(seen.review)))
    assert wire.read(written).review == seen.review


@given(st.text())
def test_clean_text_holds_no_control_characters(text):
    assert not set(wire.clean(text)) & {chr(0), chr(7), "\ud800"}
