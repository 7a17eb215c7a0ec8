"""Ratings drawn as a row of icons: which of them are full is told by names, by order from the left, or by colour."""

from __future__ import annotations

import re

from collectors.platforms.page import hints
from collectors.platforms.page.tree import Element, direct_text, elements, near_names

_ICON_TAGS = frozenset({"i", "svg", "span", "img", "li", "div", "a", "label", "use", "path", "em", "b"})
# Attributes that differ between icons without meaning anything.
_IDLE = frozenset({"id", "d", "points", "viewbox", "key", "onclick", "data-value", "title", "width", "height"})
_GLYPH_WORDS = {
    "★": "star full",
    "⭐": "star full",
    "☆": "star empty",
    "⯨": "star half",
    "✭": "star full",
    "✩": "star empty",
    # ligatures of icon fonts
    "star": "star full",
    "star_rate": "star full",
    "grade": "star full",
    "star_half": "star half",
    "star_border": "star empty",
    "star_outline": "star empty",
}


def filled(element: Element) -> tuple[float, float, bool] | None:
    """Value, best, and whether names told them apart, of filled icons among three to ten alike children."""
    children = [child for child in element if isinstance(child.tag, str)]
    if not 1 <= len(children) <= 12:
        return None
    looks = [
        (child, _look(child))
        for child in children
        if (child.tag in _ICON_TAGS or "icon" in str(child.tag)) and not _wordy(child)
    ]
    painted = _painted(looks) if len(looks) == len(children) else None
    starry = [(child, look) for child, look in looks if re.search(r"star|звезд|(?<![a-z])rat(?:e|ing)|bubble", look)]
    if len(starry) < 3 and len(looks) == len(children) and len(looks) >= 5 and hints.RATING.search(near_names(element)):
        starry = looks
    if not 3 <= len(starry) <= 10 or len({child.tag for child, _ in starry}) > 1:
        return painted
    states = [_state(look) for _, look in starry]
    if None in states or len(set(states)) == 1:
        states = _by_run([look for _, look in starry], states)
    value = sum(state or 0.0 for state in states)
    best = float(len(starry)) if len(starry) in (5, 10) else 5.0
    if value <= 0 or value > best:
        return None
    return value, best, True


def _painted(looks: list[tuple[Element, str]]) -> tuple[float, float, bool] | None:
    """Drawn icons without any name, told apart by their colour: gold ones count, grey ones do not."""
    if not looks or not all(child.tag == "svg" or any(inner.tag == "svg" for inner in child) for child, _ in looks):
        return None
    warm = [bool(_colours(look) and any(_is_warm(colour) for colour in _colours(look))) for _, look in looks]
    best = float(len(looks)) if len(looks) in (5, 10) else 5.0
    return (float(sum(warm)), best, False) if any(warm) and sum(warm) <= best else None


def _colours(look: str) -> list[tuple[int, int, int]]:
    """The colours named in attributes, as red, green, blue."""
    found = [
        (int(r, 16), int(g, 16), int(b, 16))
        for r, g, b in re.findall(r"#([0-9a-f]{2})([0-9a-f]{2})([0-9a-f]{2})(?![0-9a-f])", look)
    ]
    found += [(int(r), int(g), int(b)) for r, g, b in re.findall(r"rgba?\((\d{1,3}),\s?(\d{1,3}),\s?(\d{1,3})", look)]
    found += [
        (int(r * 2, 16), int(g * 2, 16), int(b * 2, 16))
        for r, g, b in re.findall(r"#([0-9a-f])([0-9a-f])([0-9a-f])(?![0-9a-f])", look)
    ]
    return found + [(255, 200, 0) for _ in re.findall(r"gold|orange|yellow", look)]


def _is_warm(colour: tuple[int, int, int]) -> bool:
    red, green, blue = colour
    return red > 210 and 90 < green < 230 and blue < 120


def _wordy(icon: Element) -> bool:
    """Whether there are words in it: a star may hold one character, drawn or read aloud."""
    if direct_text(icon) in _GLYPH_WORDS:
        return False
    for number, inner in enumerate(elements(icon)):
        tail = inner.tail if inner is not icon else None
        if number > 6 or len((inner.text or "").strip()) > 2 or len((tail or "").strip()) > 2:
            return True
    return False


def _look(icon: Element) -> str:
    """All that tells a full icon from an empty one: attributes of the icon and of what is in it, element by element."""
    glyph = direct_text(icon)
    if glyph and glyph not in _GLYPH_WORDS:
        return ""
    parts = [_GLYPH_WORDS.get(glyph, "")]
    for number, inner in enumerate(elements(icon)):
        if number > 6:
            break
        said = " ".join(f"{key}={str(value)[:80]}" for key, value in inner.items() if key not in _IDLE)
        parts.append(("leaf " if len(inner) == 0 else "") + said if said else "")
    return " | ".join(part for part in parts if part).lower()


def _state(look: str) -> float | None:
    """1 full, 0.5 half, 0 empty; None when the names do not tell."""
    layers = [layer for layer in look.split(" | ") if "star" in layer and layer.startswith("leaf ")]
    if (
        len(layers) >= 2
        and any(not hints.EMPTY_STAR.search(layer) for layer in layers)
        and hints.EMPTY_STAR.search(look)
    ):
        # A full icon laid over the outline of an empty one.
        return 0.5 if hints.HALF_STAR.search(look) else 1.0
    if hints.HALF_STAR.search(look):
        return 0.5
    empty, full = hints.EMPTY_STAR.search(look), hints.FULL_STAR.search(look)
    if empty and not full:
        return 0.0
    if full and not empty:
        return 1.0
    return None


def _by_run(looks: list[str], states: list[float | None]) -> list[float | None]:
    """Stars fill from the left: the first kind of icon is the full one."""
    if len(set(looks)) > 3:
        # Numbered icons: star-1 to star-5.
        looks = [re.sub(r"\d+", "#", look) for look in looks]
    if len(set(looks)) == 1:
        return [0.0 if states[0] == 0.0 else 1.0] * len(looks)
    kinds = list(dict.fromkeys(looks))
    if len(kinds) > 3:
        return [None] * len(looks)
    last = kinds[-1]
    return [1.0 if look == kinds[0] else 0.0 if look == last or _state(look) == 0.0 else 0.5 for look in looks]
