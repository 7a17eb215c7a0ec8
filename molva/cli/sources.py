"""``molva sources``: which there are, how they ended, what can be one, and what is gone from one for good."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from molva.cli.common import Config, Json, emit, escape, fail, out, settings

if TYPE_CHECKING:
    from collectors.configured import Source
    from collectors.runner import Run
    from molva.workspace import Workspace


def sources(
    config: Config = None,
    available: Annotated[bool, typer.Option("--available", help="List the collectors that a source can use.")] = False,
    accept: Annotated[
        str | None,
        typer.Option(
            metavar="NAME",
            help="What this source no longer lists is really gone: its next run withdraws it.",
            show_default=False,
        ),
    ] = None,
    json: Json = False,
) -> None:
    """List the configured sources with how their last run ended."""
    from molva.settings import SettingsError
    from molva.workspace import Workspace

    if available:
        _collectors(json=json)
        return
    workspace = Workspace(settings(config))
    try:
        configured = workspace.sources([accept] if accept else (), to_run=False)
    except SettingsError as error:
        fail(str(error))
    if accept:
        _accept(configured[0], workspace, json=json)
        return
    for source in configured:
        _ended(source, workspace, json=json)
    if not configured and not json:
        out.print("No sources yet: add a table \\[sources.NAME] to molva.toml (see `molva sources --available`).")


def _collectors(*, json: bool) -> None:
    """What a source can use, with its options."""
    from collectors.plugin import discover

    for collector in discover().collectors.values():
        options = {p.name: p.type_name + ("" if p.required else ", optional") for p in collector.parameters}
        if json:
            emit(
                {
                    "collector": collector.name,
                    "channel": collector.channel,
                    "summary": collector.summary,
                    "options": options,
                }
            )
        else:
            out.print(f"[bold]{collector.name}[/]  {escape(collector.summary)}")
            for parameter in collector.parameters:
                out.print(
                    f"    {parameter.name} ({escape(options[parameter.name])})  {escape(parameter.help)}",
                    style="dim",
                )


def _accept(source: Source, workspace: Workspace, *, json: bool) -> None:
    """Believe the person that what the source no longer lists is gone."""
    from collectors.runner import accept_listing, misses

    if not misses(source):
        fail(f"{source.name} reads only what is new, so nothing is ever missed there")
    accept_listing(workspace.states.of(source.name))
    if json:
        emit({"name": source.name, "accepted": True})
    else:
        out.print(f"The next run of {escape(source.name)} withdraws what it no longer lists.")


def _ended(source: Source, workspace: Workspace, *, json: bool) -> None:
    """How a source's last run ended."""
    from collectors.runner import status

    last, success = status(workspace.states.of(source.name))
    if json:
        emit(
            {
                "name": source.name,
                "collector": source.collector.name,
                "channel": source.collector.channel,
                "last_success": success.isoformat() if success else None,
                "last_run": _run_row(last) if last else None,
            }
        )
    else:
        ended = f"{last.ending}, {last.published} published" if last else "never ran"
        out.print(
            f"[bold]{escape(source.name)}[/] ({source.collector.name})  {escape(ended)}"
            + (f"  last success {success:%Y-%m-%d %H:%M} UTC" if success else "")
        )
        if last and last.why:
            out.print(f"    {escape(last.why.splitlines()[0])}", style="yellow")


def _run_row(run: Run) -> dict[str, object]:
    return {
        "source": run.source,
        "ending": run.ending,
        "seen": run.seen,
        "published": run.published,
        "dead_letters": run.rejected,
        "seconds": run.seconds,
        "why": run.why,
    }
