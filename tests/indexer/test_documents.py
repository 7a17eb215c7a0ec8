"""A document holds every field of a review and its judgement, and the table of fields knows each of them."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

import msgspec
import pytest
from judgements import NOON, Aspect, Author, Copy, Edit, Reason, Reply, Request, Subject, judged
from query_cases import WORLD

from indexer.documents import document, is_duplicate, stamp, values
from indexer.fields import BY_NAME, DEFAULT_FIELDS, FACETS, FIELDS, SORTS, parts, suggest
from schemas.events import Rating, Review

FULL = judged(
    "r1",
    "text",
    stars=4,
    subject=Subject(id="p", name="n", kind="k", url="u"),
    author=Author(id="u", name="n", handle="h", url="u", role="r", company="c", contact_hash="secret"),
    published_at=NOON,
    experience_at=NOON,
    title="t",
    pros="p",
    cons="c",
    url="u",
    badges=("b",),
    counters={"likes": 3},
    order="o",
    token="k",
    thread="t",
    reply=Reply(text="r", author="a", at=NOON),
    reasons=(Reason("x", 1.0, {"en": "e", "ru": "р"}, ("r2",)),),
    copies=(Copy("r2", "copied", 0.9),),
    aspects=(Aspect("service", 0, 1, 0.5),),
    requests=(Request("w", 0, 1),),
    withdrawn_at=NOON,
    history=(
        Edit(
            version=1, seen_at=NOON, changed=("text",), rating=Rating(value=1), title="t", text="o", pros="p", cons="c"
        ),
    ),
)


def _leaves(value, path=""):
    if isinstance(value, list):
        return {leaf for item in value for leaf in _leaves(item, path)}
    if isinstance(value, dict) and path != "counters":
        return {leaf for name, inner in value.items() for leaf in _leaves(inner, f"{path}.{name}".lstrip("."))}
    return {path}


def test_table_of_fields_and_fullest_document_name_the_same_fields():
    told = {field.name for field in FIELDS}
    found = _leaves(document(FULL))
    assert found <= told
    assert told - found == {"verification.probability", "verification.provenance"}


def test_every_field_of_a_review_is_in_the_document():
    found = document(FULL)
    for field in msgspec.structs.fields(Review):
        assert field.name in found, field.name


def test_contact_hash_stays_out():
    assert "secret" not in str(document(FULL))


def test_document_is_plain_json():
    for event in (FULL, *WORLD):
        found = document(event)
        assert msgspec.json.decode(msgspec.json.encode(found)) == found


def test_values_have_the_type_of_their_field():
    types = {"text": str, "keyword": str, "date": str, "number": (int, float), "boolean": bool}
    for event in (FULL, *WORLD):
        for field in FIELDS:
            if field.kind in types:
                found = values(document(event), field.name)
                assert all(isinstance(value, types[field.kind]) for value in found), field.name
                assert field.many or len(found) <= 1, field.name


def test_empty_values_are_left_out():
    found = document(judged("r1"))
    assert not {"text", "title", "author", "reply", "copies", "history", "published_at", "withdrawn_at"} & found.keys()


def test_times_are_utc_milliseconds():
    east = timezone(timedelta(hours=3))
    assert stamp(datetime(2026, 11, 1, 1, 2, 3, 456_999, tzinfo=east)) == "2026-10-31T22:02:03.456Z"


def test_history_keeps_the_newest_ten():
    edits = tuple(Edit(version=number, seen_at=NOON) for number in range(1, 15))
    assert [edit["version"] for edit in document(judged("r1", version=15, history=edits))["history"]] == [*range(5, 15)]


@pytest.mark.parametrize(
    ("copies", "expected"),
    [
        ((), False),
        ((Copy("a", "syndicated", 1.0, later=True),), True),
        ((Copy("a", "syndicated", 1.0),), False),
        ((Copy("a", "copied", 1.0, later=True),), False),
        ((Copy("z", "syndicated", 1.0), Copy("a", "syndicated", 1.0, later=True)), True),
    ],
)
def test_one_of_a_syndicated_group_stands_for_all(copies, expected):
    assert is_duplicate(judged("m", "x", copies=copies)) is expected


def test_names_are_unique_and_known_where_they_are_used():
    assert len({field.name for field in FIELDS}) == len(FIELDS)
    for name in (*DEFAULT_FIELDS, *FACETS, *SORTS):
        assert BY_NAME[name].searchable
    assert all(BY_NAME[name].kind in {"keyword", "boolean"} for name in FACETS)
    assert all(BY_NAME[name].kind in {"date", "number"} and not BY_NAME[name].many for name in SORTS)
    assert all(field.says for field in FIELDS)


def test_near_misses_are_suggested():
    assert suggest("titel")[0] == "title"
    assert suggest("score") == ("risk.score",)
    assert parts("reply") == ("reply.text", "reply.author", "reply.at")
    assert suggest("zzzzzzzz") == ()
