"""``molva evaluate``: every figure on the public data sets, beside baselines and targets."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from molva.cli.common import WRONG, Json, emit, err, escape, fail


def evaluate(
    only: Annotated[list[str] | None, typer.Option("--only", help="Measure this alone; may be repeated.")] = None,
    quick: Annotated[bool, typer.Option("--quick", help="Fewer rows, for a look.")] = False,
    baselines: Annotated[
        str, typer.Option(help="A Python that has the mail libraries to compare with.", show_default=False)
    ] = sys.executable,
    page: Annotated[
        Path | None,
        typer.Option(help="The page to write; without --only and --quick it is docs/accuracy.md.", show_default=False),
    ] = None,
    kept: Annotated[
        Path | None,
        typer.Option(help="A folder for figures: those that are there are not measured again.", show_default=False),
    ] = None,
    json: Json = False,
) -> None:
    """Measure accuracy on the public data sets (MOLVA_DATA) and write docs/accuracy.md."""
    from msgspec import to_builtins

    from molva.evaluate.figures import Options
    from molva.evaluate.registry import MEASUREMENTS, run
    from molva.evaluate.table import markdown, text
    from streams.models.data import folder

    try:
        folder()
        options = Options(quick=quick, baselines=baselines, say=lambda said: err.print(escape(said), style="dim"))
        results = []
        for result in run(options, only or (), kept):
            results.append(result)
            if not json:
                sys.stdout.write(text([result]) + "\n")
                sys.stdout.flush()
            for figure in result.figures if json else ():
                emit({"measurement": result.measurement.name, **to_builtins(figure)})
    except (FileNotFoundError, ValueError) as error:
        fail(str(error))
    page = page or (None if only or quick else Path("docs/accuracy.md"))
    if page:
        page.parent.mkdir(parents=True, exist_ok=True)
        page.write_text(markdown(results, MEASUREMENTS), encoding="utf-8")
        err.print(f"Written to {escape(page)}.")
    if any(result.error for result in results):
        raise typer.Exit(WRONG)
