"""The words of one review without what stands around them: buttons, counters, doubles, labels, the shop's answer."""

from __future__ import annotations

import re
from collections.abc import Iterable

from collectors.platforms.page import dates, hints, people
from collectors.platforms.page.tree import (
    BOUNDARY,
    HEAD_END,
    HEAD_START,
    Element,
    elements,
    names_of,
    one_line,
    text_of,
)

_CONTROLS = frozenset({"button", "input", "form", "nav", "select", "textarea", "audio", "video", "dialog"})
_ENDING = re.compile(
    r"[\s.…]*(?:\(?(?:read |show |see )?more\)?|читать далее|подробнее|ещё|еще)?[\s.…]*$", re.IGNORECASE
)
_MARKS = re.compile(f"[{HEAD_START}{HEAD_END}{BOUNDARY}]")
_HEADED = re.compile(
    f"^\\s*{HEAD_START}+\\s*([^{HEAD_START}{HEAD_END}]{{1,80}}?)\\s*{HEAD_END}+\\s*[:：]?\\s*(.*)$", re.DOTALL
)


def noise(block: Element, skip: set[Element]) -> set[Element]:
    """What is no part of a text although it stands in it: controls, counters, and the shorter of two doubles."""
    found: set[Element] = set()
    for number, element in enumerate(elements(block)):
        if number > 3000:
            break
        if element is block or element in skip:
            continue
        if element.tag in _CONTROLS:
            found.add(element)
        elif element.tag in ("a", "span", "div", "p", "label", "small", "i", "em", "li", "ul", "footer"):
            named = hints.NOISE.search(names_of(element)) is not None
            role = element.get("role") == "button"
            if not (named or role or element.tag in ("a", "span", "label", "div", "p")):
                continue
            text = one_line(text_of(element, limit=120))
            asks = (
                element.tag in ("a", "span", "small")
                and any(char.isalpha() for char in text)
                and hints.NOISE_LINE.match(text.lower())
            )
            if (
                role
                or (named and len(text) <= 80)
                or hints.MORE.match(text.lower())
                or (asks and not _answers(element))
            ):
                found.add(element)
    for parent in elements(block):
        found |= _doubles(parent, found | skip)
    return found


def _answers(element: Element) -> bool:
    """Whether a label stands right before: "Недостатки" and behind it "Нет" is an answer, not a button."""
    before = element.getprevious()
    return before is not None and hints.LABEL.match(one_line(text_of(before, limit=100))) is not None


def asides(element: Element) -> set[Element]:
    """Links, buttons and times inside a name: "reply", "more", "follow", "Joined on"."""
    found: set[Element] = set()
    for number, inner in enumerate(elements(element)):
        if number > 60:
            break
        if inner is not element and inner.tag == "time":
            found.add(inner)
        elif inner is not element and inner.tag in ("a", "span", "small", "button"):
            text = one_line(text_of(inner, limit=60)).lower()
            if any(char.isalpha() for char in text) and (hints.NOISE_LINE.match(text) or hints.MORE.match(text)):
                found.add(inner)
    return found


def _doubles(parent: Element, skip: set[Element]) -> set[Element]:
    """Of siblings where one begins like the other ("read more"), the shorter ones."""
    if not 2 <= len(parent) <= 12:
        return set()
    texts = [
        (child, _ENDING.sub("", one_line(text_of(child, skip=skip, limit=20_000), 20_000)))
        for child in parent
        if isinstance(child.tag, str) and child not in skip
    ]
    texts = [(child, text) for child, text in texts if len(text) >= 15]
    shorter: set[Element] = set()
    for index, (child, text) in enumerate(texts):
        for later, (other, longer) in enumerate(texts):
            if other is child or other in shorter:
                continue
            if longer.startswith(text) and (len(longer) > len(text) or later > index):
                shorter.add(child)
                break
    return shorter


def lines(element: Element, skip: set[Element]) -> list[str]:
    """The lines of a text with marked headings, without lines that only count or ask for votes."""
    text = text_of(element, skip=skip | noise(element, skip), headings=_labels(element))
    kept: list[str] = []
    last = ""
    for line in (line.strip() for line in text.split("\n")):
        plain = _plain(line)
        # "Недостатки" and below it "Нет" is an answer, not a button.
        if plain and not hints.LABEL.match(last) and (hints.NOISE_LINE.match(plain.lower()) or _badge(plain)):
            continue
        kept.append(line)
        last = plain or last
    return kept


def _labels(element: Element) -> set[Element]:
    """The elements that are nothing but a label, whatever they are printed like."""
    found: set[Element] = set()
    for number, inner in enumerate(elements(element)):
        if number > 1000:
            break
        if len(inner) == 0 and 3 <= len(inner.text or "") <= 60 and hints.LABEL.match(one_line(inner.text or "")):
            found.add(inner)
    return found


def _badge(line: str) -> bool:
    return len(line) <= 40 and hints.VERIFIED.search(line.lower()) is not None


def _plain(line: str) -> str:
    return _MARKS.sub("", line).strip()


