"""Elasticsearch finds what a query says: the same cases as SQLite, and random queries as a plain reading of the tree."""

from __future__ import annotations

import os
import time
from itertools import islice

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from query_cases import CASES, NOW, REFUSED, WORLD
from query_oracle import answer
from test_sqlite_queries import QUERIES

from indexer import analysis
from indexer.documents import document
from indexer.mapping import ANALYZER
from indexer.query import QueryError, parse
from indexer.stores.elasticsearch import ElasticsearchStore, Settings

pytestmark = pytest.mark.servers
DOCUMENTS = [document(judged) for judged in WORLD]


@pytest.fixture(scope="module")
def store(servers):
    address = servers("elasticsearch")["address"]
    store = ElasticsearchStore(Settings(url=address, index=f"test-{os.getpid()}-{time.time_ns()}"))
    store.prepare()
    assert store.write(list(enumerate(WORLD, 1))) == []
    store.refresh()
    yield store
    for index in store.indices.behind(store.indices.name):
        store.indices.client.indices.delete(index=index)
    store.indices.client.indices.delete_index_template(name=f"{store.indices.name}-molva")


def _ids(store, query):
    return [hit.document["review_id"] for hit in store.search(query, limit=100, collapse=False).hits]


@pytest.mark.parametrize(("text", "letters"), CASES)
def test_query_finds_its_reviews(store, text, letters):
    assert {review_id[-1] for review_id in _ids(store, parse(text, now=NOW))} == set(letters)


@pytest.mark.parametrize("text", REFUSED, ids=lambda text: text[:30])
def test_refused_query_says_why(store, text):
    with pytest.raises(QueryError):
        store.search(text)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(text=QUERIES)
def test_dsl_answers_like_the_plain_reading(store, text):
    query = parse(text, now=NOW)
    assert _ids(store, query) == answer(DOCUMENTS, query.root)


TEXTS = (
    "Ёлки-палки, день.Не берите! O'Neil’s café 1,500.50 №5 топ_100 __ don’t",
    "ЁЖ и ёж; ещё Ё, й и й; «ёлочки» 50% 3.14 e-mail@example.com https://a.example/b?c=1",
    "😡😡 👍🏽 👨‍👩‍👧 ❤️ 🇷🇺 5️⃣ ok",
    "Ужасное обслуживание, отвратительнейшие номера; running quickly, generously happiest",
    "İstanbul ΣΊΣΥΦΟΣ straße ﬁne ｆｕｌｌ ｗｉｄｔｈ 中文分词 ひらがな カタカナ ภาษาไทย 한국어 שלום",
    "a" * 600 + " " + "слово" * 120,
    "кавы\u0301чки \u200bsoft\u00adhyphen \u2060join \ufeffbom e\u0301 а\u0301",
)


def _tokens(store, text):
    index = store.indices.behind(store.indices.name)[0]
    found = store.indices.client.indices.analyze(index=index, analyzer=ANALYZER, text=text)
    return [token["token"] for token in found["tokens"]]


@pytest.mark.parametrize("text", TEXTS, ids=range(len(TEXTS)))
def test_elasticsearch_finds_the_words_that_molva_finds(store, text):
    assert _tokens(store, text) == analysis.words(text)


LETTERS = st.text(
    st.one_of(
        st.characters(max_codepoint=0x17F, exclude_categories=("Cc", "Cs", "Sk")),
        st.characters(min_codepoint=0x400, max_codepoint=0x482),
        st.characters(min_codepoint=0x48A, max_codepoint=0x52F),
        st.sampled_from("—–…«»„“”‘’№₽\u0301\u0306\u0308\u2060\ufeff😡👍🏽❤️"),
    ),
    max_size=40,
)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(text=LETTERS)
def test_any_latin_or_cyrillic_text_has_the_same_words(store, text):
    assert _tokens(store, text) == analysis.words(text)


@pytest.mark.data
def test_real_reviews_have_the_same_words(store, rows):
    russian = islice(rows("B2_ru_gazprombank_sravni_banki/sravni_banki.jsonl.gz"), 200)
    english = islice(rows("B9_skytrax/lounge.jsonl.gz"), 200)
    texts = [value for row in (*russian, *english) for value in row.values() if isinstance(value, str)]
    assert len(texts) > 800
    for text in texts:
        assert _tokens(store, text) == analysis.words(text)
