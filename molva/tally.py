"""Counts what came in and what became of it, so that ``molva run`` can show that nothing went missing."""

from __future__ import annotations

import threading
from collections import Counter
from typing import Any

import msgspec

from collectors.configured import Source
from collectors.cursors import State
from collectors.intake import STAGE, Counts
from collectors.plugin import Received
from collectors.runner import Receipt, Run, Runner
from molva.embedded import JUDGING, READER, EmbeddedHost
from schemas import codec
from schemas.codec import InvalidEvent
from schemas.events import DeadLetter, ObservationSettled
from schemas.topics import REVIEWS_COLLECTED

OUTCOMES = ("new", "edited", "updated", "unchanged", "withdrawn", "rejected")
"""What an observation can turn out to be; ``rejected`` is the withdrawal of a review that nobody has seen."""
Row = dict[str, Any]


class Tally:
    """What this process took in, by source, and the outcomes, by the source that a review names.

    The two sides are counted in different places: here what collectors and gateway took, there what the pipeline
    settled and what the dead letters hold. ``total`` lays them side by side.
    """

    def __init__(self) -> None:
        self.outcomes: Counter[tuple[str, str]] = Counter()
        self._taken: dict[str, Counter[str]] = {}
        self._last: dict[str, Run] = {}
        self._lock = threading.Lock()
        self._host: EmbeddedHost | None = None
        self._left = self._buried = 0

    def begin(self, host: EmbeddedHost) -> None:
        """Note what waits in the log from an earlier process, and the dead letters that are there already."""
        self._host = host
        self._left = self._unread()
        with host.transaction() as connection:
            (self._buried,) = connection.execute("SELECT coalesce(max(n), 0) FROM dead_letters").fetchone()
        host.listeners.append(self._settled)

    def took(self, name: str, counts: Counts, run: Run | None = None) -> None:
        """Count what a source took in, and how it ended if it was a run."""
        with self._lock:
            self._taken.setdefault(name, Counter()).update(counts)
            if run is not None:
                self._last[name] = run

    def rows(self) -> list[Row]:
        """A row for each source that was called; for each other label that reviews named; and the total.

        A source's row says what it saw, published and rejected. Outcomes stand at the label that a review names, which
        for files may be another than the source's.
        """
        by_label: dict[str, Counter[str]] = {}
        for (label, outcome), number in self.outcomes.copy().items():
            by_label.setdefault(label, Counter())[outcome] += number
        rows: list[Row] = []
        for name, taken in self._taken.items():
            last, found = self._last.get(name), by_label.pop(name, Counter[str]())
            rows.append(
                {
                    "source": name,
                    "ending": last.ending if last else "",
                    "seen": taken["seen"],
                    "published": taken["published"],
                    **{outcome: found[outcome] for outcome in OUTCOMES},
                    "dead_letters": taken["rejected"],
                    "seconds": last.seconds if last else None,
                    "why": last.why if last else "",
                }
            )
        rows += [{"source": label} | {o: found[o] for o in OUTCOMES} for label, found in by_label.items()]
        return [*rows, self.total()]

    def total(self) -> Row:
        """All sources together; ``adds_up`` says that each item seen has its outcome or its dead letter.

        ``seen`` counts what collectors and gateway took in, withdrawals that a listing's gaps told of, and what an
        earlier process had left in the log; ``waiting`` what this one leaves there for the next.
        """
        taken = sum((Counter(one) for one in self._taken.values()), Counter[str]())
        # A row that says "withdrawn" was seen; a review that is no longer listed was not, but is published.
        absent = sum(
            min(one["withdrawn"], max(0, one["published"] + one["rejected"] - one["seen"]))
            for one in self._taken.values()
        )
        outcomes = {name: sum(n for (_, o), n in self.outcomes.items() if o == name) for name in OUTCOMES}
        dead, waiting = self._dead_letters(), self._unread()
        seen = taken["seen"] + absent + self._left
        return {
            "source": "total",
            "ending": "",
            "seen": seen,
            "published": taken["published"],
            **outcomes,
            "dead_letters": dead,
            "waiting": waiting,
            "adds_up": seen == sum(outcomes.values()) + dead + waiting,
        }

    def _settled(self, event: ObservationSettled) -> None:
        self.outcomes[event.source, "unchanged" if event.repeated else event.outcome] += 1

    def _unread(self) -> int:
        """The observations in the log that the pipeline has not read yet."""
        if self._host is None:
            return 0
        with self._host.transaction() as connection:
            (number,) = connection.execute(
                "SELECT count(*) FROM log WHERE topic = ? AND n > ?",
                (REVIEWS_COLLECTED.name, self._host.read_to(REVIEWS_COLLECTED, READER)),
            ).fetchone()
        return int(number)

    def _dead_letters(self) -> int:
        """The items among the dead letters that came since the beginning."""
        if self._host is None:
            return 0
        with self._host.transaction() as connection:
            letters = connection.execute(
                "SELECT letter FROM dead_letters WHERE n > ? AND topic = ?", (self._buried, REVIEWS_COLLECTED.name)
            ).fetchall()
        return sum(_is_item(msgspec.msgpack.decode(letter, type=DeadLetter)) for (letter,) in letters)


def _is_item(letter: DeadLetter) -> bool:
    """Whether the letter stands for something that came in, and not for a row that failed after it was settled."""
    if letter.stage in {STAGE, "decode", JUDGING}:
        return letter.stage != JUDGING
    try:
        codec.decode(REVIEWS_COLLECTED.name, letter.payload)
    except InvalidEvent:
        return False
    return True


class CountedRunner(Runner):
    """A runner that tells the tally what every run and every request brought."""

    def __init__(self, tally: Tally, **given: Any) -> None:
        super().__init__(**given)
        self._tally = tally

    def run(self, source: Source, state: State, **given: Any) -> Run:
        """See Runner."""
        run = super().run(source, state, **given)
        counts = {name: getattr(run, name) for name in ("seen", "published", "rejected", "withdrawn")}
        self._tally.took(source.name, counts, run)
        return run

    def receive(self, source: Source, state: State, received: Received) -> Receipt:
        """See Runner."""
        receipt = super().receive(source, state, received)
        self._tally.took(source.name, receipt.counts)
        return receipt
