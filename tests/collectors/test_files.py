"""Files of reviews: columns become fields, broken rows dead letters, and nothing is read twice."""

from __future__ import annotations

import json

import pytest
from file_rows import FILES, jsonl, table, texts, utc
from public_sets import SETS

from collectors.configured import configure
from collectors.cursors import MemoryState
from collectors.runner import Runner


def test_rows_in_the_shape_of_a_review_need_no_mapping(read, publisher):
    row = {
        "id": "1",
        "source": "otzovik",
        "subject": {"id": "p"},
        "rating": {"value": 4},
        "text": "Хорошо",
        "verified": True,
    }
    run = read(jsonl(row, {"id": 2, "subject": "p", "text": "b", "author": "Ann"}))
    assert (run.ending, run.published) == ("exhausted", 2)
    first, second = (event.review for event in publisher.events)
    assert (first.source, first.rating.value, first.badges) == ("otzovik", 4.0, ("verified-purchase",))
    assert (second.source, second.id, second.author.name, second.channel) == ("crawl", "2", "Ann", "file")


def test_columns_are_mapped_to_fields(read, publisher):
    rows = [
        {
            "asin": "B1",
            "user": {"name": "Ann"},
            "overall": 8,
            "reviewText": "",
            "summary": "Good",
            "ok": "да",
            "likes": 3.0,
        },
        {
            "asin": "B1",
            "user": {"name": "Bob"},
            "overall": "6 из 10",
            "reviewText": "fine",
            "summary": None,
            "ok": "no",
        },
    ]
    mapping = {
        "source": "=amazon",
        "subject.id": "asin",
        "author.name": "user.name",
        "rating.value": "overall",
        "rating.best": "=10",
        "rating.worst": "=0",
        "text": ["reviewText", "summary"],
        "verified": "ok",
        "counters.likes": "likes",
    }
    assert read(jsonl(*rows), mapping=mapping).published == 2
    first, second = (event.review for event in publisher.events)
    assert (first.source, first.text, first.author.name, first.rating.best, first.stars) == (
        "amazon",
        "Good",
        "Ann",
        10.0,
        4.2,
    )
    assert (first.badges, first.counters, second.badges) == (("verified-purchase",), {"likes": 3}, ())
    assert (second.text, second.rating.value) == ("fine", 6.0)


@pytest.mark.parametrize(
    ("value", "column", "expected"),
    [
        ("2025-05-31T14:52:01.5+03:00", {}, utc(2025, 5, 31, 11, 52, 1, 500_000)),
        ("31.05.2025 14:52", {}, utc(2025, 5, 31, 14, 52)),
        ("31.05.2025 14:52", {"zone": "Europe/Moscow"}, utc(2025, 5, 31, 11, 52)),
        ("12 мая 2025", {}, utc(2025, 5, 12)),
        ("13 сентября", {"relative_to": "parsed"}, utc(2025, 9, 13)),
        ("13 октября", {"relative_to": "parsed"}, utc(2024, 10, 13)),
        (1747056138, {}, utc(2025, 5, 12, 13, 22, 18)),
        ("1747056138", {"zone": "Europe/Moscow"}, utc(2025, 5, 12, 13, 22, 18)),
        (1747056138000, {}, utc(2025, 5, 12, 13, 22, 18)),
        ("4/25/2025", {}, utc(2025, 4, 25)),
        ("25/4/2025", {}, utc(2025, 4, 25)),
        ("3/4/2025", {"order": "month"}, utc(2025, 3, 4)),
        ("3/4/2025", {"order": "day"}, utc(2025, 4, 3)),
        ("09 1, 2016", {"format": "%m %d, %Y"}, utc(2016, 9, 1)),
    ],
)
def test_dates_are_read_as_they_are_written(read, publisher, value, column, expected):
    row = {"text": "x", "p": "1", "when": value, "parsed": "2025-09-27T15:06:33.492144"}
    mapping = {"subject.id": "p", "text": "text", "published_at": {"column": "when", **column}}
    assert read(jsonl(row), mapping=mapping).rejected == 0
    assert publisher.events[0].review.published_at == expected


def test_the_other_dates_of_a_file_say_which_number_is_the_day(read, publisher):
    rows = [{"p": "1", "text": "a", "d": "3/4/2025"}, {"p": "1", "text": "b", "d": "25/4/2025"}]
    read(jsonl(*rows), mapping={"subject": "p", "text": "text", "published_at": "d"})
    assert [event.review.published_at.date().isoformat() for event in publisher.events] == ["2025-04-03", "2025-04-25"]


