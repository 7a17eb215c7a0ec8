"""A real SMTP server that keeps what it got, and misbehaves as it is told."""

from __future__ import annotations

import asyncio
import socket
import threading

from aiosmtpd.controller import Controller


class Receiver:
    """An SMTP server on a free port that keeps what it got.

    ``answers`` are taken one for each letter: a reply, "drop" (takes the letter and drops the connection before the
    reply), or "hang" (takes it and answers never); then it says 250.
    """

    def __init__(self, answers=(), rcpt=None, **options):
        self.letters = []
        self.recipients = []
        self.answers = list(answers)
        self.rcpt = rcpt or {}
        self.arrived = threading.Event()
        with socket.create_server(("127.0.0.1", 0)) as free:
            self.port = free.getsockname()[1]
        self._controller = Controller(self, hostname="127.0.0.1", port=self.port, **options)

    async def handle_RCPT(self, server, session, envelope, address, options):  # noqa: N802 - aiosmtpd's name
        if address in self.rcpt:
            return self.rcpt[address]
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):  # noqa: N802 - aiosmtpd's name
        self.letters.append(bytes(envelope.content))
        self.recipients.append(list(envelope.rcpt_tos))
        self.arrived.set()
        answer = self.answers.pop(0) if self.answers else "250 OK"
        if answer == "drop":
            server.transport.abort()
            return "250 OK"
        if answer == "hang":
            await asyncio.sleep(60)
        return answer

    def __enter__(self):
        self._controller.start()
        return self

    def __exit__(self, *_):
        self._controller.stop()
