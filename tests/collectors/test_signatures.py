"""Signatures of those who call: each provider's way, behind proxies, and no other text passes."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sms_requests import FORM, get, post

from collectors.platforms.signatures import plivo, signed_body, twilio, verified, vonage


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
