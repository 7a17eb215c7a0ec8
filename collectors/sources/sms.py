"""Answers by SMS, as a gateway posts them to us: whoever sent them is known only by a keyed hash."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import UTC, datetime

from collectors import (
    Author,
    Cursor,
    Forged,
    Hashed,
    InvalidConfig,
    InvalidReview,
    Item,
    Received,
    Rejected,
    Review,
    Secret,
    Subject,
    collector,
)
from collectors.platforms.signatures import Algorithm, Scheme, verified
from collectors.platforms.sms.inbound import read_messages
from collectors.platforms.sms.parts import Parts
from collectors.platforms.stated_rating import stated_rating

NO_SECRET = Secret()
"""For gateways that cannot sign; every request is then taken for genuine."""


@collector(channel="sms", every="1 minute")
def sms(
    *,
    received: Received | None,
    source: str,
    cursor: Cursor,
    hashed: Hashed,
    subject: str,
    signature: Scheme,
    secret: Secret = NO_SECRET,
    header: str | None = None,
    algorithm: Algorithm = "sha256",
) -> Iterator[Item]:
    """Yield the messages of one request, long ones when all their parts are there.

    Args:
        received: The gateway's request.
        source: The label of this number.
        cursor: Keeps the parts of long messages.
        hashed: Turns a number into its keyed hash.
        subject: What the answers are about: a shop, a product, an order.
        signature: How the gateway signs: twilio, vonage, plivo, hmac (a header over the body), secret (shared), none.
        secret: The gateway's auth token or signature secret.
        header: The header that carries the signature of ``hmac`` or the shared secret.
        algorithm: Of ``hmac`` and ``vonage``; Vonage's own default is md5hash.
    """
    if signature != "none" and not secret:
        raise InvalidConfig(f"source {source}: signature = {signature!r} needs a secret")
    parts = Parts(cursor)
    now = received.at if received else time.time()
    answers = list(parts.overdue(now=now))
    if received is not None:
        if not verified(received, signature, secret, header=header, algorithm=algorithm):
            raise Forged(f"the request does not carry the {signature} signature of source {source}")
        try:
            answers += parts.join(read_messages(received), hashed=hashed, now=now)
        except InvalidReview as error:
            yield Rejected(f"not a short message: {error}", received.body or received.url.encode())
    for answer in answers:
        yield Review(
            source=source,
            id=answer.id,
            subject=Subject(id=subject),
            author=Author(contact_hash=answer.sender),
            rating=stated_rating(answer.text),
            text=answer.text,
            published_at=datetime.fromtimestamp(answer.at, UTC),
        )
