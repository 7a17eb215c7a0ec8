"""A mailbox on an IMAP server, opened for reading: the little of RFC 3501 that a collector needs, with its traps.

Errors are named by what to do: wrong credentials or a missing folder are Refused, all that the network does is
RetryLater.
"""

from __future__ import annotations

import base64
import imaplib
import re
import ssl
from contextlib import contextmanager, suppress
from datetime import date
from typing import TYPE_CHECKING, Any, Literal, Self

from collectors.errors import Refused, RetryLater
from collectors.platforms.mail.message import MAX_MAIL

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import TracebackType

_TIMEOUT = 60.0
"""Seconds that the server may take for one answer."""
_AGAIN = 120.0
"""Seconds until the next try after the network failed."""
_WINDOW = 20_000
"""UIDs asked for at once, so that the answer stays below the line length that imaplib takes."""
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


class Mailbox:
    """One connection; use it in a ``with`` block."""

    def __init__(
        self,
        host: str,
        user: str,
        password: str,
        *,
        security: Literal["tls", "starttls", "none"] = "tls",
        port: int | None = None,
        ca_file: str | None = None,
    ) -> None:
        """Connect and log in.

        Raises:
            Refused: The server does not take the credentials, or the certificate is not to be trusted.
            RetryLater: The server cannot be reached.
        """
        self.host, self.user = host, user
        with self._failing():
            if security == "tls":
                context = ssl.create_default_context(cafile=ca_file)
                self._imap: imaplib.IMAP4 = imaplib.IMAP4_SSL(host, port or 993, ssl_context=context, timeout=_TIMEOUT)
            else:
                self._imap = imaplib.IMAP4(host, port or 143, timeout=_TIMEOUT)
        try:
            with self._failing():
                if security == "starttls":
                    self._imap.starttls(ssl.create_default_context(cafile=ca_file))
                self._imap.login(user, password)
        except BaseException:
            self.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Log out, as far as the connection still allows."""
        with suppress(imaplib.IMAP4.error, OSError):
            self._imap.logout()

    def open(self, folder: str) -> bytes:
        """Open a folder for reading only; returns its UIDVALIDITY."""
        with self._failing():
            status, answer = self._imap.select(_quoted(folder), readonly=True)
            if status != "OK":
                raise Refused(f"{self.host}: the folder {folder} of {self.user} cannot be opened: {_told(answer)}")
            found = self._imap.response("UIDVALIDITY")[1]
            following = self._imap.response("UIDNEXT")[1]
        self._next = int(following[0]) if following and following[0] else None
        return bytes(found[0]) if found and found[0] else b"none"

    def newer(self, uid: int, *, since: date | None = None) -> list[int]:
        """The UIDs above *uid* in their order, of mails that came on *since* or later."""
        day = f" SINCE {since.day}-{_MONTHS[since.month - 1]}-{since.year}" if since else ""
        found: set[int] = set()
        start = uid + 1
        while self._next is None or start < self._next:
            end = "*" if self._next is None else str(start + _WINDOW - 1)
            with self._failing():
                status, answer = self._imap.uid("SEARCH", f"UID {start}:{end}{day}")
            if status != "OK":
                raise Refused(f"{self.host}: cannot search: {_told(answer)}")
            # "n:*" names the last mail even when its UID lies below n
            found |= {number for part in answer if part for number in map(int, part.split()) if number > uid}
            if self._next is None:
                break
            start += _WINDOW
        return sorted(found)

    def fetch(self, uid: int) -> bytes | None:
        """A mail's bytes, at most MAX_MAIL of them, without marking it as read; None when it is gone."""
        with self._failing():
            status, answer = self._imap.uid("FETCH", str(uid), f"(UID BODY.PEEK[]<0.{MAX_MAIL}>)")
        if status != "OK":
            return None
        for part in answer:
            # an unasked-for answer about another mail may stand between
            if isinstance(part, tuple) and re.search(rb"\bUID %d\b" % uid, part[0]):
                return bytes(part[1])
        bodies = [part for part in answer if isinstance(part, tuple)]
        return bytes(bodies[0][1]) if len(bodies) == 1 else None

    @contextmanager
    def _failing(self) -> Iterator[None]:
        """Turn what imaplib and the network raise into what to do about it."""
        try:
            yield
        except imaplib.IMAP4.abort as error:
            raise RetryLater(_AGAIN, f"{self.host} broke off: {error}") from error
        except imaplib.IMAP4.error as error:
            raise Refused(f"{self.host} refuses {self.user}: {error}") from error
        except ssl.SSLCertVerificationError as error:
            raise Refused(f"{self.host}: its certificate cannot be trusted: {error.verify_message}") from error
        except OSError as error:
            raise RetryLater(_AGAIN, f"{self.host} cannot be reached: {error}") from error


def _told(answer: list[Any]) -> str:
    return b" ".join(part for part in answer if isinstance(part, bytes)).decode("utf-8", "replace") or "no reason given"


def _quoted(folder: str) -> str:
    """A folder's name as IMAP writes it: modified UTF-7 (RFC 3501, 5.1.3), in quotes."""
    name = re.sub(r"[^\x20-\x7e]+|&", lambda found: _utf7(found.group()), folder)
    escaped = name.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def _utf7(run: str) -> str:
    if run == "&":
        return "&-"
    coded = base64.b64encode(run.encode("utf-16-be", "surrogatepass")).rstrip(b"=").replace(b"/", b",")
    return f"&{coded.decode('ascii')}-"
