"""What services share: an end on SIGTERM, and HTTP applications in threads of their own."""

from __future__ import annotations

import contextlib
import logging
import signal
import threading
import time
from collections.abc import Callable, Iterator
from types import FrameType

import uvicorn
from fastapi import FastAPI

from molva.pipeline import CONNECTIONS

log = logging.getLogger(__name__)

MAX_SILENCE = 60.0
"""Seconds without a sign of life after which a service is not well."""


@contextlib.contextmanager
def listening(app: FastAPI, *, host: str, port: int, name: str) -> Iterator[Callable[[], bool]]:
    """Serve an application in a thread while the block runs; gives what says whether it is served.

    Raises:
        OSError: The port is taken.
    """
    server = uvicorn.Server(
        uvicorn.Config(
            app,
            host=host,
            port=port,
            log_level="warning",
            lifespan="off",
            proxy_headers=False,  # whose X-Forwarded-For is believed, the gateway decides by its own setting
            server_header=False,
            limit_concurrency=CONNECTIONS,
            timeout_graceful_shutdown=10,
        )
    )
    thread = threading.Thread(target=server.run, name=name, daemon=True)
    thread.start()
    while not server.started:
        if not thread.is_alive():
            raise OSError(f"the {name} cannot listen on {host}:{port}; is something else there? Choose another port")
        time.sleep(0.02)
    try:
        yield thread.is_alive
    finally:
        server.should_exit = True
        thread.join(30)


@contextlib.contextmanager
def until_told(given: threading.Event | None) -> Iterator[threading.Event]:
    """An event that SIGTERM and SIGINT set, or the one that the caller sets."""
    if given is not None:
        yield given
        return
    stop = threading.Event()

    def told(number: int, _frame: FrameType | None) -> None:
        log.info("signal %d: ending", number)
        stop.set()

    before = {number: signal.signal(number, told) for number in (signal.SIGTERM, signal.SIGINT)}
    try:
        yield stop
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def alive(name: str, beat: float, done: str) -> tuple[bool, str]:
    """Whether a service gave a sign of life of late (*beat*, by the monotonic clock), and a line about it."""
    silent = time.monotonic() - beat
    return silent < MAX_SILENCE, f"{name}: {done}, at work {silent:.0f} s ago\n"
