"""Dead letters on Kafka: what could not be processed, and its way back after a mend.

A consumer group's place in the dead-letter topics says which letters are settled; nothing is ever removed by hand.

Time goes on while a letter waits: behind newer records of its review an old fact, evidence or judgement would replace
them. So what comes back is that from which its work is made anew as things are now: the newest observation of the
review, or its newest judgement. An observation comes back itself, for a review knows an old one.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any

import msgspec

from indexer.feed import Feed, Item
from molva.bus import KafkaBus
from schemas.codec import InvalidEvent, decode
from schemas.connection import Connection
from schemas.events import DeadLetter
from schemas.records import Record, decode_dead, record
from schemas.topics import ALERTS_RAISED, ORDERS_PLACED, REVIEWS_COLLECTED, REVIEWS_JUDGED, TOPICS, Topic

GROUP = "molva-dead-letters"


class Open(msgspec.Struct, frozen=True):
    """A dead letter that nobody has settled; ``place`` is its topic, partition and offset."""

    place: str
    letter: DeadLetter


def unsettled(connection: Connection) -> Iterator[Open]:
    """All open dead letters, those of a partition in order."""
    for topic in TOPICS:
        with _feed(connection, topic) as feed:
            for item in _waiting(feed):
                if (letter := _letter(item)) is not None:
                    yield Open(f"{topic.dead}/{item.partition}/{item.offset}", letter)


def retry(connection: Connection) -> tuple[int, int]:
    """Give the topics what every open letter needs to be done again; how many letters are settled, and how many not.

    What a collector could not read is no event: it stays a dead letter, for its source will be collected again.
    """
    with contextlib.ExitStack() as stack:
        bus = stack.enter_context(KafkaBus(connection))
        feeds = [stack.enter_context(_feed(connection, topic)) for topic in TOPICS]
        items = [list(_waiting(feed)) for feed in feeds]
        letters = [letter for some in items for item in some if (letter := _letter(item)) is not None]
        kept = [letter for letter in letters if letter.source is not None]
        events = [letter for letter in letters if letter.source is None]
        anew = [_anew(letter) for letter in events]
        newest = {
            topic: _newest(connection, topic, {review_id for other, review_id in filter(None, anew) if other is topic})
            for topic in (REVIEWS_COLLECTED, REVIEWS_JUDGED)
        }
        for letter, place in zip(events, anew, strict=True):
            found = newest[place[0]].get(place[1]) if place else None
            bus.send(found or _original(letter))
        for letter in kept:
            bus.dead_letter(letter)
        bus.flush()
        for feed, some in zip(feeds, items, strict=True):
            if some:
                feed.commit(some)
    return len(events), len(kept)


def _anew(letter: DeadLetter) -> tuple[Topic, str] | None:
    """The topic and the review whose newest record makes a letter's work anew; None when only its own bytes can."""
    if letter.topic in {REVIEWS_COLLECTED.name, ALERTS_RAISED.name, ORDERS_PLACED.name}:
        return None
    try:
        review_id: str = decode(letter.topic, letter.payload).review_id
    except InvalidEvent:
        return None
    return (REVIEWS_JUDGED if letter.topic == REVIEWS_JUDGED.name else REVIEWS_COLLECTED), review_id


def _newest(connection: Connection, topic: Topic, review_ids: set[str]) -> dict[str, Record]:
    """The newest record of each of these reviews in a topic: the last seen observation, or the last judgement."""
    found: dict[str, tuple[Any, Record]] = {}
    with Feed(connection, topic, None) as feed:
        keys = {review_id.encode("utf-8", "surrogatepass") for review_id in review_ids}
        for item in _waiting(feed) if keys else ():
            if item.key not in keys:
                continue
            with contextlib.suppress(InvalidEvent):
                event = decode(topic.name, item.value or b"")
                age = item.offset if topic is REVIEWS_JUDGED else event.observed_at
                if event.review_id not in found or found[event.review_id][0] <= age:
                    found[event.review_id] = age, record(event)
    return {review_id: item for review_id, (_, item) in found.items()}


def _feed(connection: Connection, topic: Topic) -> Feed:
    dead = Topic(topic.dead, topic.key, (DeadLetter,), topic.keep, topic.owner, topic.readers)
    return Feed(connection, dead, GROUP, alone=True)


def _waiting(feed: Feed) -> Iterator[Item]:
    """What lies before the group's place now; letters that come meanwhile are left for the next time."""
    left = feed.lag()
    while left > 0:
        for item in feed.poll(seconds=5, limit=left):
            left -= 1
            yield item


def _letter(item: Item) -> DeadLetter | None:
    try:
        return decode_dead(item.value or b"")
    except msgspec.MsgspecError:
        return None


def _original(letter: DeadLetter) -> Record:
    """The record as it was; an event that is understood by now goes where today's release puts it."""
    with contextlib.suppress(InvalidEvent):
        return record(decode(letter.topic, letter.payload))
    return Record(letter.topic, letter.key, letter.payload)
