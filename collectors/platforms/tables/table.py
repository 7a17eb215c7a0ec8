"""A file as a table: which format and encoding it has, and its rows."""

from __future__ import annotations

import codecs
import contextlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Literal

import msgspec

from collectors.errors import InvalidConfig, Refused
from collectors.platforms.tables import lines
from collectors.platforms.tables.rows import Row, csv_rows, json_rows

Format = Literal["auto", "jsonl", "csv"]
_SUFFIXES: dict[str, Literal["jsonl", "csv"]] = {
    ".csv": "csv",
    ".tsv": "csv",
    ".json": "jsonl",
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
}


class Table(msgspec.Struct, frozen=True):
    """A file with what is known of its form. ``appendable``: whether it can be read on from an offset."""

    path: Path
    format: Literal["jsonl", "csv"]
    encoding: str
    delimiter: str | None
    appendable: bool

    def rows(self, *, offset: int, number: int, progress: Callable[[int], None]) -> Iterator[Row]:
        """The rows from an offset on, before which there were ``number``."""
        found = lines.lines(lines.chunks(self.path, offset=offset, progress=progress), start=offset)
        if self.format == "jsonl":
            return json_rows(found, encoding=self.encoding, start=number)
        return csv_rows(found, encoding=self.encoding, delimiter=self.delimiter)


def open_table(path: Path, *, wanted: Format, encoding: str | None, delimiter: str | None) -> Table:
    """Look at the file; raises InvalidConfig when its encoding cannot be told."""
    first = b""
    with contextlib.suppress(Refused):
        first = next(lines.chunks(path), b"")
    suffixes = [suffix.lower() for suffix in path.suffixes[-2:] if suffix.lower() != ".gz"]
    form = wanted if wanted != "auto" else _SUFFIXES.get(suffixes[-1] if suffixes else "")
    if form is None:
        form = "jsonl" if first.lstrip()[:1] == b"{" else "csv"
    with path.open("rb") as file:
        raw = file.read(3)
    # Packed files, and those that are re-encoded or begin with a mark, have other offsets than their lines.
    plain = form == "jsonl" and raw == first[:3]
    return Table(path, form, _known(encoding) if encoding else lines.recognise(path), delimiter, plain)


def _known(encoding: str) -> str:
    try:
        return codecs.lookup(encoding).name
    except LookupError:
        raise InvalidConfig(f"there is no encoding {encoding!r}; write utf-8 or cp1251") from None
