"""A configured source: a collector together with its name, its options and its manners."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from collectors.client import Manners
from collectors.errors import InvalidConfig
from collectors.plugin import Collector, interval

DAY = 86_400.0


class Source(msgspec.Struct, frozen=True, kw_only=True):
    """One configured place.

    ``every`` and ``full_every`` are seconds between two runs (None: the clock never runs it) and between two whole
    listings (a day at most, so that edits and withdrawals are noticed). ``options`` are the collector's keyword arguments.
    """

    name: str
    collector: Collector
    options: dict[str, Any] = {}
    every: float | None = 900.0
    full_every: float = DAY
    manners: Manners = Manners()


def configure(
    name: str, table: Mapping[str, Any], collectors: Mapping[str, Collector], *, manners: Manners | None = None
) -> Source:
    """The source that a table of the configuration describes; raises InvalidConfig with what to write instead.

    Args:
        name: The table's name, the source's label.
        table: ``collector`` (the name by default), ``every``, ``full_every``, ``client`` (a table of Manners), and the
            collector's own options. Secrets have been put in place as ``Secret``.
        collectors: All that were discovered.
        manners: What ``client`` changes.
    """
    rest = dict(table)
    wanted = rest.pop("collector", name)
    found = collectors.get(wanted) if isinstance(wanted, str) else None
    if found is None:
        raise InvalidConfig(
            f"source {name}: there is no collector {wanted!r}; choose one of {', '.join(sorted(collectors))}"
        )
    try:
        every = interval(rest.pop("every")) if "every" in rest else found.every
        full_every = min(DAY, interval(rest.pop("full_every", DAY)))
        asked = rest.pop("client", {})
        changed = {**msgspec.structs.asdict(manners or Manners()), **asked}
        polite = msgspec.convert(changed, Manners, strict=False)
    except (InvalidConfig, msgspec.ValidationError, TypeError) as error:
        raise InvalidConfig(f"source {name}: {error}") from None
    unknown = sorted(set(asked) - set(Manners.__struct_fields__))
    if unknown:
        known = ", ".join(Manners.__struct_fields__)
        raise InvalidConfig(f"source {name}: client has no {', '.join(unknown)}; it has {known}")
    try:
        options = found.bind(rest)
    except InvalidConfig as error:
        raise InvalidConfig(str(error).replace(f"source {found.name}:", f"source {name}:", 1)) from None
    return Source(name=name, collector=found, options=options, every=every, full_every=full_every, manners=polite)
