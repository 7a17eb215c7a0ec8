"""Polite HTTP for collectors: whoever uses this client cannot forget the manners of a guest.

It asks robots.txt, keeps its distance per host, comes back when it is told to, fetches only what has changed, follows
redirects only where they may lead, and bounds every answer in bytes and in time.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator, Mapping, MutableMapping
from hashlib import blake2b
from typing import Any
from urllib.parse import urldefrag, urlencode, urljoin, urlsplit

import msgspec

from collectors.errors import LayoutChanged, LimitReached, NotFound, Refused, RetryLater
from collectors.html import Page
from collectors.platforms.page.decode import to_text
from collectors.platforms.page.model import Notes
from collectors.web.cache import Cache
from collectors.web.pace import Pace, retry_after
from collectors.web.robots import MAX_BYTES as ROBOTS_BYTES
from collectors.web.robots import Robots
from collectors.web.transport import Answer, Network, Transport, Unreachable

REDIRECTS = 10
"""Redirects followed for one address."""
_MOVED = frozenset({301, 302, 303, 307, 308})


class Manners(msgspec.Struct, frozen=True, kw_only=True):
    """How a client behaves. Times in seconds.

    ``contact`` is an address or a page where the owner of a site can complain. ``patience`` is the longest wait that
    is sat out; a longer one ends the run with RetryLater. ``allow_private`` names hosts that may lie in private
    networks. ``proxy`` is the address of a proxy that all requests go through.
    """

    contact: str = "https://molva.invalid/about-this-collector"
    agent: str = "molva"
    delay: float = 1.0
    retries: int = 3
    patience: float = 60.0
    backoff: float = 1.0
    timeout: float = 30.0
    total: float = 120.0
    max_bytes: int = 20_000_000
    max_pages: int = 1_000
    robots: bool = True
    allow_private: tuple[str, ...] = ()
    proxy: str | None = None

    @property
    def user_agent(self) -> str:
        """The User-Agent header."""
        return f"{self.agent}/1.0 (+{self.contact})"


class Response:
    """A page or a document that was fetched. ``unchanged``: the server says that it is as it was last time."""

    def __init__(self, url: str, status: int, headers: Mapping[str, str], body: bytes, *, unchanged: bool) -> None:
        self.url, self.status, self.headers, self.body = url, status, headers, body
        self.unchanged = unchanged

    @property
    def content_type(self) -> str | None:
        """The Content-Type header, or None."""
        return self.headers.get("content-type")

    @property
    def text(self) -> str:
        """The body as text, whatever character set it says or is."""
        return to_text(self.body, content_type=self.content_type, notes=Notes())

    def json(self) -> Any:
        """The body as JSON; raises LayoutChanged when it is none."""
        try:
            return json.loads(self.text)
        except (ValueError, RecursionError) as error:
            raise LayoutChanged(f"{self.url}: not JSON ({error})") from None


class Client:
    """What a collector fetches with."""

    def __init__(
        self,
        manners: Manners | None = None,
        *,
        transport: Transport | None = None,
        store: MutableMapping[str, bytes] | None = None,
        pace: Pace | None = None,
        stop: threading.Event | None = None,
    ) -> None:
        """Build a client.

        Args:
            manners: How it behaves.
            transport: What answers; the network by default, a recording in tests.
            store: Where validators and bodies are kept for conditional requests; nowhere by default.
            pace: Shared by all clients of a process, so that they do not add up at one host.
            stop: When set, waiting ends.
        """
        self.manners = manners or Manners()
        self._transport = transport or Network(
            allow_private=self.manners.allow_private,
            timeout=self.manners.timeout,
            total=self.manners.total,
            proxy=self.manners.proxy,
        )
        self._cache = Cache(store) if store is not None else None
        self._pace = pace or Pace(stop)
        self._robots = Robots(self.manners.agent, lambda url: self._follow(url, {}, ROBOTS_BYTES * 4, rules=False))

    def get(
        self, url: str, *, params: Mapping[str, str | int] | None = None, headers: Mapping[str, str] | None = None
    ) -> Response:
        """Fetch ``url``, with redirects followed and passing trouble sat out.

        Raises:
            RetryLater: the server is busy or away for longer than the client's patience.
            NotFound: it answers 404 or 410.
            Refused: robots.txt, a private address, 401, 403, or more bytes than allowed stand in the way.
            LayoutChanged: it answers anything else that is no success.
        """
        if params:
            url += ("&" if urlsplit(url).query else "?") + urlencode(params)
        known = self._cache.get(url) if self._cache and not headers else None
        wanted = {**(known.conditions if known else {}), **(headers or {})}
        answer = self._patiently(url, wanted)
        if answer.status == 304 and known:
            return Response(known.url, 200, known.headers, known.body, unchanged=True)
        _check(answer)
        if self._cache and not headers:
            self._cache.put(url, answer)
        return Response(answer.url, answer.status, answer.headers, answer.body, unchanged=False)

    def page(self, url: str) -> Page:
        """Fetch one HTML page."""
        return Page(self.get(url))

    def pages(self, url: str, *, next: str | Callable[[Page], str | None]) -> Iterator[Page]:  # noqa: A002 - the word
        """Every page of a listing, from ``url`` on.

        Args:
            url: The first page.
            next: A selector of the link to the next page, or a function that gives its address; where there is none,
                the listing is at its end.

        Raises LimitReached for a page that was there before, under any address, and after ``max_pages`` pages: the
        listing is then not known to be whole.
        """
        seen: set[str] = set()
        following: str | None = url
        for number in range(1, self.manners.max_pages + 1):
            assert following is not None
            page = self.page(following)
            marks = {urldefrag(following).url, urldefrag(page.url).url, blake2b(page.response.body).hexdigest()}
            if marks & seen:
                raise LimitReached(f"{following}: page {number} was there before; the listing runs in a circle")
            seen |= marks
            yield page
            following = _next(page, next)
            if following is None:
                return
        raise LimitReached(f"{url}: more than {self.manners.max_pages} pages")

    def _patiently(self, url: str, headers: Mapping[str, str]) -> Answer:
        """One answer that is not a passing trouble, after at most ``retries`` further tries."""
        wait = 0.0
        why = ""
        for attempt in range(self.manners.retries + 1):
            if attempt:
                self._pace.sleep(wait)
            asked: float | None = None
            try:
                answer = self._follow(url, headers, self.manners.max_bytes, rules=self.manners.robots)
            except Unreachable as error:
                why = str(error)
            else:
                if answer.status != 429 and answer.status < 500:
                    return answer
                why = f"{url} answers {answer.status}"
                asked = retry_after(answer.headers.get("retry-after"))
            wait = asked if asked is not None else self.manners.backoff * 2.0**attempt
            if wait > self.manners.patience:
                break
        raise RetryLater(max(wait, self.manners.patience), why)

    def _follow(self, url: str, headers: Mapping[str, str], max_bytes: int, *, rules: bool) -> Answer:
        """The answer at the end of the redirects, each of them checked like the first address."""
        sent = {"User-Agent": self.manners.user_agent, "Accept-Language": "ru, en;q=0.8, *;q=0.5", **headers}
        origin = urlsplit(url)[:2]
        for _ in range(REDIRECTS + 1):
            parts = urlsplit(url)
            if parts.scheme not in ("http", "https") or not parts.hostname:
                raise Refused(f"{url[:200]}: not an http or https address")
            if parts.username is not None:
                raise Refused(f"{parts.hostname}: an address with a password in it")
            delay = self.manners.delay
            if rules:
                if not self._robots.allows(url):
                    raise Refused(f"{url}: robots.txt forbids it to {self.manners.agent}")
                delay = max(delay, self._robots.delay(url)) if delay else 0.0
            self._pace.wait(parts.netloc, delay)
            answer = self._transport.get(url, sent, max_bytes=max_bytes)
            target = answer.headers.get("location")
            if answer.status not in _MOVED or not target:
                return answer
            url = urldefrag(urljoin(url, target.strip())).url
            if urlsplit(url)[:2] != origin:
                # Whatever the collector said to the first host is not meant for another.
                sent = {name: value for name, value in sent.items() if name not in headers}
        raise Refused(f"{url[:200]}: more than {REDIRECTS} redirects")


def _next(page: Page, rule: str | Callable[[Page], str | None]) -> str | None:
    if callable(rule):
        return rule(page)
    found = page.maybe(rule)
    # The last page's link often leads nowhere ("#", "javascript:void(0)") instead of being gone.
    if found is None or (found.get("href") or "").strip().startswith("#"):
        return None
    return found.link if (found.link or "").startswith(("http://", "https://")) else None


def _check(answer: Answer) -> None:
    if 200 <= answer.status < 300:
        return
    if answer.status in (404, 410):
        raise NotFound(f"{answer.url} answers {answer.status}: it is no longer there")
    if answer.status in (401, 402, 403, 407, 451):
        raise Refused(f"{answer.url} answers {answer.status}: it does not let us in")
    raise LayoutChanged(f"{answer.url} answers {answer.status}")
