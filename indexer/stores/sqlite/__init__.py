"""The index in the embedded host's own SQLite file, changed in the host's own transactions."""

from __future__ import annotations

import sqlite3
from collections.abc import Collection, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, cast

import msgspec

from indexer.documents import document
from indexer.fields import BY_NAME
from indexer.highlights import Marker
from indexer.query import Query, QueryError, parse
from indexer.stores import MAX_FACET, MAX_LIMIT, FacetValue, Failure, Hit, Interval, Page, Point, cursor
from indexer.stores.sqlite import rows
from indexer.stores.sqlite.layout import MANY, prepare
from indexer.stores.sqlite.translate import condition
from schemas.events import ReviewJudged

_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder().decode

_BUCKETS = {
    "day": "substr({0}, 1, 10)",
    "week": "date(substr({0}, 1, 10), 'weekday 0', '-6 days')",
    "month": "substr({0}, 1, 7) || '-01'",
}
_SUMS = """count(*), coalesce(sum(d.negative), 0), round(avg(d.stars), 4),
    round(sum(d.stars * d.trust) / nullif(sum(CASE WHEN d.stars IS NOT NULL THEN d.trust END), 0), 4)"""
_AMONG = "d.review_id IN (SELECT value FROM json_each(?))"
_RELAY = 1_000
"""Documents of one step when the index is laid anew."""


