"""Subscriptions in Elasticsearch, where every service of a deployment finds the same ones."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

import msgspec
from elasticsearch import BadRequestError, Elasticsearch, NotFoundError

from indexer.alerts.subscriptions import Subscription, new
from indexer.documents import stamp
from indexer.stores.elasticsearch import ElasticsearchStore, down

AT_ONCE = 1_000
_KEYWORD = {"type": "keyword"}
_SHOWN = {"type": "keyword", "index": False, "doc_values": False}
MAPPING: dict[str, Any] = {
    "dynamic": "strict",
    "properties": {
        "id": _KEYWORD,
        "name": _SHOWN,
        "query": _SHOWN,
        "address": _KEYWORD,
        "language": _KEYWORD,
        "created_at": {"type": "date", "format": "strict_date_time"},
        "paused": {"type": "boolean"},
        "token": _KEYWORD,
    },
}


class ElasticsearchSubscriptions:
    """Subscriptions in an index beside the reviews'; see ``indexer.alerts.subscriptions.Subscriptions``.

    What one service writes, all others see at once. Everything raises StoreDown while Elasticsearch does not answer.

    Args:
        client: Elasticsearch's client.
        name: The index; ``prepare`` makes it.
    """

    def __init__(self, client: Elasticsearch, name: str) -> None:
        self._client, self.name = client, name

    @classmethod
    def of(cls, store: ElasticsearchStore) -> ElasticsearchSubscriptions:
        """Those beside a store's index."""
        return cls(store.indices.client, f"{store.indices.name}-subscriptions")

    def prepare(self) -> bool:
        """Make the index if it is not there; return whether it was made."""
        with down():
            if self._client.indices.exists(index=self.name):
                return False
            try:
                self._client.indices.create(index=self.name, mappings=MAPPING, settings={"number_of_shards": 1})
            except BadRequestError as error:
                if error.error != "resource_already_exists_exception":  # another process was faster
                    raise
                return False
            return True

    def add(
        self, *, query: str, address: str, language: str = "en", name: str = "", created_at: datetime
    ) -> Subscription:
        """Keep a new subscription; raises InvalidSubscription with the field that is wrong."""
        made = new(query=query, address=address, language=language, name=name, created_at=created_at)
        document = msgspec.structs.asdict(made) | {"created_at": stamp(made.created_at)}
        with down():
            self._client.index(index=self.name, id=made.id, document=document, op_type="create", refresh=True)
        return made

    def all(self) -> Sequence[Subscription]:
        """Every subscription, the oldest first."""
        return list(self._found({"match_all": {}}))

    def get(self, subscription_id: str) -> Subscription | None:
        """The subscription of this id."""
        try:
            with down():
                answer = self._client.get(index=self.name, id=subscription_id)
        except NotFoundError:
            return None
        return _read(answer["_source"])

    def pause(self, subscription_id: str, *, paused: bool) -> bool:
        """Stop or resume its letters; whether there is such a subscription."""
        try:
            with down():
                self._client.update(index=self.name, id=subscription_id, doc={"paused": paused}, refresh=True)
        except NotFoundError:
            return False
        return True

    def remove(self, subscription_id: str) -> bool:
        """End it; whether there was such a subscription."""
        try:
            with down():
                self._client.delete(index=self.name, id=subscription_id, refresh=True)
        except NotFoundError:
            return False
        return True

    def by_token(self, token: str) -> Subscription | None:
        """The subscription whose letters carry this token."""
        return next(self._found({"term": {"token": token}}), None)

    def unsubscribe(self, token: str) -> Subscription | None:
        """End the subscription whose letters carry this token, and tell which it was."""
        found = self.by_token(token)
        if found:
            self.remove(found.id)
        return found

    def _found(self, query: dict[str, Any]) -> Iterator[Subscription]:
        asked: dict[str, Any] = {"query": query, "size": AT_ONCE, "sort": [{"created_at": "asc"}, {"id": "asc"}]}
        while True:
            with down():
                hits = self._client.search(index=self.name, **asked)["hits"]["hits"]
            yield from (_read(hit["_source"]) for hit in hits)
            if len(hits) < AT_ONCE:
                return
            asked["search_after"] = hits[-1]["sort"]


def _read(document: dict[str, Any]) -> Subscription:
    return msgspec.convert(document, Subscription)
