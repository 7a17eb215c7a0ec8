"""A rating out of an element of a page without markup: attributes, words, class names, widths, star icons."""

from __future__ import annotations

import re

import msgspec

from collectors.platforms.page import hints, ratings
from collectors.platforms.page.tree import Element, attribute, elements, names_of, one_line

# How much each kind of statement is worth where several disagree.
STATED, ATTRIBUTE, WIDTH, CLASS, GLYPHS, ICONS, BARE, PAINTED = 6.0, 5.0, 4.0, 3.5, 4.5, 3.0, 2.0, 1.5

_VALUE_NAMES = re.compile(
    r"^(?:data-)?(?:(?:review|user|star|stars|avg|average|product|init|initial)-?)?(?:rating|rate|score|"
    r"stars?|ratingvalue|grade)(?:-?(?:value|score|stars?|number|count))?$"
)
_MAX_NAMES = ("data-max", "data-best", "aria-valuemax", "data-stars-max", "data-max-rating", "max")
_META_NAMES = re.compile(r"ratingvalue$|^rating$|^score$|review-?rating", re.IGNORECASE)
_NUMBERED = re.compile(
    r"(?:^|[-_])(?:[a-z]{0,12}stars?|[a-z]{0,12}ratings?|rate|score|bubble|starrating|ratingstars?|grade|"
    r"mark|val|value|percent)"
    r"(?:[-_]{1,2}(?:[a-z]{1,10}[-_]{1,2})?)?(\d{1,3})(?:[-_.,](\d{1,2}))?(?:[-_](half))?$"
)
_NUMBER_FIRST = re.compile(r"^(?:[a-z]{1,10}[-_])?(\d)(?:[-_.](\d))?[-_]?stars?$")
_NAMED = re.compile(
    r"(?:^|[-_])(?:stars?|ratings?)[-_]{1,2}(one|two|three|four|five)$|^(one|two|three|four|"
    r"five)[-_]?stars?$|^([A-Z][a-z]{2,4})$"
)
_NAMES = {
    "one": 1.0,
    "two": 2.0,
    "three": 3.0,
    "four": 4.0,
    "five": 5.0,
    "One": 1.0,
    "Two": 2.0,
    "Three": 3.0,
    "Four": 4.0,
    "Five": 5.0,
}
_WIDTH = re.compile(
    r"(?<![-\w])width\s{0,3}:\s{0,3}(\d{1,3}(?:\.\d{1,12})?)\s?%|--(?:rating|score|stars?|value|"
    r"percent)\s{0,3}:\s{0,3}(\d{1,3}(?:\.\d{1,6})?)(%?)"
)
_BARE = re.compile(r"^\D{0,3}(\d{1,2}(?:[.,]\d{1,2})?)\D{0,3}$")
_OF = re.compile(r"\d\s{0,3}(?:/|из|out of|of|von|sur|su|de|van|av|af|z|от|sobre)\s{0,3}\d", re.IGNORECASE)
_GLYPHS = re.compile(r"^[\s★☆⭐✩✭✮✯✰⯨🌟⯪½()\d.,]{1,40}$")
_GLYPH_WORDS = {
    "★": "star full",
    "⭐": "star full",
    "☆": "star empty",
    "⯨": "star half",
    "✭": "star full",
    "✩": "star empty",
}
_GLYPH_RUN = re.compile(r"[★☆⭐✭✮✯✰⯨🌟]{3,10}½?")
_ICON_TAGS = frozenset({"i", "svg", "span", "img", "li", "div", "a", "label", "use", "path", "em", "b"})


class Raw(msgspec.Struct, frozen=True):
    """A rating as one element states it; ``best`` None: the element does not say the scale."""

    value: float
    best: float | None
    strength: float


def own(element: Element) -> Raw | None:
    """What the element says by itself: its attributes, its own words, or the icons right inside it."""
    if not isinstance(element.tag, str) or element.tag in ("script", "style", "option", "select", "body", "html"):
        return None
    return _attributes(element) or _words(element) or _classes(element) or _width(element) or _icons(element)


def find(element: Element, skip: frozenset[Element] | set[Element] = frozenset()) -> Raw | None:
    """The strongest statement in the element and below it, the first of equals."""
    best: Raw | None = None
    for number, inner in enumerate(elements(element)):
        if number > 150:
            break
        if inner in skip:
            continue
        raw = own(inner)
        if raw and (best is None or raw.strength > best.strength):
            best = raw
    return best


def in_words(text: str) -> Raw | None:
    """What an attribute that is known to hold the rating says."""
    scale = ratings.written(text)
    return Raw(scale.value, scale.best, STATED) if scale else None


