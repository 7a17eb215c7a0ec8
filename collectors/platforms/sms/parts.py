"""Long messages come in parts, in any order, some twice, some never: put together again, over restarts too.

What has come lies in the source's cursor. After ``WAIT`` seconds the parts that are there are the message; one that
comes later still makes the same message longer, under the same id.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator

import msgspec

from collectors.platforms.sms.inbound import Message
from collectors.plugin import Cursor, Hashed

WAIT = 600.0
"""Seconds after the first part for which the others are waited for."""
KEEP = 4 * WAIT
"""Seconds after which a message's parts are forgotten; its reference may then be used again."""
GAP = " […] "
"""What stands for a part that never came."""
_PREFIX = "parts "


class Whole(msgspec.Struct, frozen=True):
    """A whole message; ``sender`` is a hash, ``at`` its time, of one in parts the first part's.

    The ``id`` of one that was put together is the same whatever part came last.
    """

    id: str | None
    sender: str
    text: str
    at: float


class _Pending(msgspec.Struct, frozen=True):
    sender: str
    reference: str
    total: int
    since: float
    parts: dict[int, str]
    told: int = 0

    @property
    def whole(self) -> Whole:
        numbers = sorted(self.parts)
        pieces = [self.parts[numbers[0]]] if numbers[0] == 1 else [GAP.lstrip() + self.parts[numbers[0]]]
        for before, number in itertools.pairwise(numbers):
            pieces.append(("" if number == before + 1 else GAP) + self.parts[number])
        if numbers[-1] < self.total:
            pieces.append(GAP.rstrip())
        return Whole(f"{self.sender[:16]}-{self.reference}-{int(self.since)}", self.sender, "".join(pieces), self.since)


class Parts:
    """The parts of one source. Senders are named by a hash; this stores nobody's number."""

    def __init__(self, cursor: Cursor) -> None:
        self._cursor = cursor

    def join(self, messages: Iterable[Message], *, hashed: Hashed, now: float) -> Iterator[Whole]:
        """The messages that are whole, or have become so; the others wait. ``now`` is in seconds since 1970."""
        for message in messages:
            sender, part = hashed(message.sender), message.part
            if part is None:
                at = message.at.timestamp() if message.at else now
                yield Whole(message.id, sender, message.text, at)
                continue
            whole = self.add(sender, part.reference, part.number, part.total, message.text, now=now)
            if whole is not None:
                yield whole

    def add(self, sender: str, reference: str, number: int, total: int, text: str, *, now: float) -> Whole | None:
        """Take one part; returns the message when nothing is missing, or when a late part has made it longer.

        Args:
            sender: A hash of who sent it.
            reference: What the parts of one message have in common.
            number: Which part, from 1.
            total: How many there are.
            text: The part's text.
            now: The time, in seconds since 1970.
        """
        key = f"{_PREFIX}{sender} {reference} {total}"
        group = self._read(key)
        if group is None or now - group.since > KEEP or group.parts.get(number, text) != text:
            group = _Pending(sender, reference, total, now, {})
        group = msgspec.structs.replace(group, parts={**group.parts, number: text})
        complete = len(group.parts) == total
        tell = len(group.parts) > group.told and (complete or group.told > 0)
        if tell:
            group = msgspec.structs.replace(group, told=len(group.parts))
        self._cursor[key] = msgspec.msgpack.encode(group)
        return group.whole if tell else None

    def overdue(self, *, now: float) -> Iterator[Whole]:
        """The messages that have waited long enough for what is missing; old ones are forgotten."""
        for key in [key for key in self._cursor if key.startswith(_PREFIX)]:
            group = self._read(key)
            if group is None or now - group.since > KEEP:
                if group is not None and not group.told:
                    yield group.whole
                del self._cursor[key]
            elif not group.told and now - group.since > WAIT:
                self._cursor[key] = msgspec.msgpack.encode(msgspec.structs.replace(group, told=len(group.parts)))
                yield group.whole

    def _read(self, key: str) -> _Pending | None:
        data = self._cursor.get(key)
        try:
            return msgspec.msgpack.decode(data, type=_Pending) if data else None
        except msgspec.MsgspecError:
            return None
