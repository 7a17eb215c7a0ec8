"""Plain text of ``format=flowed`` (RFC 3676): paragraphs whose lines were broken for the way, joined again."""

from __future__ import annotations

import re

_MARKS = re.compile(r"^>*")
_BREAK = re.compile(r"\r\n|\r|\n")


def unflowed(text: str, *, delete_space: bool) -> str:
    """Join each line that ends with a space to the next one of the same quotation depth; take off stuffed spaces.

    Args:
        text: The body as it came.
        delete_space: ``DelSp=yes``: the space at the end was added together with the break.
    """
    made: list[str] = []
    open_depth: int | None = None
    for row in _BREAK.split(text):
        depth = len(_MARKS.match(row).group())  # type: ignore[union-attr]  # matches the empty string
        rest = row[depth:]
        rest = rest.removeprefix(" ")
        flows = rest.endswith(" ") and rest != "-- " and bool(rest.strip())
        words = rest[:-1] if flows and delete_space else rest
        if open_depth == depth and rest != "-- ":
            made[-1] += words
        else:
            made.append(f"{'>' * depth} {words}" if depth else words)
        open_depth = depth if flows else None
    return "\n".join(made)
