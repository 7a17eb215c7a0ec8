"""CSS selectors for elements that were found: short, readable, and proven to pick exactly those elements."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from lxml import etree
from lxml.cssselect import CSSSelector

from collectors.platforms.page import hints
from collectors.platforms.page.tree import NAMING, Element, attribute

_IDENTIFIER = re.compile(r"^-?[A-Za-z_][\w-]{0,80}$")
# What build tools make of class names changes with every release of the page.
_HASHED = re.compile(
    r"^(?:css-|sc-|jss|jsx-|emotion-|svelte-|_ngcontent|ng-tns)|"
    r"(?=[\w-]*\d)(?=[\w-]*[a-z])[A-Za-z0-9]{5,8}$|__[A-Za-z0-9_-]{5,6}$|^[a-z]{1,3}[A-Z][A-Za-z]{3,4}$|"
    r"_[a-z0-9]{5}_\d{1,3}$"
)
_DECORATION = re.compile(
    r"^(?:col|row|container|pull|text-(?:left|right|center)|margin|padding|pad|m[tblrxy]?-|p[tblrxy]?-|mt|"
    r"mb|clearfix|clear-fix|first|last|odd|even|active|hidden|visible|"
    r"d-|flex|grid|font|small|large|medium|bold|italic|left|right|center|is-|js-|w-|h-|bg-|border)|^\w$"
)
_STEM = re.compile(r"^[A-Za-z][A-Za-z_-]{2,}(?=[-_]?\d)")
_TELLING = ("datetime", "data-rating", "data-score", "itemprop")
_TAGS = {"time": 0.1, "h1": 0.5, "h2": 0.5, "h3": 0.5, "h4": 0.5, "h5": 0.5, "blockquote": 1.0, "article": 0.8}
_LOOKS = 1_000_000
"""Elements looked at while a selector for one group is sought."""
_NUMBER = re.compile(r"\d+")


def tokens(element: Element) -> list[str]:
    """The element's class names that can stand in a selector."""
    return [token for token in dict.fromkeys(attribute(element, "class").split()) if _IDENTIFIER.match(token)][:12]


def shape(element: Element) -> str:
    """What elements of one role have in common: tag, class names and test names, with numbers taken out."""
    names = " ".join(sorted(_NUMBER.sub("#", token) for token in tokens(element)))
    others = attribute(element, "name") + " " if element.tag in ("meta", "input") else ""
    others += " ".join(
        f"{name}={_NUMBER.sub('#', attribute(element, name)[:80])}" for name in NAMING[2:] if element.get(name)
    )
    return f"{element.tag!s}|{names}|{others}"


def quality(token: str) -> float:
    """How much a class name says: lower is better."""
    low = token.lower()
    worth = 0.0
    if _HASHED.search(token):
        worth += 3
    if _DECORATION.match(low):
        worth += 2
    if (
        hints.REVIEW.search(low)
        or hints.TEXT.search(low)
        or hints.AUTHOR.search(low)
        or hints.DATE.search(low)
        or hints.RATING.search(low)
    ):
        worth -= 1
    return worth + (0.3 if _NUMBER.search(token) else 0.0)


def simple(element: Element) -> list[str]:
    """Selectors of this one element by its own names, best first."""
    tag = str(element.tag)
    found = [*_by_attributes(element), *_by_classes(element)]
    if tag in ("meta", "input") and attribute(element, "name").isidentifier():
        found.append((-0.2, f'{tag}[name="{attribute(element, "name")}"]'))
    found.append((_TAGS.get(tag, 3.5), tag))
    return [selector for _, selector in sorted(found, key=lambda pair: pair[0])]


def _by_attributes(element: Element) -> list[tuple[float, str]]:
    """Selectors by test names and ids, with the number at their end left open, and their cost."""
    found: list[tuple[float, str]] = []
    for name in ("id", *NAMING[2:]):
        value = attribute(element, name)
        if not value or len(value) > 60 or '"' in value or "\\" in value:
            continue
        stem = _STEM.match(value)
        if stem:
            found.append((0.2 if name != "id" else 0.6, f'[{name}^="{stem.group()}"]'))
        elif name != "id" and not _NUMBER.search(value):
            found.append((-0.5, f'[{name}="{value}"]'))
    found += [(0.9, f"{element.tag!s}[{name}]") for name in _TELLING if element.get(name) is not None]
    return found


def _by_classes(element: Element) -> list[tuple[float, str]]:
    """Selectors by one class name, by two, and by all of them."""
    names = tokens(element)
    found: list[tuple[float, str]] = []
    for token in names:
        found += [(quality(token), f".{token}"), (quality(token) + 0.2, f"{element.tag!s}.{token}")]
    good = [token for token in names if quality(token) < 2][:5]
    for first in good:
        found += [(quality(first) + quality(second) + 0.7, f".{first}.{second}") for second in good if second > first]
    if len(names) > 2:
        found.append((4.0, str(element.tag) + "".join(f".{token}" for token in names)))
    return found


