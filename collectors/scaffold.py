"""Writes the first form of a collector from a page's address: its file, a recording, and its one-line test.

What it writes runs, as far as the page's markup or structure could be recognised; the person who asked for it reads
it, mends what was guessed, and looks at the reviews that the test writes down.
"""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path
from urllib.parse import urlsplit

import msgspec

from collectors.client import Client, Manners
from collectors.errors import InvalidConfig
from collectors.html import Page
from collectors.platforms.page import read_page
from collectors.web.recording import Recorder
from collectors.web.transport import Network, Transport

RECORDED_PAGES = 3
"""Pages of the listing that are recorded."""
_IDS = ("data-review-id", "data-reviewid", "data-comment-id", "data-id", "id")
_NEXT = ("a[rel~=next]", "link[rel~=next]", "a.next", ".next a", "a.pagination-next", ".pagination a:last-of-type")


class Written(msgspec.Struct, frozen=True):
    """The files that were written, and how the page's reviews were found (``none``: edit the selectors)."""

    collector: Path
    recording: Path
    test: Path
    method: str
    reviews: int


def new_collector(
    name: str,
    url: str,
    *,
    sources: Path,
    tests: Path,
    manners: Manners | None = None,
    transport: Transport | None = None,
) -> Written:
    """Write a collector called ``name`` for the listing at ``url``.

    Args:
        name: Its name, and that of its file, in snake_case.
        url: The first page of some subject's reviews.
        sources: The folder for the collector, as collectors/sources/.
        tests: The folder for its test; the recording goes to recordings/NAME in it.
        manners: How to fetch.
        transport: What answers; the network by default.

    Raises InvalidConfig for a name that is none or taken, and whatever the client raises.
    """
    if not re.fullmatch(r"[a-z][a-z0-9_]{1,60}", name):
        raise InvalidConfig(f"{name!r}: write the name in small letters, digits and underscores, as in acme_store")
    file, recording, test = sources / f"{name}.py", tests / "recordings" / name, tests / f"test_{name}.py"
    for taken in (file, recording, test):
        if taken.exists():
            raise InvalidConfig(f"{taken} is there already: choose another name or remove it")
    polite = manners or Manners()
    network = transport or Network(allow_private=polite.allow_private, timeout=polite.timeout, total=polite.total)
    try:
        page, following = _record(Client(polite, transport=Recorder(network, recording)), url)
    except BaseException:
        shutil.rmtree(recording, ignore_errors=True)  # or the next try would find the name taken
        raise
    found = read_page(page.response.body, url=page.url, content_type=page.response.content_type)
    parts = urlsplit(url)
    home, path = f"{parts.scheme}://{parts.netloc}", parts.path + (f"?{parts.query}" if parts.query else "")
    (recording / "options.json").write_text(json.dumps({"path": path}) + "\n", encoding="utf-8")
    body = _CARDS if found.method in ("blocks", "none") else _MARKUP
    card = _card(_with_id(found.selectors, page), name) if body is _CARDS else {}
    code = body.format(name=name, next=_quoted(following or "a[rel~=next]"), **card)
    imports = _imports(code, markup=body is _MARKUP)
    sources.mkdir(parents=True, exist_ok=True)
    head = _HEAD.format(name=name, home=home, host=parts.netloc, path=path, imports=imports)
    file.write_text(head + code, encoding="utf-8")
    test.write_text(_TEST.format(name=name, module=_module(file)), encoding="utf-8")
    return Written(file, recording, test, found.method, len(found.reviews))


def _record(client: Client, url: str) -> tuple[Page, str | None]:
    """Fetch some pages of the listing; returns the first and the selector of its link to the next."""
    first = page = client.page(url)
    selector = next((css for css in _NEXT if (link := page.maybe(css)) and link.link not in (None, page.url)), None)
    for _ in range(RECORDED_PAGES - 1):
        link = page.maybe(selector) if selector else None
        if link is None or link.link is None:
            break
        page = client.page(link.link)
    return first, selector


