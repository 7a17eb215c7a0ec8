"""From a mail's bytes to a review, or to the reason why it is none; shared by all sources that read mailboxes."""

from __future__ import annotations

import re
from hashlib import sha256

from collectors import Author, Item, Rejected, Review, Subject
from collectors.platforms.mail.read import Mail, read_mail
from collectors.platforms.mail.reply import DOUBT

_RE = re.compile(r"^\s*(?:(?:re|fwd?|aw|wg|отв|ответ|пересл)\s?(?:\[\d+\])?\s?:\s?)+", re.IGNORECASE)
_WHY = {
    "auto-reply": "an automatic reply, not a review",
    "bounce": "a report of a letter that could not be delivered, not a review",
}


def mail_item(raw: bytes, *, source: str, subject: Subject, key: str) -> Item:
    """Make a review of a mail, or reject it whole with the reason.

    Args:
        raw: The mail's bytes.
        source: Label of the mailbox.
        subject: What people write about to this mailbox.
        key: Where the mail lies, for a person who looks for it.
    """
    try:
        mail = read_mail(raw)
    except Exception as error:  # noqa: BLE001 - whatever one mail breaks, the others are still read
        return Rejected(f"could not be read: {type(error).__name__}: {error}", raw, key=key)
    reason = _WHY.get(mail.kind)
    if reason is None and not mail.text and mail.rating is None:
        reason = "nothing was typed in it" + (f" ({'; '.join(mail.warnings)})" if mail.warnings else "")
    return Rejected(reason, raw, key=key) if reason else _review(mail, raw, source=source, subject=subject)


def _review(mail: Mail, raw: bytes, *, source: str, subject: Subject) -> Review:
    sender = mail.sender
    return Review(
        source=source,
        id=mail.message_id or f"sha256:{sha256(raw).hexdigest()}",
        channel="email",
        subject=subject,
        author=Author(name=sender.name or None, contact=sender.address) if sender else None,
        rating=mail.rating,
        # The subject of an answer is ours; only who begins a conversation chooses it.
        title=_RE.sub("", mail.subject).strip() or None if mail.kind == "new" else None,
        text=mail.answers,
        badges=("uncertain-text",) if mail.confidence < DOUBT else (),
        published_at=mail.date,
        token=mail.token,
        thread=(mail.references or mail.in_reply_to or (mail.message_id,))[0],
    )
