"""A mail read whole: headers, what kind of mail it is, what was typed in it, a stated rating, our token."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import msgspec

from collectors.platforms.mail.away import says_away
from collectors.platforms.mail.charset import decode
from collectors.platforms.mail.html import has_structure, html_lines
from collectors.platforms.mail.kinds import Kind, machine_kind, says_forward, says_reply
from collectors.platforms.mail.lines import Line, split_lines
from collectors.platforms.mail.message import (
    MAX_BODY,
    Address,
    Bodies,
    Message,
    addresses,
    date,
    looks_like_html,
    parse,
)
from collectors.platforms.mail.reply import Extract, extract
from collectors.platforms.stated_rating import stated_rating
from collectors.platforms.token import token_of
from schemas.events import Rating

_HEADER = re.compile(rb"^([!-9;-~]{1,60}):", re.MULTILINE)
_ONLY_MAIL = frozenset(
    b"received message-id mime-version content-type content-transfer-encoding return-path delivered-to".split()
    + b"dkim-signature x-mailer references in-reply-to auto-submitted precedence user-agent x-original-to".split()
)
_ALSO_TEXT = frozenset(b"from to subject date cc bcc reply-to sender".split())
_MESSAGE_ID = re.compile(r"<([^<>\s]{1,500})>")


class Mail(msgspec.Struct, frozen=True):
    """A mail read whole.

    ``text`` is what the person typed; ``confidence`` (0-1) that it is exactly that; ``answers`` the same for all that
    reads words: without the quotations that stay between answers and the contact data below a name; ``quote`` and
    ``signature`` what was told apart (a sign-off stands in ``text`` and ``signature``); ``rating`` one stated in the
    answers; ``token`` ours, from the address written to or the letter answered; ``warnings`` what was odd.
    """

    kind: Kind
    text: str
    confidence: float
    quote: str = ""
    signature: str = ""
    rating: Rating | None = None
    token: str | None = None
    warnings: tuple[str, ...] = ()
    answers: str = ""
    message_id: str | None = None
    sender: Address | None = None
    to: tuple[Address, ...] = ()
    subject: str = ""
    date: datetime | None = None
    in_reply_to: tuple[str, ...] = ()
    references: tuple[str, ...] = ()


def read_mail(raw: bytes) -> Mail:
    """Read a mail's bytes; never raises, whatever they hold."""
    message = parse(raw)
    forward = says_forward(message)
    found = _extract(message.bodies, forward=forward)
    to = _recipients(message)
    senders = (
        addresses(message.get("from")) or addresses(message.get("sender")) or addresses(message.get("return-path"))
    )
    answered = tuple(_MESSAGE_ID.findall(message.get("in-reply-to")))
    references = tuple(_MESSAGE_ID.findall(message.get("references")))[-50:]
    machine = machine_kind(message, found.text or found.quote)
    kind: Kind = machine or _human_kind(found, forward=forward, reply=says_reply(message))
    ids = _MESSAGE_ID.findall(message.get("message-id")) or [message.get("message-id").strip()]
    return Mail(
        kind=kind,
        text=found.text,
        confidence=found.confidence,
        quote=found.quote,
        signature=found.signature,
        rating=None if machine else stated_rating(_reviewed(found)),
        token=token_of([box.address for box in to], [*answered, *reversed(references)]),
        warnings=(*message.warnings, *found.warnings),
        answers=found.answers,
        message_id=ids[0][:500] or None,
        sender=senders[0] if senders else None,
        to=to,
        subject=message.get("subject")[:2_000],
        date=date(message.get("date")),
        in_reply_to=answered,
        references=references,
    )


def read_text(body: str) -> Mail:
    """Read a plain text body without headers."""
    return _bare(extract(split_lines(body[:MAX_BODY])))


def read_html(body: str) -> Mail:
    """Read an HTML body without headers."""
    return _bare(extract(html_lines(body)))


