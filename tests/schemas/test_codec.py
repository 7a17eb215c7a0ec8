"""Bytes to events and back; anything else is an InvalidEvent and never another error."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas import codec, identity
from schemas.codec import InvalidEvent
from schemas.events import Author, Evidence, EvidenceFound, Finding, Member, Rating, Review, Subject, SubjectReviewed

NOW = datetime(2026, 11, 1, tzinfo=UTC)
texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=40)
ids = texts.filter(bool)
times = st.datetimes(datetime(1990, 1, 1), datetime(2099, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001

reviews = st.builds(
    Review,
    source=ids,
    subject=st.builds(Subject, id=ids, name=st.none() | texts),
    id=st.none() | texts,
    author=st.none() | st.builds(Author, id=st.none() | texts, name=st.none() | texts),
    rating=st.none() | st.builds(Rating, value=st.floats(1, 5)),
    title=st.none() | texts,
    text=texts,
    published_at=st.none() | times,
    badges=st.lists(texts, max_size=3).map(tuple),
    counters=st.dictionaries(texts, st.integers(0, 9), max_size=2),
)
members = st.builds(
    Member,
    review_id=ids,
    version=st.integers(1, 99),
    subject=ids,
    published_at=st.none() | times,
    stars=st.none() | st.floats(1, 5),
    signature=st.binary(max_size=128),
    bands=st.lists(st.integers(0, 2**63 - 1), max_size=16).map(tuple),
)


@given(reviews, times)
def test_observation_survives_the_round_trip(review, at):
    event = identity.observe(review, observed_at=at, contact_key=b"k")
    assert codec.decode("reviews-collected", codec.encode(event)) == event


@given(ids, members, st.lists(members, max_size=2))
def test_facts_survive_the_round_trip(key, now, before):
    event = SubjectReviewed(subject=key, review_id=now.review_id, at=NOW, now=now, before=tuple(before))
    assert codec.decode("reviews-by-subject", codec.encode(event)) == event


@given(ids, st.dictionaries(texts, st.floats(allow_nan=False, allow_infinity=False), max_size=3))
def test_evidence_survives_the_round_trip(key, features):
    item = Evidence(detector="x", key=key, version=1, finding=Finding(features=features))
    event = EvidenceFound(review_id=key, at=NOW, items=(item,))
    assert codec.decode("evidence-found", codec.encode(event)) == event


@given(st.binary(max_size=200))
def test_any_other_bytes_are_an_invalid_event(data):
    with pytest.raises(InvalidEvent):
        codec.decode("reviews-judged", data)


@pytest.mark.parametrize(
    "data",
    [
        b"[" * 5_000 + b"]" * 5_000,
        b'{"type":"ReviewCollected"}',
        b'{"type":"Nothing"}',
        b"\xff\xfe",
        b'{"a":NaN}',
        b"x" * (codec.MAX_BYTES + 1),
    ],
)
def test_hostile_bytes_are_an_invalid_event_with_a_reason(data):
    with pytest.raises(InvalidEvent, match=r"\w"):
        codec.decode("reviews-collected", data)


def test_event_of_another_topic_is_invalid():
    event = EvidenceFound(review_id="r", at=NOW, items=())
    with pytest.raises(InvalidEvent):
        codec.decode("reviews-collected", codec.encode(event))


def test_contact_in_plain_is_never_written():
    review = Review(source="s", subject=Subject(id="p"), id="1", author=Author(contact="a@b.example"))
    hashed = identity.observe(review, observed_at=NOW, contact_key=b"k")
    assert b"a@b.example" not in codec.encode(hashed)
    plain = type(hashed)(review_id="r", event_id="e", observed_at=NOW, review=review)
    with pytest.raises(InvalidEvent, match="hashed"):
        codec.encode(plain)


def test_an_event_that_no_record_can_carry_is_refused_before_it_is_sent():
    items = tuple(Evidence(detector="d", key="k" * 1_000, version=1) for _ in range(codec.MAX_BYTES // 1_000))
    with pytest.raises(InvalidEvent, match=r"EvidenceFound has \d+ bytes, more than"):
        codec.encode(EvidenceFound(review_id="r", at=NOW, items=items))
