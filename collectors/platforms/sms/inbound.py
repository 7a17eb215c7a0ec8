"""Who sent which short message: one table of field names in place of a parser for each gateway.

Gateways agree on what a message is and on nothing else: the sender is ``From``, ``msisdn``, ``sourceaddr`` or
``sender.id``, the text ``Body``, ``Content`` or ``messageText``. For each thing the names are tried in order, those
that say it most exactly first.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import msgspec

from collectors.platforms.page import dates
from collectors.platforms.sms.leaves import Group, Leaf, groups
from collectors.platforms.sms.packing import Part, part_of, unpacked
from collectors.plugin import Received
from schemas.wire import InvalidReview


def _names(words: str) -> dict[str, int]:
    return {name: rank for rank, name in enumerate(words.split())}


TEXT = _names(
    "messagetext smstext textbody textcontent text messagebody smsbody body content msgbody msg mes smsmessage "
    "message sms mo payload caption cleantext data"
)
SENDER = _names(
    "fromnumber fromphonenumber fromphone msisdn smsfrom sourceaddr sourceaddress srcaddr senderaddress sendernumber "
    "senderphone senderid senderphonenumber sourcenumber mobilenumber mobile sourceuserid fromid fromusername from "
    "sender originator source src usernumber userurn messagefrom phonenumber phone number orig origin user userid "
    "actorid chatid conversationid address"
)
ID = _names(
    "messagesid smsmessagesid smssid smsid messageid msgid messageuuid mid messagetoken inboundsmsmessageid "
    "moid moreference messagereference externalid referenceid requestid eventid uuid guid sid msguid id"
)
TO = _names("to destination destaddr destinationaddress shortcode shortnumber recipient toid recipientid receiver")
TIME = _names(
    "receivedat receiveddate receptiondate receivedtime messagetimestamp timereceived timesent sentat submitdate "
    "createdtimestamp createdtime createdat createtime createdatetime datetime timestamp tstamp date time ts sent "
    "received moment"
)
CHARSET = _names("charset coding dcs datacoding encoding smsencoding messageencoding alphabet")
UDH = _names("udh userdataheader udhdata header")
REFERENCE = _names(
    "concatref concatreference multipartref multipartid partref longsmsid messageref refnum reference ref"
)
NUMBER = _names("concatpart partnumber partnum multipartnumber partno part segmentnumber messagepart seqnum sequence")
TOTAL = _names("concattotal totalparts partstotal numparts partscount partcount parttotal multiparttotal parts total")


class Message(msgspec.Struct, frozen=True):
    """A short message. ``sender`` is a number or the address that the channel gives; ``at`` is the gateway's time."""

    sender: str
    text: str
    id: str | None = None
    to: str | None = None
    at: datetime | None = None
    part: Part | None = None


def read_messages(received: Received) -> list[Message]:
    """The messages in a request; raises InvalidReview for what is unreadable or holds none, as a delivery report.

    Texts of one message that came in pieces of one document are put together in their order.
    """
    now = datetime.fromtimestamp(received.at, UTC)
    found: list[Message] = []
    for group in groups(received, is_text=_is_text):
        message = _message(group, now)
        if message is None:
            continue
        before = found[-1] if found else None
        if before and message.id and (before.id, before.sender) == (message.id, message.sender) and not message.part:
            text = "\n".join(dict.fromkeys(piece for piece in (before.text, message.text) if piece))
            found[-1] = msgspec.structs.replace(before, text=text)
        else:
            found.append(message)
    texts = [message for message in found if message.part or message.text.strip()]
    if not texts:
        raise InvalidReview("no text in it" if found else "no sender in it, as in a delivery report")
    return texts


def _is_text(leaf: Leaf) -> bool:
    return bool(leaf.value) and (leaf.name in TEXT or leaf.full in TEXT)


def _message(group: Group, now: datetime) -> Message | None:
    sender = _pick(group, SENDER)
    if not sender:
        return None
    text = _pick(group, TEXT)
    part = part_of(
        _pick(group, UDH),
        {"reference": _pick(group, REFERENCE), "number": _pick(group, NUMBER), "total": _pick(group, TOTAL)},
    )
    return Message(
        sender=plain_address(sender),
        text=unpacked(text, _pick(group, CHARSET)),
        id=_pick(group, ID) or None,
        to=plain_address(_pick(group, TO)) or None,
        at=_time(_pick(group, TIME), now),
        part=part,
    )


def plain_address(address: str) -> str:
    """The number or name without the prefix of its channel (``tel:``, ``whatsapp:``); numbers as digits with a plus."""
    address = address.strip()[:200]
    if address.lower().startswith(("tel:", "sms:", "whatsapp:", "viber:", "rcs:")):
        address = address.partition(":")[2].strip()
    bare = "".join(char for char in address if char not in " -().\u00a0")
    digits = bare.removeprefix("+")
    if digits.isascii() and digits.isdigit() and 7 <= len(digits) <= 15:
        return "+" + digits.removeprefix("00")
    return address


def _pick(group: Group, names: dict[str, int]) -> str:
    """The value whose name ranks first; among equals the one that stands nearest to the message."""
    best, found = len(names), ""
    for leaf in group:
        rank = min(names.get(leaf.full, best), names.get(leaf.name, best))
        if rank < best and leaf.value.strip():
            best, found = rank, leaf.value
    return found


def _time(value: str, now: datetime) -> datetime | None:
    """The gateway's time, if it can be one: not more than a day ahead."""
    found = dates.parse(value.strip(), now=now, order="month") if value else None
    return found if found and found - now < timedelta(days=1) else None
