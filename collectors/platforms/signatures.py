"""Whether a received request really comes from whom it claims to: the signatures of gateways, by their public rules.

Every check takes the secret and the request and answers yes or no in constant time. A proxy may change scheme and
port of the address that a gateway has signed, so those are tried as they could have been: that gives a forger
nothing, for without the secret none of them can be signed.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
from collections.abc import Iterable, Iterator
from typing import Literal
from urllib.parse import parse_qsl, urlsplit, urlunsplit

from collectors.plugin import Received
from schemas import wire
from schemas.wire import InvalidReview

Scheme = Literal["twilio", "vonage", "plivo", "hmac", "secret", "none"]
Algorithm = Literal["md5hash", "md5", "sha1", "sha256", "sha512"]

_PORTS = {"https": 443, "http": 80}


def verified(
    received: Received, scheme: Scheme, secret: str, *, header: str | None = None, algorithm: Algorithm = "sha256"
) -> bool:
    """Whether the request carries the signature that ``scheme`` asks for.

    Args:
        received: The request; its ``url`` must be the address that the gateway was given.
        scheme: ``twilio``, ``vonage``, ``plivo``: as these gateways sign. ``hmac``: a header with the HMAC of the
            body. ``secret``: the secret itself, in a header, as a bearer token or as the parameter ``token``.
            ``none``: nothing is checked.
        secret: The auth token or signature secret.
        header: The header of ``hmac`` and ``secret``.
        algorithm: That of ``vonage`` and ``hmac``.
    """
    if scheme == "none" or not secret:
        return scheme == "none"
    headers = received.headers
    if scheme == "twilio":
        return twilio(received.url, form(received), received.body, secret, headers.get("x-twilio-signature", ""))
    if scheme == "vonage":
        return vonage(dict(query(received.url) + form(received) + _flat(received)), secret, algorithm)
    if scheme == "plivo":
        nonce, given = headers.get("x-plivo-signature-v2-nonce", ""), headers.get("x-plivo-signature-v2", "")
        return plivo(received.url, nonce, secret, given)
    if scheme == "hmac":
        return signed_body(received.body, secret, headers.get((header or "x-signature").lower(), ""), algorithm)
    return any(_same(given, secret) for given in _shown(received, header))


def twilio(url: str, params: Iterable[tuple[str, str]], body: bytes, token: str, given: str) -> bool:
    """Twilio's X-Twilio-Signature: HMAC-SHA1 over address and sorted parameters, base64.

    A body that is no form is covered by ``bodySHA256`` in the address. Repeated parameters count once per value.
    """
    digest = dict(query(url)).get("bodySHA256")
    if digest is not None:
        if not _same(hashlib.sha256(body).hexdigest(), digest.lower()):
            return False
        params = ()
    data = "".join(name + value for name, value in sorted(set(params)))
    return any(
        _same(base64.b64encode(hmac.new(token.encode(), (one + data).encode(), hashlib.sha1).digest()).decode(), given)
        for one in _addresses(url)
    )


def vonage(params: dict[str, str], secret: str, algorithm: Algorithm) -> bool:
    """Vonage's parameter ``sig``: a hash or an HMAC over the sorted parameters, each as &name=value."""
    given = params.get("sig", "")
    rest = sorted((name, value) for name, value in params.items() if name != "sig")
    data = "".join(f"&{name}={value.replace('&', '_').replace('=', '_')}" for name, value in rest).encode()
    if algorithm == "md5hash":
        made = hashlib.md5(data + secret.encode()).hexdigest()  # noqa: S324 - it is their rule
    else:
        made = hmac.new(secret.encode(), data, algorithm).hexdigest()
    return _same(made, given.lower())


def plivo(url: str, nonce: str, token: str, given: str) -> bool:
    """Plivo's X-Plivo-Signature-V2: HMAC-SHA256 over the address without its query and the nonce, base64."""
    if not nonce:
        return False
    return any(
        _same(
            base64.b64encode(hmac.new(token.encode(), (base + nonce).encode(), hashlib.sha256).digest()).decode(), one
        )
        for address in _addresses(url)
        for base in [urlunsplit((*urlsplit(address)[:3], "", ""))]
        for one in given.split(",")
    )


def signed_body(body: bytes, secret: str, given: str, algorithm: Algorithm) -> bool:
    """An HMAC of the body in hexadecimal or base64, perhaps with the algorithm's name before it ("sha256=…")."""
    if algorithm == "md5hash":
        return False
    made = hmac.new(secret.encode(), body, algorithm).digest()
    given = given.strip().removeprefix(f"{algorithm}=")
    try:
        packed = base64.b64decode(given.translate({45: 43, 95: 47}) + "=" * (-len(given) % 4), validate=True)
    except (binascii.Error, ValueError):
        packed = b""
    return _same(made.hex(), given.lower()) or hmac.compare_digest(made, packed)


def query(url: str) -> list[tuple[str, str]]:
    """The parameters in an address."""
    return parse_qsl(urlsplit(url).query, keep_blank_values=True, max_num_fields=1_000)


def form(received: Received) -> list[tuple[str, str]]:
    """The parameters in a form's body; none when the body is no form."""
    kind = received.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != "application/x-www-form-urlencoded":
        return []
    try:
        return parse_qsl(received.body.decode("latin-1"), keep_blank_values=True, max_num_fields=1_000)
    except ValueError:
        return []


def _flat(received: Received) -> list[tuple[str, str]]:
    """The parameters of a body that is one flat JSON object; none of any other."""
    if received.body[:1] != b"{":
        return []
    try:
        found = wire.parse(received.body)
    except InvalidReview:
        return []
    return [(str(name), str(value)) for name, value in found.items() if isinstance(value, str | int)]


def _addresses(url: str) -> Iterator[str]:
    """The address as it is, and as it was before a proxy touched scheme and port."""
    yield url
    parts = urlsplit(url)
    host = f"[{parts.hostname}]" if ":" in (parts.hostname or "") else (parts.hostname or "")
    for scheme in dict.fromkeys((parts.scheme, "https", "http")):
        for netloc in dict.fromkeys((parts.netloc, host, f"{host}:{_PORTS.get(scheme, 443)}")):
            yield urlunsplit((scheme, netloc, *parts[2:]))


def _shown(received: Received, header: str | None) -> Iterator[str]:
    """Every place where a shared secret may stand."""
    if header:
        yield received.headers.get(header.lower(), "")
        return
    authorization = received.headers.get("authorization", "")
    yield authorization
    if authorization.lower().startswith("bearer "):
        yield authorization[7:].strip()
    yield received.headers.get("x-api-key", "")
    for name, value in query(received.url) + form(received):
        if name in ("token", "secret"):
            yield value


def _same(one: str, other: str) -> bool:
    return hmac.compare_digest(one.encode("utf-8", "replace"), other.encode("utf-8", "replace"))
