"""From the bytes of a page to characters: gzip, byte order marks, declared and undeclared character sets.

Older shops of the Russian web still send windows-1251 without saying so, and many pages say something that is not
true; so what the bytes can be counts for more than what a header says they are.
"""

from __future__ import annotations

import codecs
import re
import zlib

from collectors.platforms.page.model import MAX_BYTES, Notes

_META = re.compile(rb"""<meta[^>]{0,300}?charset\s{0,5}=\s{0,5}["']?\s{0,5}([A-Za-z0-9_\-:.]{2,40})""", re.IGNORECASE)
_XML = re.compile(rb"""^\s{0,50}<\?xml[^>]{0,200}?encoding\s{0,5}=\s{0,5}["']([A-Za-z0-9_\-:.]{2,40})""")
_HEADER = re.compile(r"""charset\s{0,5}=\s{0,5}["']?([A-Za-z0-9_\-:.]{2,40})""", re.IGNORECASE)
_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
# Browsers read these labels as the wider Windows sets; so must whoever reads what was made for browsers.
_WIDER = {"iso8859-1": "cp1252", "ascii": "cp1252", "latin-1": "cp1252", "iso8859-9": "cp1254", "gb2312": "gb18030"}
_WIDER |= {"gbk": "gb18030", "shift_jis": "cp932", "euc_kr": "cp949"}
_CYRILLIC = ("cp1251", "koi8-r", "cp866")
_RUN = re.compile(rb"[\x80-\xff]{3,}")
_FREQUENT = frozenset("оеаинтсрвл")


def to_text(body: bytes | str, *, content_type: str | None, notes: Notes) -> str:
    """The page as text without NUL characters and lone surrogates, at most MAX_BYTES characters long."""
    if isinstance(body, str):
        text = body
    else:
        if body[:2] == b"\x1f\x8b":
            body = _gunzip(body, notes)
        if len(body) > MAX_BYTES:
            notes.add(f"the page has {len(body):,} bytes; only the first {MAX_BYTES:,} were read")
            body = body[:MAX_BYTES]
        text = _decode(body, content_type, notes)
    if len(text) > MAX_BYTES:
        notes.add(f"the page has {len(text):,} characters; only the first {MAX_BYTES:,} were read")
        text = text[:MAX_BYTES]
    return text.replace("\0", "").encode("utf-8", "replace").decode("utf-8")


def _gunzip(body: bytes, notes: Notes) -> bytes:
    stream = zlib.decompressobj(31)
    try:
        plain = stream.decompress(body, MAX_BYTES + 1)
    except zlib.error as error:
        notes.add(f"not readable as gzip: {error}")
        return b""
    if len(plain) > MAX_BYTES:
        notes.add(f"the page unpacks to more than {MAX_BYTES:,} bytes; the rest was not read")
    return plain[:MAX_BYTES]


def _decode(body: bytes, content_type: str | None, notes: Notes) -> str:
    for mark, name in _MARKS:
        if body.startswith(mark):
            return body[len(mark) :].decode(name, "replace")
    try:
        return body.decode("utf-8")
    except UnicodeDecodeError as error:
        # A page cut at the size limit may end inside a character.
        if error.start >= len(body) - 4:
            return body.decode("utf-8", "replace")
    declared = _declared(body, content_type)
    if declared is not None and declared not in ("utf-8", "cp1252"):
        return body.decode(declared, "replace")
    if declared == "utf-8":
        text = body.decode("utf-8", "replace")
        if text.count("\ufffd") * 200 < sum(byte > 127 for byte in body[:200_000]) + 1:
            return text
    guessed = _guess(body)
    if declared is None or guessed != declared:
        notes.add(f"character set {guessed} guessed ({'declared as ' + declared if declared else 'none declared'})")
    return body.decode(guessed, "replace")


def _declared(body: bytes, content_type: str | None) -> str | None:
    header = _HEADER.search(content_type[:500]) if content_type else None
    in_page = _XML.search(body[:1024]) or _META.search(body[:8192])
    for label in (header.group(1) if header else None, in_page.group(1).decode("ascii") if in_page else None):
        if label:
            try:
                name = codecs.lookup(label).name
            except LookupError:
                continue
            if name.startswith(("utf-16", "utf-32")):
                # A page whose declaration could be read byte by byte is not in UTF-16, whatever it says.
                name = "utf-8"
            return _WIDER.get(name, name)
    return None


def _guess(body: bytes) -> str:
    """The likeliest single-byte set of bytes that are not UTF-8: Cyrillic by letter frequency, else Western.

    In Cyrillic words nearly every byte is above 127, in Western ones only the accented letters are.
    """
    sample = body[:400_000]
    high = sum(byte > 127 for byte in sample)
    if sum(len(run) for run in _RUN.findall(sample)) * 2 < high:
        return "cp1252"
    scores = {name: sum(char in _FREQUENT for char in sample.decode(name, "replace")) for name in _CYRILLIC}
    best = max(scores, key=lambda name: scores[name])
    return best if scores[best] > 0.3 * high else "cp1252"
