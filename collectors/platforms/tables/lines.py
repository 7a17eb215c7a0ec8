"""The lines of a file, packed or not, in whatever encoding, with bounded memory.

A line keeps its original bytes, because a row that cannot be read goes to the dead letters as it was.
"""

from __future__ import annotations

import codecs
import contextlib
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path

import msgspec

from collectors.errors import InvalidConfig, Refused

MAX_LINE = 1_000_000
"""Bytes of a line; of a longer one only these are kept."""
SAMPLE = 1_000_000
"""Bytes from which the encoding is recognised."""
_CHUNK = 256 * 1024
_FREQUENT = frozenset("оеаинтсрвлкмдпу ")
_UTF16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


class Line(msgspec.Struct, frozen=True):
    """A line without its end. ``size`` is its length in the file; ``end`` the offset after it, as unpacked."""

    data: bytes
    size: int
    end: int
    whole: bool = True

    @property
    def too_long(self) -> bool:
        """Whether there was more of it than is kept."""
        return self.size > MAX_LINE


def chunks(path: Path, *, offset: int = 0, progress: Callable[[int], None] | None = None) -> Iterator[bytes]:
    """The file's bytes, unpacked when it is gzip and turned to UTF-8 when it is UTF-16.

    Args:
        path: The file.
        offset: Where to begin; only for files that are neither packed nor UTF-16.
        progress: Told the bytes of the file read so far.

    Raises Refused for a broken gzip file, after all that could be read of it.
    """
    pieces = _unpacked(path, offset, progress or _silent)
    first = next(pieces, b"")
    if first[:2] in _UTF16:
        decoder = codecs.getincrementaldecoder("utf-16")(errors="replace")
        yield decoder.decode(first).encode()
        for piece in pieces:
            yield decoder.decode(piece).encode()
        yield decoder.decode(b"", final=True).encode()
        return
    yield first if offset else first.removeprefix(codecs.BOM_UTF8)
    yield from pieces


def lines(pieces: Iterator[bytes], *, start: int = 0) -> Iterator[Line]:
    r"""The lines of the pieces, ended by \n or \r\n; ``start`` is the offset of the first."""
    kept, size, end = bytearray(), 0, start
    for piece in pieces:
        at = 0
        while (stop := piece.find(b"\n", at)) >= 0:
            kept += piece[at : min(stop, at + MAX_LINE - len(kept))]
            size += stop - at
            end += size + 1
            yield Line(bytes(kept).removesuffix(b"\r"), size, end)
            kept, size, at = bytearray(), 0, stop + 1
        kept += piece[at : at + MAX_LINE - len(kept)]
        size += len(piece) - at
    if size:
        yield Line(bytes(kept).removesuffix(b"\r"), size, end + size, whole=False)


def recognise(path: Path) -> str:
    """The file's encoding, utf-8 or cp1251; raises InvalidConfig when it looks like neither."""
    sample = _sample(path)
    every = sample.split(b"\n")[:-1] or [sample]
    rows = [row for row in every if not row.isascii()]
    good = sum(_is_utf8(row) for row in rows)
    # A few broken rows do not make another encoding of the file.
    if good * 2 >= len(rows):
        return "utf-8"
    text = b" ".join(row for row in rows if not _is_utf8(row)).decode("cp1251", "replace").lower()
    high = [letter for letter in text if letter > "\x7f"]
    if sum(letter in _FREQUENT for letter in high) > 0.5 * len(high):
        return "cp1251"
    if (len(rows) - good) * 2 < len(every):
        return "utf-8"
    raise InvalidConfig(f'{path.name} is neither UTF-8 nor windows-1251; write encoding = "…"')


def _sample(path: Path) -> bytes:
    """The first bytes; of a file that breaks off what there is, because its rows count until there."""
    sample = b""
    with contextlib.suppress(Refused):
        for piece in chunks(path):
            sample += piece
            if len(sample) >= SAMPLE:
                break
    return sample[:SAMPLE]


def _is_utf8(row: bytes) -> bool:
    try:
        row.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def _unpacked(path: Path, offset: int, progress: Callable[[int], None]) -> Iterator[bytes]:
    with path.open("rb") as file:
        file.seek(offset)
        data = file.read(_CHUNK)
        if offset or data[:2] != b"\x1f\x8b":
            while data:
                yield data
                progress(file.tell())
                data = file.read(_CHUNK)
            return
        stream = zlib.decompressobj(31)
        while data or stream.unconsumed_tail:
            try:
                yield stream.decompress(stream.unconsumed_tail + data, _CHUNK)
            except zlib.error as error:
                raise Refused(f"{path.name}: broken gzip near byte {file.tell()}: {error}") from None
            if stream.eof:
                # A gzip file may be several, one after the other.
                data = stream.unused_data or file.read(_CHUNK)
                stream = zlib.decompressobj(31)
                if not data.strip(b"\0"):
                    return
                continue
            progress(file.tell())
            data = b"" if stream.unconsumed_tail else file.read(_CHUNK)
        if not stream.eof:
            raise Refused(f"{path.name}: the gzip file ends in the middle; what there was has been read")


def _silent(_done: int) -> None:
    """Progress that nobody asked for."""
