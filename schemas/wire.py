"""A review outside the process (files, JSON gateway, the lines of ``molva judge``) <-> the events inside.

Reading is lenient in form (an id may be a number, a rating a bare number, a date without time) and strict in sense:
what cannot be understood raises ``InvalidReview`` with a sentence that says which field is wrong and how.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec

from schemas.codec import InvalidEvent
from schemas.events import (
    MAX_LINE,
    MAX_TEXT,
    Author,
    Rating,
    Reply,
    Review,
    Subject,
)

VERIFIED_PURCHASE = "verified-purchase"
MAX_LINE_BYTES = 1_000_000
"""Bytes of one JSON line; a longer one is rejected unread."""

_EARLIEST, _LATEST = datetime(1990, 1, 1, tzinfo=UTC), datetime(2100, 1, 1, tzinfo=UTC)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_UNSAFE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")


class InvalidReview(InvalidEvent):
    """Something that cannot be a review. The message names the field and says what to do."""


class Seen(msgspec.Struct, frozen=True):
    """What a line says: a review, or (``withdrawn``) that the review of this source and id is gone."""

    review: Review
    withdrawn: bool
    collected_at: datetime | None


def parse(line: bytes | str) -> Any:
    """The JSON value of a line; raises InvalidReview. Lone surrogates and NaN pass here and are judged by field."""
    if len(line) > MAX_LINE_BYTES:
        raise InvalidReview(f"a line of {len(line)} bytes, more than {MAX_LINE_BYTES}: split it or cut the text")
    try:
        return msgspec.json.decode(line)
    except RecursionError:
        raise InvalidReview("JSON nested too deep") from None
    except (msgspec.DecodeError, UnicodeError):
        pass
    try:
        return json.loads(line if isinstance(line, str) else line.decode("utf-8-sig"))
    except RecursionError:
        raise InvalidReview("JSON nested too deep") from None
    except UnicodeDecodeError as error:
        raise InvalidReview(f"not UTF-8 at byte {error.start}: convert the file to UTF-8") from None
    except json.JSONDecodeError as error:
        raise InvalidReview(f"not JSON: {error.msg} at character {error.colno}") from None
    except ValueError:
        raise InvalidReview("not JSON that can be read: a number has thousands of digits") from None


def read(data: Any) -> Seen:
    """The review or withdrawal in a parsed line; raises InvalidReview."""
    if not isinstance(data, Mapping):
        raise InvalidReview(f"a review is a JSON object, not {_kind(data)}")
    source = _line(data, "source", required=True)
    subject = _subject(data.get("subject"))
    own_id = _line(data, "id")
    collected_at = _time(data, "collected_at")
    if data.get("withdrawn") is True:
        if not own_id:
            raise InvalidReview("a withdrawal needs the id of the review that is gone")
        return Seen(Review(source=source or "", subject=subject, id=own_id), withdrawn=True, collected_at=collected_at)
    rating = _rating(data.get("rating"))
    text = _text(data, "text") or ""
    pros, cons, title = _text(data, "pros"), _text(data, "cons"), _line(data, "title")
    if rating is None and not (text.strip() or pros or cons or title):
        raise InvalidReview("a review needs text or rating: neither is there")
    badges = _badges(data.get("badges"))
    if data.get("verified") is True and VERIFIED_PURCHASE not in badges:
        badges = (*badges, VERIFIED_PURCHASE)
    review = Review(
        source=source or "",
        subject=subject,
        id=own_id,
        channel=_line(data, "channel") or "file",
        url=_line(data, "url"),
        author=_author(data.get("author")),
        rating=rating,
        title=title,
        text=text,
        pros=pros,
        cons=cons,
        language=_line(data, "language"),
        published_at=_time(data, "published_at"),
        experience_at=_time(data, "experience_at"),
        badges=badges,
        counters=_counters(data.get("counters")),
        order=_line(data, "order"),
        token=_line(data, "token"),
        thread=_line(data, "thread"),
        reply=_reply(data.get("reply")),
    )
    return Seen(review, withdrawn=False, collected_at=collected_at)


def clean(text: str) -> str:
    """The text without NUL bytes, other control characters and lone surrogates, which no store or letter can hold."""
    if text.isprintable():  # the usual case, and the quickest to see
        return text
    return _UNSAFE.sub(lambda match: "\ufffd" if match[0] >= "\ud800" else "", text) if _UNSAFE.search(text) else text


def _kind(value: Any) -> str:
    names = {dict: "an object", list: "a list", str: "a text", bool: "true or false", type(None): "null"}
    return names.get(type(value), "a number")


def _string(data: Mapping[str, Any], name: str, limit: int) -> str | None:
    value = data.get(name)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, str | int):
        raise InvalidReview(f"{name} must be a text, not {_kind(value)}")
    value = clean(str(value)) if isinstance(value, str) else str(value)
    if len(value) > limit:
        raise InvalidReview(f"{name} has {len(value)} characters, more than {limit}")
    return value


def _text(data: Mapping[str, Any], name: str) -> str | None:
    return _string(data, name, MAX_TEXT)


def _line(data: Mapping[str, Any], name: str, *, required: bool = False) -> str | None:
    value = None if data.get(name) is None else ((_string(data, name, MAX_LINE) or "").strip() or None)
    if required and value is None:
        raise InvalidReview(f"{name} is missing")
    return value


def _object(value: Any, name: str) -> Mapping[str, Any] | None:
    if value is None:
        return None
    if not isinstance(value, Mapping):
        raise InvalidReview(f"{name} must be an object, not {_kind(value)}")
    return value


def _subject(value: Any) -> Subject:
    if isinstance(value, str | int) and not isinstance(value, bool):
        value = {"id": value}
    data = _object(value, "subject")
    if data is None:
        raise InvalidReview("subject is missing: say what is reviewed")
    own_id, name = _line(data, "id"), _line(data, "name")
    if not (own_id or name):
        raise InvalidReview("subject needs an id")
    return Subject(id=own_id or name or "", name=name, kind=_line(data, "kind"), url=_line(data, "url"))


def _author(value: Any) -> Author | None:
    if isinstance(value, str):
        value = {"name": value}
    data = _object(value, "author")
    if not data:
        return None
    names = ("id", "name", "handle", "url", "role", "company", "contact", "contact_hash")
    author = Author(**{name: _line(data, name) for name in names})
    return None if author == Author() else author


def _number(value: Any, name: str) -> float:
    if isinstance(value, str):
        try:
            value = float(value.strip().replace(",", "."))
        except ValueError:
            raise InvalidReview(f"{name} is not a number: {value[:40]!r}") from None
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise InvalidReview(f"{name} must be a number, not {_kind(value)}")
    try:
        number = float(value)
    except OverflowError:
        raise InvalidReview(f"{name} is out of range") from None
    if not math.isfinite(number):
        raise InvalidReview(f"{name} is not a finite number")
    return number


def _rating(value: Any) -> Rating | None:
    if value is None:
        return None
    if isinstance(value, str) and value.count("/") == 1:
        value = dict(zip(("value", "best"), value.split("/"), strict=True))
    if not isinstance(value, Mapping):
        value = {"value": value}
    if value.get("value") is None:
        return None
    stated = value.get("best") is not None
    best = _number(value["best"] if stated else 5, "rating.best")
    number = _number(value["value"], "rating.value")
    # a scale whose top is stated and whose bottom is not begins at 0 where it is long or the value says so
    lowest = 0 if stated and (best > 10 or 0 <= number < 1) else 1
    worst = _number(value["worst"] if value.get("worst") is not None else lowest, "rating.worst")
    if not worst < best:
        raise InvalidReview(f"rating.best ({best:g}) must be above rating.worst ({worst:g})")
    if not worst <= number <= best:
        raise InvalidReview(f"rating {number:g} lies outside its scale from {worst:g} to {best:g}")
    return Rating(value=number, best=best, worst=worst)


def _reply(value: Any) -> Reply | None:
    if isinstance(value, str):
        value = {"text": value}
    data = _object(value, "reply")
    text = _text(data, "text") if data else None
    if not data or not text:
        return None
    return Reply(text=text, author=_line(data, "author"), at=_time(data, "at"))


def _badges(value: Any) -> tuple[str, ...]:
    if value is None:
        return ()
    if not isinstance(value, list | tuple) or not all(isinstance(badge, str) for badge in value):
        raise InvalidReview("badges must be a list of texts")
    return tuple(dict.fromkeys(clean(badge)[:MAX_LINE].strip() for badge in value[:32]))


def _counters(value: Any) -> dict[str, int]:
    data = _object(value, "counters") or {}
    return {clean(str(name))[:MAX_LINE]: int(_number(count, f"counters.{name}")) for name, count in data.items()}


def _time(data: Mapping[str, Any], name: str) -> datetime | None:
    value = data.get(name)
    if value is None or value == "":
        return None
    try:
        time = _read_time(value)
    except (ValueError, OverflowError, msgspec.MsgspecError):
        raise InvalidReview(f"{name} is no ISO 8601 time: {str(value)[:40]!r}") from None
    if not _EARLIEST <= time < _LATEST:
        raise InvalidReview(f"{name} lies outside 1990 to 2100: {str(value)[:40]!r}")
    return time


def _read_time(value: Any) -> datetime:
    if isinstance(value, datetime):
        time = value
    elif isinstance(value, int | float) and not isinstance(value, bool):
        seconds = _number(value, "time")
        time = _EPOCH + timedelta(seconds=seconds / 1000 if abs(seconds) > 1e11 else seconds)
    elif isinstance(value, str):
        time = datetime.fromisoformat(value.strip())
    else:
        raise ValueError(value)  # noqa: TRY004 - one kind of error for all that is no time
    return (time if time.tzinfo else time.replace(tzinfo=UTC)).astimezone(UTC)


# --- writing -----------------------------------------------------------------------------------------------------


def write_review(review: Review) -> dict[str, Any]:
    """The review in the shape that ``read`` takes, without empty fields; times in ISO 8601 with Z."""
    data: dict[str, Any] = msgspec.to_builtins(review)
    if not review.counters:
        data.pop("counters", None)
    return data
