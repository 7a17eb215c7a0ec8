"""Setting up and looking after: ``molva init``, ``doctor``, ``dead-letters``, ``quarantine``, ``new-collector``."""

from __future__ import annotations

import logging
from datetime import UTC, datetime
from importlib.metadata import version as installed_version
from pathlib import Path
from typing import Annotated

import typer

from molva.cli import cluster
from molva.cli.common import WRONG, Config, Json, emit, err, escape, fail, out, settings

TEMPLATE = Path(__file__).parent / "molva.toml"


def init(
    folder: Annotated[Path, typer.Argument(help="Where to.")] = Path(),
    address: Annotated[str, typer.Option(help="Who gets letters about negative reviews.")] = "you@example.com",
    language: Annotated[str, typer.Option(help="Of the letters: en or ru.")] = "en",
    json: Json = False,
) -> None:
    """Write a commented molva.toml, and a first subscription: negative reviews that are not likely fake."""
    from indexer.alerts.subscriptions import InvalidSubscription, SubscriptionStore
    from molva.workspace import Workspace

    path = folder / "molva.toml"
    if path.exists():
        fail(f"{path} is there already; remove it first if you want a new one")
    folder.mkdir(parents=True, exist_ok=True)
    path.write_text(TEMPLATE.read_text(encoding="utf-8"), encoding="utf-8")
    workspace = Workspace(settings(path))
    try:
        with workspace.host.transaction() as connection:
            SubscriptionStore(connection).add(
                query="negative:true AND NOT risk.level:high",
                address=address,
                language=language,
                name="Negative feedback" if language == "en" else "Негативные отзывы",
                created_at=datetime.now(UTC),
            )
    except InvalidSubscription as error:
        path.unlink()
        fail(error.message("en"))
    finally:
        workspace.close()
    if json:
        emit({"file": str(path), "address": address})
        return
    err.print(f"Wrote {escape(path)} and a subscription for {escape(address)}. Add sources to it, then: molva run")


def doctor(config: Config = None, json: Json = False) -> None:
    """Check the configuration, the models, the data and every server that is configured; say what to do."""
    from molva.doctor import checks

    logging.getLogger("kafka").setLevel(logging.CRITICAL)  # what it would log, the check says
    found = checks(settings(config))
    for check in found:
        if json:
            emit({"check": check.name, "ok": check.ok, "said": check.said, "advice": check.advice})
        else:
            mark = "[green]ok[/]  " if check.ok else "[red]no[/]  "
            out.print(
                f"{mark}{escape(check.name)}: {escape(check.said)}"
                + (f"\n    {escape(check.advice)}" if check.advice and not check.ok else "")
            )
    if not all(check.ok for check in found):
        raise typer.Exit(WRONG)


def dead_letters(
    action: Annotated[str, typer.Argument(help="list, show or retry.")] = "list",
    number: Annotated[int | None, typer.Argument(help="Of a dead letter; retry without one tries all.")] = None,
    config: Config = None,
    json: Json = False,
) -> None:
    """List, show or retry what could not be processed; each keeps its original bytes."""
    from molva.workspace import Workspace

    loaded = settings(config)
    if loaded.kafka is not None:
        cluster.dead_letters(action, loaded, json=json)
        return
    workspace = Workspace(loaded)
    letters = dict(workspace.host.dead_letters(limit=1_000_000))
    if number is not None and number not in letters:
        fail(f"there is no dead letter {number}", WRONG)
    chosen = letters if number is None else {number: letters[number]}
    if action == "retry":
        done = workspace.host.retry(chosen)
        workspace.host.drain()
        left = len(workspace.host.dead_letters(limit=1_000_000))
        emit({"retried": done, "left": left}) if json else out.print(f"{done} retried, {left} dead letters are left.")
    elif action in {"list", "show"}:
        for key, letter in chosen.items():
            payload = letter.payload.decode("utf-8", "replace")
            row = {
                "number": key,
                "stage": letter.stage,
                "source": letter.source,
                "topic": letter.topic,
                "reason": letter.reason,
                "died_at": letter.died_at.isoformat(),
            }
            if json:
                emit(row | ({"payload": payload, "traceback": letter.traceback} if action == "show" else {}))
            else:
                where = f"{letter.died_at:%Y-%m-%d %H:%M}  {escape(letter.stage)}  {escape(letter.source or '')}"
                out.print(f"[bold]{key}[/]  {where}  {escape(letter.reason)}")
                if action == "show":
                    out.print(escape(payload), style="dim")
    else:
        fail(f"{action}: say list, show or retry")
    workspace.close()


