"""Tables as text: delimiters, quotation marks, encodings, packed files, and bytes that are no table."""

from __future__ import annotations

import gzip
import json

import pytest
from file_rows import FILES, NOW, jsonl, table, texts
from hypothesis import given, settings
from hypothesis import strategies as st

from collectors.configured import configure
from collectors.cursors import MemoryState
from collectors.platforms.tables import lines
from collectors.platforms.tables.mapping import Column, Reader
from collectors.platforms.tables.rows import Row
from collectors.publisher import MemoryPublisher
from collectors.runner import Runner
from schemas import wire


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_csv_of_any_delimiter_is_read(read, publisher, delimiter):
    run = read(table(["1", "p", "4,5", 'Say "no",\nand; go|on\t'], delimiter=delimiter), name="a.csv")
    assert run.published == 1
    assert (publisher.events[0].review.text, publisher.events[0].review.rating.value) == (
        'Say "no",\nand; go|on\t',
        4.5,
    )


def test_a_quotation_mark_that_is_never_closed_takes_no_other_row_with_it(read, publisher):
    rows = (
        table(["1", "p", "5", "first"]) + b'2,p,5,"never closed\n' + b"".join(b"%d,p,5,row\n" % n for n in range(3, 60))
    )
    run = read(rows, name="a.csv")
    assert (run.published, run.rejected) == (58, 1)
    assert publisher.letters[0].payload == b'2,p,5,"never closed'


def test_a_row_with_too_many_or_too_few_fields_is_rejected(read, publisher):
    run = read(table(["1", "p", "5", "a"]) + b"2,p,5\n3,p,5,b,more\n\n4,p,5,c\n", name="a.csv")
    assert (run.published, run.rejected) == (2, 2)
    assert "the row has 3 fields, the header 4" in publisher.letters[0].reason


@given(
    st.lists(
        st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=40).filter(str.strip), max_size=8
    )
)
@settings(max_examples=60, deadline=None)
def test_whatever_was_written_as_csv_is_read_back(tmp_path_factory, words):
    path = tmp_path_factory.mktemp("csv") / "a.csv"
    path.write_bytes(table(*([str(n), "p", "5", word] for n, word in enumerate(words))))
    publisher = MemoryPublisher()
    source = configure("crawl", {"collector": "files", "path": str(path), "encoding": "utf-8"}, FILES)
    Runner(publisher, contact_key=b"k").run(source, MemoryState())
    assert texts(publisher) == words


@given(st.binary(max_size=2_000))
@settings(max_examples=100, deadline=None)
def test_bytes_that_are_no_table_end_in_dead_letters_or_a_clear_ending(tmp_path_factory, data):
    path = tmp_path_factory.mktemp("any") / "a.dat"
    path.write_bytes(data)
    for form in ("jsonl", "csv"):
        source = configure("crawl", {"collector": "files", "path": str(path), "format": form}, FILES)
        run = Runner(MemoryPublisher(), contact_key=b"k").run(source, MemoryState())
        assert run.ending in ("exhausted", "layout changed", "refused") or "Error" not in run.why.partition(":")[0]


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=30),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)
DATES = st.one_of(
    JSON,
    st.datetimes().map(str),
    st.integers(-(10**18), 10**18),
    st.from_regex(r"\d{1,2}[./ ]\d{1,2}[./ ]\d{2,4}( \d\d:\d\d)?", fullmatch=True),
    st.from_regex(r"\d{1,2} (мая|сентября|May|foo)( \d{4})?", fullmatch=True),
)


@given(
    st.fixed_dictionaries(dict.fromkeys(("a", "b", "c", "d"), JSON) | {"when": DATES, "then": DATES}),
    st.sampled_from([None, "%d.%m.%Y", "%j"]),
)
@settings(max_examples=300, deadline=None)
def test_a_mapped_row_is_a_review_or_has_a_reason_whatever_its_cells_hold(row, form):
    mapping = {
        "subject.id": "a",
        "author": "b",
        "author.name": "c",
        "rating.value": "b",
        "text": ["d", "c"],
        "badges": "d",
        "verified": "c",
        "counters.likes": "b",
        "reply": "d",
        "published_at": Column(column="when", relative_to="then", format=form, zone="Asia/Tokyo"),
        "reply.at": "then",
    }
    reader = Reader(mapping, source="s")
    ((found, data),) = reader.read([Row(1, b"", 0, value=row)], now=NOW)
    if data is None:
        assert found.error
        return
    try:
        seen = wire.read(data)
    except wire.InvalidReview:
        return
    assert wire.read(wire.write_review(seen.review)).review == seen.review


RUSSIAN = {"id": "1", "subject": "p", "text": "Отличный товар, рекомендую всем друзьям"}


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1251", "utf-16"])
def test_the_encoding_is_recognised(read, publisher, encoding):
    text = json.dumps(RUSSIAN, ensure_ascii=False) + "\n"
    assert read(text.encode(encoding) * (1 if encoding.startswith("utf-") else 3)).rejected == 0
    assert set(texts(publisher)) == {RUSSIAN["text"]}


def test_an_encoding_that_cannot_be_told_is_asked_for(read):
    run = read(bytes(range(128, 256)) * 20 + b"\n")
    assert run.ending == "failed"
    assert 'write encoding = "…"' in run.why


def test_some_broken_lines_do_not_change_the_encoding_of_a_file(read, publisher):
    good = jsonl(*({**RUSSIAN, "id": n} for n in range(20)))
    run = read(good + b'{"subject": "p", "text": "\xcf\xf0"}\n')
    assert (run.published, run.rejected) == (20, 1)


def test_packed_files_are_read_also_when_they_are_several_in_one(read, publisher):
    one, two = jsonl({"subject": "p", "text": "a"}), jsonl({"subject": "p", "text": "b"})
    assert read(gzip.compress(one) + gzip.compress(two), name="a.jsonl.gz").published == 2
    assert texts(publisher) == ["a", "b"]


@pytest.mark.parametrize("cut", [30, -10])
def test_a_packed_file_that_is_broken_ends_after_what_could_be_read(read, cut):
    data = bytearray(gzip.compress(jsonl(*({"subject": "p", "text": f"{n} " * 9} for n in range(5_000)))))
    run = read(bytes(data[:cut]) if cut < 0 else bytes(data[:cut] + b"\xff" * 50 + data[cut + 50 :]), name="a.jsonl.gz")
    assert run.ending == "refused"
    assert "gzip" in run.why
    assert run.published > 0 or cut > 0


def test_a_gzip_bomb_takes_little_memory(tmp_path):
    packed = gzip.compress(bytes(60_000_000))
    (tmp_path / "a.gz").write_bytes(packed)
    found = list(lines.lines(lines.chunks(tmp_path / "a.gz")))
    assert [(line.size, len(line.data), line.too_long) for line in found] == [(60_000_000, lines.MAX_LINE, True)]
