"""The store on Elasticsearch: many writers' worth of speed, Kibana beside it, the same answers as SQLite."""

from __future__ import annotations

import contextlib
from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, cast

import msgspec
from elasticsearch import ApiError, Elasticsearch, NotFoundError, TransportError

from indexer.documents import document, values
from indexer.highlights import Marker
from indexer.mapping.indices import Indices
from indexer.query import Query, parse
from indexer.stores import MAX_LIMIT, Failure, Hit, Interval, Page, Point, cursor, dsl
from schemas.events import ReviewJudged

_encode = msgspec.json.Encoder().encode

CHUNK_DOCUMENTS = 1_000
CHUNK_BYTES = 5_000_000
"""A bulk request's size; larger ones are not faster and weigh on Elasticsearch's memory."""
AT_ONCE = 1_000
"""Ids of one request."""
_TRY_AGAIN = {408, 425, 429, 500, 502, 503, 504}


class StoreDown(ConnectionError):  # noqa: N818 - named by what happened
    """Elasticsearch does not answer or cannot now; asking later may help."""


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    """Where Elasticsearch is.

    Attributes:
        url: ``https://host:9200``, several with commas.
        index: The readers' alias.
        api_key: Or ``user`` and ``password``; from the environment or a file, never shown.
        ca_file: Certificates that sign the server's.
        shards: Of a new index.
        replicas: Copies of each shard.
        timeout: Seconds of a request.
    """

    url: str = "http://127.0.0.1:9200"
    index: str = "reviews"
    api_key: str | None = None
    user: str | None = None
    password: str | None = None
    ca_file: str | None = None
    shards: int = 1
    replicas: int = 0
    timeout: float = 30.0

    def __repr__(self) -> str:
        return f"Settings(url={self.url!r}, index={self.index!r})"


def connect(settings: Settings) -> Elasticsearch:
    """The client; it connects when it is first used."""
    login: dict[str, Any] = {}
    if settings.api_key:
        login["api_key"] = settings.api_key
    elif settings.user:
        login["basic_auth"] = (settings.user, settings.password or "")
    if settings.ca_file:
        login["ca_certs"] = settings.ca_file
    return Elasticsearch(settings.url.split(","), request_timeout=settings.timeout, max_retries=0, **login)


