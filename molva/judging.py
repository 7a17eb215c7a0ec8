"""``molva judge``: every line of a file through a temporary embedded host, answered with its final judgement."""

from __future__ import annotations

import tempfile
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, BinaryIO

import msgspec

from molva.embedded import BATCH, EmbeddedHost
from schemas import answers, identity, wire
from schemas.events import Judgement, ObservationSettled, ReviewCollected, ReviewWithdrawn
from schemas.wire import InvalidReview
from streams.enrich import Models
from streams.judge import judge as conclude
from streams.rows import ReviewRow
from streams.topology import topology

CONTACT_KEY = b"molva judge"
"""Contacts are hashed like everywhere; nothing of a temporary host is compared with anything else."""

Progress = Callable[[int], object]


class Line(msgspec.Struct):
    """One line of the input: what it says, or why it was rejected, and what it turned out to be."""

    own_id: str | None
    review_id: str = ""
    error: str = ""
    outcome: str = ""
    version: int = 0


def lines(stream: BinaryIO) -> Iterator[bytes]:
    """The lines of *stream* that are not empty; of a line over the limit only so much that it is seen to be over."""
    limit = wire.MAX_LINE_BYTES + 2
    while line := stream.readline(limit):
        rest = line
        while not rest.endswith(b"\n") and len(rest) == limit:
            rest = stream.readline(limit)
        line = line.strip()
        if line:
            yield line


def judge(
    source: Iterable[bytes], *, models: Models | None = None, progress: Progress | None = None
) -> Iterator[dict[str, Any]]:
    """Judge all lines together; yields one answer a line, in order, in the shape of ``answers.judgement``.

    Args:
        source: JSON lines, none of them empty.
        models: What to judge with; the shipped models by default.
        progress: Called with the number of lines that were taken in, now and then.
    """
    models = models or Models.shipped()
    with tempfile.TemporaryDirectory(prefix="molva-judge-") as folder:
        host = EmbeddedHost(Path(folder) / "judge.sqlite", steps=topology(models), bulk=True)
        try:
            taken = _take(host, source, progress)
            yield from _answers(host, taken, models)
        finally:
            host.close()


def _take(host: EmbeddedHost, source: Iterable[bytes], progress: Progress | None) -> list[Line]:
    started = datetime.now(UTC)
    waiting: dict[str, deque[Line]] = {}

    def settle(event: ObservationSettled) -> None:
        line = waiting[event.event_id].popleft()
        line.outcome = "unchanged" if event.repeated else event.outcome
        line.version = event.version

    host.listeners.append(settle)
    taken: list[Line] = []
    events: list[ReviewCollected | ReviewWithdrawn] = []

    def flush() -> None:
        host.publish(events)
        host.drain()
        events.clear()
        waiting.clear()
        if progress:
            progress(len(taken))

    for number, data in enumerate(source):
        line, event = _read(data, started + timedelta(microseconds=number))
        taken.append(line)
        if event is not None:
            events.append(event)
            waiting.setdefault(event.event_id, deque()).append(line)
        if len(events) == BATCH:
            flush()
    flush()
    return taken


def _read(data: bytes, at: datetime) -> tuple[Line, ReviewCollected | ReviewWithdrawn | None]:
    own_id = None
    try:
        value = wire.parse(data)
        if isinstance(value, dict) and isinstance(value.get("id"), str | int) and not isinstance(value["id"], bool):
            own_id = wire.clean(str(value["id"]))
        seen = wire.read(value)
    except InvalidReview as error:
        return Line(own_id, error=str(error)), None
    if not seen.review.id:
        return Line(None, error="id is missing: judge answers by it"), None
    review, observed_at = seen.review, seen.collected_at or at
    event: ReviewCollected | ReviewWithdrawn
    if seen.withdrawn:
        event = identity.withdraw(review.source, seen.review.id, review.subject, observed_at=observed_at)
    else:
        event = identity.observe(review, observed_at=observed_at, contact_key=CONTACT_KEY)
    return Line(review.id, event.review_id), event


def _answers(host: EmbeddedHost, taken: list[Line], models: Models) -> Iterator[dict[str, Any]]:
    own_ids = {line.review_id: line.own_id or "" for line in taken if line.review_id}
    rows = host.tables["reviews"]
    for start in range(0, len(taken), BATCH):
        batch = taken[start : start + BATCH]
        keys = dict.fromkeys(line.review_id for line in batch if line.review_id and not line.error)
        rows.prefetch(keys)
        judged = _judged({key: row for key in keys if (row := rows.get(key)) and row.review}, models)
        for line in batch:
            judgement = judged.get(line.review_id)
            if line.error or judgement is None:
                yield answers.rejection(line.own_id, line.error or _unanswered(line, host))
            elif isinstance(judgement, str):
                yield answers.rejection(line.own_id, judgement)
            else:
                yield {
                    "id": line.own_id,
                    "outcome": line.outcome,
                    "review_id": line.review_id,
                    "version": line.version,
                    **answers.judgement(judgement, own_id=lambda key: own_ids.get(key, key)),
                }
        with host.transaction():
            rows.flush()


def _judged(rows: Mapping[str, ReviewRow], models: Models) -> dict[str, Judgement | str]:
    """The judgement of each row, or why there is none; one that fails does not take the others with it."""
    try:
        return dict(zip(rows, conclude(list(rows.values()), models), strict=True))
    except Exception as error:  # noqa: BLE001 - as in the host: whatever it raises is its row's fault
        if len(rows) < 2:
            return dict.fromkeys(rows, f"{type(error).__name__}: {error}")
        return {name: found for key, row in rows.items() for name, found in _judged({key: row}, models).items()}


def _unanswered(line: Line, host: EmbeddedHost) -> str:
    if line.outcome:
        return "withdrawn, but no review of this source and id was ever collected"
    letters = host.dead_letters(limit=1)
    return letters[0][1].reason if letters else "not processed"
