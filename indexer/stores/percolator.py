"""Subscriptions as percolator queries: one question to Elasticsearch finds which of thousands match a review.

The queries lie in an index of their own beside the reviews', with the reviews' mapping; it is made from the
subscriptions and can be made again. A query whose dates hang on the present ("the last week") would grow old there, so
those are asked as searches, each time anew.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

from elasticsearch import BadRequestError, Elasticsearch

from indexer.alerts.matcher import Matching, search_each
from indexer.alerts.subscriptions import Subscription
from indexer.mapping import mapping, settings
from indexer.query import QueryError, parse
from indexer.stores import dsl
from indexer.stores.elasticsearch import ElasticsearchStore, down

AT_ONCE = 200
"""Documents of one question."""
MAX_MATCHES = 10_000
"""Subscriptions that one question can find; with more, the documents are asked one by one."""


class Percolator:
    """The queries of the subscriptions to one store.

    Args:
        store: Whose documents are matched.
        client: Elasticsearch's client; the percolator must be there (every full distribution has it).
        name: The index; made when absent.
    """

    def __init__(self, store: ElasticsearchStore, client: Elasticsearch, name: str) -> None:
        self._store, self._client, self._name = store, client, name
        self._kept: dict[str, str] = {}
        self._prepare()

    @classmethod
    def of(cls, store: ElasticsearchStore) -> Percolator | None:
        """The percolator beside a store's index, or None on a cluster without that module."""
        try:
            return cls(store, store.indices.client, f"{store.indices.name}-queries")
        except BadRequestError as error:
            if "percolator" not in str(error):
                raise
            return None

    def matching(self, now: datetime) -> Matching:
        """A ``Matching`` for the matcher, with *now* for queries whose dates hang on the present."""
        searched = search_each(self._store, now)

        def ask(subscriptions: Sequence[Subscription], review_ids: Collection[str]) -> set[tuple[str, str]]:
            kept, others = self._sorted(subscriptions)
            self._keep(kept)
            found = searched(others, review_ids) if others else set()
            ids = {subscription.id for subscription in kept}
            for chunk in _chunks(sorted(review_ids)):
                found |= {pair for pair in self._ask(chunk) if pair[0] in ids}
            return found

        return ask

    def _prepare(self) -> None:
        with down():
            if self._client.indices.exists(index=self._name):
                return
        wanted = mapping()
        wanted["properties"]["query"] = {"type": "percolator"}
        wanted["properties"]["asked"] = {"type": "keyword", "index": False, "doc_values": False}
        with down():
            self._client.indices.create(index=self._name, mappings=wanted, settings=settings())

    def _sorted(self, subscriptions: Sequence[Subscription]) -> tuple[list[Subscription], list[Subscription]]:
        """The subscriptions whose queries can be kept, and those that must be asked each time; broken ones in none."""
        kept: list[Subscription] = []
        others: list[Subscription] = []
        for subscription in subscriptions:
            try:
                relative = parse(subscription.query).relative
            except QueryError:  # a field that a later release no longer has; the console shows it as broken
                continue
            (others if relative else kept).append(subscription)
        return kept, others

    def _keep(self, subscriptions: Sequence[Subscription]) -> None:
        """Put queries that are not in the index there, and take those away that nobody has any more."""
        wanted = {subscription.id: subscription.query for subscription in subscriptions}
        operations: list[Any] = [{"delete": {"_id": gone}} for gone in self._kept.keys() - wanted.keys()]
        for key, text in wanted.items():
            if self._kept.get(key) != text:
                operations += [{"index": {"_id": key}}, {"query": dsl.dsl(parse(text).root), "asked": text}]
        if operations:
            with down():
                answer = self._client.bulk(index=self._name, operations=operations, refresh=True)
            wrong = [item for item in answer["items"] if "error" in next(iter(item.values()))]
            if wrong:
                raise ConnectionError(f"subscriptions were not kept: {wrong[0]}"[:500])
            self._kept = wanted

    def _ask(self, review_ids: Sequence[str]) -> set[tuple[str, str]]:
        documents = self._store.documents(review_ids)
        ids = list(documents)
        if not ids:
            return set()
        try:
            with down():
                answer = self._client.search(
                    index=self._name,
                    query={"percolate": {"field": "query", "documents": [documents[one][1] for one in ids]}},
                    source=False,
                    size=MAX_MATCHES,
                )
        except BadRequestError as error:
            raise ConnectionError(f"the percolator refuses: {error}"[:500]) from error
        hits = answer["hits"]["hits"]
        if len(hits) == MAX_MATCHES and len(ids) > 1:
            return {pair for one in ids for pair in self._ask([one])}
        return {(hit["_id"], ids[slot]) for hit in hits for slot in hit["fields"]["_percolator_document_slot"]}


def _chunks(ids: Sequence[str]) -> list[Sequence[str]]:
    return [ids[start : start + AT_ONCE] for start in range(0, len(ids), AT_ONCE)]
