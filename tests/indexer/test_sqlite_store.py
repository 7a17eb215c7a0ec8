"""The SQLite store keeps the newest judgement of each review, inside its caller's transactions, and pages in order."""

from __future__ import annotations

import sqlite3
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from judgements import NOON, Aspect, Copy, Subject, judged
from msgspec.structs import replace
from query_cases import WORLD

from indexer.documents import document
from indexer.fields import FACETS, SORTS
from indexer.query import QueryError
from indexer.stores import Point
from indexer.stores.sqlite import SqliteStore, layout


def _open(path=":memory:"):
    return sqlite3.connect(path, isolation_level=None)


@pytest.fixture
def store():
    return SqliteStore(_open())


def _ids(page):
    return [hit.document["review_id"] for hit in page.hits]


def test_document_comes_back_as_it_was_written(store):
    store.write(list(enumerate(WORLD, 1)))
    for event in WORLD:
        assert store.get(event.review_id) == document(event)
    assert store.get("nobody") is None
    assert store.get("\ud800") is None
    assert store.count() == len(WORLD)


def test_older_and_equal_versions_change_nothing(store):
    assert store.write([(5, judged("r1", "новое"))]) == []
    assert store.write([(5, judged("r1", "равное")), (4, judged("r1", "старое"))]) == []
    assert _ids(store.search("новое")) == ["r1"]
    assert store.search("равное OR старое").total == 0
    assert store.versions(["r1", "r2"]) == {"r1": 5}


def test_newest_of_one_call_stands_whatever_the_order(store):
    store.write([(3, judged("r1", "третье")), (1, judged("r1", "первое")), (2, judged("r1", "второе"))])
    assert _ids(store.search("третье")) == ["r1"]
    assert store.versions(["r1"]) == {"r1": 3}


def test_review_judged_again_leaves_nothing_of_before(store):
    first = judged("r1", "старые слова", stars=1, aspects=(Aspect("price", 0, 1, -1.0),), title="Прежде")
    store.write([(1, first)])
    store.write([(2, judged("r1", "новые слова", stars=5, aspects=(Aspect("staff", 0, 1, 1.0),), version=2))])
    for gone in ("старые", "title:прежде", "stars:1", "aspects.name:price", "aspects.sentiment:-1", "version:1"):
        assert store.search(gone).total == 0, gone
    for there in ("новые", "слова", "stars:5", "aspects.name:staff", "version:2"):
        assert store.search(there).total == 1, there
    assert dict(store.search("", facets=["aspects.name"]).facets["aspects.name"]) == {"staff": 1}


def test_unchanged_words_stay_found_when_the_rest_changes(store):
    store.write([(1, judged("r1", "те же слова", risk=0.1))])
    store.write([(2, judged("r1", "те же слова", risk=0.9, level="high"))])
    assert _ids(store.search("слова risk.level:high")) == ["r1"]


def test_document_that_cannot_be_kept_fails_alone(store):
    bad = judged("r2", "lone \ud800 surrogate")
    failures = store.write([(1, judged("r1", "fine")), (2, bad), (3, judged("r3", "fine"))])
    assert [(failure.review_id, failure.external, failure.retry) for failure in failures] == [("r2", 2, False)]
    assert store.count() == 2


def test_nothing_is_committed_by_the_store(tmp_path):
    connection = _open(tmp_path / "x.sqlite")
    store = SqliteStore(connection)
    connection.execute("BEGIN")
    store.write([(1, judged("r1", "слова"))])
    assert store.search("слова").total == 1
    assert connection.in_transaction
    connection.execute("ROLLBACK")
    assert (store.search("слова").total, store.count()) == (0, 0)


def test_another_connection_reads_while_one_writes(tmp_path):
    connection = _open(tmp_path / "x.sqlite")
    connection.execute("PRAGMA journal_mode = WAL")
    store = SqliteStore(connection)
    store.write([(1, judged("r1", "слова"))])
    reading = sqlite3.connect(f"file:{tmp_path}/x.sqlite?mode=ro", uri=True, isolation_level=None)
    reading.execute("PRAGMA query_only = ON")
    reader = SqliteStore(reading, read_only=True)
    connection.execute("BEGIN IMMEDIATE")
    store.write([(2, judged("r2", "слова"))])
    assert _ids(reader.search("слов*", facets=FACETS, highlight=True)) == ["r1"]
    connection.execute("COMMIT")
    assert reader.search("слова").total == 2


def test_index_of_another_layout_is_laid_anew_from_its_own_bodies(tmp_path, monkeypatch):
    connection = _open(tmp_path / "x.sqlite")
    SqliteStore(connection).write(list(enumerate(WORLD, 1)))
    monkeypatch.setattr(layout, "LAYOUT", "of the next release")
    store = SqliteStore(connection)
    assert store.versions(["r-c"]) == {"r-c": 3}
    assert {
        review_id[-1] for review_id in _ids(store.search("отличный aspects.name:* OR чайник", collapse=False))
    } == set("bch")
    assert store.write([(2, judged("r-c", "старое"))]) == []
    assert store.search("старое").total == 0
    assert not connection.in_transaction


