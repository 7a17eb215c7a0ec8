"""The page as a tree: parsed once, its text read as a browser would show it."""

from __future__ import annotations

import html as entities
import re
from collections.abc import Collection, Iterator, Mapping
from typing import TypeAlias, TypeVar
from urllib.parse import urljoin

from lxml import etree, html

from collectors.platforms.page.model import MAX_LINE, MAX_TEXT

Element: TypeAlias = etree._Element  # noqa: SLF001 - the only name that lxml's typing gives this class

T = TypeVar("T")


def word_set(text: str) -> frozenset[str]:
    """The words of *text*: a table of names that stays readable."""
    return frozenset(text.split())


UNSHOWN = frozenset(
    {"script", "style", "template", "noscript", "head", "svg", "iframe", "object", "select", "textarea"}
)
BLOCK = word_set(
    "address article aside blockquote body dd details dialog div dl dt fieldset figcaption figure footer form h1 h2 h3 "
    "h4 h5 h6 header hr li main nav ol p pre section summary table tbody td tfoot th thead tr ul"
)
HEADING = word_set("h1 h2 h3 h4 h5 h6 b strong dt th legend")
HEAD_START, HEAD_END, BOUNDARY = "\ue000", "\ue001", "\ue002"
_TAG = re.compile(r"</?[A-Za-z][^<>]{0,500}>")
_HUMP = re.compile(r"(?<=[a-z])(?=[A-Z])")
_ONE_LINE = str.maketrans("\n\r\t\f\v", "     ")
_CONTROL = re.compile("[\u200b\ufeff\x00-\x08\x0b\x0c\x0e-\x1f\x7f\u200e\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")


def parse(text: str) -> Element:
    """The tree of *text*; a page of nothing gives an empty tree. Deep nesting is cut by the parser at 2,048 levels."""
    parser = html.HTMLParser(encoding="utf-8", remove_comments=True, remove_pis=True, huge_tree=True)
    try:
        root: Element | None = html.document_fromstring(text.encode("utf-8", "replace"), parser=parser)
    except (etree.ParserError, etree.XMLSyntaxError, ValueError):
        root = None
    return root if root is not None else html.document_fromstring(b"<html><body></body></html>")


def elements(root: Element) -> Iterator[Element]:
    """Every element below and including *root* in document order (no comments, no processing instructions)."""
    return root.iter(etree.Element)


def raw_text(element: Element) -> str:
    """The characters directly and indirectly inside, unchanged: for scripts."""
    return "".join(str(part) for part in element.itertext())


def text_of(
    element: Element,
    *,
    skip: Collection[Element] = (),
    limit: int = MAX_TEXT,
    headings: Collection[Element] | None = None,
) -> str:
    """The text as shown: blocks and ``br`` on lines of their own, white space collapsed, nothing from scripts.

    Subtrees in *skip* are left out. Reading stops at *limit* characters. With *headings*, HEAD_START and HEAD_END stand
    around those elements and what is printed like a heading, and a line of BOUNDARY where a block begins or ends.
    """
    if element.tag in UNSHOWN and element.tag not in ("textarea", "noscript"):
        return ""
    parts: list[str] = []
    size = 0
    walker = etree.iterwalk(element, events=("start", "end"))
    for event, node in walker:
        opening = event == "start"
        if opening and node is not element and (node.tag in UNSHOWN or node in skip):
            walker.skip_subtree()
            continue
        heads = headings is not None and (node.tag in HEADING or node in headings)
        if heads and not opening:
            parts.append(HEAD_END)
        if node.tag in BLOCK:
            parts.append(f"\n{BOUNDARY}\n" if headings is not None else "\n")
        elif opening and node.tag == "br":
            parts.append("\n")
        if heads and opening:
            parts.append(HEAD_START if node.tag in HEADING else "\n" + HEAD_START)
        shown = node.text if opening else node.tail if node is not element else None
        if shown:
            parts.append(shown if opening and node.tag == "pre" else shown.translate(_ONE_LINE))
            size += len(shown)
        if size > 4 * limit:
            break
    return tidy("".join(parts))[:limit]