class SqliteStore:
    """The store of documents in one SQLite database; see ``indexer.stores.Store`` for what it can do.

    Args:
        connection: Written through without ever committing: the transaction is the caller's. Any number of other
            stores may read through connections of their own (WAL).
        read_only: The connection cannot write; the tables must be there.
    """

    def __init__(self, connection: sqlite3.Connection, *, read_only: bool = False) -> None:
        self._connection = connection
        self._terms = rows.Terms()
        if not read_only:
            self._prepare()

    def write(self, items: Sequence[tuple[int, ReviewJudged]]) -> Sequence[Failure]:
        """Write documents under their external versions; the transaction stays open."""
        failures: list[Failure] = []
        newest: dict[str, rows.Entry] = {}
        for external, judged in sorted(items, key=lambda item: item[0], reverse=True):
            if judged.review_id in newest:
                continue
            try:
                found = document(judged)
                entry = rows.Entry(judged.review_id, external, found, _encode(found))
            except (ValueError, TypeError, OverflowError) as error:
                failures.append(Failure(judged.review_id, external, f"{type(error).__name__}: {error}"))
            else:
                newest[judged.review_id] = entry
        self._write(list(newest.values()))
        return failures

    def get(self, review_id: str) -> dict[str, Any] | None:
        """The document of a review, or None."""
        row = self._connection.execute(
            "SELECT body FROM index_documents JOIN index_bodies USING (number) WHERE review_id = ?",
            (_bindable(review_id),),
        ).fetchone()
        return cast(dict[str, Any], _decode(row[0])) if row else None

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
        where, values = condition(self._connection, parsed, collapse=collapse)
        total, counted = self._counts(where, values, facets)
        limit = max(0, min(limit, MAX_LIMIT))
        place = cursor.read(after, sort)
        found = self._hits(where, values, (name, descending), place, limit + 1) if limit else []
        last = cursor.Place(*found[limit - 1][:2]) if len(found) > limit else None
        marker = Marker(parsed) if highlight else None
        hits = []
        for _, _, body in found[:limit]:
            data = cast(dict[str, Any], _decode(body))
            hits.append(Hit(data, marker.fragments(data) if marker else {}))
        return Page(total, tuple(hits), counted, cursor.write(sort, last) if last else None)

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
        if field not in BY_NAME or BY_NAME[field].kind != "date" or field in MANY:
            raise QueryError(f"a trend needs a date, not {field[:60]}", f"тренду нужна дата, а не {field[:60]}")
        where, values = condition(self._connection, _parsed(query), collapse=collapse)
        column = f'd."{field}"'
        found = self._connection.execute(
            f"SELECT {_BUCKETS[interval].format(column)} AS bucket, {_SUMS} FROM index_documents d "  # noqa: S608
            f"WHERE {column} IS NOT NULL AND {where} GROUP BY bucket ORDER BY bucket DESC LIMIT ?",
            (*values, limit),
        ).fetchall()
        return [Point(datetime.fromisoformat(bucket).replace(tzinfo=UTC), *rest) for bucket, *rest in reversed(found)]

    def summary(self, query: str | Query = "", *, collapse: bool = True) -> Point:
        """Count, negatives and mean stars of all that matches."""
        where, values = condition(self._connection, _parsed(query), collapse=collapse)
        sql = f"SELECT {_SUMS} FROM index_documents d WHERE {where}"  # noqa: S608
        return Point(None, *self._connection.execute(sql, values).fetchone())

    def matching(self, query: str | Query, review_ids: Collection[str]) -> set[str]:
        """Which of these reviews match; syndicated copies are not left out."""
        where, values = condition(self._connection, _parsed(query), collapse=False)
        sql = f"SELECT d.review_id FROM index_documents d WHERE {_AMONG} AND {where}"  # noqa: S608
        return {found for (found,) in self._connection.execute(sql, (_listed(review_ids), *values))}

    def versions(self, review_ids: Collection[str]) -> Mapping[str, int]:
        """The external versions under which these reviews stand in the index."""
        sql = f"SELECT d.review_id, d.external FROM index_documents d WHERE {_AMONG}"  # noqa: S608
        return dict(self._connection.execute(sql, (_listed(review_ids),)).fetchall())

    def count(self) -> int:
        """How many documents there are."""
        return int(self._connection.execute("SELECT count(*) FROM index_documents").fetchone()[0])

    def forget(self, review_ids: Collection[str]) -> int:
        """Remove these documents; the transaction stays open."""
        return rows.forget(self._connection, [_bindable(review_id) for review_id in review_ids])

    def refresh(self) -> None:
        """Nothing to do: what is written is seen."""

    def _prepare(self) -> None:
        """Lay the tables in a savepoint: part of the caller's transaction, or one of its own when there is none."""
        self._connection.execute("SAVEPOINT index_layout")
        try:
            chunk: list[rows.Entry] = []
            for external, body in prepare(self._connection):
                data = _decode(body)
                chunk.append(rows.Entry(data["review_id"], external, data, body))
                if len(chunk) == _RELAY:
                    rows.write(self._connection, chunk, self._terms)
                    chunk = []
            if chunk:
                rows.write(self._connection, chunk, self._terms)
        except BaseException:
            self._connection.execute("ROLLBACK TO index_layout")
            raise
        finally:
            self._connection.execute("RELEASE index_layout")

    def _write(self, entries: list[rows.Entry]) -> None:
        sql = f"SELECT review_id, number, external, words FROM index_documents d WHERE {_AMONG}"  # noqa: S608
        listed = _listed([entry.review_id for entry in entries])
        known = {review_id: rest for review_id, *rest in self._connection.execute(sql, (listed,))}
        due = []
        for entry in entries:
            before = known.get(entry.review_id)
            if before is None:
                due.append(entry)
            elif before[1] < entry.external:
                due.append(entry._replace(known=(before[0], before[2])))
        if due:
            rows.write(self._connection, sorted(due, key=lambda entry: entry.external), self._terms)

    def _hits(
        self, where: str, values: list[Any], order: tuple[str, bool], place: cursor.Place | None, limit: int
    ) -> list[tuple[str | float | None, str, bytes]]:
        """Sort value, review id and body of the hits after ``place``; documents without the value come last."""
        column, (direction, sign) = f'd."{order[0]}"', ("DESC", "<") if order[1] else ("ASC", ">")
        beyond = ""
        more: list[Any] = []
        if place and place.value is None:
            beyond, more = f" AND {column} IS NULL AND d.review_id {sign} ?", [place.review_id]
        elif place:
            beyond = f" AND ({column} IS NULL OR ({column}, d.review_id) {sign} (?, ?))"
            more = [place.value, place.review_id]
        nulls = "" if order[1] else f"{column} IS NULL, "
        sql = f"""
            SELECT value, review_id, body FROM (
                SELECT d.number AS number, {column} AS value, d.review_id AS review_id FROM index_documents d
                WHERE {where}{beyond} ORDER BY {nulls}{column} {direction}, d.review_id {direction} LIMIT ?
            ) JOIN index_bodies USING (number)
            ORDER BY value IS NULL, value {direction}, review_id {direction}"""  # noqa: S608 - names from fields.py
        return self._connection.execute(sql, (*values, *more, limit)).fetchall()

    def _counts(
        self, where: str, values: list[Any], facets: Sequence[str]
    ) -> tuple[int, dict[str, tuple[tuple[FacetValue, int], ...]]]:
        """The total, and the counts of each facet's values, over one evaluation of the condition."""
        if not facets:
            sql = f"SELECT count(*) FROM index_documents d WHERE {where}"  # noqa: S608
            return int(self._connection.execute(sql, values).fetchone()[0]), {}
        singles = [name for name in dict.fromkeys(facets) if name not in MANY]
        for name in facets:
            if name not in BY_NAME or BY_NAME[name].kind not in {"keyword", "number", "boolean"}:
                raise QueryError(f"{name[:60]} cannot be a facet", f"{name[:60]} не бывает фасетом")
        columns = "".join(f', d."{name}"' for name in singles)
        parts = ["SELECT NULL, NULL, count(*) FROM found"]
        for number, name in enumerate(dict.fromkeys(facets)):
            if name in MANY:
                source = f"index_values JOIN found ON document = number WHERE field = {MANY[name]}"
                column = "value"
            else:
                source, column = f'found WHERE "{name}" IS NOT NULL', f'"{name}"'
            parts.append(
                f"SELECT * FROM (SELECT {number}, {column} AS v, count(*) AS n FROM {source} "  # noqa: S608
                f"GROUP BY v ORDER BY n DESC, v LIMIT {MAX_FACET})"
            )
        sql = f"WITH found AS MATERIALIZED (SELECT d.number{columns} FROM index_documents d WHERE {where}) "  # noqa: S608
        names = list(dict.fromkeys(facets))
        total = 0
        counted: dict[str, list[tuple[FacetValue, int]]] = {name: [] for name in names}
        for number, value, count in self._connection.execute(sql + " UNION ALL ".join(parts), values):
            if number is None:
                total = count
            else:
                name = names[number]
                counted[name].append((bool(value) if BY_NAME[name].kind == "boolean" else value, count))
        return total, {name: tuple(found) for name, found in counted.items()}


def _parsed(query: str | Query) -> Query:
    return parse(query) if isinstance(query, str) else query


def _bindable(text: str) -> str:
    """The text as SQLite can take it: ids come from outside and may hold lone surrogates."""
    return text.encode("utf-8", "replace").decode()


def _listed(texts: Collection[str]) -> str:
    return _encode([_bindable(text) for text in texts]).decode()
