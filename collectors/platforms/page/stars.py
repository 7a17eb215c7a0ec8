"""A rating out of an element of a page without markup: attributes, words, class names, widths, star icons."""

from __future__ import annotations

import re

import msgspec

from collectors.platforms.page import hints, icons, ratings
from collectors.platforms.page.tree import Element, attribute, direct_text, elements, names_of, near_names, one_line

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
_SLASHED = re.compile(r"(?<![\d/.])\d(?:[.,]\d)?\s?/\s?(?:5|10)(?![\d/.])")
_OF = re.compile(r"\d\s{0,3}(?:/|из|out of|of|von|sur|su|de|van|av|af|z|з|от|sobre)\s{0,3}\d", re.IGNORECASE)
_GLYPHS = re.compile(r"^[\s★☆⭐✩✭✮✯✰⯨🌟⯪½()\d.,]{1,40}$")
_COUNTS = re.compile(r"count|total|votes|helpful|number-of|distribution")
_BEST_ALONE = re.compile(r"\s{0,2}(?:/|из\b|of\b|out of)")
_GLYPH_RUN = re.compile(r"[★☆⭐✭✮✯✰⯨🌟]{3,10}½?")


class Raw(msgspec.Struct, frozen=True):
    """A rating as one element states it; ``best`` None: the element does not say the scale."""

    value: float
    best: float | None
    strength: float


def own(element: Element) -> Raw | None:
    """What the element says by itself: its attributes, its own words, or the icons right inside it."""
    if not isinstance(element.tag, str) or element.tag in ("script", "style", "option", "select", "body", "html"):
        return None
    return _attributes(element) or _words(element) or _classes(element) or _width(element) or _drawn(element)


def _drawn(element: Element) -> Raw | None:
    found = icons.filled(element)
    return Raw(found[0], found[1], ICONS if found[2] else PAINTED) if found else None


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
            raw = _stated(text, strong=bool(hints.RATING.search(near_names(element))) and element.tag != "a")
            if raw:
                return raw
    return _numbered(element)


def _numbered(element: Element) -> Raw | None:
    """A bare number in an attribute that is named for ratings, or in the label of such an element."""
    names = names_of(element)
    rated = bool(hints.RATING.search(names)) and not _COUNTS.search(names)
    for name in ("aria-label", "title") if rated else ():
        bare = _BARE.match(attribute(element, name))
        value = ratings.number(bare.group(1)) if bare else None
        if value is not None and 0 < value <= 10:
            return Raw(value, None, BARE)
    for key, held in element.items():
        if _VALUE_NAMES.match(str(key)) or (
            key in ("data-value", "aria-valuenow", "value") and hints.RATING.search(near_names(element))
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
            and (hints.STATED.search(low) or strong or len(text) <= 16 or _SLASHED.search(text))
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


def _words(element: Element) -> Raw | None:
    text = direct_text(element)
    if len(text) > 60:
        return _glyphs((element.text or "").strip()[:60])  # stars, and the words right below them
    if not text:
        return None
    near = near_names(element)
    rated = bool(hints.RATING.search(near))
    raw = _glyphs(text)
    if raw is None and (len(element) == 0 or rated or _SLASHED.search(text)):
        raw = _stated(text, strong=rated)
    if raw is None and rated and 0 < len(element) <= 3:
        whole = one_line(" ".join([text, *(direct_text(child) for child in element)]), 40)
        raw = _stated(whole, strong=True) if len(whole) <= 24 and _OF.search(whole) else None
    if raw is None and rated and element.tag not in ("a", "button") and not _COUNTS.search(near):
        bare = _BARE.match(text)
        value = ratings.number(bare.group(1)) if bare and not _BEST_ALONE.match(text) else None
        raw = Raw(value, None, BARE) if value is not None and 0 < value <= 10 else None
    return raw


def without_drawing(text: str) -> str:
    """*text* without a first line that is drawn stars alone."""
    first, _, rest = text.partition("\n")
    return rest if rest and _GLYPH_RUN.search(first) and _GLYPHS.match(first) else text


def _glyphs(text: str) -> Raw | None:
    """Stars typed as characters. One alone is one of five beside each other, or decoration."""
    run = _GLYPH_RUN.search(text)
    if not run and not (_GLYPHS.match(text) and any(star in text for star in "★☆⭐✭✮✯🌟") and len(text) > 1):
        return None
    scale = ratings.written(run.group() if run else text)
    return Raw(scale.value, scale.best, GLYPHS) if scale and 0 < scale.value <= 10 else None


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
    if not match or not hints.RATING.search(near_names(element)) or hints.AGGREGATE.search(near_names(element)):
        return None
    if match.group(1) is None:
        value = float(match.group(2))
        return (
            Raw(value, 100.0 if match.group(3) else 5.0 if value <= 5 else 100.0, WIDTH) if 0 < value <= 100 else None
        )
    value = float(match.group(1))
    return Raw(value, 100.0, WIDTH) if 0 < value <= 100 else None
