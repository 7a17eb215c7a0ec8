"""Collectors and gateway: reviews into Kafka.

A source's cursor moves when Kafka has acknowledged what came, and the gateway answers then, never before.
"""

from __future__ import annotations

import contextlib
import threading
from collections import Counter
from collections.abc import Callable, Iterator, Sequence

from collectors.configured import Source
from collectors.gateway import app as gateway_app
from collectors.runner import Run, Runner
from collectors.scheduler import Scheduler
from molva.bus import KafkaBus
from molva.deployment.connections import kafka
from molva.deployment.serving import alive, listening, until_told
from molva.settings import Settings, SettingsError, contact_key
from molva.workspace import Workspace
from schemas.metrics import COLLECTOR_RUNS, Sample
from streams.worker.health import Page, serve


def gather(
    settings: Settings,
    names: Sequence[str] = (),
    *,
    once: bool = False,
    address: str | None = None,
    done: Callable[[Run], None] | None = None,
    stopping: threading.Event | None = None,
) -> list[Run]:
    """Collect sources into Kafka until SIGTERM, or once; gives how their runs ended when it is once.

    Sources that are pushed to are the gateway's.
    """
    with _sources(settings, names, pushed=False) as (workspace, sources, runner), until_told(stopping) as stop:
        ended: Counter[tuple[str, str]] = Counter()

        def told(run: Run) -> None:
            ended[run.source, run.ending] += 1
            if done:
                done(run)

        scheduler = Scheduler(sources, runner, workspace.states.of, stop=stop, threads=4, done=told)
        if once:
            return scheduler.run_once()
        page = Page(
            health=lambda: alive("collectors", scheduler.beat, f"{len(sources)} sources"),
            metrics=lambda: [Sample(COLLECTOR_RUNS, value, labels) for labels, value in sorted(ended.items())],
        )
        with serve(address, page):
            scheduler.run_forever()
        return []


def gateway(
    settings: Settings,
    names: Sequence[str] = (),
    *,
    address: str | None = None,
    stopping: threading.Event | None = None,
) -> None:
    """Take what is posted to sources into Kafka, until SIGTERM; raises OSError when its port is taken."""
    at = settings.gateway
    with _sources(settings, names, pushed=True) as (workspace, sources, runner), until_told(stopping) as stop:
        app = gateway_app(sources, runner, workspace.states.of, proxies=at.proxies)
        with listening(app, host=at.host, port=at.port, name="gateway") as listens:
            page = Page(health=lambda: (listens(), f"gateway: {len(sources)} sources\n"), metrics=list)
            with serve(address, page):
                stop.wait()


@contextlib.contextmanager
def _sources(
    settings: Settings, names: Sequence[str], *, pushed: bool
) -> Iterator[tuple[Workspace, list[Source], Runner]]:
    """The sources of one kind with what runs them; raises SettingsError when one of *names* is of the other kind."""
    workspace = Workspace(settings)
    found = workspace.sources(names)
    chosen = [source for source in found if source.collector.pushed is pushed]
    if names and len(chosen) < len(found):
        other = ", ".join(source.name for source in found if source not in chosen)
        raise SettingsError(f"{other}: use `molva {'gather' if pushed else 'gateway'}` for it")
    with KafkaBus(kafka(settings)) as bus:
        try:
            yield workspace, chosen, Runner(bus, contact_key=contact_key(settings))
        finally:
            workspace.states.close()
