"""Which page comes next, and whether a page says by itself that there is nothing on it."""

from __future__ import annotations

import re
from urllib.parse import urldefrag, urlsplit

from collectors.platforms.page import hints
from collectors.platforms.page.css import matching
from collectors.platforms.page.tree import Element, absolute, attribute, elements, names_of, one_line, text_of

_NEXT_WORDS = re.compile(
    r"^(?:next(?: page| \d{1,3})?|older(?: reviews| posts)?|more reviews|show more reviews|"
    r"load more(?: reviews)?|see more reviews|"
    r"следующая(?: страница)?|след\.?|дальше|далее|вперед|вперёд|показать ещё(?: отзывы)?|"
    r"показать еще(?: отзывы)?|ещё отзывы|еще отзывы|туда|наступна|далі|"
    r"nächste(?: seite)?|weiter|suivant(?:e|s)?|page suivante|siguiente|successiv[ao]|avanti|próxim[ao]|"
    r"volgende|nästa|następna|další|sonraki|次へ|下一页)"
    r"\s{0,3}[›»→>▶❯⟩]{0,3}$|^[›»→❯⟩]{1,2}$|^>{1,2}$"
)
_NEXT_NAMES = re.compile(r"(?<![a-z])next(?![a-z])|pagination-next|pager-next|arrow-right|page-right")
_PAGERS = re.compile(r"pag(?:er|ing|ination|enav)|page-?numbers|page-?links|pages(?![a-z])")
_CURRENT = re.compile(r"current|active|selected|(?<![a-z])here(?![a-z])")


def next_page(root: Element, base: str | None, selector: str | None = None) -> str | None:
    """The address of the page after this one, or None.

    A configured *selector* alone decides; else ``rel=next``, links that say "next" in one of many languages, and the
    number after the current one in a row of page numbers are tried in this order.
    """
    if selector:
        found = matching(selector)(root)
        return next((address for element in found[:5] if (address := _address(element, base))), None)
    for element in root.xpath("//link[@rel] | //a[@rel]")[:3000]:
        if "next" in attribute(element, "rel").lower().split() and (address := _address(element, base)):
            return address
    links = [element for element in elements(root) if element.tag == "a" and element.get("href")][:5000]
    for element in links:
        said = {
            one_line(text_of(element, limit=40), 40).lower(),
            *(attribute(element, name).lower().strip() for name in ("aria-label", "title")),
        }
        named = _NEXT_NAMES.search(names_of(element)) and _in_pager(element)
        if (named or any(_NEXT_WORDS.match(text) for text in said if text)) and not _off(element):
            address = _address(element, base)
            if address and (
                named
                or _in_pager(element)
                or not any(text in ("далее", "дальше", "weiter", "siguiente", "›", "»", ">", "→") for text in said)
            ):
                return address
    return _after_current(links, base)


def _address(element: Element, base: str | None) -> str | None:
    """Where a link leads, if to another page of the same host."""
    address = absolute(
        attribute(element, "href") or attribute(element, "data-href") or attribute(element, "data-url"), base
    )
    if address is None or (base and urldefrag(address).url == urldefrag(base).url):
        return None
    return address if not base or urlsplit(address).hostname == urlsplit(base).hostname else None


def _in_pager(element: Element) -> bool:
    above = [element, *list(element.iterancestors())[:4]]
    return any(
        _PAGERS.search(names_of(one)) or attribute(one, "aria-label").lower().startswith(("pag", "стран"))
        for one in above
    )


def _off(element: Element) -> bool:
    parent = element.getparent()
    names = names_of(element) + " " + (names_of(parent) if parent is not None else "")
    return bool(re.search(r"disabled|inactive", names)) or attribute(element, "aria-disabled") == "true"


def _after_current(links: list[Element], base: str | None) -> str | None:
    """The link with the number after the one that is no link, or is marked as the current one, in a pager."""
    numbers = [
        (int(text), link)
        for link in links
        if (text := one_line(text_of(link, limit=8), 8)).isdigit() and len(text) <= 4 and _in_pager(link)
    ]
    if not numbers:
        return None
    pager = next((above for above in numbers[0][1].iterancestors() if _PAGERS.search(names_of(above))), None)
    current = 0
    for element in elements(pager) if pager is not None else ():
        text = one_line(text_of(element, limit=8), 8)
        if (
            text.isdigit()
            and len(text) <= 4
            and (
                _CURRENT.search(names_of(element))
                or element.get("aria-current")
                or (
                    element.tag in ("span", "b", "strong", "em")
                    and element.find(".//a") is None
                    and not any(above.tag == "a" for above in element.iterancestors())
                )
            )
        ):
            current = int(text)
            break
    return next(
        (
            address
            for number, link in numbers
            if number == current + 1 and current and (address := _address(link, base))
        ),
        None,
    )


def is_empty(root: Element, selector: str | None = None) -> bool:
    """Whether the page says that it has no reviews: by a configured selector, else in words."""
    if selector:
        return bool(matching(selector)(root))
    body = root.find("body")
    return hints.EMPTY.search(text_of(body if body is not None else root, limit=200_000).lower()) is not None
