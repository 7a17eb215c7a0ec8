"""Puts the commands together; a reader of the output that went away is no error."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable

import typer

from molva.cli import cluster, evaluate, forget, judge, run, search, setup, sources
from molva.cli.common import WRONG, err, escape

app = typer.Typer(
    name="molva",
    help="Molva collects what customers say, says how far it can be trusted and why, and tells you of bad news.",
    no_args_is_help=True,
    rich_markup_mode="rich",
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
GROUPS: dict[str, tuple[Callable[..., None], ...]] = {
    "Work": (run.run, run.collect, run.serve, sources.sources),
    "Look": (search.search, search.explain, search.export, search.subscribe),
    "Models": (judge.judge, judge.inspect, judge.train, evaluate.evaluate),
    "On Kafka and Elasticsearch": (
        cluster.prepare,
        cluster.gather,
        cluster.gateway,
        cluster.worker,
        cluster.index,
        cluster.match,
        cluster.mail,
        cluster.replay,
        cluster.reconcile,
    ),
    "Set up": (
        setup.init,
        setup.doctor,
        setup.dead_letters,
        setup.quarantine,
        forget.forget,
        setup.new_collector,
        setup.version,
    ),
}
for group, commands in GROUPS.items():
    for command in commands:
        app.command(rich_help_panel=group)(command)


def main() -> None:
    """Run the command line."""
    try:
        app()
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(0)
    except ConnectionError as error:
        err.print(f"[bold red]molva:[/] {escape(error)}")
        sys.exit(WRONG)