@pytest.mark.parametrize("sort", [sign + name for name in SORTS for sign in ("", "-")])
def test_pages_hold_every_hit_once_in_order(store, sort):
    store.write(list(enumerate(WORLD, 1)))
    whole = _ids(store.search("", sort=sort, limit=100, collapse=False))
    assert sorted(whole) == sorted(event.review_id for event in WORLD)
    paged, after = [], None
    while True:
        page = store.search("", sort=sort, limit=2, after=after, collapse=False)
        paged += _ids(page)
        assert page.total == len(WORLD)
        after = page.next
        if after is None:
            break
    assert paged == whole


def test_sorting_puts_documents_without_the_value_last(store):
    store.write(list(enumerate(WORLD, 1)))
    for sort in ("published_at", "-published_at"):
        assert _ids(store.search("", sort=sort, limit=100))[-1] == "r-f"


@pytest.mark.parametrize("wrong", ["nonsense", "e30", "WyJhIiwiYiIsImMiXQ", "\ud800", "x" * 100_000])
def test_cursor_of_another_answer_is_refused(store, wrong):
    with pytest.raises(QueryError):
        store.search("", after=wrong)
    store.write(list(enumerate(WORLD, 1)))
    with pytest.raises(QueryError):
        store.search("", sort="stars", after=store.search("", limit=1).next)


def test_unknown_sort_facet_and_trend_are_refused(store):
    for ask in (
        lambda: store.search("", sort="text"),
        lambda: store.search("", facets=["text"]),
        lambda: store.search("", facets=["nothing"]),
        lambda: store.trend("", field="stars"),
        lambda: store.trend("", field="history.seen_at"),
    ):
        with pytest.raises(QueryError):
            ask()


def test_limits_are_kept(store):
    store.write(list(enumerate(WORLD, 1)))
    assert store.search("", limit=0).hits == ()
    assert store.search("", limit=-5).hits == ()
    assert len(store.search("", limit=10**9, collapse=False).hits) == len(WORLD)


def test_facets_count_what_matches(store):
    store.write(list(enumerate(WORLD, 1)))
    page = store.search("чайник", facets=["source", "negative", "copies.kind", "subject.name.keyword"], collapse=False)
    assert page.facets == {
        "source": (("otzovik", 2), ("ozon", 1), ("wildberries", 1)),
        "negative": ((False, 3), (True, 1)),
        "copies.kind": (("copied", 1), ("syndicated", 1)),
        "subject.name.keyword": (("Чайник Север", 4),),
    }
    assert page.facets["negative"][0][0] is False


def test_syndicated_copies_are_shown_counted_and_charted_once(store):
    store.write(list(enumerate(WORLD, 1)))
    assert "r-h" not in _ids(store.search("чайник"))
    assert store.search("чайник").total == store.summary("чайник").count == 3
    assert store.summary("чайник", collapse=False).count == 4
    assert dict(store.search("чайник", facets=["source"]).facets["source"]).keys() == {"otzovik", "wildberries"}
    assert sum(point.count for point in store.trend("чайник")) == 3
    assert store.matching("чайник", ["r-h"]) == {"r-h"}


def test_trend_has_calendar_intervals_in_utc(store):
    times = ["2026-11-02T00:00:00", "2026-11-08T23:59:59", "2026-11-09T00:00:00", "2026-12-01T00:00:00"]
    for number, time in enumerate(times, 1):
        at = datetime.fromisoformat(time).replace(tzinfo=UTC)
        store.write([(number, judged(f"r{number}", "x", stars=number, published_at=at, risk=0.25 * number))])
    weeks = store.trend("", interval="week")
    assert [(f"{point.time:%m-%d}", point.count, point.negative) for point in weeks] == [
        ("11-02", 2, 2),
        ("11-09", 1, 0),
        ("11-30", 1, 0),
    ]
    assert weeks[0].mean_stars == 1.5
    assert weeks[0].trusted_stars == round((1 * 0.75 + 2 * 0.5) / 1.25, 4)
    assert weeks[2].trusted_stars is None
    assert [point.count for point in store.trend("", interval="month")] == [3, 1]
    assert [f"{point.time:%m-%d}" for point in store.trend("", interval="day", limit=2)] == ["11-09", "12-01"]
    assert store.summary("stars:9") == Point(None, 0, 0, None, None)


def test_patterns_know_the_words_of_a_write_after_one_that_was_rolled_back():
    connection = _open()
    store = SqliteStore(connection)
    store.write([(1, judged("r1", "первое слово"))])
    connection.execute("BEGIN")
    store.write([(2, judged("r2", "второе известие"))])
    connection.execute("ROLLBACK")
    store.write([(2, judged("r2", "второе известие"))])
    assert _ids(store.search("*звест*")) == ["r2"]
    assert _ids(store.search("*лов*")) == ["r1"]
    SqliteStore(connection).write([(3, judged("r3", "третье сообщение"))])
    store.write([(4, judged("r4", "четвёртое сообщение"))])
    assert _ids(store.search("*общен*")) == ["r4", "r3"]
    store.forget(["r4"])
    store.write([(5, judged("r5", "четвёртое"))])
    assert _ids(store.search("*твер*")) == ["r5"]


