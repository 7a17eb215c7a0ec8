"""The phrases by which mail programs announce quotes, signatures and machine mail, compiled from markers.json.

The phrases are data, so that a language is added without touching code. Everything is matched in lower case on text
that went through :func:`plain`, which removes what mail programs sprinkle over such lines (bold stars, bidirectional
marks, no-break spaces, entities).
"""

from __future__ import annotations

import html
import re
import unicodedata
from functools import lru_cache
from importlib.resources import files

import msgspec

MAX_LINE = 1_000
"""Code points of a line that are looked at; no marker is longer."""

_INVISIBLE = re.compile("[\u00ad\u061c\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff\ufffc\u0610-\u061a\u064b-\u065f]")
_SPACES = re.compile(r"[ \t\u00a0\u1680\u2000-\u200a\u202f\u3000]+")
_BOLD = re.compile(r"(?<![*_\w])[*_]{1,3}(?=[^\s*_])|(?<=[^\s*_])[*_]{1,3}(?![*_\w])")


class Language(msgspec.Struct, frozen=True, rename={"from_": "from"}):
    """The phrases of one language, all in lower case."""

    intro: tuple[str, ...]
    wrote: tuple[str, ...]
    from_: tuple[str, ...]
    sent: tuple[str, ...]
    to: tuple[str, ...]
    cc: tuple[str, ...]
    subject: tuple[str, ...]
    original: tuple[str, ...]
    forwarded: tuple[str, ...]
    sent_from: tuple[str, ...]
    sent_from_end: tuple[str, ...]
    signoff: tuple[str, ...]
    disclaimer: tuple[str, ...]
    footer: tuple[str, ...]
    external: tuple[str, ...]
    auto_subject: tuple[str, ...]
    bounce_subject: tuple[str, ...]
    bounce_body: tuple[str, ...]
    forward_subject: tuple[str, ...]
    reply_subject: tuple[str, ...]


@lru_cache(maxsize=1)
def languages() -> dict[str, Language]:
    """All languages of markers.json by their ISO 639-1 code."""
    return msgspec.json.decode((files(__package__) / "markers.json").read_bytes(), type=dict[str, Language])


def phrases(field: str) -> tuple[str, ...]:
    """One field's phrases of all languages, each once, the longest first."""
    found = {phrase for language in languages().values() for phrase in getattr(language, field)}
    return tuple(sorted(found, key=lambda phrase: (-len(phrase), phrase)))


def alternatives(words: tuple[str, ...]) -> str:
    """A regular expression's body that matches any of *words*."""
    return "|".join(re.escape(word) for word in words)


def plain(line: str) -> str:
    """*line* as it is matched: at most :data:`MAX_LINE` code points, no ornaments, single spaces, ASCII digits."""
    line = line[:MAX_LINE]
    if "&" in line:
        line = html.unescape(line)
    line = _SPACES.sub(" ", _INVISIBLE.sub("", line)).strip()
    if "*" in line or "_" in line:
        line = _BOLD.sub("", line)
    if not line.isascii():
        line = "".join(str(unicodedata.digit(c)) if c.isdigit() and not c.isascii() else c for c in line)
    return line


def fold(line: str) -> str:
    """*line* in lower case with typographic quotes made straight, as the phrases are written."""
    return line.lower().replace("’", "'").replace("‑", "-").replace("–", "-")
