"""A real index with reviews, hostile ones too, behind the page, for the tests by client and by browser."""

from __future__ import annotations

import re
import socket
import threading
import time
from datetime import UTC, datetime, timedelta
from email.headerregistry import Address
from pathlib import Path

import pytest
import uvicorn
from msgspec.structs import replace

from console.app import app
from console.backend import SourceRow
from indexer.alerts.ledger import Ledger
from indexer.alerts.letters import compose
from indexer.alerts.subscriptions import Subscription, SubscriptionStore
from indexer.stores.sqlite import SqliteStore
from molva.sqlite_tables import connect
from schemas import codec
from schemas.events import AlertRaised, Rating

EXAMPLE = Path(codec.__file__).parent / "examples" / "reviews-judged" / "ReviewJudged.json"
NOW = datetime.now(UTC).replace(microsecond=0)
HOSTILE = "<script>alert(1)</script> \u202edlrow \" onload='x' {{ 7*7 }}"


class Backend:
    """The page's backend over one SQLite file."""

    local = True

    def __init__(self, path):
        self.path = path
        self.connection = connect(path)
        self.index = SqliteStore(self.connection)
        self.letters = Ledger(self.connection)
        self.held = SubscriptionStore(self.connection)

    def store(self):
        return SqliteStore(connect(self.path), read_only=True)

    def subscriptions(self):
        return self.held.all()

    def subscribe(self, **fields):
        return self.held.add(created_at=NOW, **fields)

    def pause(self, subscription_id, *, paused):
        return self.held.pause(subscription_id, paused=paused)

    def remove(self, subscription_id):
        return self.held.remove(subscription_id)

    def subscription_of(self, token):
        return self.held.by_token(token)

    def unsubscribe(self, token):
        return self.held.unsubscribe(token)

    def sources(self):
        return [
            SourceRow(
                name="shop",
                collector="site",
                channel="site",
                summary="",
                ending="layout changed",
                ok=False,
                why="no reviews",
                last_run=NOW,
            )
        ]

    def alerts(self, limit):
        return self.letters.latest(limit)

    def alert(self, alert_id):
        return self.letters.get(alert_id)


def judgements():
    example = codec.decode("reviews-judged", re.sub(rb"\n *", b"", EXAMPLE.read_bytes()))
    yield example
    for number in range(30):
        day = NOW - timedelta(days=2 * number)
        review = replace(
            example.review,
            id=f"n{number}",
            source="amazon",
            language="en",
            rating=Rating(value=1 + number % 5),
            title=f"Coffee maker {number}",
            text=f"It broke {number} times. " + ("Very long story. " * 40 if number == 3 else ""),
            pros=None,
            cons=None,
            published_at=day,
        )
        judgement = replace(example.judgement, language="en", aspects=(), requests=(), copies=())
        yield replace(example, review_id=f"{number:024x}", review=review, judgement=judgement, history=(), version=1)
    hostile = replace(example.review, id="h", title=HOSTILE, text=HOSTILE + "x" * 9000, url="javascript:alert(1)")
    yield replace(example, review_id="f" * 24, review=hostile, history=())


@pytest.fixture(scope="module")
def backend(tmp_path_factory):
    backend = Backend(tmp_path_factory.mktemp("console") / "index.sqlite")
    backend.index.write(list(enumerate(judgements(), 1)))
    return backend


@pytest.fixture(scope="session")
def example():
    """The frozen example: copied, edited, answered by the company."""
    return next(judgements())


@pytest.fixture(scope="module")
def address(backend):
    """The page served on this machine."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        server = uvicorn.Server(uvicorn.Config(app(backend), log_level="warning", lifespan="off"))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
        thread.start()
        deadline = time.monotonic() + 20
        while not server.started and time.monotonic() < deadline:
            time.sleep(0.02)
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        server.should_exit = True
        thread.join(timeout=10)


@pytest.fixture(scope="module")
def alerted(backend, address):
    """The pages of two letters: one went out, one about the hostile review was refused."""
    subscription = Subscription(
        id="5" * 16, name="Bad", query="stars:1", address="a@b.example", language="en", created_at=NOW, token="t" * 24
    )
    pages = []
    for number, review_id in enumerate((f"{0:024x}", "f" * 24)):
        alert_id = f"{number:024x}"
        alert = AlertRaised(
            alert_id=alert_id, subscription_id=subscription.id, review_id=review_id, version=1, raised_at=NOW
        )
        document = backend.index.get(review_id)
        sender = Address("Molva", addr_spec="molva@b.example")
        letter = compose(document, subscription, alert_id=alert_id, sender=sender, console=address, now=NOW)
        backend.letters.record([alert])
        backend.letters.intend(alert_id, letter.as_bytes(), "a" * 60 + "@b.example", NOW)
        pages.append(f"/letters/{alert_id}")
    backend.letters.sent(f"{0:024x}", NOW)
    backend.letters.dead(f"{1:024x}", "550 " + "no-such-mailbox" * 20, NOW)
    backend.connection.commit()
    return pages
