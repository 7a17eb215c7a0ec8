"""A collector is a plain generator function; its signature is its configuration. This module reads both.

Nothing is registered by importing: ``discover`` looks into collectors/sources/ and at the entry points of the group
``molva.sources`` and takes from each module the collector that bears the module's name.

A collector may ask for these by name, and the runner gives them; every other (keyword) argument is configuration:

- ``client``: polite HTTP. A collector that fetches nothing by HTTP leaves it out.
- ``since``: publication time of the newest review already seen, inclusive; None asks for the whole listing.
- ``source``: the name under which it is configured, for collectors that serve many places (files, mailboxes).
- ``cursor``: its memory between runs (``Cursor``).
- ``hashed``: to name a person by a keyed hash where the plain contact must not be kept (``Hashed``).
- ``progress``: to be told how far it is (``Progress``).
- ``received``: one HTTP request; such a collector is called by the gateway for each request instead of by the clock,
  and with None now and then, so that what waits may go.

It ends by returning (the listing is exhausted) or by raising one of collectors/errors.py. What it cannot read it
yields as ``Rejected`` with its bytes, and goes on.
"""

from __future__ import annotations

import importlib
import inspect
import pkgutil
import re
from collections.abc import Callable, Iterator, Mapping, MutableMapping
from importlib.metadata import entry_points
from typing import Any

import msgspec

from collectors import options
from collectors.errors import InvalidConfig
from collectors.options import Parameter, Secret
from schemas.events import Review
from schemas.wire import Seen

__all__ = [
    "Collector",
    "Cursor",
    "Found",
    "Hashed",
    "Item",
    "Parameter",
    "Progress",
    "Received",
    "Rejected",
    "Secret",
    "collector",
    "discover",
    "interval",
    "load",
]

ENTRY_POINTS = "molva.sources"
SOURCES = "collectors.sources"

Cursor = MutableMapping[str, bytes]
"""A source's memory. What is put in counts once everything that was yielded before it is safe."""
Progress = Callable[[int, int], None]
"""Told now and then how much is done, and of how much (bytes of a file, messages of a mailbox)."""

Hashed = Callable[[str], str]
"""Turns an e-mail address or a number into its keyed hash, for what must not be kept in plain."""


class Rejected(msgspec.Struct, frozen=True):
    """Yielded in place of a review: something that could not be read, whole, and the reason for a person."""

    reason: str
    payload: bytes
    key: str | None = None


class Received(msgspec.Struct, frozen=True):
    """One HTTP request that the gateway took in for a source; header names are in lower case.

    ``url`` is the address as the sender knows it, ``sender`` the peer's network address.
    """

    method: str
    url: str
    headers: dict[str, str]
    body: bytes
    at: float
    sender: str = ""


Item = Review | Seen | Rejected
"""What a collector yields. ``Seen`` adds to a review when it was collected, or says that it is gone."""
Collect = Callable[..., Iterator[Any]]


class Collector(msgspec.Struct, frozen=True):
    """A collector function with all that its decorator and its signature say. Calling it calls the function."""

    name: str
    channel: str
    function: Collect
    parameters: tuple[Parameter, ...]
    takes: frozenset[str]
    summary: str
    every: float | None = None
    home: str | None = None
    gateway: dict[str, Any] = {}

    def __call__(self, *args: Any, **kwargs: Any) -> Iterator[Item]:
        """Run the function itself, as a test or a script would."""
        return self.function(*args, **kwargs)

    @property
    def pushed(self) -> bool:
        """Whether the gateway calls it for each request, instead of the clock."""
        return "received" in self.takes

    def bind(self, config: Mapping[str, Any]) -> dict[str, Any]:
        """The keyword arguments that ``config`` gives; raises InvalidConfig with every mistake in it."""
        known = {parameter.name: parameter for parameter in self.parameters}
        wrong = [
            f"{name}: not an option of {self.name}; it has {', '.join(sorted(known)) or 'none'}"
            for name in config
            if name not in known
        ]
        values: dict[str, Any] = {}
        for parameter in self.parameters:
            if parameter.name not in config:
                if parameter.required:
                    wrong.append(f"{parameter.name}: missing; add {parameter.example}")
                continue
            try:
                values[parameter.name] = options.convert(config[parameter.name], parameter)
            except InvalidConfig as error:
                wrong.append(f"{parameter.name}: {error}")
        if wrong:
            raise InvalidConfig(f"source {self.name}: " + "; ".join(wrong))
        return values


