"""``molva run``, ``collect`` and ``serve``: the pipeline at work."""

from __future__ import annotations

import signal
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from molva.cli.common import WRONG, Config, Json, emit, err, escape, fail, out, progress, settings

if TYPE_CHECKING:
    from collectors.runner import Run
    from molva.pipeline import Pipeline
    from molva.workspace import Workspace

Only = Annotated[list[str] | None, typer.Argument(help="Names of sources; all by default.", show_default=False)]


def run(
    config: Config = None,
    once: Annotated[
        bool, typer.Option("--once", help="Collect every source once, judge, send letters, and end.")
    ] = False,
    page: Annotated[bool, typer.Option(help="Serve the page.")] = True,
    json: Json = False,
) -> None:
    """Collect, judge, index and alert in one process; with the page on it."""
    with _pipeline(config, None) as (workspace, pipeline):
        if once:
            _end_once(workspace, pipeline, json=json)
            return
        _start(workspace, pipeline, page=page)
        _wait(pipeline)
        pipeline.finish()
        _show(workspace.tally.rows(), json=json)
    if pipeline.failure:
        fail(f"stopped: {pipeline.failure}", WRONG)


def collect(names: Only = None, config: Config = None, json: Json = False) -> None:
    """Collect some sources once, and judge what came."""
    with _pipeline(config, names) as (workspace, pipeline):
        _end_once(workspace, pipeline, json=json)


def serve(config: Config = None) -> None:
    """Serve the page alone, over what was collected; over Elasticsearch where it is configured."""
    from molva.workspace import Workspace

    loaded = settings(config)
    if loaded.elasticsearch.url:
        from molva.deployment import console

        err.print(f"The page is on [link]{escape(loaded.console.address)}[/]")
        try:
            console.serve(loaded)
        except OSError as error:
            fail(str(error))
        return
    with _pipeline(config, [], workspace_type=Workspace) as (workspace, pipeline):
        _start(workspace, pipeline, page=True, collect=False)
        _wait(pipeline)


class _pipeline:  # noqa: N801 - used as a function is
    """The workspace and the pipeline of a command, closed at its end; SIGTERM ends it like Ctrl-C."""

    def __init__(
        self, config: Path | None, names: list[str] | None, *, workspace_type: type[Workspace] | None = None
    ) -> None:
        from molva.settings import SettingsError
        from molva.workspace import Workspace

        self.workspace = (workspace_type or Workspace)(settings(config))
        self._bar = progress("collecting")
        self._names = names
        try:
            self._sources = [] if names == [] and workspace_type else self.workspace.sources(names or ())
        except SettingsError as error:
            fail(str(error))

    def __enter__(self) -> tuple[Workspace, Pipeline]:
        from molva.pipeline import Pipeline
        from molva.settings import SettingsError

        try:
            self.pipeline = Pipeline(self.workspace, self._sources, done=_tell)
        except SettingsError as error:
            fail(str(error))
        if threading.current_thread() is threading.main_thread():
            signal.signal(signal.SIGTERM, lambda *_: self.pipeline.stop.set())
        return self.workspace, self.pipeline

    def __exit__(self, *_: object) -> None:
        self.pipeline.finish()
        self.workspace.close()


def _start(workspace: Workspace, pipeline: Pipeline, *, page: bool, collect: bool = True) -> None:
    try:
        if page:
            from molva.web import console_app

            console = workspace.settings.console
            pipeline.serve(console_app(workspace, pipeline.alerting), host=console.host, port=console.port, name="page")
            err.print(f"The page is on [link]{escape(console.address)}[/]")
        pipeline.start(collect=collect, gateway=collect)
    except OSError as error:
        fail(str(error))


def _wait(pipeline: Pipeline) -> None:
    try:
        err.print("Stop with Ctrl-C; nothing is lost.", style="dim")
        while not pipeline.stop.wait(0.5):
            pass
    except KeyboardInterrupt:
        err.print("Stopping …", style="dim")


def _tell(run: Run) -> None:
    """A line on standard error for every run that did anything or went wrong."""
    if not run.ok and run.ending != "stopped":
        err.print(f"[yellow]{escape(run.source)}: {run.ending}[/] {escape(run.why.splitlines()[0] if run.why else '')}")
    elif run.published or run.rejected or run.withdrawn:
        rejected = f", {run.rejected} rejected" if run.rejected else ""
        gone = f", {run.withdrawn} withdrawn" if run.withdrawn else ""
        err.print(f"{escape(run.source)}: {run.seen} seen, {run.published} published{rejected}{gone}", style="dim")


def _end_once(workspace: Workspace, pipeline: Pipeline, *, json: bool) -> None:
    runs = pipeline.once()
    _show(workspace.tally.rows(), json=json)
    if any(not run.ok for run in runs):
        raise typer.Exit(WRONG)


def _show(rows: list[dict[str, object]], *, json: bool) -> None:
    """What came of each source and of all together, for people or for machines."""
    if json:
        for row in rows:
            emit(row)
        return
    _table(rows)
    if rows[-1]["adds_up"]:
        out.print("Everything that was seen has its outcome or its dead letter.", style="dim")
    else:
        err.print(
            "[yellow]The counts do not add up: another process works on the same folder, or something could not be "
            "stored.[/]"
        )


def _table(rows: list[dict[str, object]]) -> None:
    from rich.table import Table

    from molva.tally import OUTCOMES

    usual = ("new", "edited", "unchanged")
    shown = [name for name in (*OUTCOMES, "dead_letters", "waiting") if name in usual or any(r.get(name) for r in rows)]
    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column("source", overflow="fold")
    for column in ("seen", *shown):
        table.add_column(column.replace("_", " "), justify="right", overflow="fold")
    table.add_column("ending", overflow="fold")
    for row in rows:
        table.add_row(*(escape(row.get(column, "")) for column in ("source", "seen", *shown, "ending")))
    out.print(table)
