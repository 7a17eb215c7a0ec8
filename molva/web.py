"""The page's backend over the embedded host: reads with a connection a thread, writes in the host's transactions."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from fastapi import FastAPI

from collectors.runner import status
from console.app import app
from console.backend import SourceRow
from indexer.alerts.ledger import Entry, Ledger
from indexer.alerts.subscriptions import Subscription, SubscriptionStore
from indexer.stores.sqlite import SqliteStore
from molva.alerting import Alerting
from molva.workspace import Workspace


class EmbeddedBackend:
    """What the page shows and changes, over one workspace."""

    local = True

    def __init__(self, workspace: Workspace, alerting: Alerting) -> None:
        self._workspace, self._alerting = workspace, alerting
        self._threads = threading.local()

    def store(self) -> SqliteStore:
        """See ``console.backend.Backend``; so for all that follow."""
        if not hasattr(self._threads, "store"):
            self._threads.connection = self._workspace.reader()
            self._threads.store = SqliteStore(self._threads.connection, read_only=True)
        store: SqliteStore = self._threads.store
        return store

    def subscriptions(self) -> Sequence[Subscription]:  # noqa: D102
        return self._reading().all()

    def subscribe(self, *, query: str, address: str, language: str, name: str) -> Subscription:  # noqa: D102
        with self._workspace.host.transaction():
            return self._alerting.subscriptions.add(
                query=query, address=address, language=language, name=name, created_at=datetime.now(UTC)
            )

    def pause(self, subscription_id: str, *, paused: bool) -> bool:  # noqa: D102
        with self._workspace.host.transaction():
            return self._alerting.subscriptions.pause(subscription_id, paused=paused)

    def remove(self, subscription_id: str) -> bool:  # noqa: D102
        with self._workspace.host.transaction():
            return self._alerting.subscriptions.remove(subscription_id)

    def subscription_of(self, token: str) -> Subscription | None:  # noqa: D102
        return self._reading().by_token(token)

    def unsubscribe(self, token: str) -> Subscription | None:  # noqa: D102
        with self._workspace.host.transaction():
            return self._alerting.subscriptions.unsubscribe(token)

    def sources(self) -> Sequence[SourceRow]:  # noqa: D102
        rows = []
        for source in self._workspace.sources(to_run=False):
            last, success = status(self._workspace.states.of(source.name))
            ended: dict[str, Any] = {}
            if last is not None:
                ended = {
                    "ending": last.ending,
                    "ok": last.ok,
                    "seen": last.seen,
                    "published": last.published,
                    "rejected": last.rejected,
                    "last_run": last.started_at,
                    "why": last.why,
                }
            rows.append(
                SourceRow(
                    name=source.name,
                    collector=source.collector.name,
                    channel=source.collector.channel,
                    summary=source.collector.summary,
                    last_success=success,
                    **ended,
                )
            )
        return rows

    def alerts(self, limit: int) -> Sequence[Entry]:  # noqa: D102
        return self._ledger().latest(limit)

    def alert(self, alert_id: str) -> Entry | None:  # noqa: D102
        return self._ledger().get(alert_id)

    def _reading(self) -> SubscriptionStore:
        self.store()
        return SubscriptionStore(self._threads.connection, read_only=True)

    def _ledger(self) -> Ledger:
        self.store()
        return Ledger(self._threads.connection, read_only=True)


def console_app(workspace: Workspace, alerting: Alerting) -> FastAPI:
    """The page over this workspace."""
    return app(EmbeddedBackend(workspace, alerting), hosts=workspace.settings.console.names)
