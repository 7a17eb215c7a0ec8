"""The sample review site: pages with schema.org markup, robots.txt, and a world that changes between two visits."""

from __future__ import annotations

import json
import threading
from collections import Counter
from datetime import UTC, datetime, timedelta
from html import escape
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

WORLD = Path(__file__).parent / "world"
LOUNGES = {"emirates": "Emirates Lounge", "turkish": "Turkish Airlines Lounge", "qatar": "Qatar Airways Lounge"}
PER_PAGE = 8
TODAY = datetime.now(UTC).replace(hour=12, minute=0, second=0, microsecond=0)


class Site:
    """What the site shows. From the second listing of a lounge on, one review is edited and one is gone."""

    def __init__(self) -> None:
        planted = json.loads((WORLD / "planted.json").read_text(encoding="utf-8"))
        self.reviews = json.loads((WORLD / "skytrax.json").read_text(encoding="utf-8")) + planted["ring"]
        self.edited, self.withdrawn = planted["edited"], planted["withdrawn"]
        self.listings: Counter[str] = Counter()

    def page(self, lounge: str, number: int) -> str:
        """The HTML of one page of a lounge's reviews, newest first."""
        if number == 1:
            self.listings[lounge] += 1
        shown = self._shown(lounge)
        part = shown[(number - 1) * PER_PAGE : number * PER_PAGE]
        more = (
            f'<a rel="next" href="/lounges/{lounge}?page={number + 1}">Older</a>'
            if len(shown) > number * PER_PAGE
            else ""
        )
        mean = sum(one["stars"] for one in shown) / len(shown)
        return _PAGE.format(
            lounge=lounge,
            name=LOUNGES[lounge],
            mean=round(mean, 1),
            count=len(shown),
            reviews="\n".join(_review(one) for one in part),
            more=more,
        )

    def _shown(self, lounge: str) -> list[dict[str, Any]]:
        later = self.listings[lounge] > 1
        shown = [
            {**one, **self.edited} if later and one["id"] == self.edited["id"] else one
            for one in self.reviews
            if one["lounge"] == lounge and not (later and one["id"] == self.withdrawn)
        ]
        return sorted(shown, key=lambda one: one["days_ago"])


def start(port: int = 0) -> tuple[ThreadingHTTPServer, str]:
    """Serve the site on this machine; gives the server and its address."""
    site = Site()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            url = urlsplit(self.path)
            lounge = url.path.removeprefix("/lounges/")
            if url.path == "/robots.txt":
                self._answer(200, "text/plain", "User-agent: *\nDisallow: /account/\n")
            elif lounge in LOUNGES:
                number = parse_qs(url.query).get("page", ["1"])[0]
                self._answer(200, "text/html; charset=utf-8", site.page(lounge, int(number) if number.isdigit() else 1))
            else:
                self._answer(404, "text/plain", "There is no such page.\n")

        def _answer(self, status: int, kind: str, body: str) -> None:
            data = body.encode()
            self.send_response(status)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the name that http.server calls
            """Keep the terminal for the pipeline."""

    server = ThreadingHTTPServer(("127.0.0.1", port), Handler)
    threading.Thread(target=server.serve_forever, name="sample site", daemon=True).start()
    return server, f"http://127.0.0.1:{server.server_port}"


def _review(one: dict[str, Any]) -> str:
    published = TODAY - timedelta(days=one["days_ago"])
    return _REVIEW.format(
        id=one["id"],
        title=escape(one["title"]),
        author=escape(one["author"]),
        iso=published.isoformat(),
        day=f"{published:%d %B %Y}",
        stars=one["stars"],
        text=escape(one["text"]),
    )


_REVIEW = """<article class="review" itemprop="review" itemscope itemtype="https://schema.org/Review">
  <meta itemprop="identifier" content="{id}"><link itemprop="url" href="/reviews/{id}">
  <h2 itemprop="name">{title}</h2>
  <p itemprop="author" itemscope itemtype="https://schema.org/Person"><span itemprop="name">{author}</span></p>
  <p><time itemprop="datePublished" datetime="{iso}">{day}</time></p>
  <p itemprop="reviewRating" itemscope itemtype="https://schema.org/Rating"><meta itemprop="worstRating" content="1">
    <span itemprop="ratingValue">{stars}</span> of <span itemprop="bestRating">5</span></p>
  <p itemprop="reviewBody">{text}</p>
</article>"""

_PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>{name}: reviews</title></head>
<body itemscope itemtype="https://schema.org/Product">
<h1 itemprop="name">{name}</h1><meta itemprop="sku" content="{lounge}">
<p itemprop="aggregateRating" itemscope itemtype="https://schema.org/AggregateRating">
<span itemprop="ratingValue">{mean}</span> of 5 from <span itemprop="reviewCount">{count}</span> reviews</p>
{reviews}
{more}
</body></html>
"""
