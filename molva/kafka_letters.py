"""Dead letters on Kafka: what could not be processed, and its way back after a mend.

A consumer group's place in the dead-letter topics says which letters are settled; nothing is ever removed by hand.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

import msgspec

from indexer.feed import Feed, Item
from molva.bus import KafkaBus
from schemas.codec import InvalidEvent, decode
from schemas.connection import Connection
from schemas.events import DeadLetter
from schemas.records import Record, decode_dead, record
from schemas.topics import TOPICS, Topic

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
    """Give every open letter's original bytes back to its topic; how many were, and how many were not.

    What a collector could not read is no event: it stays a dead letter, for its source will be collected again.
    """
    done = kept = 0
    with KafkaBus(connection) as bus:
        for topic in TOPICS:
            with _feed(connection, topic) as feed:
                items = list(_waiting(feed))
                for item in items:
                    letter = _letter(item)
                    if letter is None:
                        continue
                    if letter.source is None:
                        bus.send(_original(topic, letter))
                        done += 1
                    else:
                        bus.dead_letter(letter)
                        kept += 1
                bus.flush()
                if items:
                    feed.commit(items)
    return done, kept


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


def _original(topic: Topic, letter: DeadLetter) -> Record:
    """The record as it was; an event that is understood by now goes where today's release puts it."""
    with contextlib.suppress(InvalidEvent):
        return record(decode(topic.name, letter.payload))
    return Record(topic.name, letter.key, letter.payload)
