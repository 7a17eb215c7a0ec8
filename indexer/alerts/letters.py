"""An alert -> its letter: what was said, how far to trust it and why, readable in seconds, in plain text and HTML.

All that comes from outside (texts, names, addresses) passes ``_plain``: no control or direction characters, no line
break in a header, bounded lengths; HTML is escaped by the template engine and links are http or https.
"""

from __future__ import annotations

import re
import textwrap
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from email.charset import BASE64, QP, Charset
from email.header import Header
from email.headerregistry import Address
from email.mime.multipart import MIMEMultipart
from email.mime.text import MIMEText
from email.policy import compat32
from email.utils import format_datetime, formataddr, parseaddr
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape

from indexer.alerts.mailer import Letter, Nobody
from indexer.alerts.subscriptions import Subscription, Subscriptions, checked_address
from indexer.alerts.words import WORDS, date, number, percent, stars
from indexer.stores import Store
from schemas.events import AlertRaised

MAX_BODY = 1_800
"""Code points of the review's text in a letter; the console shows the rest."""
MAX_SUBJECT = 100
"""Code points of a subject line, about what a mail program shows."""
REASONS = 3

_POLICY = compat32.clone(linesep="\r\n")
_UNSEEN = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u200b\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff\ud800-\udfff]"
)
_LINK = re.compile(r"https?://[^\s<>\"'\\]{1,1900}", re.IGNORECASE)


class Composer:
    """Writes letters from what index and subscriptions hold at the time.

    Args:
        store: Where reviews are read.
        subscriptions: Where subscriptions are read.
        sender: ``Name <address>`` of the From line; raises ValueError when it holds no address.
        console: The console's address for links, without a slash at its end; empty for letters without them.
    """

    def __init__(self, *, store: Store, subscriptions: Subscriptions, sender: str, console: str = "") -> None:
        name, address = parseaddr(sender)
        self._from = Address(display_name=_line(name, 100) or "Molva", addr_spec=checked_address(address))
        self._store = store
        self._subscriptions = subscriptions
        self._console = console.rstrip("/")

    def __call__(self, alert: AlertRaised, now: datetime) -> Letter:
        """The alert's letter; raises Nobody when its subscription or its review is gone."""
        subscription = self._subscriptions.get(alert.subscription_id)
        if subscription is None:
            raise Nobody("the subscription has ended")
        if subscription.paused:
            raise Nobody("the subscription is paused")
        document = self._store.get(alert.review_id)
        if document is None:
            raise Nobody("the review was forgotten")
        message = compose(
            document, subscription, alert_id=alert.alert_id, sender=self._from, console=self._console, now=now
        )
        return Letter(message.as_bytes(policy=_POLICY), subscription.address)


