"""What people read and change: on Elasticsearch where it is configured, else in the embedded host's file."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

from indexer.alerts.subscriptions import Subscriptions
from indexer.stores import Store
from molva.settings import Settings

# Each product's own parts are imported where it is chosen: a command should not load what it does not use.


def store(settings: Settings) -> Store:
    """The index; raises FileNotFoundError when nothing was collected yet."""
    if settings.elasticsearch.url:
        from molva.deployment import connections  # noqa: PLC0415

        return connections.store(settings)
    from indexer.stores.sqlite import SqliteStore  # noqa: PLC0415
    from molva.sqlite_tables import open_reader  # noqa: PLC0415

    return SqliteStore(open_reader(settings.database), read_only=True)


@contextlib.contextmanager
def subscriptions(settings: Settings) -> Iterator[Subscriptions]:
    """The subscriptions, to be changed; on SQLite in one transaction."""
    if settings.elasticsearch.url:
        from indexer.stores.subscriptions import ElasticsearchSubscriptions  # noqa: PLC0415
        from molva.deployment import connections  # noqa: PLC0415

        yield ElasticsearchSubscriptions.of(connections.store(settings))
        return
    from indexer.alerts.subscriptions import SubscriptionStore  # noqa: PLC0415
    from molva.workspace import Workspace  # noqa: PLC0415

    workspace = Workspace(settings)
    try:
        with workspace.host.transaction() as connection:
            yield SubscriptionStore(connection)
    finally:
        workspace.close()
