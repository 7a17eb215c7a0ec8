"""Which column of a table means what: from a row to the shape in which reviews travel outside the process."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import msgspec

from collectors.errors import CollectorError, InvalidConfig, LayoutChanged
from collectors.platforms.page import dates, ratings
from collectors.platforms.tables.rows import Row
from schemas.wire import InvalidReview

_GROUPS = {
    "subject": ("id", "name", "kind", "url"),
    "author": ("id", "name", "handle", "url", "role", "company", "contact"),
    "rating": ("value", "best", "worst"),
    "reply": ("text", "author", "at"),
}
_PLAIN_FIELDS = (
    *("id", "source", "channel", "url", "title", "text", "pros", "cons", "language", "published_at", "experience_at"),
    *("collected_at", "badges", "verified", "withdrawn", "order", "token", "thread"),
)
FIELDS = frozenset({*_PLAIN_FIELDS, *_GROUPS, *(f"{group}.{name}" for group in _GROUPS for name in _GROUPS[group])})
_TIMES = frozenset({"published_at", "experience_at", "collected_at", "reply.at"})
_FLAGS = frozenset({"verified", "withdrawn"})
_TRUE = frozenset({"true", "yes", "y", "1", "1.0", "да", "истина", "verified", "t"})
_ZONED = re.compile(r"(?:Z|UTC|GMT|[+-]\d{2}:?\d{2})\s{0,5}\Z", re.IGNORECASE)
_PLAIN = re.compile(r"\s{0,9}-?\d{1,9}(?:[.,]\d{0,9})?\s{0,9}")
_SAMPLE_ROWS, _SAMPLE_BYTES = 1_000, 4_000_000


class Column(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where a field comes from.

    ``column`` may be several, of which the first that is not empty counts, and a path ("user.name") into nested JSON.
    For times: ``format`` is that of strptime, ``relative_to`` names a column with the time from which dates without a
    year are reckoned back, ``order`` says which number comes first in 3/4/2025, ``zone`` where the clock hangs.
    """

    column: str | list[str]
    format: str | None = None
    relative_to: str | None = None
    order: dates.Order | None = None
    zone: str | None = None


Mapped = dict[str, str | list[str] | Column]
"""Field -> column, or "=constant"."""


class Reader:
    """Reads rows by a mapping. Raises InvalidConfig for a mapping that cannot be meant."""

    def __init__(self, mapping: Mapped | None, *, source: str) -> None:
        """Check the mapping; ``source`` labels the reviews when the mapping gives no source.

        Without a mapping the columns bear the names of the fields.
        """
        self._constants = {"source": source}
        self._columns: dict[str, Column] = {}
        self._by_name = mapping is None
        for field, place in (mapping or {}).items():
            if field not in FIELDS and not field.startswith("counters."):
                raise InvalidConfig(f"mapping: there is no field {field!r}; choose from {', '.join(sorted(FIELDS))}")
            if isinstance(place, str) and place.startswith("="):
                self._constants[field] = place[1:]
                continue
            column = place if isinstance(place, Column) else Column(column=place)
            _check_zone(column)
            self._columns[field] = column
            self._constants.pop(field, None)

    def read(self, rows: Iterable[Row], *, now: datetime) -> Iterator[tuple[Row, dict[str, Any] | None]]:
        """Every row with its review in the outside shape, None for a row that is broken.

        Raises LayoutChanged when a mapped column is in none of the first thousand rows: then the file is another one.
        ``now`` is the time before which dates without a year lie.
        """
        rows = iter(rows)
        sample, trouble = _sample(rows)
        self._look(sample)
        for row in itertools.chain(sample, rows if trouble is None else _raising(trouble)):
            if row.error is not None:
                yield row, None
            elif not isinstance(row.value, dict):
                yield msgspec.structs.replace(row, error="the row is no JSON object"), None
            else:
                try:
                    yield row, self._row(row.value, now)
                except InvalidReview as error:
                    yield msgspec.structs.replace(row, error=str(error)), None

    def _look(self, sample: list[Row]) -> None:
        """Learn from the first rows which columns are there and which number comes first in their dates."""
        values = [row.value for row in sample if isinstance(row.value, dict)]
        if self._by_name:
            there = {name for value in values for name in value if name in FIELDS or name.startswith("counters.")}
            self._columns = {name: Column(column=name) for name in sorted(there)}
        for field, column in self._columns.items():
            names = [column.column] if isinstance(column.column, str) else column.column
            if values and not any(_has(value, name) for value in values for name in names):
                known = ", ".join(sorted({str(name) for value in values[:20] for name in value}))[:500]
                raise LayoutChanged(f"no row has the column {' or '.join(names)} for {field}; there are {known}")
            if field in _TIMES and column.order is None and not column.format:
                texts = (text for value in values if isinstance(text := _first(value, column.column), str))
                self._columns[field] = msgspec.structs.replace(column, order=dates.order_of(texts))

    def _row(self, value: dict[str, Any], now: datetime) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for field, constant in self._constants.items():
            _put(found, field, constant)
        for field, column in self._columns.items():
            content = _first(value, column.column)
            if content is None:
                continue
            if field in _TIMES:
                content = _time(field, content, column, _relative(value, column, now))
            elif field in _FLAGS:
                content = content if isinstance(content, bool) else str(content).strip().casefold() in _TRUE
            elif field in ("rating", "rating.value") and isinstance(content, str):
                content = _rating(found, content)
            elif field == "badges" and isinstance(content, str):
                content = [content]
            elif isinstance(content, float) and content.is_integer() and not field.startswith("rating"):
                # A table's tool turns the numbers of a column with gaps into 12345.0.
                content = int(content)
            _put(found, field, content)
        return found


