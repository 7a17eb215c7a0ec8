"""One HTTP exchange over the network, bounded in bytes and in time, and only with addresses that may be spoken to.

The bounds hold against an opponent: a body that drips a byte a second, a gzip bomb, a name whose address changes
between the check and the connection. Redirects are not followed here; whoever follows them checks each.
"""

from __future__ import annotations

import time
import zlib
from collections.abc import Iterable, Iterator, Mapping
from typing import Protocol
from urllib.parse import urlsplit

import msgspec
import requests
from requests.adapters import HTTPAdapter
from urllib3.exceptions import HTTPError

from collectors.errors import Refused
from collectors.web.guard import GuardedAdapter, check_host, watching


class Answer(msgspec.Struct, frozen=True):
    """A server's answer as it came: header names in lower case, the body unpacked."""

    url: str
    status: int
    headers: dict[str, str]
    body: bytes = b""


class Unreachable(Exception):  # noqa: N818 - named by what happened
    """No whole answer came. Trying again may help."""


class Transport(Protocol):
    """Whatever answers a GET: the network, or a recording."""

    def get(self, url: str, headers: Mapping[str, str], *, max_bytes: int) -> Answer:
        """The answer to one GET. Raises Unreachable, or Refused when the body is larger than ``max_bytes``."""
        ...


class Network:
    """The real thing."""

    def __init__(
        self,
        *,
        allow_private: Iterable[str] = (),
        timeout: float = 30.0,
        total: float = 120.0,
        proxy: str | None = None,
    ) -> None:
        """Speak HTTP.

        Args:
            allow_private: Host names that may have private or loopback addresses.
            timeout: Seconds of silence after which the other side counts as gone.
            total: Seconds that one exchange may take at most.
            proxy: Address of a proxy for all requests; then names are checked before they are handed to it.
        """
        self._timeout, self._total = timeout, total
        self._allowed, self._proxy = frozenset(allow_private), proxy
        self._session = requests.Session()
        self._session.trust_env = False
        if proxy:
            self._session.proxies = {"http": proxy, "https": proxy}
        adapter: HTTPAdapter = GuardedAdapter(self._allowed)
        self._session.mount("http://", adapter)
        self._session.mount("https://", adapter)

    def get(self, url: str, headers: Mapping[str, str], *, max_bytes: int) -> Answer:
        """See Transport."""
        wanted = {"Accept-Encoding": "gzip, deflate", **headers}
        started = time.monotonic()
        if self._proxy:
            check_host(urlsplit(url).hostname or "", allow_private=self._allowed)
        try:
            with (
                watching(self._total) as watch,
                self._session.get(
                    url, headers=wanted, timeout=self._timeout, stream=True, allow_redirects=False
                ) as response,
            ):
                found = {name.lower(): value for name, value in response.headers.items()}
                # A redirect's body is never looked at; a hostile one may be endless.
                moved = response.is_redirect
                raw = () if moved else response.raw.stream(65_536, decode_content=False)
                body = b"".join(unpacked(raw, found.get("content-encoding", ""), max_bytes=max_bytes, url=url))
                if watch.expired:
                    raise Unreachable(f"{url}: no whole answer within {self._total:g} s")
                return Answer(url, response.status_code, found, body)
        except (requests.RequestException, HTTPError, OSError, ValueError) as error:
            refusal = _refusal(error)
            if refusal:
                raise refusal from None
            if isinstance(error, requests.exceptions.SSLError) and "CERTIFICATE_VERIFY_FAILED" in str(error):
                raise Refused(f"{url}: its certificate cannot be trusted: {error}") from None
            late = time.monotonic() - started >= self._total
            raise Unreachable(f"{url}: " + (f"no answer within {self._total:g} s" if late else str(error))) from error


def unpacked(pieces: Iterable[bytes], encoding: str, *, max_bytes: int, url: str) -> Iterator[bytes]:
    """The body's bytes with gzip or deflate undone; raises Refused as soon as they pass ``max_bytes``."""
    left = max_bytes
    coding = encoding.strip().lower()
    if coding not in ("", "identity", "gzip", "x-gzip", "deflate"):
        raise Unreachable(f"{url}: packed as {coding[:40]!r}, which was not asked for")
    stream = zlib.decompressobj(47) if coding not in ("", "identity") else None
    first = True
    for piece in pieces:
        data = piece
        if stream is not None:
            if first and coding == "deflate" and not _is_zlib(piece):
                # Half the servers that say deflate send it without zlib's header.
                stream = zlib.decompressobj(-15)
            try:
                data = stream.decompress(piece, left + 1)
            except zlib.error as error:
                raise Unreachable(f"{url}: broken {coding}: {error}") from None
        first = False
        left -= len(data)
        if left < 0:
            raise Refused(f"{url}: more than {max_bytes:,} bytes")
        yield data
    if stream is not None and not first and not stream.eof:
        raise Unreachable(f"{url}: the {coding} ends in the middle")


def _is_zlib(data: bytes) -> bool:
    """Whether the bytes begin with zlib's header (RFC 1950) or gzip's."""
    return data[:2] == b"\x1f\x8b" or (len(data) > 1 and data[0] & 15 == 8 and (data[0] * 256 + data[1]) % 31 == 0)


def _refusal(error: BaseException) -> Refused | None:
    """The Refused that lies at the bottom of what requests and urllib3 have wrapped, if it is one."""
    seen: set[int] = set()
    waiting: list[object] = [error]
    while waiting:
        one = waiting.pop()
        if isinstance(one, Refused):
            return one
        if isinstance(one, BaseException) and id(one) not in seen:
            seen.add(id(one))
            waiting += [one.__cause__, one.__context__, getattr(one, "reason", None), *one.args]
    return None
