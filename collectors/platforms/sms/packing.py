"""What the telephone network and gateways do to a text on its way, undone: seven-bit letters, hexadecimal, parts."""

from __future__ import annotations

import base64
import binascii
import re
from urllib.parse import unquote

import msgspec

# GSM 03.38, the seven-bit alphabet: what the control characters of ASCII are letters of.
_GSM = dict(
    zip(
        (0, *range(1, 10), 11, 12, 14, 15, *range(16, 27), *range(28, 32)),
        "@£$¥èéùìòÇØøÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ",
        strict=True,
    )
)
_BASE64 = re.compile(r"[A-Za-z0-9+/]{40,}={0,2}\Z")
_HEX = re.compile(r"(?:[0-9A-Fa-f]{4}){1,2000}\Z")
# "00350031" is a packed "51"; a text of other digits alone is what somebody has typed.
_DIGITS = re.compile(r"(?:0[04][0-9]{2}){1,2000}\Z")
_WIDE = frozenset({"utf16be", "utf16", "ucs2", "unicode", "8"})
_NARROW = frozenset({"0", "gsm", "gsm7", "7bit", "text"})


class Part(msgspec.Struct, frozen=True):
    """Which part of a message in ``total`` parts this is; ``reference`` is the same for all of them."""

    reference: str
    number: int
    total: int


def unpacked(text: str, charset: str) -> str:
    """The text as it was typed.

    Args:
        text: As the gateway gave it.
        charset: What the gateway says of it in a field (``charset``, ``coding``, ``dcs``), or nothing.
    """
    said = "".join(char for char in charset.lower() if char.isalnum())
    if said in _WIDE and _HEX.match(text) and not (text.isdigit() and not _DIGITS.match(text)):
        return bytes.fromhex(text).decode("utf-16-be", "replace")
    if said.startswith("iso8859") and "%" in text and " " not in text:
        return unquote(text, encoding=charset if _known(charset) else "latin-1", errors="replace")
    if said in ("", *_NARROW) and any(char < " " and char not in "\r\n\t" for char in text):
        return text.translate(_GSM)
    if _BASE64.match(text):
        return _from_base64(text) or text
    return _once(text)


def part_of(udh: str, fields: dict[str, str]) -> Part | None:
    """The part that a user data header (hexadecimal) or a gateway's own fields name, or None for a whole message.

    Args:
        udh: The header, as in ``050003CC0201``: element 00 has a reference of one byte, 08 of two.
        fields: ``reference``, ``number`` and ``total``, as far as they are given.
    """
    return _from_udh(udh) or _from_fields(fields)


def _from_udh(udh: str) -> Part | None:
    digits = re.sub(r"[^0-9A-Fa-f]", "", udh[:600])
    data = bytes.fromhex(digits[: len(digits) // 2 * 2])
    at = 1
    while at + 2 <= len(data):
        kind, length = data[at], data[at + 1]
        value = data[at + 2 : at + 2 + length]
        if (kind, length) in ((0, 3), (8, 4)) and len(value) == length:
            *reference, total, number = value
            return _valid(Part(bytes(reference).hex(), number, total))
        at += 2 + length
    return None


def _from_fields(fields: dict[str, str]) -> Part | None:
    number, total = fields.get("number", ""), fields.get("total", "")
    if not (number.isascii() and number.isdigit() and total.isascii() and total.isdigit() and fields.get("reference")):
        return None
    return _valid(Part(fields["reference"][:100], int(number[:4]), int(total[:4])))


def _valid(part: Part) -> Part | None:
    return part if 1 < part.total <= 255 and 1 <= part.number <= part.total else None


def _known(charset: str) -> bool:
    try:
        b"".decode(charset)
    except LookupError:
        return False
    return True


def _from_base64(text: str) -> str | None:
    """The text inside, if what is inside is text; the last letter may be cut off."""
    try:
        data = base64.b64decode(text + "=" * (-len(text) % 4))
    except (binascii.Error, ValueError):
        return None
    found = data.decode("utf-8", "ignore")
    whole = len(found.encode()) >= len(data) - 3
    readable = sum(char.isprintable() or char in "\r\n\t" for char in found)
    return found if whole and " " in found and readable == len(found) else None


def _once(text: str) -> str:
    """The text, or what it was before its UTF-8 was read as Latin-1 and encoded a second time."""
    if text.isascii():
        return text
    for charset in ("latin-1", "cp1252"):
        try:
            return text.encode(charset).decode("utf-8")
        except UnicodeError:
            continue
    return text
