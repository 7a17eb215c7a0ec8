"""The trend as an SVG that needs no script: bars of reviews with their negative part.

Across it is measured in percent, so that it fills a phone and a desk alike; heights and letters are in pixels.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

import msgspec

from indexer.stores import Interval, Point

HEIGHT, FOOT, HEAD = 150, 24, 8
GAP = 0.12
"""The share of an interval's width that stays empty."""
MOST_BARS, MOST_LABELS = 60, 8
LEAST_SLOTS = 12
"""Fewer bars than this leave room on the right instead of growing broad."""
EDGE = 4.0
"""Percent from the borders within which a label must not be centred."""


class Bar(msgspec.Struct, frozen=True):
    """One interval: the bar's place (percent) and heights (pixels), and what it stands for.

    Args:
        x: The left edge.
        width: From it to the right edge.
        y: The top of the whole bar.
        height: Of the whole bar.
        bad_y: The top of the negative part.
        bad_height: Of the negative part.
        point: What was counted.
        end: The last day of the interval.
        label: Where its date is written; None when it has none.
        anchor: Which part of the date stands there: start, middle, end.
        main: Whether the date is written even where there is little room.
    """

    x: float
    width: float
    y: float
    height: float
    bad_y: float
    bad_height: float
    point: Point
    end: datetime
    label: float | None = None
    anchor: str = "middle"
    main: bool = False


class Chart(msgspec.Struct, frozen=True):
    """The whole picture: ``top`` is the count at the top of the scale, ``head`` its y, ``baseline`` the y of zero."""

    bars: tuple[Bar, ...]
    top: int
    interval: Interval
    head: int = HEAD
    baseline: int = HEAD + HEIGHT
    height: int = HEAD + HEIGHT + FOOT


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
    step = 100 / max(len(times), LEAST_SLOTS)
    every = max(1, -(-len(times) // MOST_LABELS))
    labelled = range(0, len(times), every)
    main = {labelled[0], labelled[len(labelled) // 2], labelled[-1]}
    bars = []
    for index, time in enumerate(times):
        point = dated.get(time) or Point(time, 0, 0)
        height, bad = HEIGHT * point.count / top, HEIGHT * point.negative / top
        x, width = (index + GAP / 2) * step, (1 - GAP) * step
        label, anchor = _label(x, width) if index in labelled else (None, "middle")
        bars.append(
            Bar(
                x=round(x, 3),
                width=round(width, 3),
                y=round(HEAD + HEIGHT - height, 1),
                height=round(height, 1),
                bad_y=round(HEAD + HEIGHT - bad, 1),
                bad_height=round(bad, 1),
                point=point,
                end=_after(time, interval) - timedelta(days=1),
                label=label,
                anchor=anchor,
                main=index in main,
            )
        )
    return Chart(bars=tuple(bars), top=top, interval=interval)


def _label(x: float, width: float) -> tuple[float, str]:
    """Where a bar's date stands: under its middle, but inside the picture."""
    middle = round(x + width / 2, 3)
    if middle < EDGE:
        return round(x, 3), "start"
    return (round(x + width, 3), "end") if middle > 100 - EDGE else (middle, "middle")


def _before(time: datetime, interval: Interval) -> datetime:
    if interval == "month":
        return (time - timedelta(days=1)).replace(day=1)
    return time - timedelta(days=1 if interval == "day" else 7)


def _after(time: datetime, interval: Interval) -> datetime:
    if interval == "month":
        return (time + timedelta(days=32)).replace(day=1)
    return time + timedelta(days=1 if interval == "day" else 7)


def _round_up(count: int) -> int:
    """The next of 2, 4, 6, 10, 20, 40 …: round, and half of it is a whole number of reviews."""
    scale = 1
    while True:
        for digit in (2, 4, 6, 10):
            if digit * scale >= count:
                return digit * scale
        scale *= 10
