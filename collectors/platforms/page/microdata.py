"""Microdata (``itemscope``, ``itemprop``, ``itemref``) as nodes.

An item inside another one without an ``itemprop`` is a common mistake (reviews inside a product); it keeps the outer
item as ``@parent``, so that what is reviewed is not lost.
"""

from __future__ import annotations

from collectors.platforms.page import prose
from collectors.platforms.page.nodes import TEXTUAL, Node, local, put
from collectors.platforms.page.tree import Element, attribute, nearest, text_of

MAX_PROPERTIES = 50_000

_ADDRESSES = {
    "audio": "src", "embed": "src", "iframe": "src", "img": "src", "source": "src", "track": "src", "video": "src",
    "a": "href", "area": "href", "link": "href", "object": "data",
}  # fmt: skip


def read(root: Element) -> list[Node]:
    """The page's top-level items in document order."""
    scopes: dict[Element, Node] = {}
    for element in root.xpath("//*[@itemscope]")[:MAX_PROPERTIES]:
        scopes[element] = {"@type": attribute(element, "itemtype").split()}
        if element.get("itemid"):
            scopes[element]["@id"] = attribute(element, "itemid")
    # What stands inside a referenced element belongs to the item that refers to it, unless it has its own.
    referenced = {element: scopes[target] for element, target in _referenced(root).items() if target in scopes}
    holders = {**referenced, **scopes}
    tops: list[Node] = []
    known: dict[Element, Node | None] = {}
    for element in root.xpath("//*[@itemscope or @itemprop]")[:MAX_PROPERTIES]:
        names = attribute(element, "itemprop").split()
        own = scopes.get(element)
        owner = referenced[element] if element in referenced else nearest(element, holders, known)
        if own is not None and (owner is None or not names):
            tops.append(own)
            if owner is not None:
                own["@parent"] = owner
        if owner is not None:
            for name in names[:8]:
                put(owner, local(name), own if own is not None else value_of(element, local(name)))
    return tops


def _referenced(root: Element) -> dict[Element, Element]:
    """Which element's item takes the properties of an element that stands elsewhere (``itemref``)."""
    wanted: dict[str, Element] = {}
    for element in root.xpath("//*[@itemscope][@itemref]")[:2000]:
        for name in attribute(element, "itemref").split()[:50]:
            wanted.setdefault(name, element)
    if not wanted:
        return {}
    pairs = ((element, wanted.get(attribute(element, "id"))) for element in root.xpath("//*[@id]"))
    return {element: target for element, target in pairs if target is not None and target is not element}


def value_of(element: Element, name: str) -> str | Node:
    """A property's value: by the standard, but ``content`` counts on every element, as search engines have it."""
    content = element.get("content")
    if isinstance(content, str) and (content or element.tag == "meta"):
        return content
    tag = str(element.tag)
    if tag in ("data", "meter") and element.get("value"):
        return attribute(element, "value")
    if tag == "time" or (name.startswith("date") and element.get("datetime")):
        return attribute(element, "datetime") or text_of(element)
    if tag in _ADDRESSES:
        address = attribute(element, _ADDRESSES[tag])
        text = text_of(element, limit=2000) if name in TEXTUAL and tag in ("a", "area") else ""
        if text and name in ("author", "creator", "reviewer"):
            return {"name": text, "url": address}
        return text or address or attribute(element, "alt")
    return shown(element, name) or (attribute(element, "title") or attribute(element, "alt") if name in TEXTUAL else "")


def shown(element: Element, name: str) -> str:
    """The words of a property; a review's body without its buttons ("read more") and the shorter of its doubles."""
    return text_of(element, skip=prose.noise(element, set()) if name in ("reviewBody", "reviewbody") else ())