def compose(
    document: Mapping[str, Any],
    subscription: Subscription,
    *,
    alert_id: str,
    sender: Address,
    console: str,
    now: datetime,
) -> MIMEMultipart:
    """The letter that tells ``subscription`` of ``document``; everything in it follows from the arguments."""
    content = _content(document, subscription, console)
    message = MIMEMultipart("alternative", boundary=f"molva-{alert_id[:60]}")
    message["From"] = formataddr((sender.display_name, sender.addr_spec), "utf-8")
    message["To"] = subscription.address
    # Header, not EmailMessage: the latter loses spaces between encoded words that it folds.
    subject = Header(content["subject"], "utf-8", header_name="Subject")
    message["Subject"] = subject  # type: ignore[assignment] # a Header is what compat32 wants
    message["Date"] = format_datetime(now.astimezone(UTC))
    message["Message-ID"] = f"<{alert_id}@{sender.domain}>"
    message["Auto-Submitted"] = "auto-generated"
    message["X-Auto-Response-Suppress"] = "All"
    message["List-Id"] = f"<{subscription.id}.alerts.{sender.domain}>"
    if content["unsubscribe_url"]:
        message["List-Unsubscribe"] = f"<{content['unsubscribe_url']}>"
        if content["unsubscribe_url"].startswith("https:"):
            message["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    message.attach(_part(_templates().get_template("letter.txt").render(content).strip() + "\n", "plain"))
    message.attach(_part(_templates().get_template("letter.html").render(content), "html"))
    return message


def _part(text: str, subtype: str) -> MIMEText:
    """A text in the encoding that is shorter: quoted-printable for English, base64 for Russian."""
    charset = Charset("utf-8")
    charset.body_encoding = QP if len(text.encode()) < 1.15 * len(text) else BASE64
    return MIMEText(text, subtype, charset)  # type: ignore[arg-type] # takes a Charset as well as its name


def _content(document: Mapping[str, Any], subscription: Subscription, console: str) -> dict[str, Any]:
    """All that the templates show, in the subscription's language and safe to show."""
    language = subscription.language
    words = WORDS[language]
    author, risk = document.get("author") or {}, document["risk"]
    value = document.get("stars")
    source = _line(document["source"], 60)
    text = _block(document.get("text", ""))
    shown = _shortened(text, MAX_BODY)
    title = _line(document.get("title", ""), 200)
    parts = {
        "pros": _shortened(_block(document.get("pros", "")), 600),
        "cons": _shortened(_block(document.get("cons", "")), 600),
    }
    level = risk["level"]
    before = (document.get("history") or [{}])[-1].get("rating")
    return {
        "language": language,
        "words": words,
        "subject": _subject(value, source, [title, text, *parts.values()], document, words),
        "stars": stars(value),
        "stars_words": words["stars_of_five"].format(number(value, language)) if value is not None else "",
        "subject_name": _line(document["subject"].get("name") or document["subject"]["id"], 120),
        "source": source,
        "published": date(document.get("published_at"), language),
        "author": _line(author.get("name") or author.get("handle") or "", 80) or words["anonymous"],
        "negative": document["negative"],
        "edited": document["version"] > 1,
        "stars_before": stars(_mapped(before)) if before and document["version"] > 1 else "",
        "withdrawn": "withdrawn_at" in document,
        "title": title,
        "text": shown,
        "cut": shown != text,
        **parts,
        "paragraphs": [part for part in shown.split("\n") if part.strip()],
        "level": level,
        "level_words": words["levels"][level],
        "score": "" if level == "insufficient" else percent(risk["score"], language),
        "width": max(2, min(100, round(risk["score"] * 100))),
        "reasons": _reasons(risk.get("reasons", []), language),
        "grade": words["grades"].get(document["verification"]["grade"], ""),
        "open_url": f"{console}/reviews/{document['review_id']}" if console else "",
        "source_url": link if (link := document.get("url", "")) and _LINK.fullmatch(link) else "",
        "unsubscribe_url": f"{console}/unsubscribe/{subscription.token}" if console else "",
        "name": _line(subscription.name, 120),
        "query": _line(subscription.query, 300),
    }


def _subject(
    value: float | None, source: str, texts: Sequence[str], document: Mapping[str, Any], words: Mapping[str, Any]
) -> str:
    """Stars, source and the first words."""
    first = next((found for text in texts if (found := _line(text, MAX_SUBJECT + 1))), "")
    first = first or _line(document["subject"].get("name") or words["review"], MAX_SUBJECT)
    edited = f" ({words['edited']})" if document["version"] > 1 else ""
    head = f"{stars(value)} {source}{edited}: ".lstrip()
    return head + _shortened(first, max(30, MAX_SUBJECT - len(head)))


def _reasons(reasons: Sequence[Mapping[str, Any]], language: str) -> list[dict[str, Any]]:
    """The reasons that weigh most, as sentences."""
    heavy = sorted(reasons, key=lambda reason: -abs(reason["contribution"]))[:REASONS]
    return [
        {
            "text": _line(reason["text"].get(language) or reason["text"].get("en") or reason["name"], 300),
            "raises": reason["contribution"] > 0,
        }
        for reason in heavy
    ]


def _mapped(rating: Mapping[str, float]) -> float:
    span = rating["best"] - rating["worst"]
    return 1.0 + 4.0 * (rating["value"] - rating["worst"]) / span if span > 0 else 3.0


def _plain(text: str) -> str:
    return _UNSEEN.sub("", text)


def _line(text: str, limit: int) -> str:
    return _shortened(" ".join(_plain(text).split()), limit)


def _block(text: str) -> str:
    """The text with its paragraphs, without runs of empty lines."""
    lines = (" ".join(line.split()) for line in _plain(text).splitlines())
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip()


def _shortened(text: str, limit: int) -> str:
    """The text, cut at a space before ``limit`` with an ellipsis when it is longer."""
    if len(text) <= limit:
        return text
    cut = text[: limit - 1]
    space = cut.rfind(" ", limit * 2 // 3)
    return (cut[:space] if space > 0 else cut).rstrip(" ,.;:-–—") + "…"


def _wrapped(text: str, indent: str = "", first: str | None = None) -> str:
    """The text in lines of 72, indented; ``first`` stands before its first line instead."""
    lines: list[str] = []
    for line in text.split("\n"):
        lead = first if first is not None and not lines else indent
        lines += textwrap.wrap(
            line, 72, initial_indent=lead, subsequent_indent=indent, break_long_words=False, break_on_hyphens=False
        ) or [""]
    return "\n".join(lines)


@cache
def _templates() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent / "templates"),
        autoescape=select_autoescape(["html"]),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["wrapped"] = _wrapped
    return environment