def matching(selector: str) -> Callable[[Element], list[Element]]:
    """The compiled selector; one that does not compile matches nothing."""
    try:
        return CSSSelector(selector, translator="html")
    except Exception:  # noqa: BLE001 - selectors are made of a page's own names; a bad one is only a bad idea
        return lambda _element: []


def for_all(root: Element, wanted: Sequence[Element]) -> tuple[str, list[Element]] | None:
    """A selector that picks *wanted*, and what it picks: the best one that gives nothing else or little else.

    Returns None when the elements have nothing in common that CSS could name.
    """
    targets = set(wanted)
    sample = wanted[0]
    options = [option for option in simple(sample) if _shared(option, wanted)][:12]
    best: tuple[float, str, list[Element]] | None = None
    paths = [f"{outer} > {inner}" for outer in _paths(sample) for inner in [*options[:6], str(sample.tag)]]
    held = dict.fromkeys(str(inner.tag) for inner in sample.iter(etree.Element) if inner is not sample)
    candidates = [*options, *paths[:24], *(f"{sample.tag!s}:has({tag})" for tag in list(held)[:6])]
    # Each try looks at the whole page: on a large page only the best ideas are tried.
    tries = max(8, int(_LOOKS / max(root.xpath("count(//*)"), 1.0)))
    for rank, selector in enumerate(candidates[:tries]):
        picked = matching(selector)(root)
        missing = len(targets - set(picked))
        surplus = len(set(picked) - targets)
        if missing * 2 > len(targets):
            continue
        cost = missing * 3 + surplus + rank * 0.02
        if best is None or cost < best[0]:
            best = (cost, selector, picked)
        if missing == 0 and surplus == 0:
            break
    if best is None:
        return None
    return best[1], best[2]


def _paths(element: Element) -> list[str]:
    """Selectors of what holds the element, each from a named ancestor down."""
    tail = ""
    found: list[str] = []
    for number, above in enumerate(element.iterancestors()):
        if number > 4 or above.tag in ("body", "html"):
            break
        name = attribute(above, "id")
        own = [f"#{name}"] if _IDENTIFIER.match(name) and not _NUMBER.search(name) else []
        own += [option for option in simple(above)[:5] if not option[0].isalpha() or "." in option or "[" in option]
        found += [outer + tail for outer in own[:4]]
        tail = f" > {above.tag!s}{tail}"
    return found


def _shared(selector: str, wanted: Sequence[Element]) -> bool:
    if selector.startswith("."):
        names = selector[1:].split(".")
        return sum(all(name in tokens(element) for name in names) for element in wanted) * 3 >= 2 * len(wanted)
    return True


def inside(blocks: Sequence[Element], rows: Sequence[Sequence[Element]], *, every: bool = False) -> str | None:
    """A selector whose first match in each block is the first of its row; None when none gets most of them right.

    With *every* all matches count, and they must be the whole row.
    """
    samples = [row[0] for row in rows if row]
    if not samples:
        return None
    best: tuple[float, str] | None = None
    for rank, selector in enumerate(_options(samples[:3], set(blocks))):
        match = matching(selector)
        right = wrong = 0
        for block, row in zip(blocks, rows, strict=True):
            found = match(block)[:50]
            if every:
                right += bool(row) and set(found) == set(row)
                wrong += bool(set(found) - set(row))
            else:
                right += bool(row) and found[:1] == [row[0]]
                wrong += bool(found) and found[:1] != list(row[:1])
        score = right - wrong * 0.8 - rank * 0.004 * len(samples)
        if right and (best is None or score > best[0]):
            best = (score, selector)
        if right == len(samples) and not wrong:
            break
    return best[1] if best and best[0] >= 0.4 * len(samples) else None


def _options(samples: Sequence[Element], blocks: set[Element]) -> dict[str, None]:
    """Selectors for elements inside a block: by their own names, by those of what holds them, by their place."""
    options: dict[str, None] = {}
    for element in samples:
        options.update(dict.fromkeys(simple(element)[:14]))
    for element in samples:
        parent = element.getparent()
        place = f"{element.tag!s}{_position(element)}"
        if parent is None or element in blocks or parent in blocks:
            options[place] = None
            options[f"* > {place}"] = None  # never the block itself, which may stand in the same place outside
            continue
        outers = simple(parent)
        options.update(
            dict.fromkeys(f"{outer} > {inner}" for outer in outers[:4] for inner in [*simple(element)[:3], place])
        )
        options[f"{parent.tag!s}{_position(parent)} > {place}"] = None
        grand = parent.getparent()
        if grand is not None and grand not in blocks:
            tail = f"{parent.tag!s}{_position(parent)} > {place}"
            options.update(dict.fromkeys(f"{outer} > {tail}" for outer in simple(grand)[:3]))
            great = grand.getparent()
            if great is not None and great not in blocks:
                tail = f"{grand.tag!s}{_position(grand)} > {tail}"
                options.update(dict.fromkeys(f"{outer} > {tail}" for outer in simple(great)[:2]))
        options[place] = None
    return options


def _position(element: Element) -> str:
    """The element's place among siblings of its tag."""
    number = 1 + sum(1 for sibling in element.itersiblings(str(element.tag), preceding=True))
    return f":nth-of-type({number})"
