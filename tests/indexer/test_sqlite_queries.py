"""The SQLite store finds what a query says: on cases as data, and on random queries as a plain reading of the tree."""

from __future__ import annotations

import sqlite3

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from query_cases import CASES, NOW, REFUSED, WORLD
from query_oracle import answer

from indexer.documents import document
from indexer.fields import BY_NAME
from indexer.query import QueryError, parse
from indexer.query.syntax import MAX_DEPTH
from indexer.stores.sqlite import SqliteStore

DOCUMENTS = [document(judged) for judged in WORLD]


@pytest.fixture(scope="module")
def store():
    store = SqliteStore(sqlite3.connect(":memory:"))
    assert store.write(list(enumerate(WORLD, 1))) == []
    return store


def _ids(store, query):
    return [hit.document["review_id"] for hit in store.search(query, limit=100, collapse=False).hits]


@pytest.mark.parametrize(("text", "letters"), CASES)
def test_query_finds_its_reviews(store, text, letters):
    assert {review_id[-1] for review_id in _ids(store, parse(text, now=NOW))} == set(letters)


@pytest.mark.parametrize(("text", "letters"), CASES)
def test_oracle_agrees_with_the_cases(text, letters):
    assert {review_id[-1] for review_id in answer(DOCUMENTS, parse(text, now=NOW).root)} == set(letters)


@pytest.mark.parametrize("text", REFUSED, ids=lambda text: text[:30])
def test_refused_query_says_why_in_both_languages(store, text):
    with pytest.raises(QueryError) as error:
        store.search(text)
    assert len(str(error.value)) > 20
    assert any("а" <= char <= "я" for char in error.value.message("ru").lower())


WORDS = ("чайник", "отлично", "Отличный", "staff", "wi-fi", "😡", "не", "clean", "rooms", "ёлки", "день.не", "1,500.50")
LEAVES = st.one_of(
    st.sampled_from(WORDS),
    st.sampled_from(WORDS).map(lambda word: f'"{word} чайник"'),
    st.lists(st.sampled_from(WORDS), min_size=1, max_size=3).map(lambda words: f'text:"{" ".join(words)}"'),
    st.text("чайникwrobe*?", min_size=1, max_size=6).filter(lambda text: sum(map(text.count, "*?")) <= 10),
    st.builds(
        "{}:{}".format,
        st.sampled_from([name for name, field in BY_NAME.items() if field.kind == "keyword"]),
        st.sampled_from(
            ("booking", "o*", "*", "r-b", "?zon", "ru", "staff", '"топ 100"', "*\\**", "[a TO p]", ">=new")
        ),
    ),
    st.builds(
        "{}:{}".format,
        st.sampled_from([name for name, field in BY_NAME.items() if field.kind == "number" and field.searchable]),
        st.sampled_from(("1", "5", "[1 TO 2}", ">0.5", "<=-0.4", "*", "{* TO 3]", "0.97")),
    ),
    st.builds(
        "{}:{}".format,
        st.sampled_from([name for name, field in BY_NAME.items() if field.kind == "date"]),
        st.sampled_from(
            ("2026-11-03", ">=2026-11-02", "<now-1w/w", "[2025 TO 2026-11-02]", "*", "{2026-11-01 TO now}")
        ),
    ),
    st.builds("_exists_:{}".format, st.sampled_from([name for name, field in BY_NAME.items() if field.searchable])),
    st.sampled_from(("negative:true", "duplicate:false", "!!!", "title:(ё* OR hotel)", "*:*")),
)
QUERIES = st.recursive(
    LEAVES,
    lambda inner: st.one_of(
        st.tuples(inner, st.sampled_from((" ", " AND ", " OR ", " AND NOT ")), inner).map("".join),
        inner.map("({})".format),
        inner.map("NOT ({})".format),
        inner.map("-({})".format),
        inner.map("+({})".format),
    ),
    max_leaves=8,
)


@settings(max_examples=300, deadline=None)
@given(text=QUERIES)
def test_sql_answers_like_the_plain_reading(store, text):
    query = parse(text, now=NOW)
    assert _ids(store, query) == answer(DOCUMENTS, query.root)


@settings(max_examples=300, deadline=None)
@given(text=st.one_of(st.text(max_size=60), st.text("ab:\"()[]{}<>=*?\\/~^+-!&| 1.'", max_size=40)))
def test_any_text_is_answered_or_refused(store, text):
    try:
        query = parse(text, now=NOW)
    except QueryError as refused:
        error = refused
    else:
        error = None
        assert _ids(store, query) == answer(DOCUMENTS, query.root)
    assert error is None or error.position is None or 0 <= error.position <= len(text)


def test_deepest_and_widest_queries_are_answered(store):
    deep = "чайник"
    for level in range(MAX_DEPTH - 1):
        deep = (
            f"({deep} {'OR stars:1' if level % 2 else 'AND _exists_:text'} source:b* OR version:1 AND negative:false)"
        )
    wide = " OR ".join(["stars:9"] * 1 + [f"stars:{n}" for n in range(10, 300)] + ["чайник"])
    words = " OR ".join(f"w{n}" for n in range(400))
    for text in (deep, wide, words, words.replace(" OR ", " "), words.replace("w", "w*")):
        query = parse(text, now=NOW)
        assert _ids(store, query) == answer(DOCUMENTS, query.root)
