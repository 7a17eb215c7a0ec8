"""``molva init``, ``doctor``, ``dead-letters``, ``new-collector`` and ``version``: setting up and looking after."""

from __future__ import annotations

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
    err.print(f"Wrote {escape(path)} and a subscription for {escape(address)}. Add sources to it, then: molva run")


def doctor(config: Config = None, json: Json = False) -> None:
    """Check the configuration, the models, the data and every server that is configured; say what to do."""
    from molva.doctor import checks

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


def version(json: Json = False) -> None:
    """Print the version."""
    number = installed_version("molva")
    emit({"version": number}) if json else out.print(number)
