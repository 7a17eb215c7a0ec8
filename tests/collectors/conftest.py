"""What tests of collectors share: a real HTTP server with a client for it, a runner, a gateway, files of reviews.

The helpers beside the tests are imported by name.
"""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from collectors.client import Client, Manners
from collectors.configured import configure
from collectors.cursors import MemoryState
from collectors.publisher import MemoryPublisher
from collectors.runner import Runner

sys.path.insert(0, str(Path(__file__).parent))

from file_rows import FILES
from gateway_calls import Gateway
from listings import Clock

Answer = Callable[[BaseHTTPRequestHandler], None]


class Site:
    """Pages by path. A page is a body, or a function that writes the whole answer; all else is 404."""

    def __init__(self) -> None:
        self.pages: dict[str, bytes | Answer] = {}
        self.asked: list[str] = []
        self.headers: list[dict[str, str]] = []
        site = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                site.asked.append(self.path)
                site.headers.append({name.lower(): value for name, value in self.headers.items()})
                page = site.pages.get(self.path)
                if callable(page):
                    page(self)
                else:
                    send(self, page if page is not None else b"", status=200 if page is not None else 404)

            def log_message(self, *args: Any) -> None:
                pass

        class Server(ThreadingHTTPServer):
            daemon_threads = True

            def handle_error(self, *args: Any) -> None:
                pass

        self.server = Server(("127.0.0.1", 0), Handler)
        self.thread = threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        self.thread.start()

    @property
    def url(self) -> str:
        return f"http://localhost:{self.server.server_port}"

    def fetched(self) -> list[str]:
        return [path for path in self.asked if path != "/robots.txt"]


def send(handler: BaseHTTPRequestHandler, body: bytes, *, status: int = 200, **headers: str) -> None:
    handler.send_response(status)
    sent = {
        "Content-Type": "text/html; charset=utf-8",
        **{name.replace("_", "-"): value for name, value in headers.items()},
    }
    for name, value in sent.items():
        handler.send_header(name, value)
    if "Transfer-Encoding" not in sent:
        handler.send_header("Content-Length", str(len(body)))
    handler.end_headers()
    handler.wfile.write(body)


@pytest.fixture
def answering() -> Callable[..., Answer]:
    """A page that answers with this body, status and headers (``Retry_After="5"``)."""

    def page(body: bytes = b"", *, status: int = 200, **headers: str) -> Answer:
        return lambda handler: send(handler, body, status=status, **headers)

    return page


@pytest.fixture
def site() -> Iterator[Site]:
    site = Site()
    yield site
    site.server.shutdown()
    site.server.server_close()


@pytest.fixture
def client() -> Callable[..., Client]:
    """A client that may speak to the site on localhost and does not dawdle."""

    def build(**manners: Any) -> Client:
        store = manners.pop("store", None)
        quick = {"delay": 0.0, "backoff": 0.01, "retries": 2, "allow_private": ("localhost",), "timeout": 5.0}
        return Client(Manners(**{**quick, **manners}), store=store)

    return build


@pytest.fixture
def publisher() -> MemoryPublisher:
    return MemoryPublisher()


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def runner(publisher, clock) -> Runner:
    return Runner(publisher, contact_key=b"key", now=clock)


@pytest.fixture
def gateway(tmp_path, publisher) -> Iterator[Callable[..., Gateway]]:
    opened: list[Gateway] = []

    def open_one(
        published: MemoryPublisher = publisher, options: dict[str, Any] | None = None, **tables: Any
    ) -> Gateway:
        opened.append(Gateway(tables, tmp_path, published, **(options or {})))
        return opened[-1]

    yield open_one
    for one in opened:
        one.close()


@pytest.fixture
def read(publisher, tmp_path):
    """Reads a file written from bytes, as a configured source; returns the run."""
    state = MemoryState()

    def run(data: bytes | None = None, name: str = "reviews.jsonl", **options):
        if data is not None:
            (tmp_path / name).write_bytes(data)
        source = configure("crawl", {"collector": "files", "path": str(tmp_path / name), **options}, FILES)
        return Runner(publisher, contact_key=b"k").run(source, state)

    return run
