"""Bursts: days on which a subject got far more reviews than its own history explains.

Paid campaigns come in waves; a burst against the subject's own pace, in event time, is among the strongest signs that
need no text (Fei et al., "Exploiting burstiness in reviews for review spammer detection", ICWSM 2013).

A day is compared with the eight weeks before it. Without such a history there is no evidence, and a review without a
publication time takes no part. Features of the evidence:
    count: live reviews of the subject on that UTC day (5, 9, 17 …).
    ratio: how many times the expected number that is, rounded down to a power of two (4 to 1024).
    extreme: share of ratings of 1 or 5 among the day's rated reviews, in quarters.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Iterable, Iterator, MutableMapping, Sequence
from datetime import UTC, date, datetime, timedelta

import msgspec

from schemas.events import EvidenceFound, Finding, Member, SubjectReviewed
from streams.detectors.earliest import WAITING, Entry, Told, place, seconds, step, tell

NAME = "burst"
LIMIT = 1024
HISTORY = 56
"""Days before a day that it is compared with."""
SMALLEST, LOWEST_RATIO, LEAST_HISTORY, LEAST_SPAN = 5, 4.0, 3, 14


class Visit(msgspec.Struct, frozen=True, array_like=True):
    """What is kept of one review of the day."""

    version: int
    stars: float | None


class Day(msgspec.Struct, frozen=True, array_like=True):
    """A subject's reviews of one UTC day."""

    entries: tuple[Entry[Visit], ...] = ()


class Year(msgspec.Struct, frozen=True, array_like=True):
    """A subject's days of one year: how many reviews of each are live, and the bursts that were told."""

    counts: dict[int, int] = {}
    bursts: dict[int, dict[str, float]] = {}


Days = MutableMapping[str, Day]
Years = MutableMapping[str, Year]


def keys(event: SubjectReviewed) -> tuple[Iterable[str], Iterable[str]]:
    """The rows that the event surely touches."""
    days = {day for member in _members(event) if (day := _day(member)) is not None}
    years = {_date(day + shift).year for day in days for shift in (-HISTORY, 0, HISTORY)}
    return [f"{event.subject}|{day}" for day in days], [f"{event.subject}|{year}" for year in years]


def run(events: Sequence[SubjectReviewed], days: Days, years: Years) -> list[EvidenceFound]:
    """Place each fact in its day and tell every review whose burst began, grew or ended by it."""
    out: list[EvidenceFound] = []
    for event in events:
        for day in sorted({day for member in _members(event) if (day := _day(member)) is not None}):
            out.extend(_fact(event, day, days, _Counts(event.subject, years)))
    return out


def _fact(event: SubjectReviewed, day: int, days: Days, counts: _Counts) -> Iterator[EvidenceFound]:
    key = f"{event.subject}|{day}"
    row = days.get(key) or Day()
    now = event.now if event.now and _day(event.now) == day else None
    placed = (seconds(now.published_at), Visit(now.version, now.stars)) if now else None
    before = [seconds(member.published_at) for member in event.before if _day(member) == day]
    entries, _ = place(row.entries, event.review_id, placed, before, limit=LIMIT + WAITING)
    changed = Day(entries)
    repeated = changed == row
    if not repeated:
        days[key] = changed
    counts.set(day, sum(entry.member is not None for entry in entries[:LIMIT]))
    old = counts.told(day)
    for later in counts.watched(day):
        known = counts.told(later)
        burst = counts.burst(later, changed if later == day else None, days)
        if burst != known:
            counts.tell(later, burst)
        if burst is None and known is None and not repeated:
            continue
        if later == day:
            yield from tell(NAME, key, (event,), _findings(row, old), _findings(changed, burst), repeated=repeated)
        elif burst != known or repeated:
            other = f"{event.subject}|{later}"
            members = days.get(other) or Day()
            yield from tell(
                NAME, other, (event,), _findings(members, known), _findings(members, burst), repeated=repeated
            )


