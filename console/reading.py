"""What the pages show of a document, worked out: marked text, differences between versions, reasons as bars."""

from __future__ import annotations

import difflib
import re
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
from markupsafe import Markup, escape

from console.texts import Words

PROSE = ("title", "text", "pros", "cons")
_WORDS = re.compile(r"\s+|\w+|[^\w\s]", re.UNICODE)
_MOST_WORDS = 4_000
_LEAST_KEPT = 3
"""Words that must stay in a row between two changes; fewer are no landmark for the eye."""


class ReasonBar(msgspec.Struct, frozen=True):
    """A reason with its share of the widest bar (0-100); ``raises`` when it speaks for a fake."""

    text: str
    name: str
    contribution: float
    share: float
    raises: bool
    reviews: tuple[str, ...] = ()


def reasons(document: Mapping[str, Any], language: str) -> list[ReasonBar]:
    """The reasons of the risk in the reader's language, the weightiest first."""
    found = document["risk"].get("reasons", [])
    widest = max((abs(reason["contribution"]) for reason in found), default=0.0) or 1.0
    return [
        ReasonBar(
            text=reason["text"].get(language) or reason["text"].get("en", reason["name"]),
            name=reason["name"],
            contribution=reason["contribution"],
            share=round(max(2.0, 100 * abs(reason["contribution"]) / widest), 1),
            raises=reason["contribution"] > 0,
            reviews=tuple(reason.get("reviews", ())),
        )
        for reason in found
    ]


def marked(document: Mapping[str, Any], words: Words) -> dict[str, Markup]:
    """The words of the review by field, with its aspects and requests marked and named; all else escaped."""
    spans = [
        (a["start"], a["end"], mood(a["sentiment"]), words(f"aspect_{a['name']}")) for a in document.get("aspects", [])
    ]
    spans += [(r["start"], r["end"], "request", words("request")) for r in document.get("requests", [])]
    shown: dict[str, Markup] = {}
    offset = 0
    for name in PROSE:
        text = document.get(name)
        if text:
            inside = [(s - offset, e - offset, kind, title) for s, e, kind, title in spans if s >= offset]
            shown[name] = _mark(text, [span for span in inside if span[1] <= len(text)])
            offset += len(text) + 1
    return shown


def mood(sentiment: float) -> str:
    """What an aspect's sentiment (-1 to 1) comes to: bad, good or plain."""
    return "bad" if sentiment < -0.2 else "good" if sentiment > 0.2 else "plain"


def _mark(text: str, spans: Sequence[tuple[int, int, str, str]]) -> Markup:
    parts, at = [], 0
    for start, end, kind, title in sorted(spans):
        if start >= at and end > start:
            parts += [escape(text[at:start])]
            parts += [Markup('<mark class="{}" title="{}">{}</mark>').format(kind, title, text[start:end])]
            at = end
    return Markup("").join([*parts, escape(text[at:])])


def difference(old: str, new: str) -> Markup:
    """The new text with what was taken out as <del> and what was put in as <ins>, word by word.

    A text that was written anew is shown whole, the old before the new, instead of as a weave of both.
    """
    before, after = _WORDS.findall(old), _WORDS.findall(new)
    if len(before) + len(after) > _MOST_WORDS:
        return Markup("<del>{}</del> <ins>{}</ins>").format(old, new)
    parts: list[tuple[bool, str, str]] = []
    for kind, a, b, c, d in difflib.SequenceMatcher(None, before, after, autojunk=False).get_opcodes():
        parts.append((kind == "equal", "".join(before[a:b]), "".join(after[c:d])))
    return Markup("").join(_shown(*part) for part in _merged(parts))


def _merged(parts: Sequence[tuple[bool, str, str]]) -> list[tuple[bool, str, str]]:
    """The runs with those that stayed the same taken for changed when they are short and between two changes."""
    found: list[tuple[bool, str, str]] = []
    for index, (same, gone, came) in enumerate(parts):
        inside = 0 < index < len(parts) - 1
        kept = same and not (inside and len(gone.split()) < _LEAST_KEPT)
        if found and not kept and not found[-1][0]:
            found[-1] = (False, found[-1][1] + gone, found[-1][2] + came)
        else:
            found.append((kept, gone, came))
    return found


def _shown(same: bool, gone: str, came: str) -> Markup:
    if same:
        return escape(came)
    removed, added = Markup("<del>{}</del>").format(gone), Markup("<ins>{}</ins>").format(came)
    return (removed if gone else Markup("")) + (added if came else Markup(""))


def versions(document: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The edits, the newest first: each with the difference of its words to those that followed."""
    history = list(document.get("history", []))
    following = [*history[1:], document] if history else []
    return [
        {
            **edit,
            "words": {
                name: difference(edit.get(name) or "", after.get(name) or "")
                for name in PROSE
                if (edit.get(name) or "") != (after.get(name) or "")
            },
            "new_rating": after.get("rating"),
        }
        for edit, after in zip(history, following, strict=True)
    ][::-1]
