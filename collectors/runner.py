"""Runs one configured source to its end, and remembers how it ended.

The order is what keeps reviews from being lost: publish, flush, and after that the cursor. A run that is cut off
anywhere repeats a little and misses nothing.
"""

from __future__ import annotations

import threading
import time
import traceback
from collections import defaultdict
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any, Literal

import msgspec

from collectors.client import Client
from collectors.configured import Source
from collectors.cursors import Part, Pending, State
from collectors.errors import CollectorError, LayoutChanged, LimitReached, NotStored, Refused, RetryLater, Stopped
from collectors.intake import ACCEPTED, Counts, Intake
from collectors.plugin import Progress, Received
from collectors.publisher import Publisher
from schemas import identity

Ending = Literal["exhausted", "limit reached", "layout changed", "retry later", "refused", "stopped", "failed"]


class Run(msgspec.Struct, frozen=True, kw_only=True):
    """How a run ended, and its counts: items ``seen``, observations ``published``, dead letters (``rejected``).

    ``whole`` says that this was a listing of everything; ``retry_after`` is in seconds.
    """

    source: str
    ending: Ending
    started_at: datetime
    seconds: float
    seen: int = 0
    published: int = 0
    rejected: int = 0
    withdrawn: int = 0
    whole: bool = False
    why: str = ""
    retry_after: float | None = None

    @property
    def ok(self) -> bool:
        """Whether the run did all that it was meant to do."""
        return self.ending in ("exhausted", "limit reached")


def _utc_now() -> datetime:
    return datetime.now(UTC)


class Receipt(msgspec.Struct, frozen=True):
    """What came of a received request: its counts, and key and reason of what was rejected."""

    counts: Counts
    rejections: list[tuple[str | None, str]]


class Runner:
    """Runs sources; one for all threads of a process."""

    def __init__(self, publisher: Publisher, *, contact_key: bytes, now: Callable[[], datetime] = _utc_now) -> None:
        """Say where to publish.

        Args:
            publisher: Where observations go.
            contact_key: The secret under which contacts are hashed.
            now: The clock.
        """
        self.publisher, self.contact_key, self.now = publisher, contact_key, now
        self._locks: defaultdict[str, threading.Lock] = defaultdict(threading.Lock)

    def run(
        self, source: Source, state: State, *, client: Client | None = None, progress: Progress | None = None
    ) -> Run:
        """Run a source to its end, whatever that is; raises nothing but what stops the process."""
        with self._locks[source.name]:
            return self._run(source, state, client, progress)

    def _run(self, source: Source, state: State, client: Client | None, progress: Progress | None) -> Run:
        started, clock = self.now(), time.monotonic()
        whole, since = _extent(source, state, started)
        intake = self._intake(source, state, whole=whole)
        ending: Ending = "exhausted"
        why, retry_after = "", None
        given = {"client": client, "since": since, "progress": progress or _silent, "received": None}
        try:
            if client is None and "client" in source.collector.takes:
                given["client"] = Client(source.manners, store=Part(state, "http/"))
            intake.take_all(self._call(source, given, intake.cursor))
            if whole:
                intake.close_listing()
        except CollectorError as error:
            ending, why = _ending(error), str(error)
            retry_after = error.after if isinstance(error, RetryLater) else None
        except Exception as error:  # noqa: BLE001 - a collector may fail in any way, and the others go on
            ending, why = "failed", f"{type(error).__name__}: {error}\n{traceback.format_exc(limit=-6)}"
        try:
            intake.settle({"since": intake.newest} if ending in ("exhausted", "limit reached") else None)
        except Exception as error:  # noqa: BLE001 - the log cannot be written: nothing has moved, the next run repeats
            ending, why = "failed", f"what was collected could not be stored: {type(error).__name__}: {error}"
        seconds = round(time.monotonic() - clock, 3)
        run = _run(source, ending, started, seconds, intake.counts, whole=whole, why=why, retry_after=retry_after)
        # What the gateway calls has its clock only for what waits: a tick without anything is no news.
        if not (source.collector.pushed and run.ok and not run.seen):
            _remember(state, run)
        return run

    def receive(self, source: Source, state: State, received: Received) -> Receipt:
        """Give one received request to a source; returns when everything that came of it is safe.

        Raises NotStored when it could not be made safe, and whatever the collector raises (Forged, InvalidReview, …);
        then nothing was published and nothing remembered.
        """
        with self._locks[source.name]:
            started, clock = self.now(), time.monotonic()
            intake = self._intake(source, state)
            items = list(self._call(source, {"received": received, "progress": _silent}, intake.cursor))
            try:
                intake.take_all(iter(items))
                intake.settle()
            except Exception as error:
                raise NotStored(f"source {source.name}: {type(error).__name__}: {error}") from error
            seconds = round(time.monotonic() - clock, 3)
            if intake.counts["seen"]:
                _remember(state, _run(source, "exhausted", started, seconds, intake.counts))
            return Receipt(intake.counts, intake.rejections)

    def _call(self, source: Source, given: dict[str, Any], cursor: Pending) -> Iterator[Any]:
        values = {"since": None, "client": None, **given, "source": source.name, "cursor": cursor}
        values["hashed"] = partial(identity.contact_hash, key=self.contact_key)
        return source.collector(**source.options, **{name: values[name] for name in source.collector.takes})

    def _intake(self, source: Source, state: State, *, whole: bool = False) -> Intake:
        return Intake(source, state, self.publisher, contact_key=self.contact_key, now=self.now, whole=whole)