def tidy(text: str) -> str:
    """White space collapsed within lines, no empty lines, no control characters."""
    lines = (" ".join(line.split()) for line in _CONTROL.sub("", text).split("\n"))
    return "\n".join(line for line in lines if line)


def one_line(text: str, limit: int = MAX_LINE) -> str:
    """*text* on one line."""
    return " ".join(_CONTROL.sub("", text[: 8 * limit]).split())[:limit]


def plain(value: str, limit: int = MAX_TEXT) -> str:
    """Text that came as a string of markup (JSON): entities resolved, tags taken out, lines kept.

    Entities are resolved twice, because many templates escape what was escaped already.
    """
    value = value[: 4 * limit]
    for _ in range(2):
        if "&" in value:
            value = entities.unescape(value)
    if "<" in value:
        value = re.sub(r"<br\s{0,3}/?>|</p>|</div>|</li>", "\n", value, flags=re.IGNORECASE)
        value = _TAG.sub("", value)
    return tidy(value.replace("\r\n", "\n").replace("\r", "\n"))[:limit]


def nearest(element: Element, marked: Mapping[Element, T], known: dict[Element, T | None]) -> T | None:
    """What the nearest marked ancestor is marked with; *known* keeps answers, so that depth is paid for once."""
    path: list[Element] = []
    found: T | None = None
    above = element.getparent()
    while above is not None:
        if above in marked:
            found = marked[above]
            break
        if above in known:
            found = known[above]
            break
        path.append(above)
        above = above.getparent()
    known.update(dict.fromkeys(path, found))
    return found


def attribute(element: Element, name: str) -> str:
    """An attribute's value, the empty string when it is not there."""
    value = element.get(name)
    return value if isinstance(value, str) else ""


def base_address(root: Element, url: str | None) -> str | None:
    """The address that relative links of the page stand against."""
    base = root.find(".//base[@href]")
    href = attribute(base, "href").strip() if base is not None else ""
    return absolute(href, url) or url if href else url


def absolute(link: str, base: str | None) -> str | None:
    """*link* as an absolute http address, or None when it is none (a script, mail, a fragment alone)."""
    link = link.strip()
    if not link or link.startswith("#") or len(link) > MAX_LINE:
        return None
    try:
        joined = urljoin(base, link) if base else link
    except ValueError:
        return None
    return joined if len(joined) <= MAX_LINE and joined.lower().startswith(("http://", "https://")) else None


NAMING = (
    "class",
    "id",
    "itemprop",
    "data-test",
    "data-testid",
    "data-test-id",
    "data-auto-id",
    "data-hook",
    "data-qa",
    "data-auto",
    "data-marker",
)
"""Attributes by which a page names its parts. Not for the reader, but often for its own tests and scripts."""


def names_of(element: Element) -> str:
    """All names that the element bears, in lower case, with humps (reviewText) as hyphens (review-text)."""
    get = element.get
    said = " ".join(str(value) for name in NAMING if (value := get(name)))
    if isinstance(element.tag, str) and "-" in element.tag:
        said = f"{element.tag} {said}"  # a custom element's tag is its name
    if not said:
        return ""
    return _HUMP.sub("-", said[:600]).lower()


def near_names(element: Element) -> str:
    """The names that an element and the two above it bear, in lower case."""
    names = []
    current: Element | None = element
    for _ in range(3):
        if current is None or current.tag in ("body", "html"):
            break
        names.append(names_of(current))
        current = current.getparent()
    return " ".join(names)


def direct_text(element: Element) -> str:
    """The element's own words, without those of the elements in it."""
    parts = [element.text or "", *(child.tail or "" for child in element)]
    return one_line(" ".join(parts), 600)
