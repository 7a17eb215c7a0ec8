"""``/health`` for whoever restarts a service, ``/metrics`` for Prometheus."""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Protocol

import msgspec

from schemas.metrics import (
    CONSUMER_LAG,
    DEAD_LETTERS,
    REVIEWS_COLLECTED,
    STEP_EVENTS,
    WORKER_CPU,
    WORKER_READY,
    WORKER_RESTARTS,
    Sample,
    exposition,
)
from streams.worker.status import Status

FRESH = 15.0
"""Seconds for which a worker's word about itself is believed."""


class Watched(Protocol):
    """A worker's place as seen from here."""

    blown: bool
    restarts: int

    def status(self) -> Status | None:
        """What the worker said last."""


class Page(msgspec.Struct, frozen=True):
    """What is served: ``health`` says whether all is well and a text, ``metrics`` gives values for Prometheus."""

    health: Callable[[], tuple[bool, str]]
    metrics: Callable[[], Iterable[Sample]]


def page(slots: Sequence[Watched]) -> Page:
    """The page of workers."""
    return Page(health=lambda: healthy(slots), metrics=lambda: metrics(slots))


def healthy(slots: Sequence[Watched]) -> tuple[bool, str]:
    """Say whether all workers run and speak, and in a line for each what it does."""
    good, lines = True, []
    for index, slot in enumerate(slots):
        status = slot.status()
        if slot.blown:
            good, word = False, "stopped by its fuse"
        elif status is None:
            good, word = False, "starting"
        elif time.time() - status.at > FRESH:
            good, word = False, "silent"
        else:
            lag = sum(status.lag.values())
            word = f"{'ready' if status.ready else 'waiting'}, {status.partitions} partitions, lag {lag}"
        lines.append(f"worker {index}: {word}\n")
    return good, "".join(lines)


def metrics(slots: Sequence[Watched]) -> Iterator[Sample]:
    """The workers' counts."""
    for index, slot in enumerate(slots):
        worker = str(index)
        yield Sample(WORKER_RESTARTS, slot.restarts, (worker,))
        if (status := slot.status()) is None:
            continue
        yield Sample(WORKER_READY, int(status.ready), (worker,))
        yield Sample(WORKER_CPU, status.cpu, (worker,))
        for metric, values in (
            (CONSUMER_LAG, status.lag),
            (STEP_EVENTS, status.events),
            (DEAD_LETTERS, status.dead),
            (REVIEWS_COLLECTED, status.outcomes),
        ):
            for key, value in sorted(values.items()):
                yield Sample(metric, value, (worker, *key.rsplit("/", 1)))


@contextlib.contextmanager
def serve(address: str | None, page: Page) -> Iterator[None]:
    """Serve both pages at ``host:port`` while the block runs; nothing when there is no address."""
    if address is None:
        yield
        return
    host, _, port = address.rpartition(":")
    server = ThreadingHTTPServer((host, int(port)), _handler(page))
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield
    finally:
        server.shutdown()
        server.server_close()


def _handler(page: Page) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            if self.path == "/health":
                good, text = page.health()
                self._answer(200 if good else 503, text)
            elif self.path == "/metrics":
                self._answer(200, exposition(page.metrics()))
            else:
                self._answer(404, "there are /health and /metrics\n")

        def _answer(self, code: int, text: str) -> None:
            body = text.encode()
            self.send_response(code)
            self.send_header("Content-Type", "text/plain; version=0.0.4; charset=utf-8")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_args: object) -> None:
            """Keep health checks out of the log."""

    return Handler