def status(state: State) -> tuple[Run | None, datetime | None]:
    """A source's last run and the time of its last success; None for what never was."""
    last, success = state.get("run"), state.get("success")
    try:
        run = msgspec.json.decode(last, type=Run) if last else None
    except msgspec.MsgspecError:
        run = None
    return run, datetime.fromisoformat(success.decode()) if success else None


def misses(source: Source) -> bool:
    """Whether the source ever lists everything; what reads only what is new does not yield what is still there."""
    return not ("cursor" in source.collector.takes or source.collector.pushed)


def accept_listing(state: State) -> None:
    """Note that what the source no longer lists is really gone: its next run lists all and withdraws it."""
    state.apply({ACCEPTED: b"1"})


_ENDINGS: tuple[tuple[type[CollectorError], Ending], ...] = (
    (RetryLater, "retry later"),
    (LayoutChanged, "layout changed"),
    (LimitReached, "limit reached"),
    (Refused, "refused"),
    (Stopped, "stopped"),
)


def _ending(error: CollectorError) -> Ending:
    return next((ending for kind, ending in _ENDINGS if isinstance(error, kind)), "failed")


def _extent(source: Source, state: State, now: datetime) -> tuple[bool, datetime | None]:
    """Whether this run lists everything, and from when it reads otherwise."""
    if not misses(source):
        return False, None
    if "since" not in source.collector.takes or state.get(ACCEPTED):
        return True, None
    since, full = state.get("since"), state.get("full")
    if not (since and full) or now - datetime.fromisoformat(full.decode()) >= timedelta(seconds=source.full_every):
        return True, None
    return False, datetime.fromisoformat(since.decode())


def _run(
    source: Source,
    ending: Ending,
    started: datetime,
    seconds: float,
    counts: Counts,
    *,
    whole: bool = False,
    why: str = "",
    retry_after: float | None = None,
) -> Run:
    return Run(
        source=source.name,
        ending=ending,
        started_at=started,
        seconds=seconds,
        whole=whole,
        why=why[:4_000],
        retry_after=retry_after,
        **counts,
    )


def _silent(_done: int, _total: int) -> None:
    """Progress that nobody asked for."""


def _remember(state: State, run: Run) -> None:
    changes: dict[str, bytes | None] = {"run": msgspec.json.encode(run)}
    if run.ok:
        changes["success"] = run.started_at.isoformat().encode()
        if run.whole:
            changes["full"] = run.started_at.isoformat().encode()
    state.apply(changes)