def _shown(row):
    return " ".join(part.decode("utf-8", "replace") if isinstance(part, bytes) else str(part) for part in row)


def test_forgotten_documents_leave_no_trace(store):
    store.write(list(enumerate(WORLD, 1)))
    assert store.forget(["r-d", "nobody", "\ud800"]) == 1
    assert store.get("r-d") is None
    connection = store._connection
    for query in ("wi-fi", "aspects.name:cleanliness", 'author.name:"john o\'neil"', "source:booking stars:2"):
        assert store.search(query).total == 0
    tables = [
        name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table' AND rootpage > 0")
    ]
    dump = "".join(
        _shown(row)
        for name in tables
        if name.startswith("index_")
        for row in connection.execute(f"SELECT * FROM {name}")
    )
    assert "чайник" in dump
    assert "neil" in str(document(WORLD[3])).lower()
    assert "neil" not in dump.lower()
    assert store.write([(4, WORLD[3])]) == []
    assert store.search("wi-fi").total == 1


def test_highlights_mark_the_words_that_matched(store):
    text = "Вступление. " * 30 + "Здесь <b>отличные</b> комнаты & кухня. " + "Заключение. " * 30
    store.write([(1, judged("r1", text, title="Отлично"))])
    (hit,) = store.search('отличный комнаты OR "кухня заключение"', highlight=True).hits
    assert hit.highlights["title"][0].html() == "<mark>Отлично</mark>"
    html = hit.highlights["text"][0].html()
    assert (
        "&lt;b&gt;<mark>отличные</mark>&lt;/b&gt; <mark>комнаты</mark> &amp; <mark>кухня</mark>. <mark>Заключение</mark>"
        in html
    )
    assert len(hit.highlights["text"][0].text) < 250
    assert store.search("отличный", highlight=False).hits[0].highlights == {}
    assert store.search("NOT плохо", highlight=True).hits[0].highlights == {}
    assert store.search("*ключ*", highlight=True).hits[0].highlights["text"][0].marks


@settings(max_examples=60, deadline=None)
@given(text=st.text(max_size=400), word=st.sampled_from(["a", "о*", "😡", "the", "1"]))
def test_highlights_lie_inside_their_fragments(text, word):
    text = text.encode("utf-8", "replace").decode()
    store = SqliteStore(_open())
    store.write([(1, judged("r1", f"{text} a о {text} 😡 the 1 {text}"))])
    for hit in store.search(word, highlight=True).hits:
        for fragment in hit.highlights["text"]:
            assert fragment.marks
            ends = [end for mark in fragment.marks for end in mark]
            assert ends == sorted(ends)
            assert ends[-1] <= len(fragment.text)


@settings(max_examples=25, deadline=None)
@given(
    st.lists(
        st.tuples(st.integers(1, 40), st.sampled_from("abcd"), st.sampled_from(["слова", "words", "😡", ""])),
        max_size=30,
    ),
    st.integers(1, 5),
)
def test_any_order_and_batching_ends_in_the_newest(writes, size):
    store = SqliteStore(_open())
    newest = {}
    for external, review_id, text in writes:
        if external > newest.get(review_id, (0, ""))[0]:
            newest[review_id] = (external, text)
    events = [(external, judged(review_id, text)) for external, review_id, text in writes]
    for start in range(0, len(events), size):
        assert store.write(events[start : start + size]) == []
    assert store.versions("abcd") == {review_id: external for review_id, (external, _) in newest.items()}
    words = {review_id: set() for review_id in newest}
    for word in ("слова", "words", "😡"):
        for review_id in _ids(store.search(word)):
            words[review_id].add(word)
    assert {review_id: "".join(found) for review_id, found in words.items()} == {
        review_id: text for review_id, (_, text) in newest.items()
    }


def test_search_is_quick_over_many_documents(store):
    """A guard against a scan that grows with the square, not a measurement."""
    many = [
        judged(
            f"r{number:05}",
            f"отзыв номер {number} о чайнике",
            stars=number % 5 + 1,
            published_at=NOON - timedelta(minutes=number),
            subject=Subject(id=f"p{number % 50}"),
            copies=(Copy("r00000", "syndicated", 1.0, later=True),) if number % 9 == 1 else (),
        )
        for number in range(3_000)
    ]
    store.write([(number, event) for number, event in enumerate(many, 1)])
    page = store.search("чайник stars:<=2 *омер", facets=FACETS, highlight=True)
    assert page.total == sum(1 for number in range(3_000) if number % 5 <= 1 and number % 9 != 1)
    store.write([(number + 10_000, replace(event, outcome="updated")) for number, event in enumerate(many, 1)])
    assert store.search("outcome:updated", collapse=False).total == 3_000
