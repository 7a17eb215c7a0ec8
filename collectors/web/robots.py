"""What a site's robots.txt allows us, by RFC 9309."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from urllib.parse import urlsplit

from protego import Protego

from collectors.errors import RetryLater
from collectors.web.transport import Answer, Unreachable

KEEP = 24 * 3600.0
"""Seconds for which a robots.txt counts."""
MAX_BYTES = 500 * 1024
"""Bytes that are read of it; RFC 9309 asks for at least these."""
AWAY = 3600.0
"""Seconds to stay away from a site whose robots.txt cannot be had."""


class Robots:
    """The rules of every host that was asked, kept for a day. ``fetch`` must answer with redirects followed."""

    def __init__(self, agent: str, fetch: Callable[[str], Answer]) -> None:
        self._agent, self._fetch = agent, fetch
        self._rules: dict[str, tuple[float, Protego]] = {}
        self._lock = threading.Lock()

    def allows(self, url: str) -> bool:
        """Whether ``url`` may be fetched; raises RetryLater when the site cannot say so now."""
        return bool(self._of(url).can_fetch(url, self._agent))

    def delay(self, url: str) -> float:
        """Seconds that the site wants between two requests (Crawl-delay or Request-rate), 0 without a wish."""
        rules = self._of(url)
        rate = rules.request_rate(self._agent)
        spaced = rate.seconds / rate.requests if rate and rate.requests else 0.0
        return max(float(rules.crawl_delay(self._agent) or 0.0), spaced)

    def _of(self, url: str) -> Protego:
        parts = urlsplit(url)
        origin = f"{parts.scheme}://{parts.netloc}"
        with self._lock:
            known = self._rules.get(origin)
        if known and time.monotonic() - known[0] < KEEP:
            return known[1]
        rules = Protego.parse(self._read(f"{origin}/robots.txt"))
        with self._lock:
            self._rules[origin] = time.monotonic(), rules
        return rules

    def _read(self, url: str) -> str:
        try:
            answer = self._fetch(url)
        except Unreachable as error:
            raise RetryLater(AWAY, f"{url} cannot be reached ({error}), so nothing may be fetched") from error
        # 4xx: there are no rules. 5xx, and 429 which means the same: nothing may be fetched until there are.
        if answer.status >= 500 or answer.status == 429:
            raise RetryLater(AWAY, f"{url} answers {answer.status}, so nothing may be fetched")
        if not 200 <= answer.status < 300:
            return ""
        return answer.body[:MAX_BYTES].decode("utf-8", "replace").replace("\0", "").lstrip("\ufeff")
