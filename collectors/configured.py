"""A configured source: a collector together with its name, its options and its manners at both ends."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

import msgspec

from collectors.client import Manners
from collectors.errors import InvalidConfig
from collectors.plugin import Collector, interval

DAY = 86_400.0


class Reception(msgspec.Struct, frozen=True, kw_only=True):
    """How the gateway treats the requests of one source.

    ``public_url`` is the address that the sender was given, when a proxy stands before us (without the query);
    ``max_bytes`` bounds a body; ``per_minute`` the requests from one network address; ``origins`` are the sites whose
    pages may post here from a browser ("*" for all); ``redirect`` is where a browser is sent after a form;
    ``answer`` is the body that a gateway wants to see.
    """

    public_url: str | None = None
    max_bytes: int = 1_000_000
    per_minute: float | None = None
    origins: tuple[str, ...] = ()
    redirect: str | None = None
    answer: str = ""


class Source(msgspec.Struct, frozen=True, kw_only=True):
    """One configured place.

    ``every`` and ``full_every`` are seconds between two runs (None: the clock never runs it) and between two whole
    listings (a day at most, so that edits and withdrawals are noticed). ``options`` are the collector's own keyword
    arguments, ``manners`` how it fetches, ``reception`` how it is called.
    """

    name: str
    collector: Collector
    options: dict[str, Any] = {}
    every: float | None = 900.0
    full_every: float = DAY
    manners: Manners = Manners()
    reception: Reception = Reception()


def configure(
    name: str, table: Mapping[str, Any], collectors: Mapping[str, Collector], *, manners: Manners | None = None
) -> Source:
    """The source that a table of the configuration describes; raises InvalidConfig with what to write instead.

    Args:
        name: The table's name, the source's label.
        table: ``collector`` (the name by default), ``every``, ``full_every``, ``client`` (a table of Manners),
            ``gateway`` (a table of Reception), and the collector's own options. Secrets have been put in place as
            ``Secret``.
        collectors: All that were discovered.
        manners: What ``client`` changes.
    """
    rest = dict(table)
    wanted = rest.pop("collector", name)
    found = collectors.get(wanted) if isinstance(wanted, str) else None
    if found is None:
        known = ", ".join(sorted(collectors)) or "none, because none could be loaded"
        raise InvalidConfig(f"source {name}: there is no collector {wanted!r}; choose one of {known}")
    try:
        every = interval(rest.pop("every")) if "every" in rest else found.every
        full_every = min(DAY, interval(rest.pop("full_every", DAY)))
        polite = _changed(manners or Manners(), rest.pop("client", {}), "client")
        reception = _changed(Reception(), {**found.gateway, **rest.pop("gateway", {})}, "gateway")
    except (InvalidConfig, TypeError) as error:
        raise InvalidConfig(f"source {name}: {error}") from None
    try:
        options = found.bind(rest)
    except InvalidConfig as error:
        raise InvalidConfig(str(error).replace(f"source {found.name}:", f"source {name}:", 1)) from None
    return Source(
        name=name,
        collector=found,
        options=options,
        every=every,
        full_every=full_every,
        manners=polite,
        reception=reception,
    )


_S = TypeVar("_S", bound=msgspec.Struct)


def _changed(base: _S, table: Mapping[str, Any], title: str) -> _S:
    """``base`` with what the table says."""
    known = type(base).__struct_fields__
    unknown = sorted(set(table) - set(known))
    if unknown:
        raise InvalidConfig(f"{title} has no {', '.join(unknown)}; it has {', '.join(known)}")
    try:
        return msgspec.convert({**msgspec.structs.asdict(base), **table}, type(base), strict=False)
    except msgspec.ValidationError as error:
        raise InvalidConfig(f"{title}: {error}") from None