def resolve(raws: list[Raw | None]) -> list[dict[str, float] | None]:
    """The ratings of one page on one scale: where some do not say it, the others tell."""
    stated = [raw.best for raw in raws if raw and raw.best is not None]
    highest = max((raw.value for raw in raws if raw and raw.best is None), default=0.0)
    usual = (
        max(stated, key=stated.count) if stated else next((best for best in (5.0, 10.0, 100.0) if highest <= best), 5.0)
    )
    result: list[dict[str, float] | None] = []
    for raw in raws:
        best = raw.best if raw and raw.best is not None else usual
        if raw is None or not 0 < raw.value <= best:
            result.append(None)
            continue
        if best == 100 and usual == 100 and not any(other and other.best is None for other in raws):
            # Bars and widths: stars drawn by percent.
            result.append({"value": round(raw.value / 20, 2), "best": 5.0, "worst": min(1.0, round(raw.value / 20, 2))})
            continue
        worst = 0.0 if best > 10 else 1.0
        result.append({"value": raw.value, "best": best, "worst": min(worst, raw.value)})
    return result


def _near(element: Element) -> str:
    """The names that an element and the two above it bear, in lower case."""
    names = []
    current: Element | None = element
    for _ in range(3):
        if current is None or current.tag in ("body", "html"):
            break
        names.append(names_of(current))
        current = current.getparent()
    return " ".join(names)


def _attributes(element: Element) -> Raw | None:
    if element.tag in ("meta", "input"):
        named = attribute(element, "name") or attribute(element, "itemprop") or attribute(element, "property")
        held = attribute(element, "content") or attribute(element, "value")
        if element.tag == "input" and attribute(element, "type") == "radio" and element.get("checked") is None:
            return None
        value = ratings.number(held) if _META_NAMES.search(named) else None
        return Raw(value, None, ATTRIBUTE) if value is not None and 0 < value <= 100 else None
    for name in ("aria-label", "title", "alt", "data-title", "data-original-title", "data-tooltip", "content"):
        text = attribute(element, name)
        if text and len(text) <= 120:
            raw = _stated(text, strong=bool(hints.RATING.search(_near(element))) and element.tag != "a")
            if raw:
                return raw
    for key, held in element.items():
        if _VALUE_NAMES.match(str(key)) or (
            key in ("data-value", "aria-valuenow", "value") and hints.RATING.search(_near(element))
        ):
            value = ratings.number(held) if _BARE.match(str(held)) or str(held).isdigit() else None
            best = next((ratings.number(attribute(element, other)) for other in _MAX_NAMES if element.get(other)), None)
            if value is not None and 0 < value <= (best or 100):
                return _hundred(value, best, ATTRIBUTE)
    return None


def _hundred(value: float, best: float | None, strength: float) -> Raw:
    """Two-digit values without a scale: 45 is 4.5 stars, 80 is 80 percent."""
    if best is None and value > 10:
        return Raw(value / 10, 5.0, strength) if value <= 50 and value % 5 == 0 else Raw(value, 100.0, strength)
    return Raw(value, best, strength)


def _stated(text: str, *, strong: bool) -> Raw | None:
    """A rating in words: a scale, a word for stars or a place that is known to hold ratings must vouch for it."""
    low = text.lower()
    if not any(char.isdigit() for char in text) or len(re.findall(r"\d+", text)) > 4:
        return None
    if _OF.search(text):
        scale = ratings.written(text)
        if (
            scale
            and scale.best in (5.0, 10.0, 100.0, 6.0, 4.0, 20.0)
            and (hints.STATED.search(low) or strong or len(text) <= 16)
        ):
            return Raw(scale.value, scale.best, STATED)
        return None
    if (
        hints.STATED.search(low)
        and len(text) <= 40
        and not re.search(r"reviews|ratings|отзыв|оценок|оценки\b|votes|based", low)
    ):
        value = ratings.number(text)
        if value is not None and 0 < value <= 10:
            return Raw(value, 5.0 if value <= 5 and "star" in low else None, STATED)
    return None


def direct_text(element: Element) -> str:
    """The element's own words, without those of the elements in it."""
    parts = [element.text or "", *(child.tail or "" for child in element)]
    return one_line(" ".join(parts), 600)


def _words(element: Element) -> Raw | None:
    text = direct_text(element)
    if not text or len(text) > 60:
        return None
    if _GLYPHS.match(text) and any(star in text for star in "★☆⭐✭✮✯🌟"):
        scale = ratings.written(text)
        # One star alone is one of five beside each other, or decoration.
        if scale and 0 < scale.value <= 10 and len(text.replace(" ", "")) > 1:
            return Raw(scale.value, scale.best, GLYPHS)
    run = _GLYPH_RUN.search(text)
    if run:
        scale = ratings.written(run.group())
        if scale and 0 < scale.value <= 10:
            return Raw(scale.value, scale.best, GLYPHS)
    near = _near(element)
    rated = bool(hints.RATING.search(near))
    if len(element) == 0 or rated:
        raw = _stated(text, strong=rated)
        if raw:
            return raw
    if rated and 0 < len(element) <= 3:
        whole = one_line(" ".join([direct_text(element), *(direct_text(child) for child in element)]), 40)
        raw = _stated(whole, strong=True) if len(whole) <= 24 and _OF.search(whole) else None
        if raw:
            return raw
    bare = _BARE.match(text)
    if (
        bare
        and rated
        and not re.match(r"\s{0,2}(?:/|из\b|of\b|out of)", text)
        and element.tag not in ("a", "button")
        and not re.search(r"count|total|votes|helpful|number-of|distribution", near)
    ):
        value = ratings.number(bare.group(1))
        if value is not None and 0 < value <= 10:
            return Raw(value, None, BARE)
    return None