def inspect(source: Path | bytes, name: str | None = None) -> dict[str, Any]:
    """What ``molva inspect mail`` prints of one file or of its bytes.

    Args:
        source: A file, or its content.
        name: What to call it in the answer; its ending (.eml, .txt, .html) helps to tell a mail from a bare body.

    Raises:
        OSError: The file cannot be read.
    """
    raw = source if isinstance(source, bytes) else source.read_bytes()
    told = name if name is not None else ("" if isinstance(source, bytes) else str(source))
    mail = read_any(raw, told)
    rating = None
    if mail.rating is not None:
        rating = {"value": mail.rating.value, "best": mail.rating.best, "worst": mail.rating.worst}
    return {
        "input": told,
        "kind": mail.kind,
        "text": mail.text,
        "confidence": mail.confidence,
        "quote": mail.quote,
        "signature": mail.signature,
        "rating": rating,
        "token": mail.token,
        "warnings": list(mail.warnings),
    }


def read_any(raw: bytes, name: str = "") -> Mail:
    """Read a mail, or a bare body when *raw* has no mail headers (or *name* ends in .html or .htm)."""
    ending = name.rpartition(".")[2].lower()
    if ending not in {"html", "htm"} and _has_headers(raw, strict=ending == "txt"):
        return read_mail(raw)
    text, warning = decode(raw[: 4 * MAX_BODY])
    rich = ending in {"html", "htm"} or looks_like_html(text)
    mail = read_html(text) if rich else read_text(text)
    odd = (warning,) if warning and "UTF-8" not in warning else ()
    return msgspec.structs.replace(mail, warnings=(*odd, *mail.warnings))


def _has_headers(raw: bytes, *, strict: bool) -> bool:
    """Whether *raw* begins with a mail's headers; *strict* asks for one that no quoted header block has."""
    head = raw[:60_000].lstrip(b" \t\r\n\x00\xef\xbb\xbf").replace(b"\r\n", b"\n").partition(b"\n\n")[0]
    first = head.partition(b"\n")[0]
    if not (_HEADER.match(first) or first.startswith(b"From ")):
        return False
    names = {found.group(1).lower() for found in _HEADER.finditer(head)}
    return bool(names & _ONLY_MAIL) or (not strict and len(names & _ALSO_TEXT) >= 2)


def _extract(bodies: Sequence[Bodies], *, forward: bool) -> Extract:
    """The typed text, from the plain form unless the HTML form knows better."""
    plain, rich = _lines(bodies, rich=False), _lines(bodies, rich=True)
    first = extract(plain, forward=forward)
    if not any(form.plain is not None and form.html is not None for form in bodies):
        return first
    second = extract(rich, forward=forward)
    told_by_markup = has_structure(rich) and bool(second.quote) and not first.quote
    surer = second.confidence >= first.confidence + 0.2
    return second if second.text and (not first.text or told_by_markup or surer) else first


def _lines(bodies: Sequence[Bodies], *, rich: bool) -> list[Line]:
    lines: list[Line] = []
    for form in bodies:
        html = form.html is not None and (rich or form.plain is None)
        lines += html_lines(form.html or "") if html else split_lines(form.plain or "")
    return lines


def _recipients(message: Message) -> tuple[Address, ...]:
    values = [
        value
        for name in ("to", "cc", "delivered-to", "x-original-to", "x-forwarded-to", "envelope-to")
        for value in message.all(name)
    ]
    return addresses(", ".join(values))


def _human_kind(found: Extract, *, forward: bool, reply: bool) -> Kind:
    if forward or found.forwarded:
        return "forward"
    return "reply" if reply or found.quote else "new"


def _bare(found: Extract) -> Mail:
    kind: Kind = "auto-reply" if says_away(found.text) else _human_kind(found, forward=False, reply=False)
    return Mail(
        kind=kind,
        text=found.text,
        confidence=found.confidence,
        quote=found.quote,
        signature=found.signature,
        rating=None if kind == "auto-reply" else stated_rating(_reviewed(found)),
        warnings=found.warnings,
        answers=found.answers,
    )


def _reviewed(found: Extract) -> str:
    """The typed text without quotations, which may ask for a rating, and signature, whose numbers are none."""
    cut = found.signature and found.answers.endswith(found.signature)
    return found.answers[: -len(found.signature)] if cut else found.answers
