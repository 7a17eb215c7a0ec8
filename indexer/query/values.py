"""Numbers and truth values in queries."""

from __future__ import annotations

import math


def number(text: str) -> float:
    """The finite number that ``text`` is; raises ValueError."""
    if len(text) > 40 or "_" in text:
        raise ValueError(text)
    found = float(text)
    if not math.isfinite(found):
        raise ValueError(text)
    return found


def boolean(text: str) -> bool:
    """Whether ``text`` is true or false, in small letters as in Elasticsearch; raises ValueError for all else."""
    if text not in {"true", "false"}:
        raise ValueError(text)
    return text == "true"
