"""The rows of a CSV or JSON-lines file, each with the bytes that it came from; a broken row is a row too."""

from __future__ import annotations

import csv
from collections import deque
from collections.abc import Iterator
from typing import Any, Literal

import msgspec

from collectors.errors import LayoutChanged
from collectors.platforms.tables.lines import MAX_LINE, Line
from schemas import wire
from schemas.wire import InvalidReview

Format = Literal["jsonl", "csv"]

MAX_SPAN = 500
"""Lines that one CSV row may run over; more means that a quotation mark was never closed."""
_DELIMITERS = ",;\t|"


class Row(msgspec.Struct, frozen=True):
    """A row: its number (from 1, the header not counted), its value or what is wrong with it, its bytes."""

    number: int
    raw: bytes
    end: int
    value: Any = None
    error: str | None = None
    whole: bool = True


def json_rows(lines: Iterator[Line], *, encoding: str, start: int = 0) -> Iterator[Row]:
    """A row for each line that is not empty; ``start`` rows came before."""
    number = start
    for line in lines:
        if not line.data.strip():
            continue
        number += 1
        try:
            value = wire.parse(_text(line, encoding))
        except InvalidReview as error:
            yield Row(number, line.data, line.end, error=str(error), whole=line.whole)
        else:
            yield Row(number, line.data, line.end, value=value, whole=line.whole)


def csv_rows(lines: Iterator[Line], *, encoding: str, delimiter: str | None = None) -> Iterator[Row]:
    """A row for each record, as a dict by the header's names. Raises LayoutChanged for a header that is none."""
    feed = _Feed(lines, encoding)
    csv.field_size_limit(MAX_LINE)
    header = _header(feed, delimiter)
    dialect: dict[str, Any] = {"delimiter": header.delimiter, "strict": True}
    number = 0
    while feed.more():
        number += 1
        feed.begin()
        try:
            fields = next(csv.reader(feed, **dialect))
        except (csv.Error, InvalidReview, StopIteration) as error:
            # One bad line must not take those with it that its open quotation mark has swallowed.
            raw = feed.give_back()
            yield Row(number, raw.data, raw.end, error=f"not CSV: {error}" if str(error) else "not CSV")
            continue
        raw_bytes, end = b"\n".join(line.data for line in feed.taken), feed.taken[-1].end
        if len(fields) == len(header.names):
            yield Row(number, raw_bytes, end, value=dict(zip(header.names, fields, strict=True)))
        else:
            error_text = f"the row has {len(fields)} fields, the header {len(header.names)}"
            yield Row(number, raw_bytes, end, error=error_text)


class _Header(msgspec.Struct, frozen=True):
    names: list[str]
    delimiter: str


class _Feed:
    """Lines for csv.reader, remembered until the row is done, so that they can be given back."""

    def __init__(self, lines: Iterator[Line], encoding: str) -> None:
        self._lines, self._encoding = lines, encoding
        self._back: deque[Line] = deque()
        self.taken: list[Line] = []

    def begin(self) -> None:
        self.taken = []

    def more(self) -> bool:
        """Whether there is another line that is not empty."""
        while True:
            line = self._next()
            if line is None:
                return False
            if line.data.strip():
                self._back.appendleft(line)
                return True

    def give_back(self) -> Line:
        """Take the first line of this row for good and give the others back."""
        first, *others = self.taken
        self._back.extendleft(reversed(others))
        return first

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        if len(self.taken) >= MAX_SPAN or sum(line.size for line in self.taken) > MAX_LINE:
            raise InvalidReview("a quotation mark is opened and not closed")
        line = self._next()
        if line is None:
            raise StopIteration
        self.taken.append(line)
        return _text(line, self._encoding) + "\n"

    def _next(self) -> Line | None:
        return self._back.popleft() if self._back else next(self._lines, None)


def _header(feed: _Feed, delimiter: str | None) -> _Header:
    if not feed.more():
        return _Header([], ",")
    feed.begin()
    try:
        first = next(feed)
        feed.give_back()
        feed._back.appendleft(feed.taken[0])  # noqa: SLF001 - looked at, not used up
        feed.begin()
        found = delimiter or max(_DELIMITERS, key=first.count)
        names = [name.strip() for name in next(csv.reader(feed, delimiter=found, strict=True))]
    except (csv.Error, InvalidReview, StopIteration) as error:
        raise LayoutChanged(f"the first line is no CSV header: {error}") from None
    if len(set(names)) < len(names) or not all(names):
        raise LayoutChanged(f"the header has an empty or a repeated name: {', '.join(names)[:300]}")
    return _Header(names, found)


def _text(line: Line, encoding: str) -> str:
    if line.too_long:
        raise InvalidReview(f"a line of {line.size} bytes, more than {MAX_LINE}: split it or cut the text")
    try:
        return line.data.decode(encoding)
    except UnicodeDecodeError as error:
        raise InvalidReview(f"not {encoding} at byte {error.start} of the line") from None
