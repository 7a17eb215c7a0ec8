"""Dates as review pages write them, in a dozen languages, absolute and relative, into aware UTC times.

Which of two small numbers is the day is a question of the whole page, not of one review: ``Order`` collects what all
dates of a page say about it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta, timezone
from typing import Literal

from collectors.platforms.page.date_words import (
    AGO,
    AMBIGUOUS,
    AMOUNTS,
    BEFORE,
    LONE,
    MONTHS,
    NAMED,
    TWO_DAYS,
    UNITS,
    YESTERDAY,
)

Order = Literal["day", "month"]

_WORD = "|".join(sorted(MONTHS, key=len, reverse=True))
_CLOCK = (
    r"(?:[\s,T]{1,4}(?:at|в|um|à|om|kl\.?|alle|a las|às|o)?\s{0,3}(\d{1,2}):(\d{2})(?::(\d{2}))?\s{0,2}([ap]\.?m)?)?"
)
_ISO = re.compile(
    r"(?<!\d)((?:19|20)\d{2})[-/.](\d{1,2})[-/.](\d{1,2})(?!\d)"
    r"(?:[T\s]{1,2}(\d{1,2}):(\d{2})(?::(\d{2}))?(?:[.,]\d{1,9})?\s?(Z|UTC|GMT|[+-]\d{2}:?\d{2})?)?",
)
_YEAR_MONTH = re.compile(r"\A\s{0,20}((?:19|20)\d{2})[-/.](\d{1,2})\s{0,20}\Z")
_SCRIPT = re.compile(
    r"(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)[a-z]{0,6},?\s{1,3}(?:([A-Z][a-z]{2})\s(\d{1,2})|(\d{1,2})\s([A-Z][a-z]{2}))\s"
    r"(\d{4})\s(\d{2}):(\d{2}):(\d{2})\s{0,2}(?:GMT|UTC|Z)?\s{0,2}([+-]\d{2}:?\d{2})?",
)
_NUMERIC = re.compile(rf"(?<![\d.,/-])(\d{{1,2}})\s?([./-])\s?(\d{{1,2}})\s?\2\s?(\d{{4}}|\d{{2}})(?![\d/]){_CLOCK}")
_DAY_MONTH = re.compile(
    rf"(?<![\d.,])(\d{{1,2}})(?:st|nd|rd|th|er|º|ª)?[\s.,\u00a0-]{{1,3}}(?:of\s|de\s|d[e']\s?)?({_WORD})\b\.?"
    rf"(?:[\s,.'’\u00a0-]{{1,4}}(?:de\s|del\s)?(\d{{4}}|'?\d{{2}}(?![\d:])))?(?:\s?(?:г\.|года|г\b|р\.))?{_CLOCK}",
    re.IGNORECASE,
)
_MONTH_DAY = re.compile(
    rf"\b({_WORD})\b\.?\s{{1,3}}(\d{{1,2}})(?:st|nd|rd|th)?(?![\d:])(?:[\s,.]{{1,4}}(\d{{4}}))?{_CLOCK}", re.IGNORECASE
)
_MONTH_YEAR = re.compile(rf"\b({_WORD})\b\.?[\s,/-]{{1,3}}(?:de\s|del\s)?((?:19|20)\d{{2}})\b", re.IGNORECASE)
_HAN = re.compile(r"((?:19|20)\d{2})\s?[年년]\s?(\d{1,2})\s?[月월]\s?(?:(\d{1,2})\s?[日일])?")
_EPOCH = re.compile(r"\A\s{0,5}(1\d{9}|1\d{12})\s{0,5}\Z")

_DAYS = {"second": 0.0, "minute": 0.0, "hour": 0.0, "day": 1.0, "week": 7.0, "month": 30.44, "year": 365.25}
_SECONDS = {"second": 1, "minute": 60, "hour": 3600}
_ANY_UNIT = "|".join(rf"(?P<{name}>{words})" for name, words in UNITS)
_AMOUNT = rf"(?P<n>\d{{1,3}}|{AMOUNTS})"
_RELATIVE = re.compile(
    rf"(?<!\w)(?:(?:{BEFORE}|fa)\s{{1,3}})?"
    rf"(?:about|over|almost|около|более|почти)?\s{{0,2}}{_AMOUNT}\s{{0,3}}(?:{_ANY_UNIT})\.?"
    rf"(?P<ago>\s{{1,3}}(?:{AGO}))?(?!\w)",
    re.IGNORECASE,
)
_BEFORE = re.compile(rf"(?:{BEFORE})\s", re.IGNORECASE)
_LONE_UNIT = re.compile(rf"(?<!\w)(?P<u>{'|'.join(LONE)})\s{{1,3}}назад(?!\w)", re.IGNORECASE)
_LAST = re.compile(
    r"(?<!\w)last\s(week|month|year)(?!\w)|(?<!\w)на прошлой (неделе)(?!\w)|(?<!\w)в прошлом (месяце|году)(?!\w)",
    re.IGNORECASE,
)
_NAMED = re.compile(
    rf"(?<!\w)(?P<w>{NAMED})(?!\w)"
    r"(?:[\s,]{1,3}(?:at|в|um|à)?\s{0,2}(?P<h>\d{1,2}):(?P<m>\d{2}))?",
    re.IGNORECASE,
)


def find(text: str, *, now: datetime, order: Order | None = None) -> tuple[datetime, tuple[int, int]] | None:
    """The first date in the first 300 characters of *text* and where it stands, or None.

    Args:
        text: What the page shows or an attribute's value.
        now: When the page was fetched; relative dates count from it, dates without a year lie before it.
        order: Which number comes first in 03/04/2025; the month when the page does not know (None: the day).
    """
    text = text[:300]
    for reader in (_script, _iso, _han, _written, _numeric, _relative):
        found = reader(text, now, order)
        if found and datetime(1990, 1, 1, tzinfo=UTC) <= found[0] <= now + timedelta(days=400):
            return found
    return None


def parse(value: object, *, now: datetime, order: Order | None = None) -> datetime | None:
    """The date that a field of markup holds: text in any form, or seconds or milliseconds since 1970."""
    if isinstance(value, bool) or value is None:
        return None
    if isinstance(value, int | float):
        value = str(int(value)) if abs(value) < 1e15 else ""
    if not isinstance(value, str):
        return None
    epoch = _EPOCH.match(value)
    if epoch:
        seconds = int(epoch.group(1)) / (1000 if len(epoch.group(1)) == 13 else 1)
        return datetime.fromtimestamp(seconds, UTC)
    month = _YEAR_MONTH.match(value)
    if month:
        return _when(int(month.group(1)), int(month.group(2)), 1)
    found = find(value, now=now, order=order)
    return found[0] if found else None


def order_of(texts: Iterable[str], *, language: str | None = None, host: str | None = None) -> Order | None:
    """Which number comes first in the numeric dates of a page, None when it has none."""
    seen = False
    for text in texts:
        for match in _NUMERIC.finditer(text[:300]):
            seen = True
            if match.group(2) == ".":
                return "day"
            if int(match.group(1)) > 12:
                return "day"
            if int(match.group(3)) > 12:
                return "month"
    if not seen:
        return None
    american = (language or "").lower() in ("en-us", "en_us", "en", "") and (host or "x.com").endswith(
        (".com", ".us", ".org", ".net")
    )
    return "month" if american else "day"


def iso(moment: datetime) -> str:
    """RFC 3339 in UTC, as reviews outside the process carry it."""
    return moment.astimezone(UTC).replace(microsecond=0).isoformat().replace("+00:00", "Z")


def _when(
    year: int, month: int, day: int, clock: tuple[str | None, ...] = (), zone: str | None = None
) -> datetime | None:
    if year < 100:
        year += 2000
    hour, minute, second = (
        int(part) if part and part.isdigit() else 0 for part in (*clock[:3], *[None] * (3 - len(clock[:3])))
    )
    half = (clock[3] or "").lower()[:1] if len(clock) > 3 else ""
    if half == "p" and hour < 12:
        hour += 12
    elif half == "a" and hour == 12:
        hour = 0
    offset = timedelta(0)
    if zone and zone[0] in "+-":
        offset = timedelta(hours=int(zone[1:3]), minutes=int(zone[-2:])) * (-1 if zone[0] == "-" else 1)
    try:
        return datetime(year, month, day, hour, minute, min(second, 59), tzinfo=timezone(offset)).astimezone(UTC)
    except (ValueError, OverflowError):
        return None


_Found = tuple[datetime, tuple[int, int]] | None


def _at(moment: datetime | None, match: re.Match[str]) -> _Found:
    return (moment, match.span()) if moment else None


def _script(text: str, _now: datetime, _order: Order | None) -> _Found:
    match = _SCRIPT.search(text)
    if not match:
        return None
    month = MONTHS.get((match.group(1) or match.group(4)).lower(), 0)
    day = int(match.group(2) or match.group(3))
    return _at(_when(int(match.group(5)), month, day, match.group(6, 7, 8), match.group(9)), match)


def _iso(text: str, _now: datetime, _order: Order | None) -> _Found:
    match = _ISO.search(text)
    if not match:
        return None
    year, month, day = (int(part) for part in match.group(1, 2, 3))
    return _at(_when(year, month, day, match.group(4, 5, 6), match.group(7)), match)


def _han(text: str, _now: datetime, _order: Order | None) -> _Found:
    match = _HAN.search(text)
    return _at(_when(int(match.group(1)), int(match.group(2)), int(match.group(3) or 1)), match) if match else None


def _written(text: str, now: datetime, _order: Order | None) -> _Found:
    """A date with the month in letters. Without a year it is the last such day before *now*."""
    for pattern, day_at, month_at in ((_DAY_MONTH, 1, 2), (_MONTH_DAY, 2, 1)):
        for match in pattern.finditer(text):
            month, day = MONTHS[match.group(month_at).lower()], int(match.group(day_at))
            year, clock = match.group(3), match.group(4, 5, 6, 7)
            if not year and match.group(month_at).lower() in AMBIGUOUS:
                continue
            if year:
                moment = _when(int(year.lstrip("'")), month, day, clock)
            else:
                moment = _when(now.year, month, day, clock)
                if moment and moment > now + timedelta(days=1):
                    moment = _when(now.year - 1, month, day, clock)
            if moment:
                return moment, match.span()
    alone = _MONTH_YEAR.search(text)
    return _at(_when(int(alone.group(2)), MONTHS[alone.group(1).lower()], 1), alone) if alone else None


def _numeric(text: str, _now: datetime, order: Order | None) -> _Found:
    match = _NUMERIC.search(text)
    if not match:
        return None
    first, second, year = int(match.group(1)), int(match.group(3)), int(match.group(4))
    month_first = order == "month" and match.group(2) != "." and first <= 12
    day, month = (second, first) if month_first or second > 12 else (first, second)
    return _at(_when(year, month, day, match.group(5, 6, 7, 8)), match)


def _relative(text: str, now: datetime, _order: Order | None) -> _Found:
    for match in _RELATIVE.finditer(text):
        if not match.group("ago") and not _BEFORE.match(match.group().lstrip() + " "):
            continue
        unit = next(name for name, _ in UNITS if match.group(name))
        word = match.group("n").lower()
        amount = int(word) if word.isdigit() else 3 if word in ("несколько", "a few", "few", "пару", "wenigen") else 1
        return _ago(now, unit, amount), match.span()
    lone = _LONE_UNIT.search(text)
    if lone:
        return _ago(now, LONE[lone.group("u").lower()], 1), lone.span()
    last = _LAST.search(text)
    if last:
        word = next(part for part in last.groups() if part).lower()
        unit = {"неделе": "week", "месяце": "month", "году": "year"}.get(word, word)
        return _ago(now, unit, 1), last.span()
    named = _NAMED.search(text)
    if not named:
        return None
    word = named.group("w").lower()
    moment = now - timedelta(days=2 if word in TWO_DAYS else 1 if word in YESTERDAY else 0)
    hour, minute = int(named.group("h") or 0), int(named.group("m") or 0)
    return _at(_when(moment.year, moment.month, moment.day, (str(hour), str(minute))), named)


def _ago(now: datetime, unit: str, amount: int) -> datetime:
    """*amount* units before *now*: to the minute for hours and less, else the day; months and years by calendar."""
    if unit in _SECONDS:
        return (now - timedelta(seconds=_SECONDS[unit] * amount)).replace(second=0, microsecond=0)
    if unit in ("month", "year"):
        months = now.year * 12 + now.month - 1 - amount * (12 if unit == "year" else 1)
        year, month = max(months // 12, 1990), months % 12 + 1
        moment = _when(year, month, min(now.day, 28))
        assert moment is not None
        return moment
    return (now - timedelta(days=_DAYS[unit] * amount)).replace(hour=0, minute=0, second=0, microsecond=0)
