"""Reviews that another program posts to us as JSON: one, a list, or a line each."""

from __future__ import annotations

import json
from collections.abc import Iterator

from collectors import Item, Received, Refused, Rejected, Secret, collector
from collectors.platforms.signatures import verified
from schemas import wire
from schemas.wire import InvalidReview

MOST = 1_000
"""Reviews of one request."""


@collector(channel="api", every=None)
def reviews(*, received: Received | None, source: str, token: Secret) -> Iterator[Item]:
    """Yield the reviews of one request, in the shape of files; those that are none are rejected one by one.

    Args:
        received: The request.
        source: Label of the reviews that name no source.
        token: What the program shows as ``Authorization: Bearer …``.
    """
    if received is None:
        return
    if not verified(received, "secret", token, header=None):
        raise Refused("the token is missing or wrong: send it as Authorization: Bearer …")
    for number, piece in enumerate(_pieces(received.body), 1):
        try:
            data = wire.parse(piece) if isinstance(piece, bytes) else piece
            yield wire.read({"source": source, **data} if isinstance(data, dict) else data)
        except InvalidReview as error:
            raw = piece if isinstance(piece, bytes) else json.dumps(piece).encode()
            yield Rejected(str(error), raw, key=str(number))


def _pieces(body: bytes) -> list[object]:
    """The reviews in the body, parsed or not; raises InvalidReview when there are none or too many."""
    body = body.strip()
    if body[:1] == b"[":
        found = wire.parse(body)
    elif body[:1] == b"{" and b"\n{" in body:
        found = [line for line in body.split(b"\n") if line.strip()]
    else:
        found = [wire.parse(body)]
    if not found or len(found) > MOST:
        raise InvalidReview(f"{len(found)} reviews in one request; send 1 to {MOST}")
    return list(found)
