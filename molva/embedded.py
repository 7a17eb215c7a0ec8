"""The embedded host: the whole topology in one process on one SQLite file.

Events, table changes, offsets and what the sinks write of a batch commit in one transaction, so a kill at any moment
loses nothing and doubles nothing: what was not committed is done again from the log. Re-keyed facts and evidence are
drained inside the transaction that caused them and so never need to be stored.
"""

from __future__ import annotations

import gc
import threading
import traceback
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from itertools import chain
from pathlib import Path
from typing import Any

from molva.event_log import EventLog
from molva.repeating import newest_observation, to_repeat
from molva.retention import mark_day, prune
from molva.sqlite_tables import SqliteTable
from schemas import codec
from schemas.codec import InvalidEvent
from schemas.events import DeadLetter, EvidenceFound, ObservationSettled, ReviewCollected, ReviewJudged
from schemas.fuse import WINDOW, Fuse
from schemas.topics import REVIEWS_COLLECTED, REVIEWS_JUDGED, Topic, topic_of
from streams.topology import Step, topology

BATCH = 256
"""Observations of one transaction; with more, the rows that are in use at once take much memory for little speed."""
READER = "review"
"""What the pipeline is called among the readers of ``reviews-collected`` (schemas/topics.py)."""
JUDGING = "judge"
"""The stage of a dead letter whose observation was settled; what failed came after it."""

Sink = Callable[[Sequence[tuple[int, ReviewJudged]]], object]
Listener = Callable[[ObservationSettled], object]


class FuseBlown(RuntimeError):  # noqa: N818 - a fuse blows, it does not err
    """A step failed on so many events that the step is at fault. Its batch was not acknowledged, so nothing is lost."""


