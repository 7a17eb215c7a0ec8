"""A small topology for tests of the distributed host: two steps, two tables, and events that fail on request."""

from __future__ import annotations

import contextlib
import os
import signal
import time
from collections.abc import MutableMapping, Sequence
from pathlib import Path
from typing import Any

import msgspec
from msgspec import structs

from schemas import topics
from schemas.codec import encode
from schemas.events import Evidence, EvidenceFound, Finding, ReviewCollected, SubjectReviewed
from streams.topology import Step, Table
from streams.worker import lease
from streams.worker.settings import WorkerSettings
from streams.worker.steps import configured


class Noted(msgspec.Struct, frozen=True):
    """The ids that were seen for one review, or one subject."""

    ids: tuple[str, ...] = ()


def note(events: Sequence[ReviewCollected], notes: MutableMapping[str, Noted]) -> list[Any]:
    """Remember each event under its review, and tell the subject."""
    out: list[Any] = []
    for event in events:
        if event.review.text == "poison":
            raise ZeroDivisionError("this event cannot be processed")
        if event.review.text == "slow":
            time.sleep(0.05)
        row = notes.get(event.review_id, Noted())
        if event.event_id not in row.ids:
            notes[event.review_id] = structs.replace(row, ids=(*row.ids, event.event_id))
        out.append(SubjectReviewed(subject=event.review.subject.id, review_id=event.event_id, at=event.observed_at))
    return out


def tally(events: Sequence[SubjectReviewed], tallies: MutableMapping[str, Noted]) -> list[Any]:
    """Remember each review under its subject, and say how many there are."""
    out: list[Any] = []
    for event in events:
        row = tallies.get(event.subject, Noted())
        if event.review_id not in row.ids:
            row = Noted(tuple(sorted({*row.ids, event.review_id})))
            tallies[event.subject] = row
        finding = Finding(features={"count": float(len(row.ids))})
        item = Evidence(detector="tally", key=event.subject, version=1, finding=finding)
        out.append(EvidenceFound(review_id=event.review_id, at=event.at, items=(item,)))
    return out


def stopped_in_a_send(settings: WorkerSettings) -> tuple[Step, ...]:
    """Both steps; who finds ``SIGSTOP`` or ``SIGKILL`` sends it to itself between the lease and a send of row changes."""
    send = lease.STOCK["produce"]
    folder = Path(settings.folder)

    async def produce(self: Any, node_id: Any, batches: Any) -> Any:
        if any(tp.topic.endswith("-changelog") for tp in batches):
            for number in (signal.SIGSTOP, signal.SIGKILL):
                with contextlib.suppress(FileNotFoundError):  # only one worker can
                    (folder / number.name).rename(folder / f"{number.name}-{os.getpid()}")
                    os.kill(os.getpid(), number)
        return await send(self, node_id, batches)

    lease.STOCK["produce"] = produce
    return topology()


def trapped(settings: WorkerSettings) -> tuple[Step, ...]:
    """The shipped steps with a fault: the first event on each topic cannot be processed while ``mended`` is not there."""

    def trap(step: Step) -> Step:
        def run(events: Sequence[Any], *tables: Any) -> list[Any]:
            for event in events:
                poison = Path(settings.folder) / f"poison-{topics.topic_of(event).name}"
                with contextlib.suppress(FileExistsError), poison.open("xb") as file:
                    file.write(encode(event))
                if poison.read_bytes() == encode(event) and not poison.with_name("mended").exists():
                    raise ZeroDivisionError("this event cannot be processed yet")
            return step.run(events, *tables)

        return structs.replace(step, run=run)

    return tuple(map(trap, configured(settings)))


def topology(_settings: Any = None) -> tuple[Step, ...]:
    """Both steps."""
    return (
        Step(
            name="note",
            reads=(topics.REVIEWS_COLLECTED,),
            writes=(topics.REVIEWS_BY_SUBJECT,),
            tables=(Table("notes", Noted),),
            keys=lambda event: ((event.review_id,),),
            run=note,
        ),
        Step(
            name="tally",
            reads=(topics.REVIEWS_BY_SUBJECT,),
            writes=(topics.EVIDENCE_FOUND,),
            tables=(Table("tallies", Noted),),
            keys=lambda event: ((event.subject,),),
            run=tally,
        ),
    )
