"""Requests that could not be taken for genuine, or made their collector fail: kept whole until somebody decides.

A proxy that changes the signed address, or a secret that was not yet changed here, makes real messages look forged.
Turned away they would be lost; kept they can be given to the source again when its configuration is mended.
"""

from __future__ import annotations

from datetime import timedelta
from hashlib import blake2b

import msgspec

from collectors.cursors import State
from collectors.plugin import Received

MOST = 10_000
"""Requests that are kept for one source; when there are more, senders are asked to come again."""
KEEP = timedelta(days=30)
"""How long one is kept: it holds somebody's number in plain."""
_PREFIX = "quarantine "


class Full(Exception):  # noqa: N818 - named by what it is
    """No more requests are kept; try again later."""


class Held(msgspec.Struct, frozen=True):
    """A request that is kept, and why."""

    received: Received
    reason: str


class Quarantine:
    """The kept requests of one source, in its state."""

    def __init__(self, state: State) -> None:
        self._state = state

    def hold(self, received: Received, reason: str) -> None:
        """Keep a request; one that is sent again counts once. Raises Full."""
        key = self._key(received)
        if key not in self._state and len(self.keys()) >= MOST:
            self.forget_old(now=received.at)
            if len(self.keys()) >= MOST:
                raise Full
        self._state.apply({key: msgspec.msgpack.encode(Held(received, reason[:1_000]))})

    def keys(self) -> list[str]:
        """The keys of what is kept, the oldest first."""
        return [key for key in self._state if key.startswith(_PREFIX)]

    def get(self, key: str) -> Held:
        """What is kept under this key; raises KeyError."""
        return msgspec.msgpack.decode(self._state[key], type=Held)

    def discard(self, key: str) -> None:
        """Forget one request."""
        self._state.apply({key: None})

    def forget_old(self, *, now: float) -> int:
        """Forget what is older than ``KEEP``; returns how many."""
        old = [key for key in self.keys() if now - self.get(key).received.at > KEEP.total_seconds()]
        self._state.apply(dict.fromkeys(old))
        return len(old)

    @staticmethod
    def _key(received: Received) -> str:
        digest = blake2b(digest_size=16)
        for piece in (received.method, received.url, received.headers.get("content-type", "")):
            digest.update(piece.encode("utf-8", "replace") + b"\0")
        digest.update(received.body)
        return _PREFIX + digest.hexdigest()
