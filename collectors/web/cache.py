"""Pages as they were last time, so that a server need not send again what has not changed."""

from __future__ import annotations

import zlib
from collections.abc import MutableMapping
from hashlib import blake2b

import msgspec

from collectors.web.transport import Answer

MOST_ENTRIES = 500
"""Pages kept per source; the oldest goes first."""
MOST_BYTES = 1_000_000
"""Packed bytes of one page; a larger one is fetched anew each time."""
_PREFIX = "page "
_KEPT = ("etag", "last-modified", "content-type")


class Kept(msgspec.Struct, frozen=True):
    """A page that was fetched before."""

    url: str
    headers: dict[str, str]
    packed: bytes

    @property
    def body(self) -> bytes:
        """The page's bytes."""
        return zlib.decompress(self.packed)

    @property
    def conditions(self) -> dict[str, str]:
        """The headers that ask whether it is still the same."""
        names = {"if-none-match": "etag", "if-modified-since": "last-modified"}
        return {name: self.headers[header] for name, header in names.items() if header in self.headers}


class Cache:
    """Pages in a source's store, under keys of their own."""

    def __init__(self, store: MutableMapping[str, bytes]) -> None:
        self._store = store

    def get(self, url: str) -> Kept | None:
        """The page as it was, or None."""
        data = self._store.get(_key(url))
        try:
            return msgspec.msgpack.decode(data, type=Kept) if data else None
        except msgspec.MsgspecError:
            return None

    def put(self, url: str, answer: Answer) -> None:
        """Keep the answer, if its server gave something to ask with."""
        headers: dict[str, str] = {name: answer.headers[name] for name in _KEPT if name in answer.headers}
        packed = zlib.compress(answer.body, 6)
        self._store.pop(_key(url), None)
        if not ("etag" in headers or "last-modified" in headers) or len(packed) > MOST_BYTES:
            return
        kept = [key for key in self._store if key.startswith(_PREFIX)]
        for key in kept[: max(0, len(kept) - MOST_ENTRIES + 1)]:
            del self._store[key]
        self._store[_key(url)] = msgspec.msgpack.encode(Kept(answer.url, headers, packed))


def _key(url: str) -> str:
    return _PREFIX + blake2b(url.encode("utf-8", "surrogatepass"), digest_size=16).hexdigest()
