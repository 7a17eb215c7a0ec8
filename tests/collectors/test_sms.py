from __future__ import annotations

import base64
import hashlib
import hmac
import json
from datetime import UTC, datetime
from urllib.parse import urlencode

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from collectors import InvalidReview, Received
from collectors.cursors import MemoryState
from collectors.platforms.signatures import plivo, signed_body, twilio, verified, vonage
from collectors.platforms.sms.inbound import read_messages
from collectors.platforms.sms.packing import part_of, unpacked
from collectors.platforms.sms.parts import KEEP, WAIT, Parts

NOW = datetime(2026, 11, 1, 12, tzinfo=UTC).timestamp()
FORM = "application/x-www-form-urlencoded"


def post(body: object, *, url: str = "https://we.example/sms/a", kind: str | None = None, **headers: str) -> Received:
    if isinstance(body, dict) and kind == FORM:
        data = urlencode(body).encode()
    elif isinstance(body, bytes):
        data = body
    else:
        data = json.dumps(body).encode()
    sent = {
        "content-type": kind or "application/json",
        **{name.replace("_", "-"): value for name, value in headers.items()},
    }
    return Received(method="POST", url=url, headers=sent, body=data, at=NOW)


def get(query: str) -> Received:
    return Received(method="GET", url=f"https://we.example/sms/a?{query}", headers={}, body=b"", at=NOW)


# --- reading -----------------------------------------------------------------------------------------------------

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


# --- signatures --------------------------------------------------------------------------------------------------


def signed_twilio(url: str, params: dict[str, str], token: str) -> str:
    data = url + "".join(name + params[name] for name in sorted(params))
    return base64.b64encode(hmac.new(token.encode(), data.encode(), hashlib.sha1).digest()).decode()


@pytest.mark.parametrize(
    ("signed", "seen"),
    [
        ("https://a.example/x?b=1", "https://a.example/x?b=1"),
        ("https://a.example/x", "https://a.example:8443/x"),
        ("https://a.example:443/x", "https://a.example/x"),
        ("http://a.example:80/x", "http://a.example/x"),
        ("https://a.example/x", "http://a.example/x"),
        ("https://a.example/x", "http://a.example:8080/x"),
    ],
)
def test_a_proxy_that_touches_scheme_and_port_does_not_make_a_message_a_forgery(signed, seen):
    params = {"From": "+1", "Body": "Привет"}
    signature = signed_twilio(signed, params, "token")
    assert twilio(seen, params.items(), b"", "token", signature)
    assert not twilio(seen, params.items(), b"", "other", signature)
    assert not twilio(seen.replace("/x", "/y"), params.items(), b"", "token", signature)
    assert not twilio(seen, {**params, "Body": "forged"}.items(), b"", "token", signature)
    assert not twilio(seen, params.items(), b"", "token", "")


@pytest.mark.data
def test_the_published_vectors_of_twilio(data_dir):
    for vector in json.loads((data_dir / "E_sms_webhooks" / "twilio_signature_vectors.json").read_text()):
        params = [tuple(pair) for pair in vector.get("params_list") or vector.get("params", {}).items()]
        body, token = vector.get("body", "").encode(), vector["auth_token"]
        assert twilio(vector["url"], params, body, token, vector["signature"]) == vector["valid"], vector["name"]
        assert not twilio(vector["url"], params, body, token + "x", vector["signature"])
        if body:
            assert not twilio(vector["url"], params, body + b" ", token, vector["signature"])


@pytest.mark.data
def test_the_published_vectors_of_vonage(data_dir):
    for vector in json.loads((data_dir / "E_sms_webhooks" / "vonage_sms_signature_vectors.json").read_text()):
        name = vector["algorithm"]
        algorithm = name if name == "md5hash" else name.removesuffix("hmac")
        params = {**vector["params"], "sig": vector["signature"]}
        assert vonage(params, vector["secret"], algorithm) == vector["expected"]
        assert not vonage({**params, "text": "forged"}, vector["secret"], algorithm)
        assert not vonage(vector["params"], vector["secret"], algorithm)


def test_vonage_may_post_its_parameters_as_json():
    params = {"msisdn": "79990001122", "text": "a&b=c", "timestamp": 1385047698}
    data = "".join(
        f"&{name}={str(value).replace('&', '_').replace('=', '_')}" for name, value in sorted(params.items())
    )
    signature = hashlib.md5((data + "secret").encode()).hexdigest()
    assert verified(post({**params, "sig": signature}), "vonage", "secret", algorithm="md5hash")
    assert not verified(post({**params, "text": "x", "sig": signature}), "vonage", "secret", algorithm="md5hash")


