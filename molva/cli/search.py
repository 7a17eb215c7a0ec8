"""``molva search``, ``explain``, ``export`` and ``subscribe``: what was collected, for people."""

from __future__ import annotations

import csv
import sys
from contextlib import nullcontext
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from molva.cli.common import WRONG, Config, Json, emit, err, escape, fail, out, progress, settings

if TYPE_CHECKING:
    from indexer.stores import Store

Query = Annotated[
    str, typer.Argument(help="As in 'negative:true AND source:otzovik AND \"не работает\"'; empty for all.")
]


def search(
    query: Query = "",
    config: Config = None,
    limit: Annotated[int, typer.Option("--limit", "-n", min=1, max=1000, help="Reviews shown.")] = 20,
    sort: Annotated[
        str, typer.Option(help="Field to sort by, with - before it for the highest first.")
    ] = "-published_at",
    facets: Annotated[str, typer.Option(help="Fields to count values of, as in source,language.")] = "",
    copies: Annotated[bool, typer.Option("--copies", help="Show syndicated copies too.")] = False,
    json: Json = False,
) -> None:
    """Find reviews."""
    from indexer.query import QueryError

    store = _store(config)
    try:
        page = store.search(
            query,
            sort=sort,
            limit=limit,
            facets=tuple(filter(None, facets.split(","))),
            highlight=not json,
            collapse=not copies,
        )
    except QueryError as error:
        fail(str(error))
    if json:
        for hit in page.hits:
            emit(hit.document)
        return
    for hit in page.hits:
        _hit(hit.document)
    out.print(f"[dim]{len(page.hits)} of {page.total} reviews[/]")
    for name, values in page.facets.items():
        out.print(f"[bold]{escape(name)}[/]  " + "  ".join(f"{escape(value)} {count}" for value, count in values))


def explain(
    review: Annotated[str, typer.Argument(help="The id of a review: Molva's or the source's own.")],
    config: Config = None,
    language: Annotated[str, typer.Option(help="en or ru.")] = "en",
    json: Json = False,
) -> None:
    """Say of one review how far it can be trusted, and why."""
    store = _store(config)
    document = store.get(review) or next((hit.document for hit in _by_own_id(store, review)), None)
    if document is None:
        fail(f"there is no review {review}", WRONG)
    if json:
        emit(document)
        return
    from molva.cli.explaining import show

    show(document, language=language, lookup=store.get)


def export(
    file: Annotated[
        Path, typer.Argument(help="Where to: a name ending in .jsonl or .csv; - for JSON lines on standard output.")
    ],
    query: Annotated[str, typer.Option("--query", "-q", help="Which reviews; all by default.")] = "",
    config: Config = None,
    json: Json = False,
) -> None:
    """Write reviews with their judgements to a file."""
    from indexer.query import QueryError

    store = _store(config)
    kind = "jsonl" if str(file) == "-" else file.suffix.removeprefix(".")
    if kind not in {"jsonl", "csv"}:
        fail(f"{file}: name it .jsonl or .csv")
    try:
        total = store.search(query, limit=0, collapse=False).total
        with progress("exporting", total=total) as told:
            printed = nullcontext(sys.stdout)
            with printed if str(file) == "-" else file.open("w", encoding="utf-8", newline="") as stream:
                write = _csv_writer(stream) if kind == "csv" else _line_writer(stream)
                for number, document in enumerate(_all(store, query), 1):
                    write(document)
                    told(number)
    except QueryError as error:
        fail(str(error))
    except OSError as error:
        fail(f"{file} cannot be written: {error.strerror}")
    if json and str(file) != "-":
        emit({"file": str(file), "reviews": total})
    elif str(file) != "-":
        err.print(f"{total} reviews are in {escape(file)}.")


def subscribe(
    address: Annotated[
        str | None, typer.Argument(help="Who gets letters; without it all subscriptions are listed.")
    ] = None,
    query: Annotated[
        str, typer.Option("--query", "-q", help="What letters are about.")
    ] = "negative:true AND NOT risk.level:high",
    language: Annotated[str, typer.Option(help="Of the letters: en or ru.")] = "en",
    name: Annotated[str, typer.Option(help="A name for people.")] = "",
    remove: Annotated[str, typer.Option(help="Id of a subscription to end.")] = "",
    config: Config = None,
    json: Json = False,
) -> None:
    """Add, list or end subscriptions to new reviews."""
    from indexer.alerts.subscriptions import InvalidSubscription
    from molva.reading import subscriptions

    with subscriptions(settings(config)) as store:
        if remove:
            if not store.remove(remove):
                fail(f"there is no subscription {remove}", WRONG)
        elif address:
            try:
                store.add(query=query, address=address, language=language, name=name, created_at=datetime.now(UTC))
            except InvalidSubscription as error:
                fail(error.message("en"))
        for one in store.all():
            if json:
                emit(
                    {
                        "id": one.id,
                        "name": one.name,
                        "query": one.query,
                        "address": one.address,
                        "language": one.language,
                        "paused": one.paused,
                    }
                )
            else:
                out.print(
                    f"[bold]{escape(one.id)}[/]  {escape(one.address)}  {escape(one.query)}"
                    + ("  (paused)" if one.paused else "")
                )


def _store(config: Path | None) -> Store:
    from molva.reading import store

    try:
        return store(settings(config))
    except FileNotFoundError as error:
        fail(str(error), WRONG)


def _by_own_id(store: Store, own_id: str) -> Any:
    quoted = own_id.replace("\\", "\\\\").replace('"', '\\"')
    return store.search(f'id:"{quoted}"', limit=1, collapse=False).hits


def _hit(document: dict[str, Any]) -> None:
    from molva.cli.explaining import headline

    out.print(headline(document))
    text = " ".join(str(document.get("text") or document.get("title") or "").split())
    out.print(f"    {escape(text[:240])}{'…' if len(text) > 240 else ''}")


def _all(store: Store, query: str) -> Any:
    after = None
    while True:
        page = store.search(query, limit=500, after=after, collapse=False)
        yield from (hit.document for hit in page.hits)
        after = page.next
        if after is None:
            return


def _line_writer(stream: Any) -> Any:
    import json

    return lambda document: stream.write(json.dumps(document, ensure_ascii=False) + "\n")


CSV_COLUMNS = (
    "review_id", "source", "channel", "id", "url", "subject.id", "subject.name", "author.name", "stars", "title",
    "text", "pros", "cons", "published_at", "language", "negative", "negative_probability", "risk.score", "risk.level",
    "verification.grade", "outcome", "version",
)  # fmt: skip


def _csv_writer(stream: Any) -> Any:
    from indexer.documents import values

    writer = csv.writer(stream)
    writer.writerow(CSV_COLUMNS)
    return lambda document: writer.writerow(
        [_cell("; ".join(map(str, values(document, name)))) for name in CSV_COLUMNS]
    )


def _cell(text: str) -> str:
    """Text that a spreadsheet shows and never runs as a formula."""
    return f"'{text}" if text[:1] in {"=", "+", "-", "@", "\t", "\r"} and not _is_number(text) else text


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True
