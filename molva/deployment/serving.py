"""What services share: an end on SIGTERM, and HTTP applications in threads of their own."""

from __future__ import annotations

import contextlib
import logging
import signal
import threading
import time
from collections.abc import Callable, Iterator
from types import FrameType

from fastapi import FastAPI

from molva.http_server import http_server, wait_until_listening

log = logging.getLogger(__name__)

AWAY = 5.0
"""Seconds until a service tries again when the index or Kafka was away."""

MAX_SILENCE = 60.0
"""Seconds without a sign of life after which a service is not well."""


@contextlib.contextmanager
def listening(app: FastAPI, *, host: str, port: int, name: str) -> Iterator[Callable[[], bool]]:
    """Serve an application in a thread while the block runs; gives what says whether it is served.

    Raises:
        OSError: The port is taken.
    """
    server = http_server(app, host=host, port=port)
    thread = threading.Thread(target=server.run, name=name, daemon=True)
    thread.start()
    wait_until_listening(server, thread, name)
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


def keep_on(step: Callable[[], object], stop: threading.Event) -> None:
    """Take steps until *stop* is set; while the index or Kafka is away, one now and then."""
    while not stop.is_set():
        try:
            step()
        except ConnectionError as error:
            log.warning("the index or Kafka is away, again in %.0f s: %s", AWAY, error)
            stop.wait(AWAY)


def alive(name: str, beat: float, done: str) -> tuple[bool, str]:
    """Whether a service gave a sign of life of late (*beat*, by the monotonic clock), and a line about it."""
    silent = time.monotonic() - beat
    return silent < MAX_SILENCE, f"{name}: {done}, at work {silent:.0f} s ago\n"
