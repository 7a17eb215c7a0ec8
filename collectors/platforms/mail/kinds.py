"""Which mails no customer typed: auto-replies, bounces; and which are replies, forwards or new.

Headers are believed first (RFC 3834 Auto-Submitted, RFC 3464 reports, and what programs used before them), then
sender, subject and the first lines, in many languages. A machine's mail is never a review, so a miss costs more
than a doubt; but a customer who begins with "I was on vacation when …" must not be lost, so phrases of the body count
only where they open it.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Literal

from collectors.platforms.mail.away import bears_out, says_away
from collectors.platforms.mail.markers import alternatives, fold, phrases, plain
from collectors.platforms.mail.message import Message, addresses

Kind = Literal["reply", "new", "forward", "auto-reply", "bounce"]

_AUTO_HEADER = re.compile(
    r"^x-.{0,40}auto-?(?:repl|respon|generat|submit)|machine-?generated|holiday-?reply|^x-vacation"
)
_BOUNCE_SENDER = re.compile(
    r"mailer-?daemon|mail delivery (?:sub)?system|mail-daemon|почтовая система|delivery subsystem|microsoft outlook <"
)
_LIST_HEADERS = (
    "list-id",
    "list-unsubscribe",
    "list-post",
    "list-help",
    "mailing-list",
    "x-mailing-list",
    "x-loop",
    "x-been-there",
    "x-beenthere",
)
_LIST_SENDER = re.compile(r"owner-|-owner|-bounces|majordom|listserv|-request@|-errors@")
_SUBJECT_NOISE = re.compile(r"^(?:\s|\[[^\]]{0,60}\]|\*{2,}[^*]{0,40}\*{2,}|\([^)]{0,40}\))+")
_NAMED = re.compile(
    r"auto|авто|ответ|обращение|заявк|bestätigung|accusé|fuori sede|risposta non|received|ooo"
    r"|reply|response|out.of|antwort|notiz|réponse|respuesta|risposta|resposta|odpowied|odpov|svar|vastaus"
    r"|válasz|yanıt|cevap|απάντηση|відповід|räspuns|răspuns|自动|自動|자동|תגובה|מענה|تلقائي"
)
_HOLIDAY = re.compile(r"vaca|отпуск|відпустц|leave|férias|urlop|assenza|ausência")
_OURS = re.compile(r"^ ?(?::|[:\-]? ?(?:re|aw|sv|ha|отв|ответ|odp|ynt)\s?:)")
_AUTO_TAG = re.compile(r"^\W*\[?auto-?(?:reply|response|matic reply)\b")
_RECEIPT = re.compile(
    r"^(?:re: ?)?(?:we(?: have|'ve)? received your|your (?:request|ticket|message|e-?mail) (?:has been|was) received"
    r"|thank you for contacting|ваш[ае] (?:заявка|обращение|запрос)[^:]{0,40} (?:принят|зарегистрирован|получен)"
    r"|ihre anfrage[^:]{0,40} (?:eingegangen|erhalten)|nous avons bien reçu|hemos recibido su|abbiamo ricevuto la)"
)


@lru_cache(maxsize=1)
def _patterns() -> dict[str, re.Pattern[str]]:
    return {
        "auto_subject": re.compile(
            rf"^(?:(?:re|aw|sv|ответ|отв)\s?: ?)?\W{{0,3}}(?:{alternatives(phrases('auto_subject'))})(?!\w)"
            r"|(?<!\w)(?:auto-?reply|out of (?:the )?office|автоответ|автоматический ответ)(?!\w)"
        ),
        "bounce_subject": re.compile(rf"^(?:re: ?)?\W{{0,3}}(?:{alternatives(phrases('bounce_subject'))})"),
        "bounce_body": re.compile(rf"(?:{alternatives(phrases('bounce_body'))})"),
        "forward": re.compile(rf"^\W{{0,2}}(?:{alternatives(phrases('forward_subject'))})\s?(?:\[\d+\])?\s?[:\uff1a]"),
        "reply": re.compile(rf"^\W{{0,2}}(?:{alternatives(phrases('reply_subject'))})\s?(?:\[\d+\])?\s?[:\uff1a]"),
    }


def _subject(message: Message) -> str:
    return fold(plain(_SUBJECT_NOISE.sub("", message.get("subject"))))


def says_forward(message: Message) -> bool:
    """Whether the subject begins with Fwd, WG, Пересл or another language's mark of a forwarded mail."""
    return bool(_patterns()["forward"].match(_subject(message)))