def quarantine(
    action: Annotated[str, typer.Argument(help="list or replay.")] = "list",
    source: Annotated[str | None, typer.Argument(help="Of one source; list shows all without it.")] = None,
    config: Config = None,
    json: Json = False,
) -> None:
    """List requests that did not look genuine, or give them to their source again when its settings are mended."""
    from collectors.quarantine import Quarantine
    from collectors.reception import Reception
    from molva.settings import SettingsError
    from molva.workspace import Workspace

    if action not in {"list", "replay"}:
        fail(f"{action}: say list or replay")
    if action == "replay" and source is None:
        fail("which source? molva quarantine replay SOURCE")
    workspace = Workspace(settings(config))
    try:
        pushed = [one for one in workspace.sources([source] if source else ()) if one.collector.pushed]
    except SettingsError as error:
        fail(str(error))
    if source and not pushed:
        fail(f"{source} takes no requests, so it has no quarantine")
    if action == "replay":
        took, stay = Reception(pushed, workspace.runner, workspace.states.of).replay(pushed[0].name)
        workspace.host.drain()
        row = {"source": source, "taken": took, "left": stay}
        emit(row) if json else out.print(f"{took} taken, {stay} are left; `molva quarantine list` says why.")
    for one in pushed if action == "list" else ():
        held = Quarantine(workspace.states.of(one.name))
        for key in held.keys():  # noqa: SIM118 - a method of its own, no mapping
            kept = held.get(key)
            at = datetime.fromtimestamp(kept.received.at, UTC)
            size = len(kept.received.body)
            if json:
                emit({"source": one.name, "came_at": at.isoformat(), "bytes": size, "reason": kept.reason})
            else:
                out.print(f"[bold]{escape(one.name)}[/]  {at:%Y-%m-%d %H:%M}  {size} bytes  {escape(kept.reason)}")
    workspace.close()


def new_collector(
    name: Annotated[str, typer.Argument(help="Of the collector, its file and its source, as in acme_store.")],
    url: Annotated[str, typer.Argument(help="The first page of some subject's reviews.")],
    sources: Annotated[
        Path | None, typer.Option(help="Folder for the collector; that of Molva's own by default.", show_default=False)
    ] = None,
    tests: Annotated[Path, typer.Option(help="Folder for its test and its recording.")] = Path("tests/collectors"),
    allow_private: Annotated[
        list[str] | None, typer.Option(help="A host that may lie in a private network.", show_default=False)
    ] = None,
    delay: Annotated[float, typer.Option(min=0.0, help="Seconds between two requests.")] = 1.0,
    json: Json = False,
) -> None:
    """Write a collector for a site from the address of a page: its file, a recording, and its test."""
    import collectors.sources
    from collectors.client import Manners
    from collectors.errors import CollectorError
    from collectors.scaffold import new_collector as write

    folder = sources or Path(next(iter(collectors.sources.__path__)))
    try:
        written = write(
            name,
            url,
            sources=folder,
            tests=tests,
            manners=Manners(delay=delay, allow_private=tuple(allow_private or ())),
        )
    except CollectorError as error:
        fail(str(error))
    except OSError as error:
        fail(f"{error.filename}: {error.strerror}")
    if json:
        emit(
            {
                "collector": str(written.collector),
                "recording": str(written.recording),
                "test": str(written.test),
                "method": written.method,
                "reviews": written.reviews,
            }
        )
        return
    out.print(f"Found {written.reviews} reviews by {written.method}. Wrote:")
    for path in (written.collector, written.test, written.recording):
        out.print(f"    {escape(path)}")
    out.print(f"Read the collector, then: pytest {escape(written.test)} (its first run writes what a person must read)")


def version(json: Json = False) -> None:
    """Print the version."""
    number = installed_version("molva")
    emit({"version": number}) if json else out.print(number)
