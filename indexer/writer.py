"""Judgements -> the index: bulks of what a feed gives, committed when the store has answered for every document."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime

import msgspec

from indexer.feed import Feed, Item
from indexer.stores import Failure, Store
from schemas.codec import InvalidEvent, decode
from schemas.events import ReviewJudged
from schemas.fuse import Fuse
from schemas.records import Record, dead_record
from schemas.topics import REVIEWS_JUDGED

log = logging.getLogger(__name__)

FIRST_PAUSE, LONGEST_PAUSE = 0.5, 15.0
"""Seconds between attempts at documents that the store could not take."""
STAGE = "indexer"


class FuseBlown(RuntimeError):  # noqa: N818 - a fuse blows, it does not err
    """Too many documents are refused for it to be their fault. Nothing of the last batch was acknowledged."""


class Counts(msgspec.Struct):
    """What a writer did: documents written, attempts at what the store could not take, dead letters."""

    written: int = 0
    retried: int = 0
    dead: int = 0


class Writer:
    """Writes a feed of ``reviews-judged`` into a store.

    Args:
        feed: Whose records' offsets are the documents' external versions.
        store: Where they go.
        bury: Publishes dead letters; returns when they are safe.
        stopping: Asked between attempts; true ends the work without acknowledging.
    """

    def __init__(
        self,
        feed: Feed,
        store: Store,
        *,
        bury: Callable[[Sequence[Record]], object],
        stopping: Callable[[], bool] = lambda: False,
    ) -> None:
        self.counts = Counts()
        self.beat = time.monotonic()
        self._feed, self._store, self._bury, self._stopping = feed, store, bury, stopping
        self._fuse = Fuse()

    def step(self, *, seconds: float = 1.0) -> int:
        """Take one batch from the feed into the store; returns how many records were done.

        Raises:
            FuseBlown: The stage stops; see its dead letters and log.
        """
        self.beat = time.monotonic()
        items = self._feed.poll(seconds=seconds)
        if not items or not self.take(items) or not self._feed.commit(items):
            return 0
        return len(items)

    def take(self, items: Sequence[Item]) -> bool:
        """Write records' documents and bury what is refused; false when it was stopped before all was done.

        Raises:
            FuseBlown: see ``step``.
        """
        judged: list[tuple[int, ReviewJudged]] = []
        sources: dict[tuple[str, int], Item] = {}
        wrong: list[tuple[Item, str]] = []
        for item in items:
            try:
                event = decode(REVIEWS_JUDGED.name, item.value or b"")
            except InvalidEvent as error:
                wrong.append((item, str(error)))
            else:
                judged.append((item.offset, event))
                sources[event.review_id, item.offset] = item
        refused = self._write(judged)
        if refused is None:
            return False
        wrong += [(sources[failure.review_id, failure.external], failure.reason) for failure in refused]
        self._bury_all(wrong, good=len(items) - len(wrong))
        self.counts.written += len(items) - len(wrong)
        return True

    def _write(self, judged: list[tuple[int, ReviewJudged]]) -> list[Failure] | None:
        """Write until the store has answered for all; the documents refused for good, or None when stopped."""
        refused: list[Failure] = []
        pause = FIRST_PAUSE
        while judged:
            failures = self._store.write(judged)
            refused += [failure for failure in failures if not failure.retry]
            again = {(failure.review_id, failure.external) for failure in failures if failure.retry}
            judged = [(number, event) for number, event in judged if (event.review_id, number) in again]
            if judged:
                reason = next(failure.reason for failure in failures if failure.retry)
                log.warning("%d documents again in %.1f s: %s", len(judged), pause, reason)
                self.counts.retried += len(judged)
                if self._rest(pause):
                    return None
                pause = min(2 * pause, LONGEST_PAUSE)
        return refused

    def _rest(self, pause: float) -> bool:
        """Wait inside the group; true when the work is to end."""
        until = time.monotonic() + pause
        while (left := until - time.monotonic()) > 0 and not self._stopping():
            self._feed.rest(min(left, 1.0))
            self.beat = time.monotonic()
        return self._stopping()

    def _bury_all(self, wrong: list[tuple[Item, str]], *, good: int) -> None:
        for _ in range(good):
            self._fuse.note(failed=False)
        letters: list[Record] = []
        for item, reason in wrong:
            if self._fuse.would_blow():
                self._bury(letters)
                raise FuseBlown(f"too many documents are refused to go on ({reason}); see `molva dead-letters`")
            self._fuse.note(failed=True)
            letters.append(
                dead_record(
                    REVIEWS_JUDGED,
                    stage=STAGE,
                    reason=reason,
                    payload=item.value or b"",
                    at=datetime.now(UTC),
                    key=item.key,
                )
            )
        if letters:
            self._bury(letters)
            self.counts.dead += len(letters)
