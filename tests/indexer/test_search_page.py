"""The page about searching says what the product does: its table is the product's and its examples are answered."""

from __future__ import annotations

import importlib.util
import re
import sqlite3
from pathlib import Path

import pytest

from indexer.fields import SORTS
from indexer.query import QueryError, parse
from indexer.stores.sqlite import SqliteStore

DOCS = Path(__file__).resolve().parents[2] / "docs"
PAGE = (DOCS / "search.md").read_text(encoding="utf-8")
EXAMPLES = [
    query
    for line in PAGE.split("## Order")[0].splitlines()
    if line.startswith("| `")
    for query in re.findall(r"`([^`]+)`", line.split("|")[1])
]


def test_table_of_fields_is_the_one_in_the_code():
    spec = importlib.util.spec_from_file_location("search_tables", DOCS / "search_tables.py")
    tables = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(tables)
    assert tables.page(PAGE) == PAGE


@pytest.mark.parametrize("query", EXAMPLES)
def test_every_example_is_answered(query):
    assert SqliteStore(sqlite3.connect(":memory:")).search(query).total == 0


def test_there_are_examples():
    assert len(EXAMPLES) > 20


@pytest.mark.parametrize("query", ["a~", '"a b"~3', "/ab+/"])
def test_what_the_page_calls_unavailable_is_refused(query):
    with pytest.raises(QueryError):
        parse(query)


def test_page_names_every_sort():
    assert all(f"`{sort}`" in PAGE for sort in SORTS)


@pytest.mark.parametrize("char", [*'+-!():^[]"{}~*?\\/<>'])
def test_special_character_is_plain_after_a_backslash(char):
    assert parse(f"source:a\\{char}b").root.value == f"a{char}b"
