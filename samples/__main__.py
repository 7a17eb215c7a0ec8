"""``make run``: the sample world through the whole pipeline, what came of it, and then the page.

Starts the review site on this machine, lays out the mailbox, posts the short messages to the gateway, and lets Molva
collect, judge, index and alert on it with its ordinary configuration file. Data go to ./var/sample, anew each time.
"""

from __future__ import annotations

import sys
import threading
import time
from contextlib import suppress
from pathlib import Path

from rich.panel import Panel

from molva.cli.common import err, escape, out
from molva.cli.explaining import headline, show
from molva.pipeline import Pipeline
from molva.web import console_app
from molva.workspace import Workspace
from samples import laying

PATIENCE = 60.0


def main() -> None:
    """Run the sample world until Ctrl-C; with ``--once`` only until it is told."""
    once = "--once" in sys.argv[1:]
    started = time.monotonic()
    workspace = laying.lay()
    pipeline = Pipeline(workspace, workspace.sources(), done=_tell)
    console = workspace.settings.console
    try:
        pipeline.serve(console_app(workspace, pipeline.alerting), host=console.host, port=console.port, name="page")
        pipeline.start()
        laying.post_messages(workspace)
        _report(workspace, started)
        if not once:
            out.print(f"\nThe page: [bold link]{console.address}[/]   (Ctrl-C ends; collecting goes on until then)")
            with suppress(KeyboardInterrupt):
                while not pipeline.stop.wait(0.5):
                    pass
    except OSError as error:
        sys.exit(f"molva: {error} (MOLVA_CONSOLE_PORT, MOLVA_GATEWAY_PORT)")
    finally:
        pipeline.finish()
        workspace.close()
    if pipeline.failure:
        sys.exit(f"stopped: {pipeline.failure}")


def _report(workspace: Workspace, started: float) -> None:
    """Wait until ring, edit, withdrawal and letters are there, and print them."""
    store = workspace.store()
    deadline = time.monotonic() + PATIENCE
    ring = gone = None
    letters: list[Path] = []
    while time.monotonic() < deadline:
        ring = next(iter(store.search("risk.reasons.name:copied-text AND risk.level:high", limit=1).hits), ring)
        gone = next(iter(store.search("outcome:withdrawn", limit=1).hits), gone)
        letters = sorted(workspace.settings.outbox.glob("*.eml"))
        if ring and letters:
            break
        time.sleep(0.2)
    took = time.monotonic() - started
    outcomes = ", ".join(f"{n} {name}" for name, n in sorted(_outcomes(workspace).items()))
    out.print(Panel.fit(f"{store.count()} reviews are searchable after {took:.1f} s: {outcomes}", title="Collected"))
    if ring:
        out.print(Panel.fit("One of a ring of copies, explained", border_style="red"))
        show(ring.document, language="en", lookup=store.get)
    else:
        err.print("[red]The planted ring was not found in time.[/]")
    if letters:
        out.print(Panel.fit(f"{len(letters)} letters about negative feedback are in {workspace.settings.outbox}"))
        for hit in store.search("negative:true AND NOT risk.level:high", limit=3).hits:
            out.print(headline(hit.document))
            out.print(f"    {escape(' '.join(hit.document['text'].split())[:160])}", style="dim")
    else:
        err.print("[red]No letter was written in time.[/]")


def _outcomes(workspace: Workspace) -> dict[str, int]:
    counted: dict[str, int] = {}
    for (_, outcome), number in list(workspace.tally.outcomes.items()):
        counted[outcome] = counted.get(outcome, 0) + number
    return counted


def _tell(run: object) -> None:
    """The report tells; a run that failed says so in the log."""


if __name__ == "__main__":
    threading.current_thread().name = "sample"
    main()