def _classes(element: Element) -> Raw | None:
    for token in attribute(element, "class").split()[:12]:
        low = token.lower()
        match = _NUMBERED.search(low) or _NUMBER_FIRST.search(low)
        if match:
            whole, part = match.group(1), match.group(2)
            value = float(whole) + (float(f"0.{part}") if part and len(whole) == 1 else 0.0)
            if match.lastindex == 3 and match.group(3):
                value += 0.5
            if len(whole) == 1 and 0 < value <= 5:
                return Raw(value, 5.0, CLASS)
            if len(whole) > 1 and value <= 50 and value % 5 == 0 and value >= 10:
                return Raw(value / 10, 5.0, CLASS)
            if 50 < value <= 100:
                return Raw(value, 100.0, CLASS)
        named = _NAMED.search(low) or (_NAMED.search(token) if "star" in attribute(element, "class").lower() else None)
        word = next((part for part in named.groups() if part), "") if named else ""
        if word in _NAMES:
            return Raw(_NAMES[word], 5.0, CLASS)
    return None


def _width(element: Element) -> Raw | None:
    style = attribute(element, "style")
    match = _WIDTH.search(style[:300]) if style else None
    if not match or not hints.RATING.search(_near(element)) or hints.AGGREGATE.search(_near(element)):
        return None
    if match.group(1) is None:
        value = float(match.group(2))
        return (
            Raw(value, 100.0 if match.group(3) else 5.0 if value <= 5 else 100.0, WIDTH) if 0 < value <= 100 else None
        )
    value = float(match.group(1))
    return Raw(value, 100.0, WIDTH) if 0 < value <= 100 else None


def _icons(element: Element) -> Raw | None:
    """Filled icons among three to ten alike children."""
    children = [child for child in element if isinstance(child.tag, str)]
    if not 1 <= len(children) <= 12:
        return None
    looks = [(child, _look(child)) for child in children if child.tag in _ICON_TAGS and not _wordy(child)]
    painted = _painted(looks) if len(looks) == len(children) else None
    starry = [(child, look) for child, look in looks if re.search(r"star|звезд|(?<![a-z])rat(?:e|ing)|bubble", look)]
    if len(starry) < 3 and len(looks) == len(children) and len(looks) >= 5 and hints.RATING.search(_near(element)):
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
    return Raw(value, best, ICONS)


def _painted(looks: list[tuple[Element, str]]) -> Raw | None:
    """Drawn icons without any name, told apart by their colour: gold ones count, grey ones do not."""
    if not looks or not all(child.tag == "svg" or any(inner.tag == "svg" for inner in child) for child, _ in looks):
        return None
    warm = [bool(_colours(look) and any(_is_warm(colour) for colour in _colours(look))) for _, look in looks]
    best = float(len(looks)) if len(looks) in (5, 10) else 5.0
    return Raw(float(sum(warm)), best, PAINTED) if any(warm) and sum(warm) <= best else None


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
    for number, inner in enumerate(elements(icon)):
        tail = inner.tail if inner is not icon else None
        if number > 6 or len((inner.text or "").strip()) > 2 or len((tail or "").strip()) > 2:
            return True
    return False


def _look(icon: Element) -> str:
    """All that tells a full icon from an empty one: attributes of the icon and of what is in it."""
    parts: list[str] = [_GLYPH_WORDS.get(direct_text(icon), "")]
    if direct_text(icon) and not parts[0]:
        return ""
    for number, inner in enumerate(elements(icon)):
        if number > 6:
            break
        parts += [
            f"{key}={str(value)[:80]}"
            for key, value in inner.items()
            if key not in ("id", "d", "points", "viewbox", "key", "onclick", "data-value", "title", "width", "height")
        ]
    return " ".join(parts).lower()


def _state(look: str) -> float | None:
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
    if len(set(looks)) == 1:
        return [0.0 if states[0] == 0.0 else 1.0] * len(looks)
    kinds = list(dict.fromkeys(looks))
    if len(kinds) > 3:
        return [None] * len(looks)
    last = kinds[-1]
    return [1.0 if look == kinds[0] else 0.0 if look == last or _state(look) == 0.0 else 0.5 for look in looks]
