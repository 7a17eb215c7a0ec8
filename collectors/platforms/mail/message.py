"""The bytes of a mail into headers and bodies, repaired where mails in the wild are broken; never raises.

The standard library's parser is lenient about structure; what it lacks stands here: headers with raw 8-bit text or
broken encoded words, wrong charsets (see ``charset``), multiparts whose boundary never comes, uuencoded attachments
within a text, and structures nested so deeply that the parser gives up.
"""

from __future__ import annotations

import base64
import binascii
import email
import email.message
import email.utils
import quopri
import re
from datetime import UTC, datetime

import msgspec

from collectors.platforms.mail.charset import decode
from collectors.platforms.mail.flowed import unflowed

MAX_MAIL = 25_000_000
"""Bytes of a mail that are parsed; attachments beyond are cut off, and told in the warnings."""
MAX_BODY = 1_000_000
"""Code points of one body that are kept."""
_MAX_DEPTH = 200
_MAX_PARTS = 500

_WORD = re.compile(r"=\?([^?\s]{1,60})\?([bq])\?([^?\r\n]{0,4000})\?=", re.IGNORECASE)
_FOLD = re.compile(r"\r?\n[ \t]*|[\r\n]")
_ADDRESS = re.compile(r"[^\s<>()\[\]\",;:@]{1,64}@[^\s<>()\[\]\",;:@]{1,190}")
_UU = re.compile(r"^begin [0-7]{3,4} [^\r\n]{1,200}\r?\n(?:[ -`]{1,62}\r?\n)*(?:end[ \t]*(?:\r?\n|$)|\Z)", re.MULTILINE)
_LOST_PART = re.compile(
    r"\A\s*--[^\r\n]{1,200}\r?\n(?:[!-9;-~]{1,60}:[^\r\n]{0,500}\r?\n(?:[ \t][^\r\n]{0,500}\r?\n){0,20}){1,20}\r?\n"
)
_FILE_NAME = re.compile(r"\.txt[\"']?\s*$", re.IGNORECASE)
_TEXTS = frozenset({"text/plain", "text/html", "application/plain", "text", "text/enriched"})
_SAFE = re.compile(r"[\ud800-\udfff]")


class Address(msgspec.Struct, frozen=True):
    """A mailbox: the display name (decoded, perhaps "") and the address as it was written."""

    name: str = ""
    address: str = ""


class Bodies(msgspec.Struct, frozen=True):
    """One stretch of a mail in up to two forms of the same text."""

    plain: str | None = None
    html: str | None = None


class Message(msgspec.Struct, frozen=True):
    """A mail's headers (names in lower case, values decoded, in order) and its inline bodies."""

    headers: tuple[tuple[str, str], ...]
    bodies: tuple[Bodies, ...]
    content_type: str
    parts: tuple[str, ...]
    warnings: tuple[str, ...] = ()

    def get(self, name: str) -> str:
        """The first header of this name, or ""."""
        return next((value for key, value in self.headers if key == name), "")

    def all(self, name: str) -> list[str]:
        """Every header of this name."""
        return [value for key, value in self.headers if key == name]


def parse(raw: bytes) -> Message:
    """Parse a mail's bytes."""
    warnings: list[str] = []
    if len(raw) > MAX_MAIL:
        raw = raw[:MAX_MAIL]
        warnings.append(f"only the first {MAX_MAIL} bytes were read")
    raw = raw.lstrip(b" \t\r\n\x00\xef\xbb\xbf") if raw[:1] in {b" ", b"\t", b"\r", b"\n", b"\x00", b"\xef"} else raw
    try:
        parsed = email.message_from_bytes(raw)
    except (RecursionError, ValueError, TypeError, LookupError, AttributeError, IndexError, UnicodeError):
        warnings.append("the structure is broken or too deep: the first text in it was taken")
        return _salvage(raw, warnings)
    headers = tuple((name.lower()[:100], header_text(value)) for name, value in list(parsed.raw_items())[:500])
    parts: list[str] = []
    bodies = _bodies(parsed, warnings, parts, 0)
    return Message(headers, tuple(bodies), _type(parsed), tuple(parts), tuple(dict.fromkeys(warnings)))


