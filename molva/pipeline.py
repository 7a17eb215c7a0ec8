"""Runs the embedded product: collectors, gateway, pipeline, alerts and page, in threads of one process."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable

import uvicorn
from fastapi import FastAPI

from collectors.configured import Source
from collectors.gateway import app as gateway_app
from collectors.runner import Run
from collectors.scheduler import Scheduler
from molva.alerting import Alerting
from molva.embedded import FuseBlown
from molva.http_server import http_server, wait_until_listening
from molva.workspace import Workspace

log = logging.getLogger(__name__)

IDLE = 0.5
"""Seconds between two looks at the log when nobody says that there is something new."""


class Pipeline:
    """The embedded product at work.

    Args:
        workspace: What it works on.
        sources: Which sources are collected.
        done: Told of every run of a source, from its thread.
    """

    def __init__(
        self, workspace: Workspace, sources: list[Source], *, done: Callable[[Run], None] | None = None
    ) -> None:
        self.workspace, self.sources = workspace, sources
        self.stop = threading.Event()
        self.alerting = Alerting(workspace.host, workspace.settings)
        self.failure: BaseException | None = None
        self._scheduler = Scheduler(
            sources, workspace.runner, workspace.states.of, stop=self.stop, threads=4, done=done
        )
        self._threads: list[threading.Thread] = []
        self._servers: list[uvicorn.Server] = []

    def once(self) -> list[Run]:
        """Collect every source once, judge all, and send every letter that follows; gives how the sources ended."""
        runs = self._scheduler.run_once()
        self.settle()
        return runs

    def settle(self) -> None:
        """Judge and alert until nothing is left that only needs patience."""
        self.workspace.host.drain()
        longest = time.monotonic() + self.workspace.settings.alerts.settle + 30.0
        while time.monotonic() < longest:
            wait = self.alerting.step()
            if wait is None or wait > self.workspace.settings.alerts.settle + 1.0:
                return
            self.stop.wait(min(wait, 1.0) + 0.01)

    def start(self, *, collect: bool = True, gateway: bool = True) -> None:
        """Start the pipeline's threads, and those of the collectors and the gateway if wanted."""
        self._spawn("pipeline", self._work)
        if collect:
            self._spawn("scheduler", self._scheduler.run_forever)
        if gateway and any(source.collector.pushed for source in self.sources):
            settings = self.workspace.settings.gateway
            app = gateway_app(self.sources, self.workspace.runner, self.workspace.states.of, proxies=settings.proxies)
            self.serve(app, host=settings.host, port=settings.port, name="gateway")

    def serve(self, app: FastAPI, *, host: str, port: int, name: str) -> None:
        """Serve an application in a thread until ``finish``; returns when it listens, else raises OSError."""
        server = http_server(app, host=host, port=port)
        self._servers.append(server)
        wait_until_listening(server, self._spawn(name, server.run), name)

    def finish(self) -> None:
        """Stop everything in order and wait for it."""
        self.stop.set()
        self.workspace.publisher.published.set()
        for server in self._servers:
            server.should_exit = True
        for thread in self._threads:
            thread.join(timeout=30)
        self.alerting.close()

    def _spawn(self, name: str, run: Callable[[], object]) -> threading.Thread:
        def guarded() -> None:
            try:
                run()
            except SystemExit:
                pass
            except BaseException as error:
                log.exception("the %s stopped", name)
                self.failure = error
                self.stop.set()

        thread = threading.Thread(target=guarded, name=name, daemon=True)
        self._threads.append(thread)
        thread.start()
        return thread

    def _work(self) -> None:
        published = self.workspace.publisher.published
        wait: float | None = None
        while not self.stop.is_set():
            published.wait(min(IDLE, wait if wait is not None else IDLE))
            published.clear()
            try:
                self.workspace.host.drain(stop=self.stop)
                wait = self.alerting.step()
            except FuseBlown:
                raise
            except Exception:
                log.exception("the pipeline could not work; it tries again")
                wait = 5.0
                self.stop.wait(wait)
