"""Ways out for a letter: an SMTP server, or a folder of ``.eml`` files when there is none."""

from __future__ import annotations

import os
import smtplib
import ssl
from collections.abc import Iterable
from pathlib import Path
from typing import Literal, Protocol

import msgspec

Security = Literal["starttls", "tls", "none"]


class Refused(Exception):  # noqa: N818 - named by what happened
    """The letter was refused for good: another attempt would end the same."""


class RetryLater(Exception):  # noqa: N818 - named by what to do
    """The letter was not taken over now, or nobody knows whether it was. The same bytes may be handed over again."""


class Transport(Protocol):
    """Hands over a letter; returns only when somebody else has it safely."""

    def send(self, letter: bytes, address: str, alert_id: str) -> None:
        """Hand the letter over; raises Refused or RetryLater."""
        ...

    def close(self) -> None:
        """Let go of what is open."""
        ...


class Outbox:
    """Writes letters as ``<alert id>.eml``, whole or not at all; the same letter again is the same file.

    Args:
        folder: Made when absent.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def send(self, letter: bytes, address: str, alert_id: str) -> None:  # noqa: ARG002 - the address stands in the letter
        """Write the letter."""
        name = self._name(alert_id)
        part = self._folder / f".{name}.part"
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            with part.open("wb") as file:
                file.write(letter)
                file.flush()
                os.fsync(file.fileno())
            part.replace(self._folder / f"{name}.eml")
        except OSError as error:
            raise RetryLater(f"cannot write into {self._folder}: {error.strerror}") from error

    def forget(self, alert_ids: Iterable[str]) -> int:
        """Remove the letters of these alerts; how many there were."""
        count = 0
        for alert_id in alert_ids:
            for path in (self._folder / f".{self._name(alert_id)}.part", self._folder / f"{self._name(alert_id)}.eml"):
                if path.exists():
                    path.unlink()
                    count += 1
        return count

    def close(self) -> None:
        """Nothing is open."""

    @staticmethod
    def _name(alert_id: str) -> str:
        return "".join(char for char in alert_id if char.isalnum() or char in "-_")[:100] or "letter"


class Server(msgspec.Struct, frozen=True, kw_only=True):
    """How to reach an SMTP server.

    Args:
        host: Its name.
        port: 587 for ``starttls``, 465 for ``tls``, 25 for ``none``.
        security: ``starttls`` refuses to go on without encryption.
        user: To log in as; empty for no login.
        password: Never shown.
        sender: The envelope's sender, to which bounces go.
        timeout: Seconds for each step.
    """

    host: str
    port: int = 587
    security: Security = "starttls"
    user: str = ""
    password: str = ""
    sender: str = ""
    timeout: float = 30.0

    def __repr__(self) -> str:
        return f"Server({self.host}:{self.port}, {self.security}, user={self.user!r})"


class Smtp:
    """Hands letters to an SMTP server over one connection for as long as it lasts.

    Args:
        server: Where it is.
        context: What to trust; the system's certificates by default.
    """

    def __init__(self, server: Server, *, context: ssl.SSLContext | None = None) -> None:
        self._server = server
        self._context = context
        self._connection: smtplib.SMTP | None = None

    def send(self, letter: bytes, address: str, alert_id: str) -> None:  # noqa: ARG002 - the letter's Message-ID names it
        """Hand the letter over. What a server says about the recipient or the letter can be final, all else cannot."""
        try:
            self._connected().sendmail(self._server.sender, [address], letter)
        except smtplib.SMTPRecipientsRefused as error:
            code, text = next(iter(error.recipients.values()), (0, b""))
            self._reset()
            raise _failure(code, text) from error
        except smtplib.SMTPDataError as error:
            self._reset()
            raise _failure(error.smtp_code, error.smtp_error) from error
        except (OSError, ValueError) as error:  # smtplib's other errors are OSErrors: sender, login, TLS, connection
            self.close()
            raise RetryLater(f"{self._server.host}:{self._server.port}: {_words(error)}") from error

    def close(self) -> None:
        """Leave politely, if anybody listens."""
        connection, self._connection = self._connection, None
        if connection:
            try:
                connection.quit()
            except (OSError, smtplib.SMTPException):
                connection.close()

    def _connected(self) -> smtplib.SMTP:
        if self._connection and self._alive(self._connection):
            return self._connection
        server = self._server
        context = self._context or ssl.create_default_context()
        connection: smtplib.SMTP
        if server.security == "tls":
            connection = smtplib.SMTP_SSL(server.host, server.port, timeout=server.timeout, context=context)
        else:
            connection = smtplib.SMTP(server.host, server.port, timeout=server.timeout)
        try:
            if server.security == "starttls":
                connection.starttls(context=context)
            if server.user:
                connection.login(server.user, server.password)
        except BaseException:
            connection.close()
            raise
        self._connection = connection
        return connection

    def _alive(self, connection: smtplib.SMTP) -> bool:
        try:
            return connection.noop()[0] == 250
        except (OSError, smtplib.SMTPException):
            connection.close()
            return False

    def _reset(self) -> None:
        try:
            if self._connection:
                self._connection.rset()
        except (OSError, smtplib.SMTPException):
            self.close()


def _failure(code: int, text: bytes | str) -> Refused | RetryLater:
    said = text.decode("utf-8", "replace") if isinstance(text, bytes) else text
    message = " ".join(f"{code} {said}".split())[:500]
    return Refused(message) if 500 <= code < 600 else RetryLater(message)


def _words(error: Exception) -> str:
    """The error without anything that a server could have echoed of the login."""
    if isinstance(error, smtplib.SMTPAuthenticationError):
        return f"the login was refused ({error.smtp_code}): check user and password"
    if isinstance(error, smtplib.SMTPResponseException):
        said = error.smtp_error
        text = said.decode("utf-8", "replace") if isinstance(said, bytes) else said
        return " ".join(f"{error.smtp_code} {text}".split())[:300]
    return " ".join(f"{type(error).__name__}: {error}".split())[:300]
