"""The page's backend over Elasticsearch: ``molva serve`` where it is configured.

What other services keep in files of their own, how sources' runs ended and the letters, cannot be seen from here.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from datetime import UTC, datetime

from console.app import app
from console.backend import SourceRow
from indexer.alerts.ledger import Entry
from indexer.alerts.subscriptions import Subscription
from indexer.stores import Store
from indexer.stores.subscriptions import ElasticsearchSubscriptions
from molva.deployment import connections
from molva.deployment.serving import listening, until_told
from molva.settings import Settings
from molva.workspace import Workspace


class ClusterBackend:
    """What the page shows and changes, over Elasticsearch; see ``console.backend.Backend``."""

    local = False

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._store = connections.store(settings)
        self._subscriptions = ElasticsearchSubscriptions.of(self._store)

    def store(self) -> Store:  # noqa: D102
        return self._store

    def subscriptions(self) -> Sequence[Subscription]:  # noqa: D102
        return self._subscriptions.all()

    def subscribe(self, *, query: str, address: str, language: str, name: str) -> Subscription:  # noqa: D102
        return self._subscriptions.add(
            query=query, address=address, language=language, name=name, created_at=datetime.now(UTC)
        )

    def pause(self, subscription_id: str, *, paused: bool) -> bool:  # noqa: D102
        return self._subscriptions.pause(subscription_id, paused=paused)

    def remove(self, subscription_id: str) -> bool:  # noqa: D102
        return self._subscriptions.remove(subscription_id)

    def subscription_of(self, token: str) -> Subscription | None:  # noqa: D102
        return self._subscriptions.by_token(token)

    def unsubscribe(self, token: str) -> Subscription | None:  # noqa: D102
        return self._subscriptions.unsubscribe(token)

    def sources(self) -> Sequence[SourceRow]:  # noqa: D102
        return [
            SourceRow(
                name=source.name,
                collector=source.collector.name,
                channel=source.collector.channel,
                summary=source.collector.summary,
            )
            for source in Workspace(self._settings).sources(to_run=False)
        ]

    def alerts(self, limit: int) -> Sequence[Entry]:  # noqa: ARG002, D102
        return ()

    def alert(self, alert_id: str) -> Entry | None:  # noqa: ARG002, D102
        return None


def serve(settings: Settings, *, stopping: threading.Event | None = None) -> None:
    """Serve the page until SIGTERM; raises OSError when its port is taken."""
    at = settings.console
    with (
        until_told(stopping) as stop,
        listening(app(ClusterBackend(settings), hosts=at.names), host=at.host, port=at.port, name="page"),
    ):
        stop.wait()
