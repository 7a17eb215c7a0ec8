"""Traffic written down, and played back: what a collector's test runs on, without a network.

A recording is a folder: ``traffic.json`` lists the exchanges in their order, each body is a file of its own, so that a
person can read and mend it. Passwords and keys in addresses are left out, cookies and the headers of requests too.
"""

from __future__ import annotations

import json
import re
from collections import defaultdict, deque
from collections.abc import Iterable, Mapping
from pathlib import Path
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

import msgspec

from collectors.errors import Refused
from collectors.web.transport import Answer, Transport

MANIFEST = "traffic.json"
_HEADERS = ("content-type", "etag", "last-modified", "location", "retry-after")
_SECRETS = re.compile(r"key|token|secret|passw|auth|signature|session", re.IGNORECASE)
_SUFFIXES = {"html": ".html", "xml": ".xml", "json": ".json", "plain": ".txt"}


class Exchange(msgspec.Struct, frozen=True):
    """One line of a recording. ``body`` is a file in its folder, None for an empty body."""

    url: str
    status: int
    headers: dict[str, str]
    body: str | None = None


class NotRecorded(Refused):
    """A recording is played back, and this address is not in it."""


class Recorder:
    """A transport that writes down what another one answers."""

    def __init__(self, transport: Transport, folder: Path) -> None:
        self._transport, self._folder = transport, folder
        self._exchanges: list[Exchange] = []
        folder.mkdir(parents=True, exist_ok=True)

    def get(self, url: str, headers: Mapping[str, str], *, max_bytes: int) -> Answer:
        """See Transport."""
        # A recording must not depend on what was fetched before it.
        plain = {name: value for name, value in headers.items() if not name.lower().startswith("if-")}
        answer = self._transport.get(url, plain, max_bytes=max_bytes)
        kept = {name: answer.headers[name] for name in _HEADERS if name in answer.headers}
        name = f"{len(self._exchanges) + 1:03}{_suffix(answer)}" if answer.body else None
        if name:
            (self._folder / name).write_bytes(answer.body)
        self._exchanges.append(Exchange(without_secrets(url), answer.status, kept, name))
        data = json.dumps(msgspec.to_builtins(self._exchanges), indent=1, ensure_ascii=False)
        (self._folder / MANIFEST).write_text(data + "\n", encoding="utf-8")
        return answer


class Replayer:
    """A transport that answers from a recording and from nothing else.

    An address that was fetched several times gives its answers in their order, the last one for ever.
    """

    def __init__(self, answers: Iterable[Answer]) -> None:
        self._answers: defaultdict[str, deque[Answer]] = defaultdict(deque)
        for answer in answers:
            self._answers[without_secrets(answer.url)].append(answer)
        self.asked: list[str] = []

    def get(self, url: str, headers: Mapping[str, str], *, max_bytes: int) -> Answer:
        """See Transport."""
        del headers
        self.asked.append(url)
        waiting = self._answers.get(without_secrets(url))
        if not waiting:
            if urlsplit(url).path == "/robots.txt":
                return Answer(url, 404, {})
            raise NotRecorded(f"{url} is not in the recording; record it again with molva new-collector")
        answer = waiting[0] if len(waiting) == 1 else waiting.popleft()
        if len(answer.body) > max_bytes:
            raise Refused(f"{url}: more than {max_bytes:,} bytes")
        return msgspec.structs.replace(answer, url=url)


def read_recording(folder: Path) -> list[Answer]:
    """The answers in a recording; raises FileNotFoundError and msgspec.ValidationError for what is none."""
    exchanges = msgspec.json.decode((folder / MANIFEST).read_bytes(), type=list[Exchange])
    return [
        Answer(one.url, one.status, one.headers, (folder / Path(one.body).name).read_bytes() if one.body else b"")
        for one in exchanges
    ]


def without_secrets(url: str) -> str:
    """The address with the values of parameters that look like secrets left out."""
    parts = urlsplit(url)
    pairs = parse_qsl(parts.query, keep_blank_values=True)
    if not any(_SECRETS.search(name) for name, _ in pairs):
        return url
    shown = [(name, "left-out" if _SECRETS.search(name) else value) for name, value in pairs]
    return urlunsplit((*parts[:3], urlencode(shown), parts.fragment))


def _suffix(answer: Answer) -> str:
    kind = answer.headers.get("content-type", "").lower()
    return next((suffix for word, suffix in _SUFFIXES.items() if word in kind), ".bin")