class ElasticsearchStore:
    """The store of documents in Elasticsearch; see ``indexer.stores.Store`` for what it can do.

    All but ``get`` sees what the index has refreshed: every second, or after ``refresh``.
    """

    def __init__(self, settings: Settings, client: Elasticsearch | None = None) -> None:
        self._client = client or connect(settings)
        self.indices = Indices(self._client, settings.index, shards=settings.shards, replicas=settings.replicas)
        self._read = self.indices.name
        self._write = self.indices.write_name

    def prepare(self) -> bool:
        """Make the index if it is not there and move one of an older layout; return whether anything was changed."""
        with down():
            return self.indices.prepare()

    def write(self, items: Sequence[tuple[int, ReviewJudged]]) -> Sequence[Failure]:
        """Write documents under their external versions; a version that stands there already is a success."""
        failures: list[Failure] = []
        newest: dict[str, int] = {}
        chunk: list[bytes] = []
        chunk_items: list[tuple[str, int]] = []
        size = 0
        for external, judged in sorted(items, key=lambda item: item[0], reverse=True):
            review_id = judged.review_id
            if review_id in newest:
                continue
            newest[review_id] = external
            try:
                body = _encode(document(judged))
                action = _encode({"index": {"_id": review_id, "version": external, "version_type": "external"}})
            except (ValueError, TypeError, OverflowError) as error:
                failures.append(Failure(review_id, external, f"{type(error).__name__}: {error}"))
                continue
            if chunk and (len(chunk_items) >= CHUNK_DOCUMENTS or size + len(body) > CHUNK_BYTES):
                failures += self._bulk(chunk, chunk_items)
                chunk, chunk_items, size = [], [], 0
            chunk += (action, body)
            chunk_items.append((review_id, external))
            size += len(body)
        if chunk:
            failures += self._bulk(chunk, chunk_items)
        return failures

    def get(self, review_id: str) -> dict[str, Any] | None:
        """The document of a review, or None."""
        try:
            with down():
                answer = self._client.get(index=self._read, id=_sendable(review_id))
        except NotFoundError:
            return None
        return cast("dict[str, Any]", answer["_source"])

    def search(
        self,
        query: str | Query = "",
        *,
        sort: str = "-published_at",
        limit: int = 20,
        after: str | None = None,
        facets: Sequence[str] = (),
        highlight: bool = False,
        collapse: bool = True,
    ) -> Page:
        """A page of what matches."""
        parsed = _parsed(query)
        name, descending = cursor.sort_of(sort)
        limit = max(0, min(limit, MAX_LIMIT))
        place = cursor.read(after, sort)
        names = list(dict.fromkeys(facets))
        order = "desc" if descending else "asc"
        asked: dict[str, Any] = {
            "query": dsl.condition(parsed, collapse=collapse),
            "size": limit + 1 if limit else 0,
            "track_total_hits": True,
            "aggs": {str(number): dsl.facet(facet) for number, facet in enumerate(names)},
        }
        by_id = {"review_id": order}
        if place and place.value is None:
            asked |= {"sort": [by_id], "search_after": [place.review_id]}
            asked["post_filter"] = {"bool": {"must_not": [{"exists": {"field": name}}]}}
            asked["aggs"]["all"] = {"filter": {"match_all": {}}}  # the total without the post filter
        else:
            asked["sort"] = [{name: {"order": order, "missing": "_last"}}, by_id]
            if place:
                asked["search_after"] = [place.value, place.review_id]
        answer = self._search(asked)
        found = [hit["_source"] for hit in answer["hits"]["hits"]]
        marker = Marker(parsed) if highlight else None
        hits = tuple(Hit(data, marker.fragments(data) if marker else {}) for data in found[:limit])
        following = None
        if limit and len(found) > limit:
            last = found[limit - 1]
            following = cursor.write(sort, cursor.Place(next(iter(values(last, name)), None), last["review_id"]))
        counts = {facet: dsl.counted(facet, answer["aggregations"][str(n)]) for n, facet in enumerate(names)}
        total = (
            answer["aggregations"]["all"]["doc_count"] if "post_filter" in asked else answer["hits"]["total"]["value"]
        )
        return Page(total, hits, counts, following)

    def trend(
        self,
        query: str | Query = "",
        *,
        interval: Interval = "week",
        field: str = "published_at",
        limit: int = 400,
        collapse: bool = True,
    ) -> Sequence[Point]:
        """The newest ``limit`` intervals that hold a match, oldest first."""
        aggs = {"trend": dsl.histogram(field, interval)}
        condition = dsl.condition(_parsed(query), collapse=collapse)
        answer = self._search({"query": condition, "size": 0, "aggs": aggs})
        buckets = answer["aggregations"]["trend"]["buckets"][-limit:] if limit > 0 else []
        return [
            dsl.point(datetime.fromtimestamp(bucket["key"] / 1000, UTC), bucket["doc_count"], bucket)
            for bucket in buckets
        ]

    def summary(self, query: str | Query = "", *, collapse: bool = True) -> Point:
        """Count, negatives and mean stars of all that matches."""
        condition = dsl.condition(_parsed(query), collapse=collapse)
        answer = self._search({"query": condition, "size": 0, "track_total_hits": True, "aggs": dsl.SUMS})
        return dsl.point(None, answer["hits"]["total"]["value"], answer["aggregations"])

    def matching(self, query: str | Query, review_ids: Collection[str]) -> set[str]:
        """Which of these reviews match; syndicated copies are not left out."""
        condition = dsl.condition(_parsed(query), collapse=False)
        found: set[str] = set()
        for ids in _chunks(review_ids):
            asked = {"bool": {"filter": [{"ids": {"values": ids}}, condition]}}
            answer = self._search({"query": asked, "size": len(ids), "_source": False})
            found.update(hit["_id"] for hit in answer["hits"]["hits"])
        return found

    def versions(self, review_ids: Collection[str]) -> Mapping[str, int]:
        """The external versions under which searches find these reviews."""
        found: dict[str, int] = {}
        for ids in _chunks(review_ids):
            asked = {"query": {"ids": {"values": ids}}, "size": len(ids), "_source": False, "version": True}
            found.update({hit["_id"]: hit["_version"] for hit in self._search(asked)["hits"]["hits"]})
        return found

    def documents(self, review_ids: Collection[str]) -> dict[str, tuple[int, dict[str, Any]]]:
        """External versions and documents of these reviews; absent ones are left out."""
        found: dict[str, tuple[int, dict[str, Any]]] = {}
        for ids in _chunks(review_ids):
            with down():
                answer = self._client.mget(index=self._read, ids=ids)
            found.update({doc["_id"]: (doc["_version"], doc["_source"]) for doc in answer["docs"] if doc.get("found")})
        return found

    def count(self) -> int:
        """How many documents there are."""
        with down():
            return int(self._client.count(index=self._read)["count"])

    def forget(self, review_ids: Collection[str]) -> int:
        """Remove these documents for good; how many there were."""
        removed = 0
        for ids in _chunks(review_ids):
            operations = [{"delete": {"_id": review_id}} for review_id in ids]
            with down():
                answer = self._client.bulk(index=self._write, operations=operations, refresh=True)
            removed += sum(item["delete"]["result"] == "deleted" for item in answer["items"])
        return removed

    def refresh(self) -> None:
        """Make what was written visible to searches at once."""
        with down():
            self._client.indices.refresh(index=f"{self._read},{self._write}")

    def _search(self, asked: dict[str, Any]) -> Mapping[str, Any]:
        with down():
            return cast("Mapping[str, Any]", self._client.search(index=self._read, **_keywords(asked)).body)

    def _bulk(self, operations: list[bytes], items: list[tuple[str, int]]) -> Iterator[Failure]:
        """Send one bulk request and sort what failed: 409 is none, some may be tried again, the rest is wrong."""
        try:
            answer = self._client.bulk(index=self._write, operations=cast("Any", operations), require_alias=True)
        except ApiError as error:
            retry = error.meta.status in _TRY_AGAIN or error.meta.status == 404  # the alias is not there yet
            return iter([Failure(*item, f"{error.meta.status}: {error.message}"[:500], retry=retry) for item in items])
        except TransportError as error:
            return iter([Failure(*item, str(error)[:500], retry=True) for item in items])
        if not answer["errors"]:
            return iter(())
        return _failures(answer["items"], items)


