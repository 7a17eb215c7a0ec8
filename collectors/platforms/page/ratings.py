"""Ratings and counts out of whatever a page writes them in: numbers, fractions, percents, words and stars."""

from __future__ import annotations

import math
import re
from typing import Any

import msgspec

from collectors.platforms.page.model import Notes

# A space or an apostrophe joins only groups of three digits: "1 078 reviews" is one number, "5 2 people" is two.
_DIGITS = r"(?:\d{1,3}(?:[\u00a0\u202f' ]\d{3})+(?!\d)(?:[.,]\d{1,9})?|\d{1,9}(?:[.,]\d{1,9}){0,4})"
_FRACTION = re.compile(
    rf"({_DIGITS})\s{{0,5}}(?:/|из|out\s{{1,3}}of|of|von|sur|su|de|van|av|af|z|з|/\s?от|sobre|"
    rf"från)\s{{0,5}}({_DIGITS})(?!\d)",
    re.IGNORECASE,
)
_PERCENT = re.compile(rf"({_DIGITS})\s{{0,3}}%")
_NUMBER = re.compile(rf"[-\u2212]?{_DIGITS}")
_STARS = re.compile(r"[★☆⭐✩✭✮✯✰⯨🌟⯪]")
_FULL = frozenset("★⭐✭✮✯🌟")
_HALF = frozenset("⯨⯪")
_THOUSANDS = re.compile(r"\d{1,3}(?:[.,\u00a0\u202f' ]\d{3})+(?!\d)")
_MULTIPLES = {"k": 1e3, "к": 1e3, "тыс": 1e3, "тис": 1e3, "mil": 1e3, "m": 1e6, "млн": 1e6, "mn": 1e6, "万": 1e4}
_COUNT = re.compile(rf"({_DIGITS})\s{{0,3}}\+?\s{{0,3}}(k|к|тыс|тис|mil|m|млн|mn|万)?(?![^\W\d_])", re.IGNORECASE)


class Scale(msgspec.Struct, frozen=True):
    """A rating as it was written: ``best`` and ``worst`` only if the page says them."""

    value: float
    best: float | None = None
    worst: float | None = None


def number(value: Any) -> float | None:
    """A finite number from a number or the first number in a text ("4,5", "1.234,5", "4.5 stars"), else None."""
    if isinstance(value, bool):
        return None
    if isinstance(value, int | float):
        try:
            result = float(value)
        except OverflowError:
            return None
        return result if math.isfinite(result) and abs(result) < 1e12 else None
    if not isinstance(value, str):
        return None
    match = _NUMBER.search(value[:200])
    if not match:
        return None
    return _to_float(match.group().replace("\u2212", "-"))


def _to_float(digits: str) -> float | None:
    digits = re.sub(r"[\u00a0\u202f' ]", "", digits)
    if "," in digits and "." in digits:
        # The later mark is the decimal one: 1.234,5 and 1,234.5.
        if digits.rfind(",") > digits.rfind("."):
            digits = digits.replace(".", "").replace(",", ".")
        else:
            digits = digits.replace(",", "")
    elif digits.count(",") > 1 or digits.count(".") > 1:
        digits = digits.replace(",", "").replace(".", "")
    else:
        digits = digits.replace(",", ".")
    try:
        result = float(digits)
    except ValueError:
        return None
    return result if math.isfinite(result) and abs(result) < 1e12 else None


def count(value: Any) -> int | None:
    """How many, from a number or a text ("1,078 reviews", "2,3 тыс.", "12k"); None for less than nothing."""
    if isinstance(value, str):
        match = _COUNT.search(value[:200])
        if not match:
            return None
        digits = match.group(1)
        unit = _MULTIPLES.get((match.group(2) or "").lower())
        thousands = _THOUSANDS.fullmatch(digits)
        plain = re.sub(r"\D", "", digits)
        amount = float(plain) if thousands and plain and not unit else _to_float(digits)
        amount = amount * unit if amount is not None and unit else amount
    else:
        amount = number(value)
    return round(amount) if amount is not None and 0 <= amount < 1e12 else None


def written(text: str) -> Scale | None:
    """A rating that a short text states: "4.5/5", "4 out of 5 stars", "80%", "★★★★☆", "4,5"."""
    text = text[:300]
    fraction = _FRACTION.search(text)
    if fraction:
        value, best = _to_float(fraction.group(1)), _to_float(fraction.group(2))
        if value is not None and best and 0 <= value <= best <= 100:
            return Scale(value, best)
    percent = _PERCENT.search(text)
    if percent:
        value = _to_float(percent.group(1))
        return Scale(value, 100.0, 0.0) if value is not None and value <= 100 else None
    stars = _STARS.findall(text)
    if stars:
        full = (
            sum(1.0 for star in stars if star in _FULL)
            + sum(0.5 for star in stars if star in _HALF)
            + text.count("½") / 2
        )
        stated = number(text) if len(stars) == 1 else None
        if stated is not None:
            return Scale(stated)
        return Scale(full, 5.0) if len(stars) <= 5 else Scale(full, float(len(stars))) if len(stars) <= 10 else None
    value = number(text)
    return Scale(value) if value is not None else None


def rating(value: Any, best: Any, worst: Any, notes: Notes, *, what: str = "rating") -> dict[str, float] | None:
    """The rating with its scale, or None with a note when it makes no sense on the scale that the page states.

    A page that states no scale gets the smallest usual one that holds the value: 1-5, 1-10, 0-100.
    """
    stated = written(value) if isinstance(value, str) else None
    amount = stated.value if stated else number(value)
    if amount is None:
        if value not in (None, ""):
            notes.add(f"{what} dropped: {str(value)[:60]!r} is no number")
        return None
    top, bottom = number(best), number(worst)
    if stated and stated.best is not None:
        if top is not None and stated.best == 100 and top != 100:
            # "90%" on a page that also says its scale ends at 5.
            amount = amount / 100 * top
        else:
            top, bottom = stated.best, stated.worst if stated.worst is not None else bottom
    if top is not None and bottom is not None and top < bottom:
        top, bottom = bottom, top
    if top is None or top <= 0:
        top = next((usual for usual in (5.0, 10.0, 100.0) if amount <= usual), None)
    if top is None or amount > top + 0.005 or amount < 0:
        notes.add(f"{what} dropped: {amount:g} is not on the scale up to {top or 100:g}")
        return None
    if bottom is None or bottom >= top:
        bottom = 0.0 if top > 10 else 1.0 if top > 1 else 0.0
    return {"value": min(amount, top), "best": top, "worst": min(bottom, amount)}
