"""HTTP in: short messages, forms and reviews that are sent to us.

Every source whose collector takes a request has the address ``/COLLECTOR/SOURCE``: ``/sms/answers``, ``/form/shop``,
``/reviews/crm``. The answer is 2xx only when what was sent is safe.
"""

from __future__ import annotations

import asyncio
import ipaddress
import time
from collections.abc import Callable, Sequence
from urllib.parse import urlsplit, urlunsplit

import msgspec
from fastapi import FastAPI, Request
from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect
from starlette.responses import Response

from collectors import answers
from collectors.configured import Source
from collectors.cursors import State
from collectors.errors import NotStored, Refused
from collectors.plugin import Received
from collectors.quarantine import Full
from collectors.reception import Limiter, Reception
from collectors.runner import Runner
from schemas.wire import InvalidReview

BODY_SECONDS = 20.0
"""How long a sender may take for a body."""
AGAIN = 30.0
"""Seconds after which a sender may try again when something could not be stored."""
_METHODS = ["GET", "POST", "OPTIONS"]


_Network = ipaddress.IPv4Network | ipaddress.IPv6Network


class _TooLargeError(Exception):
    pass


def app(
    sources: Sequence[Source],
    runner: Runner,
    states: Callable[[str], State],
    *,
    proxies: Sequence[str] = (),
    body_seconds: float = BODY_SECONDS,
) -> FastAPI:
    """The gateway as an ASGI application, to be run alone or mounted.

    Whose X-Forwarded-For is believed is decided here: run it with uvicorn's own ``proxy_headers`` off.

    Args:
        sources: The configured sources; those that the clock runs are left out.
        runner: Checks and publishes; shared with the scheduler, if there is one.
        states: The memory of a source, by its name.
        proxies: Networks of our own proxies, whose X-Forwarded-For is believed.
        body_seconds: How long a sender may take for a body.
    """
    trusted = [ipaddress.ip_network(proxy, strict=False) for proxy in proxies]
    desk = _Desk(Reception(sources, runner, states), trusted, body_seconds)
    gateway = FastAPI(title="Molva gateway", docs_url=None, redoc_url=None, openapi_url=None)
    gateway.api_route("/{kind}/{name}", methods=_METHODS)(desk.receive)
    return gateway


class _Desk:
    """Between HTTP and the reception."""

    def __init__(self, reception: Reception, trusted: Sequence[_Network], body_seconds: float) -> None:
        self._reception, self._trusted, self._body_seconds = reception, trusted, body_seconds
        self._limiter = Limiter()

    async def receive(self, request: Request, kind: str, name: str) -> Response:
        source = self._reception.sources.get(name)
        if source is None or source.collector.name != kind:
            return answers.error(404, "there is no such source")
        allowed = answers.cors(source, request.headers.get("origin"))
        if request.method == "OPTIONS":
            return Response(status_code=204, headers=allowed)
        answer = await self._answer(request, source)
        answer.headers.update(allowed)
        return answer

    async def _answer(self, request: Request, source: Source) -> Response:
        received = _received(request, source, b"", self._trusted)
        limit = source.reception.per_minute
        wait = self._limiter.wait(source.name, received.sender, limit) if limit else 0.0
        if wait:
            return answers.later(received, wait, status=429)
        if received.headers.get("content-encoding", "identity") != "identity":
            return answers.error(415, "send the body unpacked, without Content-Encoding")
        try:
            async with asyncio.timeout(self._body_seconds):
                body = await _body(request, source.reception.max_bytes)
        except TimeoutError:
            return answers.error(408, f"the body did not come within {self._body_seconds:g} seconds")
        except ClientDisconnect:
            return answers.error(400, "the body did not come whole")
        except _TooLargeError:
            return answers.error(413, f"the body has more than {source.reception.max_bytes} bytes")
        return await run_in_threadpool(self._take, source, msgspec.structs.replace(received, body=body))

    def _take(self, source: Source, received: Received) -> Response:
        try:
            receipt = self._reception.take(source.name, received)
        except InvalidReview as error:
            return answers.invalid(received, error)
        except Refused as error:
            return answers.error(401, str(error))
        except (NotStored, Full):
            return answers.later(received, AGAIN, status=503)
        return answers.taken(source, received, receipt) if receipt else answers.quarantined(source, received)


def _received(request: Request, source: Source, body: bytes, trusted: Sequence[_Network]) -> Received:
    url = str(request.url)
    if source.reception.public_url:
        url = urlunsplit((*urlsplit(source.reception.public_url)[:3], urlsplit(url).query, ""))
    return Received(
        method=request.method,
        url=url,
        headers={name.lower(): value for name, value in request.headers.items()},
        body=body,
        at=time.time(),
        sender=_sender(request, trusted),
    )


def _sender(request: Request, trusted: Sequence[_Network]) -> str:
    """The network address of whoever asks: the peer, or what our own proxies say before us, the last first."""
    chain = [request.client.host if request.client else ""]
    chain += reversed([one.strip() for one in request.headers.get("x-forwarded-for", "").split(",") if one.strip()])
    for address in chain[:20]:
        try:
            ip = ipaddress.ip_address(address)
        except ValueError:
            return address
        if not any(ip in network for network in trusted):
            return address
    return chain[0]


async def _body(request: Request, most: int) -> bytes:
    """The body, bounded while it comes in."""
    body = bytearray()
    async for piece in request.stream():
        body += piece
        if len(body) > most:
            raise _TooLargeError
    return bytes(body)
