"""Short messages are read out of what any provider posts, and garbage does no harm."""

from __future__ import annotations

import base64
import json
from urllib.parse import urlencode

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sms_requests import FORM, NOW, get, post

from collectors import InvalidReview, Received
from collectors.platforms.sms.inbound import read_messages
from collectors.platforms.sms.packing import unpacked

ONE = ("+79990001122", "Всё понравилось, 5", "m-1")


@pytest.mark.parametrize(
    "received",
    [
        post({"From": ONE[0], "Body": ONE[1], "MessageSid": ONE[2], "To": "+1555", "NumSegments": "1"}, kind=FORM),
        post({"sender": ONE[0], "text": ONE[1], "id": ONE[2]}, kind=FORM),
        post({"msisdn": "79990001122", "message": ONE[1], "message-id": ONE[2], "shortcode": "2020"}, kind=FORM),
        get(urlencode({"from": "79990001122", "message": ONE[1], "id": ONE[2], "to": "2020", "ts": "1747056138"})),
        post(
            {"results": [{"messageId": ONE[2], "from": "79990001122", "to": "44", "text": ONE[1], "price": {"id": 7}}]}
        ),
        post(
            {
                "data": {
                    "event_type": "message.received",
                    "payload": {"id": ONE[2], "from": {"phone_number": ONE[0]}, "text": ONE[1]},
                }
            }
        ),
        post(
            [
                {
                    "type": "message-received",
                    "to": "+1",
                    "message": {"id": ONE[2], "from": ONE[0], "text": ONE[1], "segmentCount": 1},
                }
            ]
        ),
        post(
            {
                "messages": [{"from": "79990001122", "id": ONE[2], "type": "text", "text": {"body": ONE[1]}}],
                "contacts": [{"wa_id": "1"}],
            }
        ),
        post(
            f"<request><mobile>{ONE[0]}</mobile><text>{ONE[1]}</text><referenceID>{ONE[2]}</referenceID></request>".encode(),
            kind="text/xml",
        ),
        post(f'<sms id="{ONE[2]}" sender="{ONE[0]}">{ONE[1]}</sms>'.encode(), kind="text/xml"),
        post({"payload": json.dumps({"from": ONE[0], "text": ONE[1], "id": ONE[2]})}, kind=FORM),
        post({"from": f"whatsapp:{ONE[0]}", "content": ONE[1], "smsid": ONE[2]}, kind=FORM),
        post(urlencode({"phone": ONE[0], "mes": ONE[1], "sms_id": ONE[2]}, encoding="cp1251").encode(), kind=FORM),
        post(
            f'--x\r\nContent-Disposition: form-data; name="from"\r\n\r\n{ONE[0]}\r\n'
            f'--x\r\nContent-Disposition: form-data; name="text"\r\n\r\n{ONE[1]}\r\n'
            f'--x\r\nContent-Disposition: form-data; name="id"\r\n\r\n{ONE[2]}\r\n--x--\r\n'.encode(),
            kind="multipart/form-data; boundary=x",
        ),
    ],
    ids=lambda received: received.body[:40].decode("latin-1") or "query",
)
def test_one_table_of_names_reads_what_gateways_send(received):
    (message,) = read_messages(received)
    assert (message.sender, message.text, message.id) == ONE


def test_several_messages_in_one_request_are_told_apart():
    events = [
        {"type": "message", "source": {"userId": "u1"}, "message": {"id": "1", "type": "text", "text": "first"}},
        {"type": "message", "source": {"userId": "u2"}, "message": {"id": "2", "type": "sticker"}},
        {"type": "message", "source": {"userId": "u3"}, "message": {"id": "3", "type": "text", "text": "third"}},
    ]
    found = read_messages(post({"destination": "us", "events": events}))
    assert [(one.sender, one.id, one.text) for one in found] == [("u1", "1", "first"), ("u3", "3", "third")]


def test_a_delivery_report_is_no_message():
    with pytest.raises(InvalidReview, match="no sender in it"):
        read_messages(post({"MessageSid": "1", "MessageStatus": "delivered"}, kind=FORM))
    with pytest.raises(InvalidReview, match="no text in it"):
        read_messages(post({"From": "+79990001122", "Latitude": "1.0"}, kind=FORM))


def test_nested_names_outrank_the_receivers():
    body = {
        "entry": [
            {
                "id": "page",
                "messaging": [
                    {"sender": {"id": "5678"}, "recipient": {"id": "1"}, "message": {"mid": "m", "text": "hi"}}
                ],
            }
        ]
    }
    (message,) = read_messages(post(body))
    assert (message.sender, message.id, message.text) == ("5678", "m", "hi")


