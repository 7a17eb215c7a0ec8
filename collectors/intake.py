"""What a run has taken in: checked, stamped with the time and its ids, its contacts hashed, published, counted."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Any

import msgspec
from msgspec.structs import replace

from collectors import listing
from collectors.configured import Source
from collectors.cursors import Pending, State
from collectors.plugin import Rejected
from collectors.publisher import Publisher
from schemas import identity, wire
from schemas.codec import InvalidEvent
from schemas.events import DeadLetter, Observation, Review
from schemas.topics import REVIEWS_COLLECTED

BATCH = 500
"""Observations after which what was published is flushed and the cursor moves."""
BATCH_SECONDS = 2.0
"""Seconds after which the same happens, so that a slow listing shows its first reviews early."""
MAX_PAYLOAD = 600_000
"""Bytes of a dead letter's payload; base64 makes of them a record that Kafka still takes."""
MOST_REASONS = 1_000
"""Reasons of rejections that are kept for whoever has sent them."""
ACCEPTED = "accepted"
"""The key of a source's state that says that what its next whole listing lacks is really gone."""
STAGE = "collect"

Counts = dict[str, int]


class Intake:
    """Takes what one source yields.

    ``cursor`` is what the collector sees of its state, ``counts`` and ``rejections`` (key and reason) what has come of
    it so far.
    """

    def __init__(
        self,
        source: Source,
        state: State,
        publisher: Publisher,
        *,
        contact_key: bytes,
        now: Callable[[], datetime],
        whole: bool = False,
    ) -> None:
        """Begin to take in.

        Args:
            source: Who yields.
            state: Its memory.
            publisher: Where observations go.
            contact_key: The secret under which contacts are hashed.
            now: The clock.
            whole: Whether this may become a whole listing, which ``close_listing`` ends.
        """
        self._source, self._state, self._publisher = source, state, publisher
        self._contact_key, self._now, self._whole = contact_key, now, whole
        self.cursor = Pending(state, "cursor/")
        self.counts: Counts = {"seen": 0, "published": 0, "rejected": 0, "withdrawn": 0}
        self._events: list[Observation] = []
        self._settled_at = time.monotonic()
        self._last = datetime.min.replace(tzinfo=UTC)
        self._newest: datetime | None = None
        self._present: list[listing.Listed] = []
        self.rejections: list[tuple[str | None, str]] = []

    def take_all(self, items: Iterator[Any]) -> None:
        """Take every item, settling now and then; raises what the collector raises."""
        for item in items:
            self.take(item)
            waiting = len(self._events)
            if waiting >= BATCH or (waiting and time.monotonic() - self._settled_at > BATCH_SECONDS):
                self.settle()

    def take(self, item: Any) -> None:
        """Take one review, or what stands in its place."""
        self.counts["seen"] += 1
        if isinstance(item, Rejected):
            self._reject(item.reason, item.payload, key=item.key)
            return
        try:
            seen = item if isinstance(item, wire.Seen) else _checked(item)
            self._observe(seen)
        except (InvalidEvent, UnicodeError, msgspec.MsgspecError, TypeError) as error:
            self._reject(str(error), _bytes(item))

    def close_listing(self) -> None:
        """The listing was read whole: publish what is withdrawn; raises LayoutChanged for too much."""
        before = listing.read(self._state.get("listing"))
        if self.counts["rejected"]:
            # What could not be read may be what seems absent: nobody is missed this time.
            self.settle({"listing": listing.write(before | listing.by_key(self._present))})
            return
        accepted = self._state.get(ACCEPTED) is not None
        entries, gone = listing.compare(before, self._present, accepted=accepted)
        for one in gone:
            self._events.append(identity.withdraw(one.source, one.id, one.subject, observed_at=self._stamp()))
            self.counts["withdrawn"] += 1
        self.settle({"listing": listing.write(entries), ACCEPTED: None})

    def settle(self, changes: Mapping[str, bytes | None] | None = None) -> None:
        """Publish, flush, and only then move the cursor and apply ``changes``, all in one transaction."""
        moved = self.cursor.take()
        if self._events:
            self._publisher.publish(self._events)
            self.counts["published"] += len(self._events)
            self._events = []
        self._publisher.flush()
        self._state.apply({**moved, **(changes or {})})
        self._settled_at = time.monotonic()

    @property
    def newest(self) -> bytes | None:
        """The newest publication time seen, for ``since``; the one before when nothing newer came."""
        before = self._state.get("since")
        times = [self._newest] if self._newest else []
        times += [datetime.fromisoformat(before.decode())] if before else []
        return max(times).isoformat().encode() if times else None

    def _observe(self, seen: wire.Seen) -> None:
        review = seen.review
        at = min(seen.collected_at, self._now()) if seen.collected_at else self._stamp()
        if seen.withdrawn:
            if not review.id:
                raise wire.InvalidReview("a withdrawal needs the id of its review")
            self._events.append(identity.withdraw(review.source, review.id, review.subject, observed_at=at))
            self.counts["withdrawn"] += 1
            return
        if review.channel == "file":
            review = replace(review, channel=self._source.collector.channel)
        self._events.append(identity.observe(review, observed_at=at, contact_key=self._contact_key))
        entry = listing.entry(review) if self._whole else None
        if entry:
            self._present.append(entry)
        published = review.published_at
        # A date in the future would hide all that is published until then.
        if published and published <= self._now() + timedelta(days=1):
            self._newest = max(published, self._newest or published)

    def _stamp(self) -> datetime:
        """The time, always later than the last one: two rows of one review come in their order."""
        self._last = max(self._now(), self._last + timedelta(microseconds=1))
        return self._last

    def _reject(self, reason: str, payload: bytes, *, key: str | None = None) -> None:
        if len(payload) > MAX_PAYLOAD:
            whole = (
                f"; of {len(payload)} bytes (SHA-256 {sha256(payload).hexdigest()}) the first {MAX_PAYLOAD} are kept"
            )
            payload, reason = payload[:MAX_PAYLOAD], reason + whole
        self.counts["rejected"] += 1
        if len(self.rejections) < MOST_REASONS:
            self.rejections.append((key, reason))
        self._publisher.dead_letter(
            DeadLetter(
                stage=STAGE,
                reason=wire.clean(reason)[:10_000],
                payload=payload,
                topic=REVIEWS_COLLECTED.name,
                died_at=self._now(),
                key=key.encode("utf-8", "replace")[:1_000] if key else None,
                source=self._source.name,
            )
        )


def _checked(item: Any) -> wire.Seen:
    """The review with every field bounded and cleaned, as if it had come from outside; raises InvalidReview."""
    if not isinstance(item, Review):
        raise wire.InvalidReview(f"a collector yields Review, Seen or Rejected, not {type(item).__name__}")
    return wire.read(wire.write_review(item))


def _bytes(item: Any) -> bytes:
    """What can be kept of an item that is no review, without the author's contact."""
    if isinstance(item, wire.Seen):
        item = item.review
    if isinstance(item, Review):
        if item.author and item.author.contact:
            item = replace(item, author=replace(item.author, contact=None))
        item = msgspec.to_builtins(item)
    return json.dumps(item, default=repr).encode("ascii", "replace")
