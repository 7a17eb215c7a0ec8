"""Reading one page: every form of markup first, then state embedded for scripts, then the structure itself."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

from collectors.platforms.page import (
    blocks,
    embedded_state,
    jsonld,
    merge,
    microdata,
    microformats,
    opengraph,
    paging,
    rdfa,
    schema_org,
)
from collectors.platforms.page import selectors as by_selectors
from collectors.platforms.page.decode import to_text
from collectors.platforms.page.model import Aggregate, Method, Notes, Page, ReviewData
from collectors.platforms.page.tree import Element, base_address, one_line, parse, text_of


def read_page(
    body: bytes | str,
    *,
    url: str | None = None,
    content_type: str | None = None,
    selectors: Mapping[str, str] | None = None,
    now: datetime | None = None,
) -> Page:
    """Read the reviews and aggregate ratings of a page. Never raises on what a page may hold.

    Args:
        body: The page as it came, or as text; gzip is unpacked. At most ten million bytes are read.
        url: The page's address, for relative links.
        content_type: The response's header, for its character set.
        selectors: CSS selectors by field name. With ``review`` among them they take the place of all other ways to
            find reviews; ``next`` and ``empty`` may also be given alone. Raises ValueError when one is not CSS.
        now: When the page was fetched (aware): relative dates count from it. The present by default.
    """
    notes = Notes()
    now = now or datetime.now(UTC)
    root = parse(to_text(body, content_type=content_type, notes=notes))
    base = base_address(root, url)
    chosen = dict(selectors or {})
    following = paging.next_page(root, base, chosen.get("next"))
    reviews, aggregates, method, confidence = _markup(root, now, base, notes)
    if "review" in chosen or "start" in chosen:
        reviews, method, confidence = by_selectors.read(root, chosen, now=now, base=base, notes=notes), "selectors", 1.0
    if not reviews and method != "selectors":
        reviews = merge.reviews(embedded_state.read(root, now=now, base=base, notes=notes))
        method, confidence = ("embedded-state", 0.9) if reviews else (method, confidence)
    if not reviews and method != "selectors":
        reviews, sure, found = blocks.read(root, now=now, base=base, notes=notes)
        if reviews:
            method, confidence, chosen = "blocks", sure, {**found, **chosen}
    return Page(
        reviews=tuple(reviews),
        aggregates=tuple(aggregates),
        next=following,
        subject=_subject(root, aggregates, url),
        method=method,
        confidence=confidence,
        selectors=chosen,
        warnings=tuple(notes),
        empty=not reviews and paging.is_empty(root, chosen.get("empty")),
    )


def _markup(
    root: Element, now: datetime, base: str | None, notes: Notes
) -> tuple[list[ReviewData], list[Aggregate], Method, float]:
    """What all forms of markup say together; the method is the first form that has reviews, else aggregates."""
    found: list[ReviewData] = []
    aggregates: list[Aggregate] = []
    method: Method = "none"
    for name, reviews, sums in _forms(root, now, base, notes):
        if (reviews and not found) or (sums and method == "none"):
            method = name
        found += reviews
        aggregates += sums
    merged = merge.aggregates(_main_first(aggregates, root))
    return merge.reviews(found), merged, method, 1.0 if method != "none" else 0.0


def _subject(root: Element, aggregates: list[Aggregate], url: str | None) -> dict[str, str]:
    """What the page is about, for reviews that do not say it themselves."""
    stated = next((aggregate["subject"] for aggregate in aggregates if aggregate["subject"]), None)
    if stated:
        return dict(stated)
    heading = root.find(".//h1")
    name = (one_line(text_of(heading)) if heading is not None else "") or opengraph.metas(root).get("og:title", "")
    return {key: value for key, value in (("name", name), ("url", url or "")) if value}


def _forms(
    root: Element, now: datetime, base: str | None, notes: Notes
) -> list[tuple[Method, list[ReviewData], list[Aggregate]]]:
    results: list[tuple[Method, list[ReviewData], list[Aggregate]]] = []
    for name, nodes in (
        ("json-ld", jsonld.read(root, notes)),
        ("microdata", microdata.read(root)),
        ("rdfa", rdfa.read(root)),
    ):
        found = schema_org.read(nodes, now=now, url=base, notes=notes)
        results.append((name, found.reviews, found.aggregates))  # type: ignore[arg-type]
    reviews, aggregates = microformats.read(root, now=now, url=base, notes=notes)
    results.append(("microformats", reviews, aggregates))
    results.append(("none", [], opengraph.read(root, notes)))
    return results


def _main_first(aggregates: list[Aggregate], root: Element) -> list[Aggregate]:
    """Aggregates of what the page is about before those of other things that it shows."""
    title = root.find(".//title")
    heading = root.find(".//h1")
    words = " ".join(one_line(text_of(element)).casefold() for element in (heading,) if element is not None)
    words += " " + one_line("".join(title.itertext()) if title is not None else "").casefold()
    words += " " + opengraph.metas(root).get("og:title", "").casefold()

    def rank(aggregate: Aggregate) -> int:
        name = ((aggregate["subject"] or {}).get("name") or "").casefold()
        return 0 if name and name in words else 1

    return sorted(aggregates, key=rank)


def inspect(
    body: bytes | str,
    *,
    name: str,
    url: str | None = None,
    content_type: str | None = None,
    now: datetime | None = None,
) -> dict[str, Any]:
    """What ``molva inspect page`` prints of one page: ``input``, ``reviews``, ``aggregates``, ``warnings``.

    Of a page without markup the last warning gives the selectors as they can be pasted into molva.toml.
    """
    page = read_page(body, url=url, content_type=content_type, now=now)
    host = urlsplit(url).hostname if url else None
    about = page.subject or {"name": name}
    reviews = [{"source": host or "page", "channel": "site", "subject": about, **review} for review in page.reviews]
    warnings = list(page.warnings)
    if page.method == "blocks":
        chosen = ", ".join(f"{field} = {json.dumps(css, ensure_ascii=False)}" for field, css in page.selectors.items())
        warnings.append(f"no markup: read by structure, confidence {page.confidence:g}; selectors = {{ {chosen} }}")
    return {"input": name, "reviews": reviews, "aggregates": list(page.aggregates), "warnings": warnings}