def test_broken_rows_become_dead_letters_with_their_bytes_and_the_rest_goes_on(read, publisher):
    good = {"id": 1, "subject": "p", "text": "fine"}
    broken = {
        b'{"id": 2, "subject": "p", "text": ': "not JSON",
        b"[" * 5_000: "nested too deep",
        b'{"id": 3, "subject": "p", "rating": 7}': "rating 7 lies outside its scale",
        b'{"id": 4, "subject": "p", "rating": NaN}': "not a finite number",
        b'{"id": 5, "subject": "p", "text": "x", "published_at": "9999-12-31T00:00:00Z"}': "published_at",
        b'{"id": 6, "text": "x"}': "subject is missing",
        b'"text"': "no JSON object",
        b'{"id": 7, "subject": "p", "text": "\xff\xfe"}': "not utf-8 at byte",
        b"\0\0\0": "not JSON",
        b'{"id": 8, "subject": "p", "text": "' + b"x" * 1_200_000 + b'"}': "a line of 1200037 bytes",
    }
    surrogate = b'{"id": 9, "subject": "p", "text": "half \\ud83d, NUL \\u0000"}\n'
    run = read(b"\n".join([json.dumps(good).encode(), *broken, b"", surrogate]))
    assert (run.ending, run.seen, run.published, run.rejected) == ("exhausted", 2 + len(broken), 2, len(broken))
    assert texts(publisher) == ["fine", "half \ufffd, NUL "]
    for letter, (raw, reason) in zip(publisher.letters, broken.items(), strict=True):
        assert reason in letter.reason, letter.reason
        assert letter.payload == raw[:600_000]
        assert letter.reason.startswith("reviews.jsonl, row ")


def test_a_line_of_a_megabyte_without_end_costs_no_more_than_it_is_long(read):
    assert read(b"x" * 30_000_000 + b"\n" + jsonl({"subject": "p", "text": "y"})).published == 1


def test_a_mapping_that_cannot_be_meant_says_so(read):
    assert "there is no field 'stars'" in read(jsonl({"a": 1}), mapping={"stars": "a"}).why
    run = read(jsonl({"body": "x", "p": 1}), mapping={"subject": "p", "text": "reviewText"})
    assert run.ending == "layout changed"
    assert "no row has the column reviewText for text; there are body, p" in run.why
    assert "no time zone" in read(jsonl({"a": 1}), mapping={"published_at": {"column": "a", "zone": "Mars"}}).why


def test_no_file_is_an_error_and_an_empty_one_is_not(read):
    assert "no file at" in read(name="none.jsonl").why
    assert read(b"", name="empty.jsonl").ending == "exhausted"


def test_an_unchanged_file_is_not_read_twice_and_an_added_line_alone_is_read(read, publisher, tmp_path):
    rows = [{"id": n, "subject": "p", "text": f"review {n}"} for n in range(3)]
    assert read(jsonl(*rows)).seen == 3
    assert read().seen == 0
    with (tmp_path / "reviews.jsonl").open("ab") as file:
        file.write(jsonl({"id": 9, "subject": "p", "text": "added"}))
    assert read().seen == 1
    assert texts(publisher)[-1] == "added"
    assert read(jsonl({"id": 0, "subject": "p", "text": "another file"}, *rows)).seen == 4


def test_a_line_that_is_still_being_written_is_read_again_when_it_is_whole(read, publisher, tmp_path):
    whole = jsonl({"id": 1, "subject": "p", "text": "a"}, {"id": 2, "subject": "p", "text": "second"})
    assert read(whole[:-12]).published == 1
    (tmp_path / "reviews.jsonl").write_bytes(whole)
    assert read().published == 1
    assert texts(publisher) == ["a", "second"]


def test_a_pattern_may_reach_through_folders(tmp_path, publisher):
    for name in ("a/one.jsonl", "b/two.jsonl", "b/[3].jsonl", "b/none.txt"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(jsonl({"id": name, "subject": "p", "text": name}))
    for pattern, count in (("*/*.jsonl", 3), ("**/t*.jsonl", 1), ("b/[3].jsonl", 1)):
        source = configure("crawl", {"collector": "files", "path": str(tmp_path / pattern)}, FILES)
        assert Runner(publisher, contact_key=b"k").run(source, MemoryState()).seen == count


def test_progress_is_told_to_the_end(tmp_path, publisher):
    (tmp_path / "a.jsonl").write_bytes(jsonl(*({"subject": "p", "text": str(n)} for n in range(9))))
    (tmp_path / "b.csv").write_bytes(table(["1", "p", "5", "x"]))
    source = configure("crawl", {"collector": "files", "path": str(tmp_path)}, FILES)
    told: list[tuple[int, int]] = []
    Runner(publisher, contact_key=b"k").run(source, MemoryState(), progress=lambda *now: told.append(now))
    total = sum(file.stat().st_size for file in tmp_path.iterdir())
    assert told[-1] == (total, total)
    assert told == sorted(told)
    assert len(publisher.events) == 10


@pytest.mark.data
@pytest.mark.parametrize("name", SETS)
def test_every_row_of_the_public_data_is_accounted_for(name, data_dir, rows, publisher):
    source = configure("data", {"collector": "files", "path": str(data_dir / name), "mapping": SETS[name]}, FILES)
    state = MemoryState()
    run = Runner(publisher, contact_key=b"k").run(source, state)
    given_rows = list(rows(name))
    assert run.ending == "exhausted"
    assert run.seen == run.published + run.rejected == len(given_rows)
    assert run.rejected == 0
    assert all(event.review.published_at for event in publisher.events)
    own_id = SETS[name].get("id")
    if own_id:
        assert len({event.review_id for event in publisher.events}) == len({row[own_id] for row in given_rows})
    assert Runner(publisher, contact_key=b"k").run(source, state).seen == 0
