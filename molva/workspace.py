"""Puts the rooms together for one process: host, index, sources and alerts over one folder of data."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Sequence
from functools import cached_property
from typing import Any

from msgspec.structs import replace

from collectors.configured import Source, configure
from collectors.cursors import SqliteStates
from collectors.errors import InvalidConfig
from collectors.plugin import discover
from collectors.runner import Runner
from indexer.stores.sqlite import SqliteStore
from molva.embedded import EmbeddedHost
from molva.settings import Settings, SettingsError, contact_key
from molva.sqlite_tables import open_reader
from molva.tally import CountedRunner, Tally
from schemas.events import DeadLetter, Observation
from streams.enrich import Models
from streams.risk import load as load_risk
from streams.topology import topology


class Workspace:
    """The embedded product over the folder of *settings*; its parts are opened when they are first used."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.tally = Tally()
        settings.data.mkdir(parents=True, exist_ok=True)

    @cached_property
    def host(self) -> EmbeddedHost:
        """The embedded host with the index as its sink."""
        host = EmbeddedHost(self.settings.database, steps=topology(models(self.settings)))
        host.sinks.append(SqliteStore(host.connection).write)
        self.tally.begin(host)
        return host

    @cached_property
    def states(self) -> SqliteStates:
        """What sources remember between runs."""
        return SqliteStates(self.settings.data / "sources.sqlite")

    @cached_property
    def publisher(self) -> Publisher:
        """Where collectors put what they have."""
        return Publisher(self.host)

    @cached_property
    def runner(self) -> Runner:
        """Runs sources into the host's log."""
        return CountedRunner(self.tally, publisher=self.publisher, contact_key=contact_key(self.settings))

    def sources(self, names: Sequence[str] = (), *, to_run: bool = True) -> list[Source]:
        """The configured sources, or those of *names*; raises SettingsError.

        Args:
            names: Which; all by default.
            to_run: Whether their secrets must be there; who only looks at sources does without.
        """
        known = discover().collectors
        unknown = sorted(set(names) - self.settings.sources.keys())
        if unknown:
            have = ", ".join(self.settings.sources) or "none"
            raise SettingsError(f"no source {', '.join(unknown)} in molva.toml; it has {have}")
        chosen = [name for name in self.settings.sources if not names or name in names]
        if to_run:
            self.settings.require(*(f"sources.{name}" for name in chosen))
        try:
            return [self._addressed(configure(name, self.settings.sources[name], known)) for name in chosen]
        except InvalidConfig as error:
            raise SettingsError(str(error)) from None

    def _addressed(self, source: Source) -> Source:
        """The source with the address that senders know it by, if all of the gateway has one."""
        url = self.settings.gateway.url.rstrip("/")
        if not url or not source.collector.pushed or source.reception.public_url:
            return source
        public = f"{url}/{source.collector.name}/{source.name}"
        return replace(source, reception=replace(source.reception, public_url=public))

    def reader(self) -> sqlite3.Connection:
        """A connection of its own that only reads; raises FileNotFoundError when nothing was collected yet."""
        return open_reader(self.settings.database)

    def store(self) -> SqliteStore:
        """The index for reading."""
        return SqliteStore(self.reader(), read_only=True)

    def close(self) -> None:
        """Close what was opened."""
        for name in ("host", "states"):
            if name in self.__dict__:
                getattr(self, name).close()


class Publisher:
    """Gives the embedded host's log what collectors publish; safe after ``flush``, from any number of threads."""

    def __init__(self, host: EmbeddedHost) -> None:
        self._host = host
        self._waiting = threading.local()
        self.published = threading.Event()

    def publish(self, events: Sequence[Observation]) -> None:
        """Take the events of this thread."""
        self._mine().extend(events)

    def dead_letter(self, letter: DeadLetter) -> None:
        """Take what could not be read."""
        self._mine().append(letter)

    def flush(self) -> None:
        """Write all that this thread gave, in one transaction."""
        waiting = self._mine()
        if waiting:
            with self._host.transaction():
                self._host.publish([item for item in waiting if not isinstance(item, DeadLetter)])
                for item in waiting:
                    if isinstance(item, DeadLetter):
                        self._host.dead_letter(item)
            waiting.clear()
            self.published.set()

    def _mine(self) -> list[Any]:
        if not hasattr(self._waiting, "items"):
            self._waiting.items = []
        items: list[Any] = self._waiting.items
        return items


def models(settings: Settings) -> Models:
    """The models that the settings name; raises SettingsError."""
    try:
        risk = load_risk(settings.model_folder)
    except (OSError, ValueError) as error:
        raise SettingsError(f"the model {settings.model!r} cannot be used: {error}") from None
    return Models(risk=risk, languages=frozenset(settings.languages) or None)
