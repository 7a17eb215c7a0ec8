"""Dates in queries as Elasticsearch reads them: parts may be missing, ``now-7d/d`` counts, upper bounds round up.

Every expression stands for a stretch of time: ``2026-11`` is a month, ``now`` a millisecond. A lower bound takes its
first instant and an upper bound its last, so ``[2026-11-01 TO 2026-11-02]`` holds the whole second day. All is UTC.
"""

from __future__ import annotations

import calendar
import re
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

MILLISECOND = timedelta(milliseconds=1)

_DATE = re.compile(
    r"(?P<y>\d{4})(?:-(?P<M>\d{1,2})(?:-(?P<d>\d{1,2})"
    r"(?:[T ](?P<h>\d{1,2})(?::(?P<m>\d{2})(?::(?P<s>\d{2})(?:[.,](?P<f>\d{1,9}))?)?)?"
    r"(?P<zone>Z|[+-]\d{2}(?::?\d{2})?)?)?)?)?",
    re.ASCII,
)
_STEP = re.compile(r"(?:(?P<sign>[+-])(?P<count>\d{0,6})|(?P<round>/))(?P<unit>[yMwdhHms])", re.ASCII)
_LATEST = datetime(9999, 12, 30, 23, 59, 59, 999_000, tzinfo=UTC)
_SECONDS = {"w": 604_800, "d": 86_400, "h": 3_600, "H": 3_600, "m": 60, "s": 1}


class Stretch(NamedTuple):
    """The first and the last millisecond that a date stands for."""

    first: datetime
    last: datetime


def read(text: str, *, now: datetime) -> Stretch:
    """The stretch of time that ``text`` names, within the calendar's ends; raises ValueError when it names none."""
    stretch = _read(text, now)
    return Stretch(stretch.first, min(stretch.last, _LATEST))


def _read(text: str, now: datetime) -> Stretch:
    text = text.strip()
    if text.startswith("now"):
        at = now.astimezone(UTC)
        at = at.replace(microsecond=at.microsecond // 1000 * 1000)
        stretch, rest = Stretch(at, at), text[3:]
    else:
        base, _, rest = text.partition("||")
        stretch = _date(base)
    position = 0
    while position < len(rest):
        step = _STEP.match(rest, position)
        if not step:
            raise ValueError(text)
        position = step.end()
        stretch = _apply(stretch, step)
    return stretch


def is_relative(text: str) -> bool:
    """Whether the date hangs on the time at which it is read."""
    return text.strip().startswith("now")


def _date(text: str) -> Stretch:
    match = _DATE.fullmatch(text)
    if not match:
        raise ValueError(text)
    part = {name: int(value) for name, value in match.groupdict().items() if value and name not in {"f", "zone"}}
    first = datetime(
        part["y"],
        part.get("M", 1),
        part.get("d", 1),
        part.get("h", 0),
        part.get("m", 0),
        part.get("s", 0),
        int((match["f"] or "0").ljust(3, "0")[:3]) * 1000,
        tzinfo=UTC,
    )
    finest = "f" if match["f"] else list(part)[-1]
    last = first if finest == "f" else _end(first, finest)
    offset = _offset(match["zone"])
    try:
        return Stretch(first - offset, last - offset)
    except OverflowError:
        raise ValueError(text) from None


def _offset(zone: str | None) -> timedelta:
    if not zone or zone == "Z":
        return timedelta(0)
    digits = zone[1:].replace(":", "").ljust(4, "0")
    if int(digits[2:]) > 59:
        raise ValueError(zone)
    offset = timedelta(hours=int(digits[:2]), minutes=int(digits[2:]))
    return -offset if zone[0] == "-" else offset


def _apply(stretch: Stretch, step: re.Match[str]) -> Stretch:
    unit = step["unit"]
    try:
        if step["round"]:
            return Stretch(_floor(stretch.first, unit), _end(_floor(stretch.last, unit), unit))
        count = int(step["count"] or 1) * (-1 if step["sign"] == "-" else 1)
        return Stretch(_add(stretch.first, count, unit), _add(stretch.last, count, unit))
    except OverflowError:
        raise ValueError(step[0]) from None


def _add(time: datetime, count: int, unit: str) -> datetime:
    if unit in _SECONDS:
        return time + timedelta(seconds=count * _SECONDS[unit])
    months = time.year * 12 + time.month - 1 + count * (12 if unit == "y" else 1)
    year, month = months // 12, months % 12 + 1
    if not 1 <= year <= 9999:
        raise OverflowError
    return time.replace(year=year, month=month, day=min(time.day, calendar.monthrange(year, month)[1]))


def _floor(time: datetime, unit: str) -> datetime:
    if unit == "s":
        return time.replace(microsecond=0)
    if unit == "m":
        return time.replace(second=0, microsecond=0)
    if unit in "hH":
        return time.replace(minute=0, second=0, microsecond=0)
    day = time.replace(hour=0, minute=0, second=0, microsecond=0)
    if unit == "w":
        return day - timedelta(days=day.weekday())
    if unit == "M":
        return day.replace(day=1)
    return day.replace(month=1, day=1) if unit == "y" else day


def _end(start: datetime, unit: str) -> datetime:
    """The last millisecond of the unit that begins at ``start``; the calendar's very end when it has no later one."""
    try:
        return _add(start, 1, unit) - MILLISECOND
    except OverflowError:
        return datetime.max.replace(microsecond=999_000, tzinfo=UTC)
