"""A query's tree -> Elasticsearch's query DSL, and answers' aggregations. Knows no client, only JSON."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from indexer.documents import stamp
from indexer.fields import BY_NAME
from indexer.query import (
    And,
    Equals,
    Everything,
    Exists,
    Node,
    Not,
    Nothing,
    Or,
    Phrase,
    Query,
    QueryError,
    Range,
    Wildcard,
)
from indexer.stores import MAX_FACET, FacetValue, Interval, Point

Json = dict[str, Any]

SUMS: Json = {
    "negative": {"filter": {"term": {"negative": True}}},
    "stars": {"avg": {"field": "stars"}},
    "trusted": {"weighted_avg": {"value": {"field": "stars"}, "weight": {"field": "trust"}}},
}
"""Aggregations of a point of a trend, and of a summary."""


def condition(query: Query, *, collapse: bool) -> Json:
    """The query in filter context; ``collapse`` adds that the document is no duplicate."""
    inner: Json = {"filter": [dsl(query.root)]}
    if collapse:
        inner["must_not"] = [{"term": {"duplicate": True}}]
    return {"bool": inner}


def dsl(node: Node) -> Json:  # noqa: C901, PLR0911 - one line for each kind of node
    """One node of the tree."""
    match node:
        case Everything():
            return {"match_all": {}}
        case Nothing():
            return {"match_none": {}}
        case And(items=items):
            return {"bool": {"filter": [dsl(item) for item in items]}}
        case Or(items=items):
            return _any([dsl(item) for item in items])
        case Not(item=item):
            return {"bool": {"must_not": [dsl(item)]}}
        case Phrase(fields=fields, words=words):
            return _any([_phrase(field, words) for field in fields])
        case Wildcard(fields=fields, pattern=pattern):
            return _any([{"wildcard": {field: {"value": pattern}}} for field in fields])
        case Equals(field=field, value=value):
            return {"term": {field: {"value": value}}}
        case Range():
            return {"range": {node.field: _bounds(node)}}
        case Exists(field=field):
            return {"exists": {"field": field}}
    raise TypeError(node)


def _any(items: list[Json]) -> Json:
    return items[0] if len(items) == 1 else {"bool": {"should": items, "minimum_should_match": 1}}


def _phrase(field: str, words: tuple[str, ...]) -> Json:
    """Words come analysed; a phrase is only split at spaces again."""
    if len(words) == 1:
        return {"term": {field: {"value": words[0]}}}
    return {"match_phrase": {field: {"query": " ".join(words), "analyzer": "whitespace"}}}


def _bounds(node: Range) -> Json:
    bounds: Json = {}
    for value, name, included in ((node.low, "gt", node.low_included), (node.high, "lt", node.high_included)):
        if value is not None:
            bounds[name + "e" * included] = stamp(value) if isinstance(value, datetime) else value
    return bounds


def facet(name: str) -> Json:
    """The aggregation that counts a field's values; raises QueryError for a field that cannot be a facet."""
    if name not in BY_NAME or BY_NAME[name].kind not in {"keyword", "number", "boolean"}:
        raise QueryError(f"{name[:60]} cannot be a facet", f"{name[:60]} не бывает фасетом")
    order = [{"_count": "desc"}, {"_key": "asc"}]
    return {"terms": {"field": name, "size": MAX_FACET, "shard_size": 20 * MAX_FACET, "order": order}}


def counted(name: str, answer: Json) -> tuple[tuple[FacetValue, int], ...]:
    """The values and counts of a facet's answer."""
    boolean = BY_NAME[name].kind == "boolean"
    return tuple(
        (bool(bucket["key"]) if boolean else bucket["key"], bucket["doc_count"]) for bucket in answer["buckets"]
    )


def histogram(field: str, interval: Interval) -> Json:
    """The aggregation of a trend; raises QueryError for a field that is no date with one value."""
    if field not in BY_NAME or BY_NAME[field].kind != "date" or BY_NAME[field].many:
        raise QueryError(f"a trend needs a date, not {field[:60]}", f"тренду нужна дата, а не {field[:60]}")
    return {"date_histogram": {"field": field, "calendar_interval": interval, "min_doc_count": 1}, "aggs": SUMS}


def point(time: datetime | None, count: int, sums: Json) -> Point:
    """One point from the answers to ``SUMS``."""
    return Point(
        time,
        count,
        sums["negative"]["doc_count"],
        _rounded(sums["stars"]["value"]),
        _rounded(sums["trusted"]["value"]),
    )


def _rounded(value: float | str | None) -> float | None:
    """Four decimals, as in the other store; a mean without weight comes as null or as the text NaN."""
    return round(float(value), 4) if isinstance(value, int | float) else None
