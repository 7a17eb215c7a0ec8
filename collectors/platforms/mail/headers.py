"""Finding where the quoted mail begins: "On … wrote:" lines, blocks of From/Sent/To/Subject, "Original Message" rules.

Each finder looks at the lines from one index on and answers with a :class:`Head` or None. They need evidence of more
than one sort (a verb and a date or an address; two or more labels; a rule and its words), because each of them alone
also occurs in what people write.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache

import msgspec

from collectors.platforms.mail.lines import Line
from collectors.platforms.mail.markers import alternatives, languages, phrases

_ADDRESS = re.compile(r"[^\s<>()\[\]\"',;:@]{1,64}@[^\s<>()\[\]\"',;:@]{1,190}")
_NUMERIC_DATE = re.compile(r"(?<!\d)\d{1,4}\s?[./年-]\s?\d{1,2}\s?[./月-]\s?\d{1,4}日?|\d{1,2}월 ?\d{1,2}일")
_TIME = re.compile(r"(?<!\d)(?:\d{1,2}[:.]\d{2}(?!\d)|\d{1,2}h\d{2}|\d{1,2} ?[ap]\.?m\b|\d{1,2}시|\d{1,2}点)")
_YEAR = re.compile(r"(?<!\d)(?:19|20)\d\d(?!\d)")
_DAY = re.compile(r"(?<![\d:.])[0-3]?\d(?![\d:])")
_STARTS_DATED = re.compile(r"^\W{0,3}(?:[^\W\d]{2,14}\.?,? ){0,2}\d")
_ENDS_ADDRESSED = re.compile(r"@[^\s@]{1,190}[>)\]]{0,3} ?:$")
_RULE_OPEN = r"^[\s\W]{0,3}[-_=—–~*.]{2,}\s{0,3}"
_RULE = re.compile(r"^[-_=—–~*\s]{5,}$")
_LABELS = ("from_", "sent", "to", "cc", "subject")
_MAX_SPAN = 4
_LOOK_AHEAD = 12


class Head(msgspec.Struct, frozen=True):
    """The head of a quotation: lines ``start`` to ``end`` (exclusive), what it is and how sure that is (0-1)."""

    start: int
    end: int
    kind: str
    confidence: float
    forwarded: bool = False


def has_date(text: str) -> bool:
    """Whether *text* names a day: a numeric date, or a day with a year or a time of day."""
    if _NUMERIC_DATE.search(text):
        return True
    return bool(_DAY.search(text)) and bool(_YEAR.search(text) or _TIME.search(text))


def has_address(text: str) -> bool:
    """Whether *text* holds an e-mail address."""
    return "@" in text and bool(_ADDRESS.search(text))


def _word(words: tuple[str, ...]) -> str:
    """Any of *words*, at word borders where the script has them."""
    return "|".join(
        (r"(?<!\w)" + re.escape(w) + r"(?!\w)")
        if w.isascii() or w[0].isalpha() and ord(w[0]) < 0x3000
        else re.escape(w)
        for w in words
    )


@lru_cache(maxsize=1)
def _attributions() -> list[tuple[re.Pattern[str] | None, re.Pattern[str]]]:
    """For each language: how an attribution begins (None: by its date), and its verbs."""
    made = []
    for code, language in languages().items():
        intro = None
        if language.intro:
            border = "" if code in {"zh", "he"} else r"(?!\w)"
            intro = re.compile(rf"^\W{{0,3}}(?:{alternatives(language.intro)}){border}")
        made.append((intro, re.compile(_word(language.wrote))))
    return made


def attribution(lines: Sequence[Line], at: int) -> Head | None:
    """ "On <date> <somebody> wrote:" that begins on line *at*, over at most four lines."""
    first = lines[at]
    if first.empty or len(first.low) > 400:
        return None
    span = ""
    weak: Head | None = None
    for end in range(at, min(at + _MAX_SPAN, len(lines))):
        row = lines[end]
        if row.empty or row.quoted != first.quoted:
            break
        span = f"{span} {row.low}".strip()
        if len(span) > 500:
            break
        grade = _grade(span, followed=_next_quoted(lines, end + 1), top=end == at)
        if grade >= 0.9:
            return Head(at, end + 1, "attribution", grade)
        if grade and weak is None and end == at:
            weak = Head(at, end + 1, "attribution", grade)
    return weak


def _next_quoted(lines: Sequence[Line], at: int) -> bool:
    """Whether the next line with content stands in a quotation."""
    for row in lines[at : at + 6]:
        if row.quoted:
            return True
        if not row.empty:
            return False
    return False


def _grade(span: str, *, followed: bool, top: bool) -> float:
    """How sure it is that *span* is an attribution: 0 (no), or 0.5 to 0.97."""
    tail = span.rstrip(" *_<\"'»")
    glued = re.search(r": ?>", span)
    colon = tail.endswith((":", ":")) or glued is not None
    dated, addressed = has_date(span), has_address(span)
    if colon and dated and addressed and _STARTS_DATED.match(span) and _ENDS_ADDRESSED.search(tail):
        return 0.93
    if not (dated or addressed or (followed and colon)):
        return 0.0
    for intro, verbs in _attributions():
        found = None
        for found in verbs.finditer(span):
            pass
        if found is None:
            continue
        last = found.end() >= len(tail.rstrip(" :-:")) - 1
        if not (colon or last):
            # "Am 20.06.24 um 16:20 schrieb Somebody", its colon lost
            if intro and intro.match(span) and dated and _TIME.search(span) and found.start() < 60 and len(span) < 160:
                return 0.9
            continue
        strong = bool(intro and intro.match(span)) or bool(_STARTS_DATED.match(span))
        if strong and (dated or addressed):
            if dated and addressed:
                return 0.97
            return 0.95 if followed or (dated and _TIME.search(span)) else 0.9
        if not top:
            continue
        if addressed or dated:
            return 0.9 if followed or addressed else 0.6
        if followed and colon and len(span) < 80:
            return 0.8
    return 0.0


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
def _label_pattern() -> re.Pattern[str]:
    words = tuple(sorted(_label_map(), key=lambda word: (-len(word), word)))
    return re.compile(rf"^\W{{0,4}}({alternatives(words)})\W{{0,2}}? ?[::]\W{{0,3}}?(?=\s|[\w<\"'*\[«]|$)")


@lru_cache(maxsize=1)
def _inline_pattern() -> re.Pattern[str]:
    words = tuple(sorted((w for w in _label_map() if len(w) > 1), key=lambda word: (-len(word), word)))
    return re.compile(rf"({alternatives(words)}) ?[::] ?(?=\S|$)")


def _label(row: Line) -> set[str]:
    found = _label_pattern().match(row.low)
    return _label_map()[found.group(1)] if found else set()


def header_block(lines: Sequence[Line], at: int) -> Head | None:
    """A block of From/Sent/To/Subject lines that begins on line *at*, in any of the languages."""
    first = lines[at]
    if first.empty:
        return None
    glued = _glued_headers(lines, at)
    if glued:
        return glued
    kinds = _label(first)
    if not kinds:
        return None
    seen: list[set[str]] = [kinds]
    end, since, addressed, timed = at + 1, 0, has_address(first.low), has_date(first.low)
    for index in range(at + 1, min(at + 40, len(lines))):
        row = lines[index]
        if first.quoted and not row.quoted:
            break
        if row.empty:
            since += 1
            if since > 2:
                break
            continue
        kinds = _label(row)
        if kinds:
            seen.append(kinds)
            end, since = index + 1, 0
            addressed = addressed or has_address(row.low)
            timed = timed or has_date(row.low)
        elif since or index - end >= 3:
            break
    distinct = _distinct(seen)
    has_from = any("from_" in kinds for kinds in seen)
    has_subject = any("subject" in kinds for kinds in seen)
    if distinct < 2 or len(seen) > 12:
        return None
    if distinct >= 3 and (has_from or has_subject) and (addressed or has_subject):
        return Head(at, end, "headers", 0.96 if has_from else 0.85)
    if distinct >= 2 and has_from and addressed:
        return Head(at, end, "headers", 0.85)
    if distinct >= 3 or (has_from and has_subject):
        return Head(at, end, "headers", 0.7 if timed and has_from else 0.45)
    return None


def _distinct(seen: list[set[str]]) -> int:
    """How many kinds of header the labels name; an ambiguous label counts as what is still missing."""
    taken: set[str] = set()
    for kinds in sorted(seen, key=len):
        free = kinds - taken
        if free:
            taken.add(sorted(free)[0])
    return len(taken)


def _glued_headers(lines: Sequence[Line], at: int) -> Head | None:
    """Headers that lost their line breaks: three labels or more on one line with an address."""
    low = lines[at].low
    if len(low) < 30 or not has_address(low):
        return None
    found = [(m.start(), _label_map()[m.group(1)]) for m in _inline_pattern().finditer(low)]
    if len(found) < 3 or _distinct([kinds for _, kinds in found]) < 3 or found[0][0] > 60:
        return None
    return Head(at, at + 1, "headers", 0.9)


@lru_cache(maxsize=1)
def _rules() -> tuple[re.Pattern[str], re.Pattern[str], re.Pattern[str]]:
    original, forwarded = alternatives(phrases("original")), alternatives(phrases("forwarded"))
    ruled = rf"{_RULE_OPEN}(?:(?P<o>{original})|(?P<f>{forwarded}))[^\w\n]{{0,3}}(?:.{{0,80}}?[-_=—–~*.]{{2,}}|\s*:?$)"
    bare = rf"^(?:(?P<o>{original})|(?P<f>{forwarded}))\s?:?$"
    generic = rf"{_RULE_OPEN}[^\W\d_][\w' ]{{3,60}}\s{{0,3}}[-_=—–~*]{{2,}}\s*$"
    return re.compile(ruled), re.compile(bare), re.compile(generic)


def ruled_head(lines: Sequence[Line], at: int) -> Head | None:
    """ "-----Original Message-----" and its kin, "Begin forwarded message:", ruled lines over a header block."""
    row = lines[at]
    if row.empty:
        return None
    ruled, bare, generic = _rules()
    found = ruled.match(row.low[:300])
    if found:
        return Head(at, at + 1, "rule", 0.97, forwarded=bool(found.group("f")))
    below = next((i for i in range(at + 1, min(at + 4, len(lines))) if not lines[i].empty), None)
    under = header_block(lines, below) if below is not None else None
    found = bare.match(row.low)
    if found and (under or _next_quoted(lines, at + 1)):
        return Head(at, under.end if under else at + 1, "rule", 0.95, forwarded=bool(found.group("f")))
    if under and under.confidence >= 0.7 and (_RULE.match(row.low) or generic.match(row.low)):
        return Head(at, under.end, "rule", max(0.95, under.confidence))
    return None


def find_head(lines: Sequence[Line], at: int) -> Head | None:
    """The head of a quotation that begins on line *at*, if one does."""
    return ruled_head(lines, at) or attribution(lines, at) or header_block(lines, at)
