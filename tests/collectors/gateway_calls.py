"""A gateway that really listens, and calls as SMS providers make them."""

from __future__ import annotations

import base64
import hashlib
import hmac
import threading
import time
from typing import Any

import httpx
import uvicorn

from collectors import Secret
from collectors.configured import configure
from collectors.cursors import SqliteStates
from collectors.gateway import app
from collectors.plugin import load
from collectors.reception import Reception
from collectors.runner import Runner

COLLECTORS = {name: load(f"collectors.sources.{name}") for name in ("sms", "form", "reviews")}
TOKEN = "12345"


class Gateway:
    """A gateway that really listens, over a state that outlives it."""

    def __init__(self, tables: dict[str, dict[str, Any]], path, publisher, **options: Any) -> None:
        self.states = SqliteStates(path / "state.db")
        self.sources = [configure(name, table, COLLECTORS) for name, table in tables.items()]
        self.runner = Runner(publisher, contact_key=b"key")
        self.reception = Reception(self.sources, self.runner, self.states.of)
        config = uvicorn.Config(
            app(self.sources, self.runner, self.states.of, **options), port=0, log_level="error", proxy_headers=False
        )
        self.server = uvicorn.Server(config)
        self.thread = threading.Thread(target=self.server.run, daemon=True)
        self.thread.start()
        while not self.server.started:
            time.sleep(0.01)
        self.port = self.server.servers[0].sockets[0].getsockname()[1]
        self.http = httpx.Client(base_url=f"http://127.0.0.1:{self.port}", timeout=10)

    def close(self) -> None:
        self.http.close()
        self.server.should_exit = True
        self.thread.join(timeout=10)
        self.states.close()


def twilio_table(**more: Any) -> dict[str, Any]:
    address = {"public_url": "https://we.example/sms/answers"}
    return {
        "collector": "sms",
        "subject": "shop",
        "signature": "twilio",
        "secret": Secret(TOKEN),
        "gateway": address,
        **more,
    }


def signed(
    params: dict[str, str], *, url: str = "https://we.example/sms/answers", token: str = TOKEN
) -> dict[str, str]:
    data = url + "".join(name + params[name] for name in sorted(params))
    return {
        "X-Twilio-Signature": base64.b64encode(hmac.new(token.encode(), data.encode(), hashlib.sha1).digest()).decode()
    }


PLAIN = {"collector": "sms", "subject": "shop", "signature": "none"}
SMS = {"From": "+79990001122", "Body": "Обслуживание на 2 из 5, ждал час", "MessageSid": "SM1"}