def says_reply(message: Message) -> bool:
    """Whether headers or the subject (Re, AW, Отв) tie this mail to an earlier one."""
    tied = message.get("in-reply-to") or message.get("references")
    return bool(tied) or bool(_patterns()["reply"].match(_subject(message)))


def machine_kind(message: Message, text: str) -> Literal["auto-reply", "bounce"] | None:
    """Whether a machine wrote this mail, and which sort; None for a person's.

    Args:
        message: The mail.
        text: What is typed in it, without quotations.
    """
    if _is_bounce(message, text):
        return "bounce"
    return "auto-reply" if _is_auto(message, text) else None


def _is_bounce(message: Message, text: str) -> bool:
    report = message.get("content-type").lower()
    if message.content_type == "multipart/report" and "disposition-notification" not in report:
        return True
    if "message/delivery-status" in message.parts or message.get("x-failed-recipients"):
        return True
    sender = fold(f"{message.get('from')} {message.get('sender')}")
    local = " ".join(box.address for box in addresses(message.get("from")))
    daemon = bool(_BOUNCE_SENDER.search(sender))
    by_system = daemon or local.lower().startswith(("postmaster@", "bounce@", "bounces@"))
    subject = bool(_patterns()["bounce_subject"].match(_subject(message)))
    body = bool(_patterns()["bounce_body"].search(fold(text[:1_500])))
    null_sender = message.get("return-path").strip() == "<>"
    return (
        (by_system and (subject or body or null_sender))
        or (subject and (body or null_sender))
        or (daemon and not _is_auto(message, ""))
    )


def _is_auto(message: Message, text: str) -> bool:
    submitted = message.get("auto-submitted").lower().partition(";")[0].strip()
    if submitted and submitted != "no":
        return True
    if any(
        _AUTO_HEADER.search(name) and value.lower() not in {"", "no", "false", "none"}
        for name, value in message.headers
    ):
        return True
    if (
        message.content_type == "multipart/report"
        or message.get("x-post-messageclass").lower().find("autoresponder") >= 0
    ):
        return True
    if message.get("return-path").strip() == "<>":
        return True  # RFC 3834 and 5321: no letter of a person has the null sender
    precedence = message.get("precedence").lower().strip()
    listed = any(message.get(name) for name in _LIST_HEADERS) or bool(
        _LIST_SENDER.search(" ".join(map(message.get, ("sender", "return-path", "errors-to", "received"))).lower())
    )
    if precedence in {"auto_reply", "auto-reply"} or (precedence in {"bulk", "junk", "list"} and not listed):
        return True
    return _away_subject(message, text) or says_away(text)


def _away_subject(message: Message, text: str) -> bool:
    """Whether the subject is an automatic reply's: by naming itself, or by an absence that something bears out.

    "On vacation" alone may as well be a guest's headline; the text has to speak of it, or our own subject to follow.
    """
    subject = _subject(message)
    found = _patterns()["auto_subject"].search(subject)
    if found is None:
        return bool(_RECEIPT.match(subject) or _AUTO_TAG.match(message.get("subject").lower()))
    holiday = _HOLIDAY.search(found.group()) is not None
    if _NAMED.search(found.group()) or bears_out(text, holiday=holiday):
        return True
    ours = _OURS.match(subject[found.end() :])
    return ours is not None and (len(ours.group()) > 2 or not holiday)