def collector(
    *,
    channel: str,
    every: str | float | None = "15 minutes",
    home: str | None = None,
    gateway: Mapping[str, Any] | None = None,
) -> Callable[[Collect], Collector]:
    """Make a generator function a collector.

    Args:
        channel: What the reviews come by: site, email, sms, file, …
        every: How often it runs when nothing else is configured; seconds or words as in "15 minutes"; None for what
            only the gateway calls.
        home: The front page of the place, for people.
        gateway: What of ``Reception`` is not as usual, for what the gateway calls.
    """
    seconds = interval(every) if every is not None else None

    def decorate(function: Collect) -> Collector:
        return _read(function, channel=channel, every=seconds, home=home, gateway=dict(gateway or {}))

    return decorate


_UNITS = {"second": 1.0, "minute": 60.0, "hour": 3600.0, "day": 86_400.0, "week": 604_800.0}


def interval(text: str | float) -> float:
    """Seconds in "15 minutes", "hour", "90" or 90; raises InvalidConfig."""
    if isinstance(text, int | float):
        found = float(text)
    else:
        match = re.fullmatch(r"\s{0,9}(\d{1,9}(?:\.\d{1,9})?)?\s{0,9}([a-z]{0,9}?)s?\s{0,9}", text.lower())
        number, unit = match.groups() if match else (None, "?")
        if not match or (unit and unit not in _UNITS) or not (number or unit):
            raise InvalidConfig(f"{text!r} is no span of time; write it as in '15 minutes' or '1 hour'")
        found = float(number or 1) * (_UNITS[unit] if unit else 1.0)
    if not 0 < found < 10 * 365 * 86_400:
        raise InvalidConfig(f"{text!r}: a span of time must be more than nothing and less than ten years")
    return found


def _read(
    function: Collect, *, channel: str, every: float | None, home: str | None, gateway: dict[str, Any]
) -> Collector:
    name = function.__name__
    if not inspect.isgeneratorfunction(function):
        raise InvalidConfig(f"{name}: a collector is a generator function: it must yield its reviews")
    doc = inspect.getdoc(function) or ""
    parameters, takes = options.read(function, doc)
    summary = doc.partition("\n\n")[0].replace("\n", " ")
    return Collector(name, channel, function, parameters, takes, summary, every, home, gateway)


class Found(msgspec.Struct, frozen=True):
    """All collectors by name, and a sentence for each module that could not be taken."""

    collectors: dict[str, Collector]
    problems: tuple[str, ...] = ()


def discover() -> Found:
    """The collectors of collectors/sources/ and of installed plug-ins. One broken plug-in does not stop the others."""
    found: dict[str, Collector] = {}
    problems: list[str] = []
    package = importlib.import_module(SOURCES)
    places = [(module.name, f"{SOURCES}.{module.name}") for module in pkgutil.iter_modules(package.__path__)]
    places += [(point.name, point.value.partition(":")[0]) for point in entry_points(group=ENTRY_POINTS)]
    for name, place in sorted(places):
        if name.startswith("_"):
            continue
        try:
            one = load(place)
        except Exception as error:  # noqa: BLE001 - a plug-in may fail in any way when it is imported
            problems.append(f"{place}: {error or type(error).__name__}")
            continue
        if one.name != name:
            problems.append(f"{place}: the entry point is called {name}, its collector {one.name}: give both one name")
        elif name in found:
            problems.append(f"{place}: there is already a collector called {name}: rename this one")
        else:
            found[name] = one
    return Found(found, tuple(problems))


def load(place: str) -> Collector:
    """The collector of the module at ``place``; its name must be the file's name."""
    name = place.rpartition(".")[2]
    one = getattr(importlib.import_module(place), name, None)
    if not isinstance(one, Collector) or one.name != name:
        raise InvalidConfig(f"write a function called {name} under @collector: file, function and source share a name")
    return one
