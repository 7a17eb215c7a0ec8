"""RDFa (``typeof``, ``property``, ``rel``, ``resource``) as nodes, as far as reviews are ever marked up with it.

This is RDFa Lite and what the examples of Google's rich snippets used of RDFa 1.0, read in one pass over the tree.
A full RDFa processor follows vocabularies over the network and takes seconds on a page of one megabyte.
"""

from __future__ import annotations

from collectors.platforms.page.microdata import MAX_PROPERTIES, shown
from collectors.platforms.page.nodes import TEXTUAL, Node, local, put
from collectors.platforms.page.tree import Element, attribute


def read(root: Element) -> list[Node]:
    """The page's top-level nodes in document order."""
    if not root.xpath("boolean(//@typeof)"):
        return []
    reader = _Reader()
    for element in root.xpath("//*[@typeof or @property or @rel or @about or @resource]")[:MAX_PROPERTIES]:
        reader.see(element)
    return reader.tops


class _Reader:
    """What has been seen on the way through the page: whose properties come next."""

    def __init__(self) -> None:
        self.tops: list[Node] = []
        self.scopes: dict[Element, Node] = {}
        self.relations: dict[Element, str] = {}
        self.named: dict[str, Node] = {}
        self.known: dict[Element, tuple[Node | None, str]] = {}

    def see(self, element: Element) -> None:
        names = attribute(element, "property").split()[:8]
        # Plain ``rel`` values (nofollow, next) are links of HTML, not relations of data.
        relations = [part for part in attribute(element, "rel").split() if ":" in part or part[:1].isupper()]
        about = attribute(element, "about") or attribute(element, "resource")
        owner, through = _owner(element, self.scopes, self.relations, self.known)
        if element.get("typeof"):
            held = [*names, *relations[:8], *([through] if through else [])]
            self.scopes[element] = self.node(element, about, owner, held)
        elif about and not names and about in self.named:
            self.scopes[element] = self.named[about]
        else:
            for name in names if owner is not None else ():
                put(owner or {}, local(name), _value(element, local(name)))
            if relations:
                self.relations[element] = relations[0]
                if owner is not None and element.get("href") and not names:
                    put(owner, local(relations[0]), attribute(element, "href"))

    def node(self, element: Element, about: str, owner: Node | None, held: list[str]) -> Node:
        node: Node = {"@type": attribute(element, "typeof").split()}
        if about:
            node["@id"] = about
            self.named[about] = node
        if owner is None or not held:
            self.tops.append(node)
            if owner is not None:
                node["@parent"] = owner
        else:
            for name in held:
                put(owner, local(name), node)
        return node


def _owner(
    element: Element,
    scopes: dict[Element, Node],
    relations: dict[Element, str],
    known: dict[Element, tuple[Node | None, str]],
) -> tuple[Node | None, str]:
    """The node whose property this is, and the relation (``rel`` around a ``typeof``) that stands between."""
    path: list[Element] = []
    found: tuple[Node | None, str] = (None, "")
    above = element.getparent()
    while above is not None:
        if above in scopes:
            found = (scopes[above], "")
            break
        if above in known:
            found = known[above]
            break
        path.append(above)
        above = above.getparent()
    for passed in reversed(path):
        found = (found[0], relations.get(passed, found[1]))
        known[passed] = found
    return found


def _value(element: Element, name: str) -> str | Node:
    content = element.get("content")
    if isinstance(content, str):
        return content
    if element.get("datetime"):
        return attribute(element, "datetime")
    address = attribute(element, "resource") or attribute(element, "href") or attribute(element, "src")
    text = shown(element, name)
    if address and not (name in TEXTUAL and text):
        return address
    if address and name in ("author", "creator", "reviewer"):
        return {"name": text, "url": address}
    return text
