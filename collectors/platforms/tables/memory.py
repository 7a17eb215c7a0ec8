"""How far a file was read, so that an unchanged one is left alone and a growing one is read on from there."""

from __future__ import annotations

from hashlib import blake2b
from pathlib import Path

import msgspec

_HEAD, _TAIL = 65_536, 4_096


class Memory(msgspec.Struct, frozen=True):
    """A file as it was: its size and time of change, the offset and the row up to which it was read.

    ``head`` and ``tail`` hash its first bytes and the last before the offset: whoever only adds lines keeps both.
    """

    size: int
    changed: int
    offset: int
    number: int
    head: bytes
    tail: bytes
    done: bool


def recall(data: bytes | None) -> Memory | None:
    """The memory in a cursor's bytes, or None."""
    try:
        return msgspec.msgpack.decode(data, type=Memory) if data else None
    except msgspec.MsgspecError:
        return None


def remember(path: Path, *, offset: int, number: int, done: bool) -> bytes:
    """The bytes that ``recall`` takes: the file was read up to ``offset``, which is row ``number``."""
    stat = path.stat()
    head, tail = _marks(path, offset)
    return msgspec.msgpack.encode(Memory(stat.st_size, stat.st_mtime_ns, offset, number, head, tail, done))


def unchanged(path: Path, memory: Memory | None) -> bool:
    """Whether the file was read to its end and is still the same."""
    stat = path.stat()
    return memory is not None and memory.done and (stat.st_size, stat.st_mtime_ns) == (memory.size, memory.changed)


def resume(path: Path, memory: Memory | None) -> tuple[int, int]:
    """The offset and the row from which to read on; zeros when the file is another one now."""
    if memory is None or not memory.offset or path.stat().st_size < memory.offset:
        return 0, 0
    same = _marks(path, memory.offset) == (memory.head, memory.tail)
    return (memory.offset, memory.number) if same else (0, 0)


def _marks(path: Path, offset: int) -> tuple[bytes, bytes]:
    with path.open("rb") as file:
        head = blake2b(file.read(min(_HEAD, offset)), digest_size=16).digest()
        file.seek(max(0, offset - _TAIL))
        return head, blake2b(file.read(min(_TAIL, offset)), digest_size=16).digest()
