"""Events <-> Kafka's records: topic, key, value, partition and headers, the same for every producer."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import msgspec
from msgspec.structs import replace

from schemas.codec import encode
from schemas.events import AuthorPlaced, DeadLetter, FingerprintBanded
from schemas.topics import BY_NAME, Topic, key_of, topic_of

VERSION = b"1"
"""The version of the events' shapes; it changes when old readers could not read new bytes."""
MAX_DEAD_BYTES = 2_500_000
"""A dead letter's size: the largest record in base64, and its traceback."""
_MAX_REASON = 2_000
_MAX_TRACEBACK = 20_000

_json = msgspec.json.Encoder()
_dead = msgspec.json.Decoder(DeadLetter)


class Record(msgspec.Struct, frozen=True):
    """One record as it goes to Kafka.

    ``partition`` is None when the key's hash decides, ``value`` to take a key away.
    """

    topic: str
    key: bytes | None
    value: bytes | None
    partition: int | None = None
    headers: tuple[tuple[str, bytes], ...] = ()


def record(event: Any) -> Record:
    """The record of an event; raises InvalidEvent when it is too large and KeyError when it travels on no topic."""
    headers: tuple[tuple[str, bytes], ...] = (("event", type(event).__name__.encode()), ("version", VERSION))
    if event_id := getattr(event, "event_id", None):
        headers += (("event-id", event_id.encode()),)
    return Record(
        topic=topic_of(event).name,
        key=key_of(event).encode("utf-8", "surrogatepass"),
        value=encode(event),
        partition=event.bucket if isinstance(event, FingerprintBanded | AuthorPlaced) else None,
        headers=headers,
    )


def dead_record(
    topic: Topic,
    *,
    stage: str,
    reason: str,
    payload: bytes,
    at: datetime,
    key: bytes | None = None,
    traceback: str | None = None,
) -> Record:
    """The dead letter of a record of ``topic``, with its original bytes, as a record of the topic's dead letters."""
    return buried(
        DeadLetter(
            stage=stage,
            reason=reason,
            payload=payload,
            topic=topic.name,
            died_at=at,
            key=key,
            traceback=traceback,
        )
    )


def buried(letter: DeadLetter) -> Record:
    """A dead letter as a record of its topic's dead letters, reason and traceback cut to what fits."""
    kept = replace(
        letter,
        reason=_printable(letter.reason, _MAX_REASON),
        traceback=None if letter.traceback is None else _printable(letter.traceback, _MAX_TRACEBACK),
    )
    topic = BY_NAME[letter.topic]
    return Record(topic.dead, letter.key, _json.encode(kept), None, (("event", b"DeadLetter"), ("version", VERSION)))


def decode_dead(data: bytes) -> DeadLetter:
    """The dead letter that ``data`` is; raises msgspec.MsgspecError for anything else."""
    return _dead.decode(data)


def _printable(text: str, limit: int) -> str:
    """The text cut to ``limit`` code points, its end kept: that is where an error says what it is."""
    text = text if len(text) <= limit else "…" + text[1 - limit :]
    return text.encode("utf-8", "replace").decode()