def _failures(answers: Sequence[Mapping[str, Any]], items: Sequence[tuple[str, int]]) -> Iterator[Failure]:
    for answer, item in zip(answers, items, strict=True):
        result = answer["index"]
        if result["status"] < 300 or result["status"] == 409:
            continue
        error = result.get("error", {})
        caused = error.get("caused_by", {}).get("reason", "")
        reason = f"{result['status']} {error.get('type', '')}: {error.get('reason', '')} {caused}".strip()
        yield Failure(*item, reason[:500], retry=result["status"] in _TRY_AGAIN)


@contextlib.contextmanager
def down() -> Iterator[None]:
    """Tell one thing of all the ways in which a server cannot answer."""
    try:
        yield
    except ApiError as error:
        if error.meta.status == 404 and error.error == "index_not_found_exception":
            raise StoreDown("Elasticsearch has no index of that name yet: run `molva prepare`") from error
        if error.meta.status not in _TRY_AGAIN:
            raise
        raise StoreDown(f"Elasticsearch answers {error.meta.status}: {error.message}"[:500]) from error
    except TransportError as error:
        raise StoreDown(f"Elasticsearch does not answer: {error}"[:500]) from error


def _keywords(asked: dict[str, Any]) -> dict[str, Any]:
    return {("source" if name == "_source" else name): value for name, value in asked.items() if value != {}}


def _parsed(query: str | Query) -> Query:
    return parse(query) if isinstance(query, str) else query


def _sendable(text: str) -> str:
    """The text as JSON can carry it: ids come from outside and may hold lone surrogates."""
    return text.encode("utf-8", "replace").decode() or "-"


def _chunks(review_ids: Collection[str]) -> Iterator[list[str]]:
    ids = [_sendable(review_id) for review_id in dict.fromkeys(review_ids)]
    for start in range(0, len(ids), AT_ONCE):
        yield ids[start : start + AT_ONCE]
