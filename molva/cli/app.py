"""Puts the commands together and turns the errors that people cause into sentences."""

from __future__ import annotations

import sys

import typer

from molva.cli import judge

app = typer.Typer(
    name="molva",
    help="Molva collects what customers say, says how far it can be trusted and why, and tells you of bad news.",
    no_args_is_help=True,
    rich_markup_mode="rich",
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.command()(judge.judge)
app.command()(judge.inspect)
app.command()(judge.train)


def main() -> None:
    """Run the command line; a reader that went away (``molva judge … | head``) is no error."""
    try:
        app()
    except BrokenPipeError:
        sys.stderr.close()
        sys.exit(0)
