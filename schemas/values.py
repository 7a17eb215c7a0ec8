"""What all shapes are made of: bounded text, aware times, and the frozen base.

Times are aware UTC. Lengths are bounded where bytes come in (``codec``) and where people's data come in (``wire``).
"""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

MAX_TEXT = 50_000
"""Code points of a review's text, pros, cons or reply; a longer one is no review and becomes a dead letter."""
MAX_LINE = 2_000
"""Code points of a title, a name, an address or an id."""

Line = Annotated[str, Meta(max_length=MAX_LINE)]
Text = Annotated[str, Meta(max_length=MAX_TEXT)]
Id = Annotated[str, Meta(min_length=1, max_length=MAX_LINE)]
Time = Annotated[datetime, Meta(tz=True)]

Outcome = Literal["new", "edited", "updated", "unchanged", "withdrawn", "rejected"]
Level = Literal["low", "medium", "high", "insufficient"]
CopyKind = Literal["copied", "syndicated"]
Grade = Literal["anonymous", "identified", "platform-verified", "order-matched", "invited"]


class Value(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Base of all shapes: frozen, fields by name, defaults left out of the bytes."""
