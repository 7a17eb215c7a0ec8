"""Where a page ended, as an opaque text: both stores page by the last hit's sort value and review id."""

from __future__ import annotations

import base64
import binascii
from typing import NamedTuple

import msgspec

from indexer.fields import SORTS
from indexer.query.tree import QueryError


class Place(NamedTuple):
    """The last hit of a page: its value of the sort field (None: it has none) and its review id."""

    value: str | float | None
    review_id: str


_MAX = 4_000


def sort_of(sort: str) -> tuple[str, bool]:
    """The field of a sort and whether it goes down; raises QueryError for a field that cannot be sorted by."""
    name = sort.removeprefix("-")
    if name not in SORTS:
        listed = ", ".join(SORTS)
        raise QueryError(
            f"cannot sort by {name[:60]}: choose one of {listed}",
            f"нельзя упорядочить по {name[:60]}: выберите одно из {listed}",
        )
    return name, sort.startswith("-")


def write(sort: str, place: Place) -> str:
    """The cursor after ``place`` in an answer sorted by ``sort``."""
    data = msgspec.json.encode((sort, place.value, place.review_id))
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


def read(cursor: str | None, sort: str) -> Place | None:
    """The place that a cursor of an answer sorted by ``sort`` names; raises QueryError for anything else."""
    if not cursor:
        return None
    try:
        data = base64.b64decode(cursor[:_MAX] + "=" * (-len(cursor[:_MAX]) % 4), altchars=b"-_", validate=True)
        found = msgspec.json.decode(data, type=tuple[str, str | float | None, str])
    except (ValueError, binascii.Error, msgspec.MsgspecError):
        found = None
    if found is None or found[0] != sort:
        raise QueryError(
            "this page belongs to another question: start again from the first page",
            "эта страница от другого запроса: начните с первой",
        )
    return Place(found[1], found[2])
