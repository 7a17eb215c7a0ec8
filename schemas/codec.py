"""Bytes <-> events. JSON, so that any Kafka tool shows what travels; the only raiser of ``InvalidEvent``."""

from __future__ import annotations

from typing import Any

import msgspec

from schemas.events import ReviewCollected
from schemas.topics import BY_NAME, TOPICS

MAX_BYTES = 1_000_000
"""A record's size; Kafka's default limit is a little over it."""


class InvalidEvent(ValueError):  # noqa: N818 - named by what it is, as Kafka's and the field's errors are
    """Bytes that are no event of their topic. The message says why, in words for a person."""


_encoder = msgspec.json.Encoder()


def union(types: tuple[type[Any], ...]) -> Any:
    """The type that a topic with these events carries."""
    union: Any = types[0]
    for other in types[1:]:
        union = union | other
    return union


_decoders = {topic.name: msgspec.json.Decoder(union(topic.events)) for topic in TOPICS}


def encode(event: Any) -> bytes:
    """The event's bytes; raises InvalidEvent when they pass ``MAX_BYTES`` or would hold somebody's contact."""
    if isinstance(event, ReviewCollected) and event.review.author and event.review.author.contact:
        raise InvalidEvent("a contact must be hashed before its review is published")
    data = _encoder.encode(event)
    if len(data) > MAX_BYTES:
        raise InvalidEvent(f"{type(event).__name__} has {len(data)} bytes, more than {MAX_BYTES}")
    return data


def decode(topic: str, data: bytes) -> Any:
    """The event that ``data`` is on ``topic``; raises InvalidEvent for anything else and KeyError for no topic."""
    decoder = _decoders[BY_NAME[topic].name]
    if len(data) > MAX_BYTES:
        raise InvalidEvent(f"a record of {len(data)} bytes, more than {MAX_BYTES}")
    try:
        return decoder.decode(data)
    except RecursionError:
        raise InvalidEvent("JSON nested too deep") from None
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise InvalidEvent(str(error)) from error
