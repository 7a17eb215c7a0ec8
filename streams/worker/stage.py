"""One step at work: bytes in, records and row changes out; what cannot be processed becomes a dead letter.

Nothing here waits or sends, so a stage is tested without a server; host.py does the sending.
"""

from __future__ import annotations

import logging
import traceback
from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import msgspec

from schemas.codec import InvalidEvent, decode
from schemas.events import ObservationSettled
from schemas.fuse import Fuse
from schemas.records import Record, dead_record, record
from schemas.topics import BY_NAME
from streams.worker.rows import Change, Rows, Store

if TYPE_CHECKING:
    from streams.topology import Step

log = logging.getLogger(__name__)


class Incoming(msgspec.Struct, frozen=True):
    """A record as it came: its topic's name in ``schemas.topics``, key and value."""

    topic: str
    key: bytes | None
    value: bytes | None


class Work(msgspec.Struct):
    """What a list of records left to be done.

    Attributes:
        records: To be sent, in order.
        changes: Of rows, each with its table, in order.
        done: So many of the records, from the first on, were processed or became dead letters.
        blown: The fuse stopped the stage at the next one.
    """

    records: list[Record] = []
    changes: list[tuple[Store, Change]] = []
    done: int = 0
    blown: bool = False


class Stage:
    """A step with its tables, its fuse and its counts."""

    def __init__(self, step: Step, stores: Sequence[Store]) -> None:
        self.step = step
        self.stores = tuple(stores)
        self.fuse = Fuse()
        self.events: Counter[str] = Counter()
        self.outcomes: Counter[tuple[str, str]] = Counter()
        self.dead: Counter[str] = Counter()

    def run(self, partition: int, incoming: Sequence[Incoming]) -> Work:
        """Process records of one partition; row changes are assigned in the stores when this returns."""
        work = Work()
        if self._run_together(partition, incoming, work):
            for item in incoming:
                self._count(item, failed=False)
            work.done = len(incoming)
            return work
        for item in incoming:  # one by one, the culprit is found
            if not self._run_alone(partition, item, work):
                work.blown = True
                break
            work.done += 1
        return work

    def _run_together(self, partition: int, incoming: Sequence[Incoming], work: Work) -> bool:
        """Process all records at once; return False, with nothing changed, when any of them fails."""
        try:
            self._run(partition, [decode(item.topic, item.value or b"") for item in incoming], work)
        except MemoryError:
            raise
        except Exception:  # noqa: BLE001 - whatever a step raises
            return False
        return True

    def _run_alone(self, partition: int, item: Incoming, work: Work) -> bool:
        """Process one record or write its dead letter; return False when the fuse forbids it."""
        try:
            self._run(partition, [decode(item.topic, item.value or b"")], work)
        except MemoryError:
            raise
        except Exception as error:  # noqa: BLE001 - a step's failure is that event's, not the process's
            reason = str(error) if isinstance(error, InvalidEvent) else f"{type(error).__name__}: {error}"
            log.warning("%s: dead letter of %s: %s", self.step.name, item.topic, reason[:300])
            if self.fuse.would_blow():
                return False
            letter = dead_record(
                BY_NAME[item.topic],
                stage=self.step.name,
                reason=reason,
                payload=item.value or b"",
                at=datetime.now(UTC),
                key=item.key,
                traceback="".join(traceback.format_exception(error)),
            )
            work.records.append(letter)
            self.dead[item.topic] += 1
            self._count(item, failed=True)
        else:
            self._count(item, failed=False)
        return True

    def _run(self, partition: int, events: list[Any], work: Work) -> None:
        """Run the step; its rows and records count only when all of it went well."""
        tables = [Rows(store, partition) for store in self.stores]
        out = self.step.run(events, *tables)
        settled = [event for event in out if isinstance(event, ObservationSettled)]
        records = [record(event) for event in out if not isinstance(event, ObservationSettled)]
        encoded = [rows.encoded() for rows in tables]
        for store, changes in zip(self.stores, encoded, strict=True):
            work.changes.extend((store, store.assign(partition, key, value)) for key, value in changes)
        work.records.extend(records)
        self.outcomes.update((event.source, event.outcome) for event in settled)

    def _count(self, item: Incoming, *, failed: bool) -> None:
        self.events[item.topic] += 1
        self.fuse.note(failed=failed)