class EmbeddedHost(EventLog):
    """Runs the topology on a SQLite file (``:memory:`` for none).

    Args:
        path: The database file; made when absent.
        steps: The topology; the shipped one by default.
        sinks: Called with (log number, judgement) inside the transaction, such as the index's ``write``.
        temporary: No care for durability, for a file that is thrown away.
        bulk: All is given at once and read at the end: steps conclude nothing (there are no judgements, the reader of
            the rows concludes), and rows are written when memory calls for it. After an exception it is of no use.
        clock: Gives the time, aware UTC; how long the log keeps what it has goes by it.
    """

    def __init__(
        self,
        path: Path | str,
        *,
        steps: tuple[Step, ...] | None = None,
        sinks: Iterable[Sink] = (),
        temporary: bool = False,
        bulk: bool = False,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self.bulk = bulk
        self.steps = steps or topology()
        self.temporary = temporary or bulk
        super().__init__(path, temporary=self.temporary, journal=not bulk, clock=clock)
        self.sinks = list(sinks)
        self.listeners: list[Listener] = []
        self.tables = {
            table.name: SqliteTable(self.connection, table.name, table.row, table.key)
            for step in self.steps
            for table in step.tables
        }
        self._readers = {topic.name: step for step in self.steps for topic in step.reads}
        self._reviews = self.tables[self._readers[REVIEWS_COLLECTED.name].tables[0].name]
        self._fuses = {step.name: Fuse() for step in self.steps}
        self._seen = -1

    # --- through ---------------------------------------------------------------------------------------------

    def drain(self, *, stop: threading.Event | None = None) -> int:
        """Process the log up to its end; gives how many observations were processed.

        Raises:
            FuseBlown: Too many events fail for it to be the events' fault; the failing batch is not acknowledged.
        """
        done = 0
        while not (stop and stop.is_set()):
            count = self._drain_batch()
            if not count:
                break
            done += count
        return done

    def _drain_batch(self) -> int:
        topic = REVIEWS_COLLECTED.name
        with self.transaction(), collector_at_rest():
            self._forget_if_changed()
            rows = self.connection.execute(
                "SELECT n, value FROM log WHERE topic = ? AND n > ? ORDER BY n LIMIT ?",
                (topic, self.read_to(REVIEWS_COLLECTED, READER), BATCH),
            ).fetchall()
            if rows:
                self._run([self._decoded(topic, value) for _, value in rows])
                self.move(REVIEWS_COLLECTED, READER, rows[-1][0])
                for table in self.tables.values():
                    if table.full or not self.bulk:
                        table.flush()
            if not self.temporary:
                prune(self.connection, self.clock())
        return len(rows)

    def weigh(self, found: Sequence[EvidenceFound]) -> None:
        """Process evidence that comes from outside the log."""
        with self.transaction():
            self._run(list(found))
            for table in self.tables.values():
                table.flush()

    def turned_away(self, event: Any) -> None:
        """Tell the listeners that an observation of a forgotten review changes nothing."""
        source = event.review.source if isinstance(event, ReviewCollected) else event.source
        settled = ObservationSettled(
            review_id=event.review_id, event_id=event.event_id, source=source, outcome="unchanged", version=0
        )
        for listener in self.listeners:
            listener(settled)

    def forget(self) -> None:
        """Drop all rows that are in memory; they are read again from the file."""
        for table in self.tables.values():
            table.forget()

    def _forget_if_changed(self) -> None:
        """Forget rows in memory if another process wrote to the file since they were read."""
        seen = self.connection.execute("PRAGMA data_version").fetchone()[0]
        if seen != self._seen:
            self.forget()
            self._seen = seen

    def _run(self, events: list[Any]) -> None:
        """Process *events* and all that follows from them, until nothing is left."""
        waiting: dict[str, list[Any]] = {step.name: [] for step in self.steps}
        waiting[self._readers[REVIEWS_COLLECTED.name].name] = [event for event in events if event is not None]
        judged: dict[str, ReviewJudged] = {}
        held: dict[str, dict[str, Any]] = {step.name: {} for step in self.steps if step.hold}
        while any(waiting.values()) or (any(held.values()) and not self.bulk):
            idle = not any(waiting.values())
            for step in self.steps:
                batch, waiting[step.name] = waiting[step.name], []
                if idle and held.get(step.name):
                    out = self._release(step, held[step.name])
                else:
                    out = self._step(step, batch, held.get(step.name)) if batch else []
                for event in out:
                    if isinstance(event, ObservationSettled):
                        for listener in self.listeners:
                            listener(event)
                    elif isinstance(event, ReviewJudged):
                        judged.pop(event.review_id, None)
                        judged[event.review_id] = event
                    else:
                        waiting[self._readers[topic_of(event).name].name].append(event)
        self._judged(list(judged.values()))

    def _judged(self, events: list[ReviewJudged]) -> None:
        """Log the last judgement of each review of the batch, and give it to the sinks under its log number."""
        topic = REVIEWS_JUDGED.name
        numbered = []
        for event in events:
            cursor = self.connection.execute(
                "INSERT INTO log (topic, key, value) VALUES (?, ?, ?)", (topic, event.review_id, codec.encode(event))
            )
            assert cursor.lastrowid is not None
            numbered.append((cursor.lastrowid, event))
        if numbered:
            for sink in self.sinks:
                sink(numbered)

    def _release(self, step: Step, held: dict[str, Any]) -> list[Any]:
        """What a step left for later; if that fails on something, each review by itself."""
        assert step.release is not None
        tables = [self.tables[table.name] for table in step.tables]
        for table in tables:
            table.mark()
        work, held_now = dict(held), list(held)
        held.clear()
        try:
            released: list[Any] = step.release(work, *tables)
        except Exception:  # noqa: BLE001 - as for every step
            for table in tables:
                table.rewind()
            if len(held_now) > 1:
                return [event for key in held_now for event in self._release(step, {key: work[key]})]
            row = self._reviews[held_now[0]]
            again = newest_observation(self, held_now[0], row)
            self._fail(step, REVIEWS_COLLECTED, again, traceback.format_exc(), stage=JUDGING)
            return []
        return released

    def _step(self, step: Step, events: list[Any], held: dict[str, Any] | None = None) -> list[Any]:
        tables = [self.tables[table.name] for table in step.tables]
        for table, keys in zip(tables, zip(*map(step.keys, events), strict=True), strict=True):
            table.prefetch(chain.from_iterable(keys))
            table.mark()
        begun = dict(held) if held is not None else None
        try:
            holds = step.hold if held is not None else None
            out: list[Any] = holds(events, held, *tables) if holds else step.run(events, *tables)
        except Exception:  # noqa: BLE001 - whatever a step raises is the event's fault; the fuse tells if it is not
            for table in tables:
                table.rewind()
            if held is not None and begun is not None:
                held.clear()
                held.update(begun)
            if len(events) > 1:
                return [produced for event in events for produced in self._step(step, [event], held)]
            self._fail(step, topic_of(events[0]), codec.encode(events[0]), traceback.format_exc())
            return []
        for _ in events[:WINDOW]:
            self._fuses[step.name].note(failed=False)
        return out

    # --- failures --------------------------------------------------------------------------------------------

    def _decoded(self, topic: str, value: bytes) -> Any:
        try:
            return codec.decode(topic, value)
        except InvalidEvent as error:
            self._bury(DeadLetter(stage="decode", reason=str(error), payload=value, topic=topic, died_at=self.clock()))
            return None

    def _fail(self, step: Step, topic: Topic, payload: bytes, trace: str, *, stage: str | None = None) -> None:
        if self._fuses[step.name].would_blow():
            raise FuseBlown(
                f"the step {step.name!r} fails on too many events to go on ({trace.strip().splitlines()[-1]}); nothing "
                "was acknowledged: mend the cause and start again, earlier failures are in `molva dead-letters`"
            )
        self._fuses[step.name].note(failed=True)
        self._bury(
            DeadLetter(
                stage=stage or step.name,
                reason=trace.strip().rsplit("\n", 1)[-1][:2000],
                payload=payload,
                topic=topic.name,
                died_at=self.clock(),
                traceback=trace[-20_000:],
            )
        )

    def retry(self, letters: Mapping[int, DeadLetter]) -> int:
        """Give the log what these dead letters need to be done again, and drop them; gives how many.

        What never was an event (a row of a file, a mail) stays: mend its source and collect again.
        """
        stages = {"decode", JUDGING, *self._fuses}
        done = 0
        with self.transaction():
            for number, letter in letters.items():
                found = to_repeat(letter, self, self._reviews, stages)
                if found is not None:
                    sql = "INSERT INTO log (topic, key, value) VALUES (?, ?, ?)"
                    self.connection.execute(sql, (REVIEWS_COLLECTED.name, *found))
                    self.connection.execute("DELETE FROM dead_letters WHERE n = ?", (number,))
                    done += 1
            if done:
                mark_day(self.connection, self.clock())
        return done


@contextmanager
def collector_at_rest() -> Iterator[None]:
    """No search for cycles meanwhile: a batch makes very many small values, and what it leaves behind is no cycle."""
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()
