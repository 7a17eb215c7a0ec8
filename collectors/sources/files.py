"""Reviews in files: CSV and JSON lines, packed or not, as exports and crawls leave them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

from collectors import Cursor, InvalidConfig, InvalidReview, Item, Progress, Rejected, collector
from collectors.platforms.tables import memory
from collectors.platforms.tables.mapping import Mapped, Reader
from collectors.platforms.tables.rows import Row
from collectors.platforms.tables.table import Format, open_table
from schemas import wire

REMEMBER = 500
"""Rows after which the place in a growing file is written down."""


@collector(channel="file", every="5 minutes")
def files(
    *,
    source: str,
    cursor: Cursor,
    progress: Progress,
    path: str,
    mapping: Mapped | None = None,
    format: Format = "auto",  # noqa: A002 - the word that users know
    encoding: str | None = None,
    delimiter: str | None = None,
) -> Iterator[Item]:
    """Yield every row of the files at *path*; a broken row is rejected with its reason, and the rest goes on.

    A file that has not changed is not read again; of JSON lines that were added only those are read.

    Args:
        source: Label of the rows that name no source.
        cursor: Remembers how far each file was read.
        progress: Told the bytes read, of all files.
        path: A file, a folder, or a pattern such as ``exports/*.csv.gz``.
        mapping: Field of a review to column, as in ``text = "reviewText", source = "=amazon"`` (a constant); without
            it the columns bear the names of the fields.
        format: By default what the name says, else what the first byte says.
        encoding: By default recognised: UTF-8, UTF-16 or windows-1251.
        delimiter: Of CSV; by default recognised.
    """
    reader = Reader(mapping, source=source)
    found = _find(path)
    done, total = 0, sum(place.stat().st_size for place in found)
    for place in found:
        key = f"file {place}"
        before = memory.recall(cursor.get(key))
        if not memory.unchanged(place, before):
            table = open_table(place, wanted=format, encoding=encoding, delimiter=delimiter)
            offset, number = memory.resume(place, before) if table.appendable else (0, 0)
            rows = table.rows(offset=offset, number=number, progress=partial(_report, progress, done, total))
            for row, data in reader.read(rows, now=datetime.now(UTC)):
                yield _item(row, data, place)
                number, offset = row.number, row.end if row.whole else offset
                if table.appendable and number % REMEMBER == 0:
                    cursor[key] = memory.remember(place, offset=offset, number=number, done=False)
            cursor[key] = memory.remember(place, offset=offset, number=number, done=True)
        done += place.stat().st_size
        progress(done, total)


def _item(row: Row, data: dict[str, Any] | None, place: Path) -> Item:
    reason = row.error or "not readable"
    try:
        if data is not None:
            return wire.read(data)
    except InvalidReview as error:
        reason = str(error)
    return Rejected(f"{place.name}, row {row.number}: {reason}", row.raw, key=f"{place.name}:{row.number}")


def _find(path: str) -> list[Path]:
    """The files that are meant, in order of their names; raises InvalidConfig when there is none."""
    place = Path(path).expanduser()
    if place.is_dir():
        found = [one for one in place.iterdir() if not one.name.startswith(".")]
    else:
        # A name with brackets in it may be that of a file; only what is none is a pattern.
        root = Path(place.anchor)
        found = [place] if place.exists() else list(root.glob(str(place.relative_to(root))))
    files = sorted(one for one in found if one.is_file())
    if not files:
        raise InvalidConfig(f"no file at {path}")
    return files


def _report(progress: Progress, before: int, total: int, read: int) -> None:
    progress(before + read, total)
