"""Whether the words of a mail are a machine's: out-of-office notices and acknowledgements of receipt.

Two halves are asked for, because each alone also occurs in what guests and buyers write: somebody says that they are
away and until when or whom to ask instead; a desk says that a message came in and what happens next. A sentence by
which a mail calls itself automatic is enough alone.
"""

from __future__ import annotations

import re
from functools import lru_cache
from importlib.resources import files

import msgspec

from collectors.platforms.mail.markers import fold, plain

_OPENING = 400
_READ = 1_500
_LONGEST = 4_000
"""Code points of a typed text above which it is no notice."""


@lru_cache(maxsize=1)
def _patterns() -> dict[str, re.Pattern[str]]:
    """What away.json tells apart, each as one pattern of all languages, for folded text with single spaces."""
    groups = msgspec.json.decode((files(__package__) / "away.json").read_bytes(), type=dict[str, list[str]])
    return {name: re.compile("|".join(f"(?:{part})" for part in parts)) for name, parts in groups.items()}


def says_away(text: str) -> bool:
    """Whether a short text is an automatic answer's: it calls itself so, or opens with an absence or a receipt.

    An absence counts with its end, its access to mail or its deputy; a receipt with what happens next. So guests who
    write from their holiday stay: "I am on vacation in your hotel and the room is damp".
    """
    if len(text) > _LONGEST:
        return False
    told, found = _told(text), _patterns()
    opening = told[:_OPENING]
    return bool(
        found["automatic"].search(told)
        or (_absent(opening) and found["later"].search(told))
        or (found["received"].search(opening) and found["next"].search(told))
        or (found["gone"].search(opening) and found["instead"].search(told))
    )


def bears_out(text: str, *, holiday: bool) -> bool:
    """Whether a text below a subject that names an absence speaks of it, too.

    Args:
        text: What is typed in the mail.
        holiday: The subject names a holiday, which is also a guest's headline, so that its end alone is not enough.
    """
    told, found = _told(text), _patterns()
    return bool(_absent(told) or (not holiday and found["later"].search(told)))


def _absent(told: str) -> bool:
    """Whether somebody says that they are away, and not that they are a guest of ours."""
    found = _patterns()["absent"].search(told)
    return found is not None and _patterns()["guest"].match(told[found.end() :]) is None


def _told(text: str) -> str:
    return " ".join(fold(plain(row)) for row in text[:_READ].splitlines() if row.strip()).replace("ё", "е")
