"""What the page needs of the rest: the composition root hands it in, so the page knows no database."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

import msgspec

from indexer.alerts.ledger import Entry
from indexer.alerts.subscriptions import Subscription
from indexer.stores import Store


class SourceRow(msgspec.Struct, frozen=True, kw_only=True):
    """A configured source and how its last run ended; ``ending`` is empty before the first one."""

    name: str
    collector: str
    channel: str
    summary: str
    ending: str = ""
    ok: bool = True
    seen: int = 0
    published: int = 0
    rejected: int = 0
    last_run: datetime | None = None
    last_success: datetime | None = None
    why: str = ""


class Backend(Protocol):
    """The index, the subscriptions, the sources and the letters. Called from several threads.

    Attributes:
        local: Whether runs of sources and letters are kept where the page can read them.
    """

    @property
    def local(self) -> bool: ...  # noqa: D102 - the class says it

    def store(self) -> Store:
        """The index."""
        ...

    def subscriptions(self) -> Sequence[Subscription]:
        """All of them, the oldest first."""
        ...

    def subscribe(self, *, query: str, address: str, language: str, name: str) -> Subscription:
        """Add one; raises InvalidSubscription."""
        ...

    def pause(self, subscription_id: str, *, paused: bool) -> bool:
        """Stop or resume one; whether there is such a one."""
        ...

    def remove(self, subscription_id: str) -> bool:
        """End one; whether there was such a one."""
        ...

    def subscription_of(self, token: str) -> Subscription | None:
        """The one whose letters carry this token."""
        ...

    def unsubscribe(self, token: str) -> Subscription | None:
        """End the one whose letters carry this token."""
        ...

    def sources(self) -> Sequence[SourceRow]:
        """The configured sources."""
        ...

    def alerts(self, limit: int) -> Sequence[Entry]:
        """The newest alerts with their letters."""
        ...

    def alert(self, alert_id: str) -> Entry | None:
        """One alert."""
        ...
