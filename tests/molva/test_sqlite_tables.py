"""The embedded host's tables: what is in memory is always what the file says, or what was changed since."""

from __future__ import annotations

import sqlite3
from concurrent.futures import ThreadPoolExecutor

import msgspec
import pytest

from molva import sqlite_tables
from molva.embedded import EmbeddedHost
from molva.sqlite_tables import SqliteTable, connect, open_reader, scrub
from streams.detectors.authors import AuthorRow


class Row(msgspec.Struct, frozen=True):
    value: int


@pytest.fixture
def table(tmp_path):
    return SqliteTable(connect(tmp_path / "t.sqlite", temporary=True), "t", Row)


def test_rows_that_made_room_are_read_again_as_they_were(table, monkeypatch):
    monkeypatch.setattr(sqlite_tables, "KEPT", 3)
    for number in range(20):
        table[f"k{number}"] = Row(number)
        table.flush()
    assert len(table._rows) + len(table._old) <= 2 * (3 + 1)
    assert dict(table) == {f"k{number}": Row(number) for number in range(20)}


def test_a_row_of_the_old_generation_that_changes_is_not_found_old(table, monkeypatch):
    monkeypatch.setattr(sqlite_tables, "KEPT", 0)
    table["k"] = Row(1)
    table.flush()
    assert table._old
    table["k"] = Row(2)
    table.prefetch(["k"])
    assert table["k"] == Row(2)
    del table["k"]
    table.flush()
    assert table.get("k") is None
    assert "k" not in table


def test_rewinding_takes_back_what_came_after_the_mark_only(table):
    table["kept"] = Row(1)
    table.mark()
    table["kept"], table["new"] = Row(2), Row(3)
    table.rewind()
    table.flush()
    table.forget()
    assert dict(table) == {"kept": Row(1)}


def test_a_host_sees_what_another_process_wrote_and_forgets_what_was_rolled_back(tmp_path):
    path = tmp_path / "m.sqlite"
    host, other = EmbeddedHost(path), EmbeddedHost(path)
    authors = host.tables["authors"]
    assert authors.get("somebody") is None
    host.drain()
    with other.transaction():
        other.tables["authors"]["somebody"] = authors_row = AuthorRow()
        other.tables["authors"].flush()
    host.drain()
    assert authors.get("somebody") == authors_row
    with pytest.raises(ZeroDivisionError):
        _change_and_fail(host, authors_row)
    assert authors.get("somebody else") is None


def test_whoever_cannot_begin_does_not_keep_others_from_it(tmp_path):
    """Another process holds the file for longer than we wait; when it lets go, any thread may write."""
    host, other = EmbeddedHost(tmp_path / "m.sqlite"), connect(tmp_path / "m.sqlite")
    host.connection.execute("PRAGMA busy_timeout = 50")
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(sqlite3.OperationalError, match="locked"):
        host.drain()
    other.execute("ROLLBACK")
    with ThreadPoolExecutor() as threads:
        assert threads.submit(host.drain).result(timeout=10) == 0


def test_a_file_in_use_cannot_be_written_anew_and_that_is_said(tmp_path):
    ours, other = connect(tmp_path / "m.sqlite"), connect(tmp_path / "m.sqlite")
    ours.execute("CREATE TABLE t (v)")
    ours.execute("INSERT INTO t VALUES ('gone for good')")
    ours.execute("DELETE FROM t")
    ours.execute("PRAGMA busy_timeout = 50")
    other.execute("BEGIN IMMEDIATE")
    assert not scrub(ours)
    other.execute("ROLLBACK")
    assert scrub(ours)
    assert not any(b"gone for good" in path.read_bytes() for path in tmp_path.iterdir())


def test_who_only_reads_is_told_when_nothing_was_collected(tmp_path):
    with pytest.raises(FileNotFoundError, match="molva run"):
        open_reader(tmp_path / "none.sqlite")
    connect(tmp_path / "m.sqlite").execute("CREATE TABLE t (v)")
    with pytest.raises(sqlite3.OperationalError, match="readonly"):
        open_reader(tmp_path / "m.sqlite").execute("INSERT INTO t VALUES (1)")


def _change_and_fail(host, row):
    with host.transaction():
        host.tables["authors"]["somebody else"] = row
        host.tables["authors"].flush()
        raise ZeroDivisionError
