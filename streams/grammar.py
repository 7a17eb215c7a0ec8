"""The little grammar that sentences with numbers need."""

from __future__ import annotations


def plural(count: float, one: str, few: str, many: str) -> str:
    """The Russian form of a noun after *count*: 1 отзыв, 2 отзыва, 5 отзывов."""
    number = int(count)
    if number % 10 == 1 and number % 100 != 11:
        return one
    return few if number % 10 in (2, 3, 4) and number % 100 not in (12, 13, 14) else many


def noun(count: float, one: str, many: str) -> str:
    """The English form of a noun or verb after *count*."""
    return one if int(count) == 1 else many
