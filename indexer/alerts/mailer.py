"""Alerts -> letters on their way, each at least once and never in two versions.

A letter's bytes are committed before anybody sees them, and from then on only those bytes go out, under a Message-ID
made from the alert's id. A crash or a lost connection inside SMTP's DATA leaves it unknown whether the server took the
letter; it is sent again, byte for byte, and mail programs show one. Refusals for good become dead letters.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import datetime, timedelta
from traceback import format_exc

import msgspec

from indexer.alerts.ledger import Entry, Ledger
from indexer.alerts.transports import Refused, RetryLater, Transport
from schemas.events import AlertRaised, DeadLetter
from schemas.topics import ALERTS_RAISED

FIRST_PAUSE = timedelta(seconds=15)
LONGEST_PAUSE = timedelta(hours=1)
GIVE_UP = timedelta(days=3)
"""How long a letter is tried; a mail server that is down for a weekend costs none."""


class Letter(msgspec.Struct, frozen=True):
    """A letter's bytes and the address it goes to."""

    content: bytes
    address: str


class Nobody(Exception):  # noqa: N818 - named by who is left to read the letter
    """There is nobody to write to or nothing to write about any more; the message says why."""


class Sent(msgspec.Struct, frozen=True):
    """One step of the mailer: how many letters went, were put off, were dropped; those that died; when to come back."""

    sent: int = 0
    later: int = 0
    dropped: int = 0
    dead: tuple[DeadLetter, ...] = ()
    next_due: datetime | None = None


class Mailer:
    """Sends what the ledger holds.

    Args:
        transaction: Gives a connection inside a transaction that commits at the end of the block; never held while
            a letter is on the wire.
        compose: Writes an alert's letter, with the time as its date; raises Nobody.
        transport: The way out.
        on_dead: Told of each dead letter inside the transaction that states it, to publish it.
    """

    def __init__(
        self,
        *,
        transaction: Callable[[], AbstractContextManager[sqlite3.Connection]],
        compose: Callable[[AlertRaised, datetime], Letter],
        transport: Transport,
        on_dead: Callable[[DeadLetter], object] | None = None,
    ) -> None:
        self._transaction = transaction
        self._compose = compose
        self._transport = transport
        self._on_dead = on_dead or _nobody_told

    def step(self, now: datetime, limit: int = 100) -> Sent:
        """Send up to ``limit`` letters whose time has come. After two connection failures in a row the rest waits.

        Letters that were settled long ago lose their bytes.

        Raises:
            ConnectionError: The index or the subscriptions cannot be read now; what is left to write waits.
        """
        with self._transaction() as connection:
            due = Ledger(connection, read_only=True).due(now, limit)
        counts = {"sent": 0, "later": 0, "dropped": 0}
        dead: list[DeadLetter] = []
        failures = 0
        for entry in due:
            outcome = self._one(entry, now)
            if isinstance(outcome, DeadLetter):
                dead.append(outcome)
            else:
                counts[outcome] += 1
            failures = failures + 1 if outcome == "later" else 0
            if failures == 2:
                break
        with self._transaction() as connection:
            ledger = Ledger(connection, read_only=True)
            ledger.prune(now)
            upcoming = ledger.next_due()
        return Sent(**counts, dead=tuple(dead), next_due=upcoming)

    def _one(self, entry: Entry, now: datetime) -> str | DeadLetter:
        key = entry.alert.alert_id
        content, address = entry.letter, entry.address
        if content is None or address is None:
            try:
                letter = self._compose(entry.alert, now)
            except Nobody as reason:
                with self._transaction() as connection:
                    Ledger(connection, read_only=True).dropped(key, str(reason), now)
                return "dropped"
            except ConnectionError:
                raise
            except Exception as error:  # noqa: BLE001 - one letter that cannot be written must not hold up all others
                return self._dead(entry, f"cannot be written: {type(error).__name__}: {error}", now, format_exc())
            address = letter.address
            with self._transaction() as connection:
                content = Ledger(connection, read_only=True).intend(key, letter.content, address, now)
        try:
            self._transport.send(content, address, key)
        except Refused as error:
            return self._dead(entry, str(error), now)
        except RetryLater as error:
            if now - entry.alert.raised_at > GIVE_UP:
                return self._dead(entry, f"given up: {error}", now)
            pause = min(FIRST_PAUSE * 2 ** min(entry.attempts, 20), LONGEST_PAUSE)
            with self._transaction() as connection:
                Ledger(connection, read_only=True).retry(key, str(error), now + pause, now)
            return "later"
        with self._transaction() as connection:
            Ledger(connection, read_only=True).sent(key, now)
        return "sent"

    def _dead(self, entry: Entry, error: str, now: datetime, trace: str | None = None) -> DeadLetter:
        letter = DeadLetter(
            stage="mailer",
            reason=error[:2_000],
            payload=msgspec.json.encode(entry.alert),
            topic=ALERTS_RAISED.name,
            died_at=now,
            key=entry.alert.subscription_id.encode(),
            traceback=trace and trace[-20_000:],
        )
        with self._transaction() as connection:
            Ledger(connection, read_only=True).dead(entry.alert.alert_id, error, now)
            self._on_dead(letter)
        return letter


def _nobody_told(letter: DeadLetter) -> None:
    """What is done with a dead letter when nobody asked for it: it stands in the ledger."""
