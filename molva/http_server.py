"""HTTP servers of the page and of the gateway, each in a thread of this process."""

from __future__ import annotations

import threading
import time

import uvicorn
from fastapi import FastAPI

CONNECTIONS = 500
"""Connections of one server at once; whoever comes then is asked, by 503, to come again."""


def http_server(app: FastAPI, *, host: str, port: int) -> uvicorn.Server:
    """A server for the application, not started yet: its ``run`` is for a thread, ``should_exit`` ends it."""
    return uvicorn.Server(
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


def wait_until_listening(server: uvicorn.Server, thread: threading.Thread, name: str) -> None:
    """Return when the server that runs in *thread* listens; raises OSError when it ended instead."""
    while not server.started:
        if not thread.is_alive():
            where = f"{server.config.host}:{server.config.port}"
            raise OSError(f"the {name} cannot listen on {where}; is something else there? Choose another port")
        time.sleep(0.02)