def test_plivo_signs_the_address_without_its_query():
    made = base64.b64encode(hmac.new(b"token", b"https://a.example/xnonce", hashlib.sha256).digest()).decode()
    assert plivo("https://a.example/x?q=1", "nonce", "token", f"other,{made}")
    assert not plivo("https://a.example/y", "nonce", "token", made)
    assert not plivo("https://a.example/x", "", "token", made)


@pytest.mark.parametrize("algorithm", ["sha1", "sha256", "sha512"])
def test_a_body_may_be_signed_in_any_common_way(algorithm):
    digest = hmac.new(b"key", b"body", algorithm).digest()
    for shown in (
        digest.hex(),
        digest.hex().upper(),
        f"{algorithm}={digest.hex()}",
    ):
        assert signed_body(b"body", "key", shown, algorithm)
    assert signed_body(b"body", "key", base64.b64encode(digest).decode(), algorithm)
    assert signed_body(b"body", "key", base64.urlsafe_b64encode(digest).decode().rstrip("="), algorithm)
    assert not signed_body(b"other", "key", digest.hex(), algorithm)


@given(st.text(max_size=100))
def test_no_other_text_is_a_signature(given_signature):
    assert not signed_body(b"body", "key", given_signature, "sha256")
    assert not twilio("https://a.example/x", [], b"", "token", given_signature)
    assert not vonage({"sig": given_signature}, "secret", "md5hash")


def test_a_shared_secret_may_stand_in_a_header_or_a_parameter():
    for received in (
        post({}, authorization="Bearer s3cret"),
        post({}, authorization="s3cret"),
        post({}, x_api_key="s3cret"),
        get("token=s3cret"),
        post({"secret": "s3cret"}, kind=FORM),
    ):
        assert verified(received, "secret", "s3cret")
        assert not verified(received, "secret", "other")
    assert verified(post({}, x_gateway="s3cret"), "secret", "s3cret", header="X-Gateway")
    assert not verified(post({}, authorization="Bearer s3cret"), "secret", "s3cret", header="X-Gateway")
    assert not verified(post({}), "secret", "")
    assert verified(post({}), "none", "")


# --- messages in parts -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("udh", "expected"),
    [("050003CC0201", ("cc", 1, 2)), ("06080412340302", ("1234", 2, 3)), ("0B0504158200000003CC0302", ("cc", 2, 3))],
)
def test_the_header_of_a_part_is_read(udh, expected):
    part = part_of(udh, {})
    assert (part.reference, part.number, part.total) == expected


@given(st.text(max_size=60), st.dictionaries(st.sampled_from(["reference", "number", "total"]), st.text(max_size=6)))
def test_a_header_that_is_none_is_no_part(udh, fields):
    part = part_of(udh, fields)
    assert part is None or 1 <= part.number <= part.total <= 255


@given(st.permutations([1, 2, 3, 4]), st.lists(st.integers(1, 4), max_size=4))
def test_parts_in_any_order_and_some_twice_give_one_message(order, again):
    parts, found = Parts(MemoryState()), []
    for number in [*order, *again]:
        whole = parts.add("sender", "ref", number, 4, f"<{number}>", now=NOW)
        found += [whole] if whole else []
    assert [(one.text, one.at) for one in found] == [("<1><2><3><4>", NOW)]


def test_parts_of_different_senders_and_messages_are_not_mixed():
    parts = Parts(MemoryState())
    assert parts.add("a", "1", 1, 2, "a1", now=NOW) is None
    assert parts.add("b", "1", 2, 2, "b2", now=NOW) is None
    assert parts.add("a", "2", 2, 2, "x2", now=NOW) is None
    assert parts.add("a", "1", 2, 2, "a2", now=NOW).text == "a1a2"


def test_after_a_while_what_is_there_is_the_message_and_a_late_part_makes_it_longer():
    parts = Parts(MemoryState())
    parts.add("a", "1", 1, 3, "one ", now=NOW)
    parts.add("a", "1", 3, 3, "three", now=NOW + 5)
    assert list(parts.overdue(now=NOW + WAIT - 1)) == []
    (first,) = parts.overdue(now=NOW + WAIT + 1)
    assert first.text == "one  […] three"
    assert list(parts.overdue(now=NOW + WAIT + 2)) == []
    late = parts.add("a", "1", 2, 3, "two ", now=NOW + WAIT + 3)
    assert (late.text, late.id) == ("one two three", first.id)


def test_a_reference_may_be_used_again_later():
    state = MemoryState()
    parts = Parts(state)
    for start in (NOW, NOW + KEEP + 1):
        assert parts.add("a", "1", 1, 2, "same ", now=start) is None
        assert parts.add("a", "1", 2, 2, "text", now=start + 1).at == start
    assert list(parts.overdue(now=NOW + 3 * KEEP)) == []
    assert len(state) == 0
