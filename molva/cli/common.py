"""What all commands share: settings from the options, plain errors, output for people and for machines.

Exit codes: 0 done; 1 something that the command looked for is wrong (a failed check, a source that did not end well);
2 the call or the configuration is wrong; 130 interrupted.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any, NoReturn

import msgspec
import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from molva.settings import Settings, SettingsError, load

WRONG, USAGE = 1, 2

out = Console(soft_wrap=True, highlight=False)
err = Console(stderr=True, soft_wrap=True, highlight=False)

Config = Annotated[
    Path | None, typer.Option("--config", "-c", help="The settings file; ./molva.toml by default.", show_default=False)
]
Json = Annotated[bool, typer.Option("--json", help="One JSON object a line for machines, nothing else.")]


def fail(message: str, code: int = USAGE) -> NoReturn:
    """End with a message on standard error."""
    err.print(f"[bold red]molva:[/] {escape(message)}")
    raise typer.Exit(code)


def settings(config: Path | None) -> Settings:
    """The settings, or the end with a sentence about what is wrong with them."""
    try:
        return load(config)
    except SettingsError as error:
        fail(str(error))


def emit(value: Any) -> None:
    """One JSON object on standard output."""
    try:
        line = msgspec.json.encode(value, enc_hook=str).decode()
    except UnicodeEncodeError:  # a file's name may be no text
        line = json.dumps(value, default=str)
    sys.stdout.write(line + "\n")


def escape(text: Any) -> str:
    """Text from outside, safe in a terminal: no markup, no control characters."""
    from rich.markup import escape as no_markup

    return no_markup("".join(c if c.isprintable() or c in "\n\t" else "\ufffd" for c in str(text)))


@contextmanager
def progress(label: str, *, total: int | None = None, quiet: bool = False) -> Iterator[Any]:
    """A progress bar on standard error; gives a function that takes how much is done. None on no terminal."""
    if quiet or not err.is_terminal:
        yield lambda _done: None
        return
    columns = [
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
    ]
    with Progress(*columns, console=err, transient=True) as bar:
        task = bar.add_task(label, total=total)
        yield lambda done: bar.update(task, completed=done)