def split(marked: Iterable[str]) -> dict[str, str]:
    """Lines sorted under the labels pros and cons; ``body`` is what stands under neither, ``other`` under headings.

    A label on a line of its own rules until the next one, a label before words rules over its block only.
    """
    parts: dict[str, list[str]] = {"pros": [], "cons": [], "body": [], "other": []}
    current, inline_only = "body", False
    for line in marked:
        if line == BOUNDARY:
            current, inline_only = ("body", False) if inline_only else (current, False)
            continue
        headed = _HEADED.match(line)
        head, rest = (headed.group(1), _plain(headed.group(2))) if headed else (_plain(line), "")
        label = hints.LABEL.match(head) if len(head) <= 90 else None
        inline = hints.LABELLED.match(_plain(line)) if label is None else None
        if label and (headed or not rest):
            current, inline_only = label.lastgroup or "body", bool(rest)
            line = rest  # noqa: PLW2901 - what stands behind the label
        elif inline:
            current, inline_only = next(name for name in ("pros", "cons", "body") if inline.group(name)), True
            line = inline.group("rest")  # noqa: PLW2901 - what stands behind the label
        elif headed and not rest and current != "body":
            # Another heading ends what stood under the label before it.
            current = "other"
            continue
        if plain := _plain(line):
            parts[current].append(plain)
    return {name: "\n".join(found) for name, found in parts.items()}


def parts(texts: list[Element], block: Element, skip: set[Element]) -> tuple[str, str, str]:
    """Text, pros and cons of a review, given the elements of its text (the block itself when they are not known)."""
    inside = split(line for element in texts for line in [*lines(element, skip - {element}), BOUNDARY])
    if inside["pros"] or inside["cons"] or texts == [block]:
        return inside["body"], inside["pros"], inside["cons"]
    around = split(lines(block, skip))
    labelled = set(around["pros"].split("\n")) | set(around["cons"].split("\n"))
    body = "\n".join(line for line in inside["body"].split("\n") if line not in labelled)
    if inside["body"] and not body:
        # No heading ended the last label before the text began.
        around = split(lines(block, skip | set(texts)))
        body = inside["body"]
    return body, around["pros"], around["cons"]


def title_of(element: Element, skip: set[Element]) -> str:
    """A title without the ratings and badges that screen readers are told inside it."""
    inner = {child for child in elements(element) if child is not element and _aside(child)}
    title = one_line(text_of(element, skip=skip | inner)) or one_line(text_of(element, skip=skip))
    return title[1:-1].strip() if title[:1] + title[-1:] in ("“”", "«»", '""', "„“") and len(title) > 2 else title


def _aside(element: Element) -> bool:
    text = one_line(text_of(element, limit=100), 100).lower()
    return bool(text) and (
        hints.VERIFIED.search(text) is not None or re.match(r"^(?:rated|rating|оценка)\b.{0,10}\d", text) is not None
    )


def is_verified(block: Element) -> bool:
    """Whether a short badge of the block says that the purchase or the person was checked."""
    for number, element in enumerate(elements(block)):
        if number > 400:
            return False
        text = " ".join(
            (element.text or "", element.get("title") or "", element.get("alt") or "", element.get("aria-label") or "")
        )
        if 6 <= len(text) <= 90 and hints.VERIFIED.search(text.lower()):
            return True
    return False


def replies(block: Element, skip: set[Element]) -> list[Element]:
    """The answers inside a review, by their names or by how they begin. What comes first in a block is no answer."""
    found: list[Element] = []
    before = 0
    inside: set[Element] = set()
    for number, element in enumerate(elements(block)):
        if number > 2000:
            break
        parent = element.getparent()
        if element is block or element in skip or parent in inside:
            inside.add(element) if parent in inside else None
            continue
        names = names_of(element)
        named = element.tag in (
            "div",
            "section",
            "article",
            "blockquote",
            "li",
            "ul",
            "ol",
            "p",
            "aside",
            "dd",
            "tr",
            "td",
        ) and hints.REPLY.search(names)
        if (named or element.tag in ("div", "section", "article", "blockquote", "li", "p", "aside")) and before >= 2:
            text = text_of(element, limit=400)
            words = len(text.split())
            begins = hints.REPLY_HEAD.match(one_line(text, 120).lower()) is not None
            if (named and words >= 3 and not hints.NOISE.search(names)) or (begins and words >= 8):
                found.append(element)
                inside.add(element)
                continue
        before += len((element.text or "").split())
    return (
        [one for one in found if _begins_as_reply(one)]
        if found and not _still_says(block, skip | set(found))
        else found
    )


def _begins_as_reply(element: Element) -> bool:
    return hints.REPLY_HEAD.match(one_line(text_of(element, limit=200), 120).lower()) is not None


def _still_says(block: Element, skip: set[Element]) -> bool:
    """Whether words of its own are left to a review without *skip*: an answer answers something."""
    headings = {element for element in elements(block) if element.tag in ("h1", "h2", "h3", "h4", "h5", "h6")}
    text = text_of(block, skip=skip | headings, limit=4000)
    return any(len(line.split()) >= 6 and dates.find(line, now=people.NOW) is None for line in text.split("\n"))