def _type(part: email.message.Message) -> str:
    try:
        return part.get_content_type().lower()
    except (ValueError, TypeError, AttributeError, IndexError):
        return "text/plain"


def header_text(value: object) -> str:
    """A header's value as text: unfolded, encoded words decoded, raw 8-bit bytes guessed."""
    raw = _FOLD.sub(" ", str(value)[:20_000])
    if _SAFE.search(raw):
        try:
            raw = decode(raw.encode("ascii", "surrogateescape"))[0]
        except UnicodeEncodeError:
            raw = _SAFE.sub("�", raw)
    out: list[str] = []
    pending: list[bytes] = []
    charset, last = "", 0
    for found in _WORD.finditer(raw):
        between = raw[last : found.start()]
        if pending and (between.strip() or found.group(1).lower() != charset):
            out.append(decode(b"".join(pending), charset)[0])
            pending = []
        if between.strip() or not (last and not between.strip()):
            out.append(between)
        charset = found.group(1).lower().split("*")[0]
        pending.append(_word_bytes(found.group(2), found.group(3)))
        last = found.end()
    if pending:
        out.append(decode(b"".join(pending), charset)[0])
    out.append(raw[last:])
    return "".join(out).replace("\x00", "").strip()


def _word_bytes(encoding: str, payload: str) -> bytes:
    data = payload.encode("utf-8", "replace")
    if encoding.lower() == "q":
        return quopri.decodestring(data.replace(b"_", b" "), header=True)
    data = re.sub(rb"[^A-Za-z0-9+/]", b"", data)
    try:
        return base64.b64decode(data + b"=" * (-len(data) % 4))
    except (binascii.Error, ValueError):
        return base64.b64decode(data[: len(data) // 4 * 4])


def addresses(value: str) -> tuple[Address, ...]:
    """The mailboxes of a decoded address header, at most fifty; odd ones are read as far as they go."""
    found: list[Address] = []
    last = 0
    for match in _ADDRESS.finditer(value[:10_000]):
        name = value[last : match.start()].strip(" \t,;<>()\"':").strip()
        address = match.group().strip("'.")
        if not any(known.address.lower() == address.lower() for known in found):
            found.append(Address(name, address))
        last = match.end()
        if len(found) == 50:
            break
    return tuple(found)


def date(value: str) -> datetime | None:
    """A Date header as aware UTC, or None when it names no time."""
    try:
        moment = email.utils.parsedate_to_datetime(value)
        moment = moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    except (ValueError, TypeError, OverflowError, IndexError, AttributeError):
        return None
    return moment if moment.year >= 1970 else None


def _bodies(part: email.message.Message, warnings: list[str], parts: list[str], depth: int) -> list[Bodies]:
    """The inline texts of a part and of what is in it, in order."""
    kind = _type(part)
    parts.append(kind)
    if len(parts) > _MAX_PARTS or depth > _MAX_DEPTH:
        warnings.append("too many or too deep parts: the rest was left out")
        return []
    payload = part.get_payload()
    if not isinstance(payload, list):
        return _leaf(part, kind, warnings, top=depth == 0)
    if kind == "message/rfc822" and depth:
        return []
    children = [child for child in payload if isinstance(child, email.message.Message)]
    inner = [bodies for child in children for bodies in _bodies(child, warnings, parts, depth + 1)]
    return _alternative(inner) if kind == "multipart/alternative" else inner


def _leaf(part: email.message.Message, kind: str, warnings: list[str], *, top: bool) -> list[Bodies]:
    """A part's text when it is meant to be read, not an attachment."""
    if kind.startswith("multipart/"):
        warnings.append("a multipart without parts was read as text")
        text = _LOST_PART.sub("", _text(part, warnings), count=1)
        return [_sniffed(text)] if text.strip() else []
    # Outlook Express sent a lone text file as the whole mail
    lone = top and (kind.startswith("text/") or bool(_FILE_NAME.search(header_text(part.get("content-type", "")))))
    if not lone and (kind not in _TEXTS or _is_attachment(part)):
        return []
    text = _text(part, warnings)
    if _UU.search(text):
        text = _UU.sub("", text)
        warnings.append("uuencoded attachments within the text were left out")
    if not text.strip():
        return []
    if kind == "text/html":
        return [Bodies(html=text)]
    if _parameter(part, "format").lower() == "flowed":
        text = unflowed(text, delete_space=_parameter(part, "delsp").lower() == "yes")
    return [Bodies(plain=text)]


def _alternative(inner: list[Bodies]) -> list[Bodies]:
    plain = [bodies.plain for bodies in inner if bodies.plain is not None]
    rich = [bodies.html for bodies in inner if bodies.html is not None]
    return [Bodies("\n".join(plain) if plain else None, "\n".join(rich) if rich else None)] if inner else []


def _sniffed(text: str) -> Bodies:
    return Bodies(html=text) if looks_like_html(text) else Bodies(plain=text)


_HTML_START = re.compile(
    r"^\s*(?:<!--.{0,2000}?-->\s*)*<(?:!doctype html|\?xml|html|head|meta|body|div|p|table|span|blockquote|br|style"
    r"|font|center|pre|h[1-6]|b|i|u|a)\b[^<>]{0,4000}>",
    re.IGNORECASE | re.DOTALL,
)
_HTML_TAG = re.compile(
    r"</?(?:div|p|br|table|td|tr|blockquote|span|html|body|pre|ul|li|font)(?:\s[^<>]{0,500})?/?>", re.IGNORECASE
)


def looks_like_html(text: str) -> bool:
    """Whether a text of unknown type is HTML: it begins with a tag, or holds three block tags or more."""
    head = text[:20_000]
    tags = len(_HTML_TAG.findall(head))
    return (bool(_HTML_START.match(head)) and (tags > 0 or "</" in head)) or tags >= 3


def _is_attachment(part: email.message.Message) -> bool:
    disposition = header_text(part.get("content-disposition", "")).lower()
    return disposition.startswith("attachment") or ("filename" in disposition and not disposition.startswith("inline"))


def _text(part: email.message.Message, warnings: list[str]) -> str:
    """A leaf's text, decoded."""
    try:
        data = part.get_payload(decode=True)
    except (ValueError, TypeError, LookupError, AttributeError, IndexError, UnicodeError):
        data = None
    if not isinstance(data, bytes):
        payload = part.get_payload()
        data = payload.encode("utf-8", "surrogateescape") if isinstance(payload, str) else b""
    text, warning = decode(data, _parameter(part, "charset") or None)
    if warning:
        warnings.append(warning)
    if len(text) > MAX_BODY:
        warnings.append(f"only the first {MAX_BODY} characters were read")
    return text[:MAX_BODY]


def _parameter(part: email.message.Message, name: str) -> str:
    """A parameter of the Content-Type, or ""."""
    try:
        value = part.get_param(name)
    except (ValueError, TypeError, AttributeError, IndexError):
        return ""
    return str(value[2] if isinstance(value, tuple) else value or "")


def _salvage(raw: bytes, warnings: list[str]) -> Message:
    """Headers and the first text of a mail that the parser cannot take."""
    head, _, rest = raw.replace(b"\r\n", b"\n").partition(b"\n\n")
    headers = []
    for found in re.finditer(rb"^([!-9;-~]{1,100}):([^\n]{0,5000}(?:\n[ \t][^\n]{0,5000}){0,50})", head, re.MULTILINE):
        value = found.group(2).decode("ascii", "surrogateescape")
        headers.append((found.group(1).decode("ascii").lower(), header_text(value)))
    start = rest.lower().find(b"text/plain")
    section = rest[start:].partition(b"\n\n")[2] if start >= 0 else rest
    lines = []
    for row in section[: MAX_BODY * 4].split(b"\n"):
        if row.startswith(b"--") and len(row) > 4:
            break
        lines.append(row)
    text = decode(b"\n".join(lines))[0][:MAX_BODY]
    kind = next(
        (value.partition(";")[0].strip().lower() for name, value in headers if name == "content-type"), "text/plain"
    )
    return Message(tuple(headers[:500]), (_sniffed(text),) if text.strip() else (), kind, (kind,), tuple(warnings))