def _findings(day: Day, burst: dict[str, float] | None) -> dict[str, Told]:
    finding = Finding(features=burst) if burst else None
    return {
        entry.review_id: Told(entry.member.version, finding if slot < LIMIT else None)
        for slot, entry in enumerate(day.entries)
        if entry.member is not None
    }


class _Counts:
    """The years of one subject as one run of days."""

    def __init__(self, subject: str, years: Years) -> None:
        self._subject = subject
        self._years = years

    def _year(self, day: int) -> tuple[str, Year]:
        key = f"{self._subject}|{_date(day).year}"
        return key, self._years.get(key) or Year()

    def watched(self, day: int) -> list[int]:
        """*day*, and the later days whose burst may begin or end when *day* changes, in order."""
        watched = {day}
        for key in dict.fromkeys((self._year(day)[0], self._year(day + HISTORY)[0])):
            year = self._years.get(key) or Year()
            if not year.bursts and max(year.counts.values(), default=0) < SMALLEST:
                continue
            busy = (other for other, n in year.counts.items() if n >= SMALLEST)
            watched.update(other for other in (*busy, *year.bursts) if day < other <= day + HISTORY)
        return sorted(watched)

    def history(self, day: int) -> list[tuple[int, int]]:
        """The days of the eight weeks before *day* that have reviews, with their counts, in order."""
        counts = dict(self._year(day - HISTORY)[1].counts) | self._year(day)[1].counts
        return sorted((before, n) for before, n in counts.items() if day - HISTORY <= before < day)

    def get(self, day: int) -> int:
        """How many live reviews the day has."""
        return self._year(day)[1].counts.get(day, 0)

    def told(self, day: int) -> dict[str, float] | None:
        return self._year(day)[1].bursts.get(day)

    def set(self, day: int, count: int) -> None:
        key, year = self._year(day)
        if year.counts.get(day, 0) != count:
            counts = {**year.counts, day: count}
            if not count:
                del counts[day]
            elif day not in year.counts:
                counts = dict(sorted(counts.items()))
            self._years[key] = Year(counts, year.bursts)

    def tell(self, day: int, burst: dict[str, float] | None) -> None:
        key, year = self._year(day)
        bursts = {d: told for d, told in year.bursts.items() if d != day}
        if burst:
            bursts[day] = burst
        self._years[key] = Year(year.counts, dict(sorted(bursts.items())))

    def burst(self, day: int, row: Day | None, days: Days) -> dict[str, float] | None:
        """The features of the burst on *day*, None when the day is none; *row* is the day's row where it is at hand."""
        count = self.get(day)
        if count < SMALLEST:
            return None
        history = self.history(day)
        total = sum(n for _, n in history)
        if total < LEAST_HISTORY or day - history[0][0] < LEAST_SPAN:
            return None
        ratio = count * (day - history[0][0]) / total
        if ratio < LOWEST_RATIO or count < total / HISTORY + 4 * math.sqrt(total / HISTORY):
            return None
        row = row or days.get(f"{self._subject}|{day}") or Day()
        stars = [e.member.stars for e in row.entries[:LIMIT] if e.member is not None and e.member.stars is not None]
        extreme = sum(value <= 1.25 or value >= 4.75 for value in stars)
        return {
            "count": float(step(count)),
            "ratio": float(2 ** min(10, int(math.log2(ratio)))),
            "extreme": math.floor(4 * extreme / len(stars)) / 4 if stars else 0.0,
        }


def _members(event: SubjectReviewed) -> tuple[Member, ...]:
    return (*event.before, event.now) if event.now else event.before


_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def _day(member: Member) -> int | None:
    return (member.published_at - _EPOCH).days if member.published_at else None


@functools.lru_cache(maxsize=8192)
def _date(day: int) -> date:
    return (_EPOCH + timedelta(days=day)).date()
