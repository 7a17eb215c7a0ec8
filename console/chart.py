"""The trend as an SVG that needs no script and no style sheet of its own: bars of reviews with their negative part."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

import msgspec

from indexer.stores import Interval, Point

WIDTH, HEIGHT, GAP, FOOT, LEFT = 1000, 150, 2, 22, 34
MOST_BARS = 60


class Bar(msgspec.Struct, frozen=True):
    """One interval: the bar's place and heights in the picture, and what it stands for."""

    x: float
    width: float
    y: float
    height: float
    bad_y: float
    bad_height: float
    point: Point
    end: datetime
    label: bool


class Chart(msgspec.Struct, frozen=True):
    """The whole picture. ``top`` is the count at the top of the scale; ``baseline`` the y of zero."""

    bars: tuple[Bar, ...]
    top: int
    baseline: int
    width: int = WIDTH
    height: int = HEIGHT + FOOT
    left: int = LEFT


def interval_for(days: float) -> Interval:
    """The interval that gives a readable number of bars over so many days."""
    return "day" if days <= 45 else "week" if days <= 7 * MOST_BARS else "month"


def chart(points: Sequence[Point], interval: Interval) -> Chart | None:
    """The picture of a trend, with empty intervals between its points; None for an empty one."""
    dated = {point.time: point for point in points if point.time is not None}
    if not dated:
        return None
    times = [max(dated)]
    first = min(dated)
    while times[0] > first and len(times) < MOST_BARS:
        times.insert(0, _before(times[0], interval))
    top = _round_up(max(dated[time].count for time in times if time in dated))
    step = (WIDTH - LEFT) / max(len(times), 12)
    labels = max(1, -(-len(times) // 8))
    bars = []
    for index, time in enumerate(times):
        point = dated.get(time) or Point(time, 0, 0)
        height, bad = HEIGHT * point.count / top, HEIGHT * point.negative / top
        bars.append(
            Bar(
                x=round(LEFT + index * step, 1),
                width=round(max(1.0, step - GAP), 1),
                y=round(HEIGHT - height, 1),
                height=round(height, 1),
                bad_y=round(HEIGHT - bad, 1),
                bad_height=round(bad, 1),
                point=point,
                end=_after(time, interval) - timedelta(days=1),
                label=index % labels == 0,
            )
        )
    return Chart(bars=tuple(bars), top=top, baseline=HEIGHT)


def _before(time: datetime, interval: Interval) -> datetime:
    if interval == "month":
        return (time - timedelta(days=1)).replace(day=1)
    return time - timedelta(days=1 if interval == "day" else 7)


def _after(time: datetime, interval: Interval) -> datetime:
    if interval == "month":
        return (time + timedelta(days=32)).replace(day=1)
    return time + timedelta(days=1 if interval == "day" else 7)


def _round_up(count: int) -> int:
    """The next of 2, 5, 10, 20, 50 …, so that the scale reads well."""
    scale = 1
    while True:
        for digit in (1, 2, 5):
            if digit * scale >= count and digit * scale > 1:
                return digit * scale
        scale *= 10