@pytest.mark.parametrize(
    ("text", "charset", "expected"),
    [
        ("041F0440043804320435044200210021", "UTF-16BE", "Привет!!"),
        ("041F04400438043204350442", "8", "Привет"),
        ("12345678", "", "12345678"),
        ("12345678", "8", "12345678"),
        ("0035", "8", "5"),
        ("hello%21", "ISO-8859-1", "hello!"),
        ("100% sure", "ISO-8859-1", "100% sure"),
        ("\x05v\x05nement", "0", "événement"),
        ("line\nbreak", "0", "line\nbreak"),
        ("Привет".encode().decode("latin-1"), "", "Привет"),
        ("Ünïcode", "", "Ünïcode"),
        (
            base64.b64encode("A longer text that came packed, with an é".encode()).decode(),
            "",
            "A longer text that came packed, with an é",
        ),
        ("a" * 44, "", "a" * 44),
    ],
)
def test_what_the_network_did_to_a_text_is_undone(text, charset, expected):
    assert unpacked(text, charset) == expected


@given(st.text(max_size=300), st.text(max_size=12))
def test_undoing_never_fails(text, charset):
    assert isinstance(unpacked(text, charset), str)


@given(
    st.binary(max_size=500),
    st.sampled_from([FORM, "application/json", "text/xml", "multipart/form-data; boundary=x", ""]),
)
@settings(deadline=None)
def test_garbage_is_read_as_nothing_or_refused(body, kind):
    try:
        messages = read_messages(post(body, kind=kind or "x"))
    except InvalidReview:
        return
    assert all(isinstance(message.text, str) for message in messages)


@pytest.mark.parametrize(
    "body",
    [
        b"[" * 5_000,
        b'{"a":' * 5_000,
        b"<a>" * 5_000,
        b"a=b&" * 50_000,
        b'{"text": "' + b"x" * 990_000 + b'", "from": "1"}',
        b"text=\0\0&from=\0",
        b'{"text": "\\ud800", "from": "+79990001122"}',
        b'<!DOCTYPE a [<!ENTITY x "xxxxxxxxxx"><!ENTITY y "&x;&x;&x;&x;&x;&x;&x;&x;">]><a><from>1</from><text>&y;</text></a>',
        b'<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><a><from>1</from><text>&x;</text></a>',
    ],
    ids=lambda body: body[:24].decode("latin-1"),
)
def test_hostile_bodies_do_no_harm(body):
    kind = FORM if b"=" in body[:6] else "application/json"
    try:
        messages = read_messages(post(body, kind=kind))
    except InvalidReview:
        return
    for message in messages:
        assert "root:" not in message.text
        assert "\0" not in message.text
        message.text.encode()


@pytest.mark.data
def test_the_payloads_of_fifty_gateways_are_recognised(data_dir):
    """Sender, text and id of every payload that has a text; contact cards and other gateways' buttons are no review."""
    # A shared contact or place holds no opinion, and a card holds somebody else's number; the others have a prefix to
    # be configured, a button's label, and a request whose parameters are not in the row.
    apart = {
        ("telegram", "Receive Location"),
        ("telegram", "Receive Contact"),
        ("viber", "Valid Contact receive"),
        ("playmobile", "Receive With Prefix"),
        ("slack", "Receive Interactive Messages with Button"),
        ("burstsms", "Receive Valid"),
    }
    counts = {"cases": 0, "sender": 0, "senders": 0, "id": 0, "ids": 0}
    for line in (data_dir / "E_sms_webhooks" / "courier_inbound_cases.jsonl").read_bytes().splitlines():
        case = json.loads(line)
        if not case["expected_text"] or (case["channel"], case["label"]) in apart:
            continue
        data = case["data"]
        kind = {name.lower(): value for name, value in case["headers"].items()}.get("content-type", FORM)
        received = Received(
            method="POST" if data else "GET",
            url=f"https://we.example{case['url']}",
            headers={"content-type": kind},
            body=(data or "").encode(),
            at=NOW,
        )
        found = [message for message in read_messages(received) if message.text == case["expected_text"]]
        assert found, (case["channel"], case["label"])
        counts["cases"] += 1
        if (case["expected_urn"] or "").startswith(("tel:", "whatsapp:")):
            counts["senders"] += 1
            counts["sender"] += found[0].sender.lstrip("+") in case["expected_urn"]
        if case["expected_external_id"]:
            counts["ids"] += 1
            counts["id"] += (found[0].id or "").strip("<>") == case["expected_external_id"].strip("<>")
    assert counts["cases"] > 50
    assert counts["id"] == counts["ids"]
    # One gateway gives national numbers without their country.
    assert counts["sender"] >= counts["senders"] - 1