def _with_id(selectors: dict[str, str], page: Page) -> dict[str, str]:
    """The selectors, with the attribute that tells the reviews apart: without an id no edit is ever noticed."""
    cards = page.all(selectors["review"]) if "id" not in selectors and "review" in selectors else []
    for attribute in _IDS:
        values = [card.get(attribute) for card in cards]
        if values and all(values) and len(set(values)) == len(values):
            return {**selectors, "id": f"::attr({attribute})"}
    return selectors


def _card(selectors: dict[str, str], name: str) -> dict[str, str]:
    """The lines of a review that is read by selectors; those that were not found are there to be edited."""
    chosen = {"review": "article.review", "text": ".text", **selectors}
    lines = [f"source={_quoted(name)},"]
    if "id" in chosen:
        lines.append(f"id={_part(chosen['id'], 'text')},")
    lines.append("subject=Subject(id=path),")
    if "author" in chosen:
        lines.append(f"author=Author(name=card.text_of({_quoted(chosen['author'].partition('::')[0])})),")
    if "rating" in chosen:
        lines.append(f"rating={_part(chosen['rating'], 'rating')},")
    if "title" in chosen:
        lines.append(f"title=card.text_of({_quoted(chosen['title'].partition('::')[0])}),")
    lines.append(f"text={_part(chosen['text'], 'text')},")
    since = ""
    if "date" in chosen:
        lines.append("published_at=published,")
        since = f"            published = {_part(chosen['date'], 'time')}\n"
        since += "            if since and published < since:\n                return\n"
    return {
        "review": _quoted(chosen["review"]),
        "since": since,
        "fields": "\n".join(" " * 16 + line for line in lines),
    }


def _part(selector: str, what: str) -> str:
    """The expression for a field: an attribute where the selector asks for one, else ``what`` of the element."""
    css, _, attribute = selector.partition("::attr(")
    css = css.strip()
    element = f"card.one({_quoted(css)})" if css else "card"
    if attribute and what == "text":
        return f"{element}[{_quoted(attribute.strip(') '))}]"
    return f"{element}.{what}"


def _imports(code: str, *, markup: bool) -> str:
    """The import lines for what the code uses."""
    names = ["Client", "Review", "collector"]
    names += [name for name in ("Author", "LayoutChanged", "Subject", "read_page") if f"{name}(" in code]
    order = sorted(names, key=lambda name: (name[0].islower(), name))
    return f"from collectors import {', '.join(order)}\n" + ("from schemas import wire\n" if markup else "")


def _quoted(text: str) -> str:
    """The text as a string literal, in double quotes unless it holds some."""
    return repr(text) if '"' in text or "\\" in text else f'"{text}"'


def _module(file: Path) -> str:
    """The import path of the collector: its folders from the last package root on."""
    names = [file.stem]
    for folder in file.resolve().parents:
        if not (folder / "__init__.py").exists():
            break
        names.insert(0, folder.name)
    return ".".join(names)


_HEAD = '''"""Reviews on {host} (HTML, paged)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

{imports}
HOME = "{home}"


@collector(channel="site", every="1 hour", home=HOME)
def {name}(client: Client, *, path: str, since: datetime | None = None) -> Iterator[Review]:
    """Yield the reviews of one listing, newest first, back to *since*.

    Args:
        client: Polite HTTP.
        path: The listing's address without the site, as in ``{path}``.
        since: Publication time of the newest review already seen; inclusive.
    """
'''

_CARDS = """    for page in client.pages(HOME + path, next={next}):
        for card in page.all({review}):
{since}            yield Review(
{fields}
            )
"""

_MARKUP = """    for page in client.pages(HOME + path, next={next}):
        found = read_page(page.response.body, url=page.url, content_type=page.response.content_type)
        if not found.reviews and not found.empty:
            raise LayoutChanged(f"{{page.url}}: no reviews in the page's markup")
        for data in found.reviews:
            review = wire.read({{"source": "{name}", "subject": {{"id": path}}, **data}}).review
            if since and review.published_at and review.published_at < since:
                return
            yield review
"""

_TEST = """\"\"\"{name} keeps the contract of collectors on what was recorded of its site.\"\"\"

from __future__ import annotations

from pathlib import Path

from collectors.contract import contract
from {module} import {name}

test_{name} = contract({name}, Path(__file__).parent / "recordings" / "{name}")
"""