def _check_zone(column: Column) -> None:
    if column.zone is not None:
        try:
            ZoneInfo(column.zone)
        except (ZoneInfoNotFoundError, ValueError, OSError):
            raise InvalidConfig(f"mapping: no time zone {column.zone!r}; write it as in Europe/Moscow") from None


def _sample(rows: Iterator[Row]) -> tuple[list[Row], CollectorError | None]:
    """The first rows, and what has ended them too early."""
    sample: list[Row] = []
    size = 0
    try:
        for row in rows:
            sample.append(row)
            size += len(row.raw)
            if len(sample) >= _SAMPLE_ROWS or size >= _SAMPLE_BYTES:
                break
    except CollectorError as error:
        return sample, error
    return sample, None


def _raising(error: CollectorError) -> Iterator[Row]:
    raise error
    yield  # so that it is a generator, which raises when its turn has come


def _has(value: dict[str, Any], name: str) -> bool:
    return name in value or (("." in name) and _path(value, name) is not None)


def _path(value: Any, name: str) -> Any:
    for part in name.split("."):
        if isinstance(value, list) and part.isdigit():
            value = value[int(part)] if int(part) < len(value) else None
        elif isinstance(value, dict):
            value = value.get(part)
        else:
            return None
    return value


def _first(value: dict[str, Any], names: str | list[str]) -> Any:
    """What the first of the columns holds that is not empty, else None."""
    for name in [names] if isinstance(names, str) else names:
        content = value[name] if name in value else _path(value, name)
        if content is not None and not (isinstance(content, str) and not content.strip()):
            return content
    return None


def _put(found: dict[str, Any], field: str, content: Any) -> None:
    outer, _, inner = field.partition(".")
    if not inner:
        # "subject" and "subject.name" may both be mapped, in either order.
        found[outer] = {**found[outer], _SHORT[outer]: content} if isinstance(found.get(outer), dict) else content
        return
    group = found.get(outer)
    if not isinstance(group, dict):
        group = found[outer] = {} if group is None else {_SHORT.get(outer, "value"): group}
    group[inner] = content


_SHORT = {"subject": "id", "author": "name", "rating": "value", "reply": "text"}
"""What a bare value in the place of a group means, as in ``wire``."""


def _rating(found: dict[str, Any], text: str) -> Any:
    """The number in "4", "4 из 5" or "★★★★☆"; the scale that the text states goes to its place."""
    if _PLAIN.fullmatch(text[:40]):
        return text
    stated = ratings.written(text)
    if stated is None:
        return text
    if stated.best is not None:
        _put(found, "rating.best", stated.best)
    if stated.worst is not None:
        _put(found, "rating.worst", stated.worst)
    return stated.value


def _relative(value: dict[str, Any], column: Column, now: datetime) -> datetime:
    if not column.relative_to:
        return now
    found = _first(value, column.relative_to)
    return (found is not None and _moment(found, Column(column=""), now)) or now


def _time(field: str, content: Any, column: Column, now: datetime) -> datetime:
    found = _moment(content, column, now)
    if found is None:
        raise InvalidReview(f"{field} is no date: {str(content)[:60]!r}")
    return found


def _moment(content: Any, column: Column, now: datetime) -> datetime | None:
    """The time that a cell holds: by ``format``, ISO 8601, seconds or milliseconds since 1970, or as people write."""
    text = content.strip()[:300] if isinstance(content, str) else None
    found: datetime | None
    if text is not None and column.format:
        try:
            found = datetime.strptime(text, column.format)  # noqa: DTZ007 - the zone is put in below
        except ValueError:
            return None
    else:
        try:
            found = datetime.fromisoformat(text) if text is not None else None
        except ValueError:
            found = None
        found = found or dates.parse(content if text is None else text, now=now, order=column.order)
    if found is None:
        return None
    stated = text is None or text.isdigit() or _ZONED.search(text)
    if column.zone and not (stated and found.tzinfo):
        found = found.replace(tzinfo=ZoneInfo(column.zone))
    try:
        return (found if found.tzinfo else found.replace(tzinfo=UTC)).astimezone(UTC)
    except OverflowError:
        return None
