"""When two observations are the same review, two names the same author, two contacts the same person."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from schemas import identity
from schemas.events import Author, Review, Subject

NOW = datetime(2026, 11, 1, 12, tzinfo=UTC)
LATER = NOW + timedelta(hours=1)
LONG = "Сломалась через два дня, магазин не принял назад, деньги не вернули."


def review(**fields):
    return Review(**{"source": "s", "subject": Subject(id="p"), "text": "ok", **fields})


def the_id(one, at=NOW):
    return identity.review_id(one, observed_at=at)


def test_own_id_decides_whatever_the_text():
    assert the_id(review(id="1", text="a")) == the_id(review(id="1", text="b", subject=Subject(id="q")), LATER)


def test_same_own_id_at_another_source_is_another_review():
    assert the_id(review(id="1")) != the_id(review(id="1", source="t"))


def test_without_id_author_day_and_text_decide():
    one = review(author=Author(name="Инна"), published_at=NOW, text="Хорошо")
    assert the_id(one) == the_id(replace(one, text=" Хорошо\n", published_at=LATER), LATER)
    assert the_id(one) != the_id(replace(one, published_at=NOW + timedelta(days=1)))
    assert the_id(one) != the_id(replace(one, author=Author(name="Олег")))


def test_long_text_is_identity_enough_and_short_text_is_not():
    assert the_id(review(text=LONG)) == the_id(review(text=LONG + " "), LATER)
    assert the_id(review(text="ok")) != the_id(review(text="ok"), LATER)


def test_contact_is_one_however_it_is_written():
    key = b"k"
    assert identity.contact_hash("+7 (912) 345-67-89", key) == identity.contact_hash("79123456789", key)
    assert identity.contact_hash("Inna@Mail.example ", key) == identity.contact_hash("inna@mail.example", key)
    assert identity.contact_hash("inna@mail.example", key) != identity.contact_hash("inna@mail.example", b"other")


def test_contact_is_replaced_by_its_hash():
    event = identity.observe(review(id="1", author=Author(contact="+7 912")), observed_at=NOW, contact_key=b"k")
    assert event.review.author.contact is None
    assert event.review.author.contact_hash == identity.contact_hash("+7912", b"k")


def test_full_name_is_folded_and_a_single_name_is_none():
    assert identity.fold_name("  Пётр   ИВАНОВ ") == identity.fold_name("Петр Иванов") == "петр иванов"
    assert identity.fold_name("Инна К.") is None
    assert identity.fold_name(None) is None


def test_event_id_tells_observations_apart_by_content_and_time():
    one = identity.observe(review(id="1"), observed_at=NOW, contact_key=b"k")
    assert one.event_id == identity.observe(review(id="1"), observed_at=NOW, contact_key=b"k").event_id
    assert one.event_id != identity.observe(review(id="1"), observed_at=LATER, contact_key=b"k").event_id
    assert one.event_id != identity.observe(review(id="1", text="b"), observed_at=NOW, contact_key=b"k").event_id


@given(st.text())
def test_normalising_twice_changes_nothing(text):
    assert identity.normalise(identity.normalise(text)) == identity.normalise(text)


@given(st.text(), st.text(), st.text(), st.text())
def test_ids_do_not_run_together(a, b, c, d):
    if (a, b) != (c, d):
        assert identity.source_review_id(a, b) != identity.source_review_id(c, d)
