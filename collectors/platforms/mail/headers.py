"""Finding where the quoted mail begins: attributions, blocks of From/Sent/To/Subject, "Original Message" rules.

A header block needs two labels or more and an address or a subject; a rule needs its words, or a header block below.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache

import msgspec

from collectors.platforms.mail.attribution import Head, attribution, has_address, has_date, next_quoted
from collectors.platforms.mail.lines import Line
from collectors.platforms.mail.markers import alternatives, languages, phrases

_RULE_OPEN = r"^[\s\W]{0,3}[-_=—–~*.#]{2,}\s{0,3}"
_RULE = re.compile(r"^[-_=—–~*\s]{5,}$")
_LABELS = ("from_", "sent", "to", "cc", "subject")
_COLON = r"[:\uff1a]"
_MAX_LABELS = 12
_MAX_BLOCK = 40


class _Block(msgspec.Struct):
    """The labels of a block as they are collected."""

    end: int
    kinds: list[set[str]]
    addressed: bool = False
    dated: bool = False

    def add(self, row: Line, index: int, kinds: set[str]) -> None:
        self.kinds.append(kinds)
        self.end = index + 1
        self.addressed = self.addressed or has_address(row.low)
        self.dated = self.dated or has_date(row.low)


@lru_cache(maxsize=1)
def _label_map() -> dict[str, set[str]]:
    """Label -> the kinds of header that it names in some language ("de" is From in French, "a" is To)."""
    found: dict[str, set[str]] = {}
    for language in languages().values():
        for kind in _LABELS:
            for label in getattr(language, kind):
                found.setdefault(label, set()).add(kind)
    return found


@lru_cache(maxsize=1)
def _label_patterns() -> tuple[re.Pattern[str], re.Pattern[str]]:
    """A label at the beginning of a line, and one within a line whose breaks were lost."""
    words = tuple(sorted(_label_map(), key=lambda word: (-len(word), word)))
    line = rf"^\W{{0,4}}({alternatives(words)})\W{{0,2}}? ?{_COLON}\W{{0,3}}?(?=\s|[\w<\"'*\[«]|$)"
    glued = rf"({alternatives(tuple(word for word in words if len(word) > 1))}) ?{_COLON} ?(?=\S|$)"
    return re.compile(line), re.compile(glued)


def _label(row: Line) -> set[str]:
    found = _label_patterns()[0].match(row.low)
    return _label_map()[found.group(1)] if found else set()


def header_block(lines: Sequence[Line], at: int) -> Head | None:
    """A block of From/Sent/To/Subject lines that begins on line *at*, in any of the languages."""
    if lines[at].empty:
        return None
    glued = _glued_headers(lines[at].low)
    if glued:
        return Head(at, at + 1, "headers", 0.9)
    kinds = _label(lines[at])
    if not kinds:
        return None
    block = _Block(at + 1, [])
    block.add(lines[at], at, kinds)
    _collect(lines, at, block)
    grade = _grade(block)
    return Head(at, block.end, "headers", grade) if grade else None


def _collect(lines: Sequence[Line], at: int, block: _Block) -> None:
    """Add the labels below line *at*.

    A value may run over three lines (a list of addresses over more), and single or double spacing is no end.
    """
    blanks = 0
    for index in range(at + 1, min(at + _MAX_BLOCK, len(lines))):
        row = lines[index]
        if lines[at].quoted and not row.quoted:
            return
        if row.empty:
            blanks += 1
            if blanks > 2:
                return
            continue
        kinds = _label(row)
        if kinds:
            block.add(row, index, kinds)
            blanks = 0
        elif blanks or (index - block.end >= 3 and not has_address(row.low)):
            return


def _grade(block: _Block) -> float:
    """How sure it is that these labels head a quoted mail: 0 (no), or 0.45 to 0.96."""
    distinct = _distinct(block.kinds)
    has_from = any("from_" in kinds for kinds in block.kinds)
    has_subject = any("subject" in kinds for kinds in block.kinds)
    if distinct < 2 or len(block.kinds) > _MAX_LABELS:
        return 0.0
    if distinct >= 3 and (has_subject or (has_from and block.addressed)):
        return 0.96 if has_from else 0.85
    if has_from and block.addressed:
        return 0.85
    if distinct >= 3 or (has_from and has_subject):
        return 0.7 if block.dated and has_from else 0.45
    return 0.0


def _distinct(seen: Sequence[set[str]]) -> int:
    """How many kinds of header the labels name; an ambiguous label counts as what is still missing."""
    taken: set[str] = set()
    for kinds in sorted(seen, key=len):
        free = kinds - taken
        if free:
            taken.add(min(free))
    return len(taken)


def _glued_headers(low: str) -> bool:
    """Whether a line is a header block that lost its line breaks: three labels or more, and an address."""
    if len(low) < 30 or not has_address(low):
        return False
    found = [(match.start(), _label_map()[match.group(1)]) for match in _label_patterns()[1].finditer(low)]
    return len(found) >= 3 and _distinct([kinds for _, kinds in found]) >= 3 and found[0][0] <= 60


@lru_cache(maxsize=1)
def _rules() -> tuple[re.Pattern[str], re.Pattern[str], re.Pattern[str]]:
    """Rules with known words, the words bare, and rules with words nobody listed."""
    words = rf"(?:(?:{alternatives(phrases('original'))})|(?P<forwarded>{alternatives(phrases('forwarded'))}))"
    ruled = rf"{_RULE_OPEN}{words}[^\w\n]{{0,3}}(?:.{{0,80}}?[-_=—–~*.#]{{2,}}|\s*:?$)"
    generic = rf"{_RULE_OPEN}[^\W\d_][\w' ]{{3,60}}\s{{0,3}}[-_=—–~*]{{2,}}\s*$"
    # Android programs draw the attribution itself as a rule, "---- Ann Smith wrote ----".
    ruled = rf"{ruled}|^-{{2,6}} ?[^-]{{1,200}}(?<!\w)(?:{alternatives(phrases('wrote'))}) ?:? ?-{{2,6}}$"
    return re.compile(ruled), re.compile(rf"^{words}\s?:?$"), re.compile(generic)


def ruled_head(lines: Sequence[Line], at: int) -> Head | None:
    """The rule "-----Original Message-----" and its kin, "Begin forwarded message:", a rule over a header block."""
    row = lines[at]
    if row.empty:
        return None
    ruled, bare, generic = _rules()
    found = ruled.match(row.low[:300])
    if found:
        return Head(at, at + 1, "rule", 0.97, forwarded=bool(found.group("forwarded")))
    found = bare.match(row.low)
    drawn = _RULE.match(row.low) or generic.match(row.low)
    if not (found or drawn):
        return None
    below = next((i for i in range(at + 1, min(at + 4, len(lines))) if not lines[i].empty), None)
    under = header_block(lines, below) if below is not None else None
    if found and (under or next_quoted(lines, at + 1)):
        forwarded = bool(found.group("forwarded"))
        return Head(at, under.end if under else at + 1, "rule", 0.95, forwarded=forwarded)
    if under and drawn and under.confidence >= 0.7:
        return Head(at, under.end, "rule", max(0.95, under.confidence))
    return None


def find_head(lines: Sequence[Line], at: int) -> Head | None:
    """The head of a quotation that begins on line *at*, if one does."""
    return ruled_head(lines, at) or attribution(lines, at) or header_block(lines, at)
