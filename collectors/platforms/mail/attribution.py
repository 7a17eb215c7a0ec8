"""The line by which a mail program introduces a quotation: "On Monday Ann <ann@x> wrote:", in all languages.

Evidence of two sorts is asked for, a verb of writing and a date or an address (or a quotation right below), because
each alone also occurs in what people write. Programs wrap these lines anywhere, so up to four lines are read as one.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache

import msgspec

from collectors.platforms.mail.lines import Line, line
from collectors.platforms.mail.markers import MAX_LINE, alternatives, languages, phrases

_ADDRESS = re.compile(r"[^\s<>()\[\]\"',;:@]{1,64}@[^\s<>()\[\]\"',;:@]{1,190}")
_NUMERIC_DATE = re.compile(r"(?<!\d)\d{1,4}\s?[./年-]\s?\d{1,2}\s?[./月-]\s?\d{1,4}日?|\d{1,2}월 ?\d{1,2}일")
_TIME = re.compile(r"(?<!\d)(?:\d{1,2}[:.]\d{2}(?!\d)|\d{1,2}h\d{2}|\d{1,2} ?[ap]\.?m\b|\d{1,2}시|\d{1,2}点)")
_YEAR = re.compile(r"(?<!\d)(?:19|20)\d\d(?!\d)")
_DAY = re.compile(r"(?<![\d:.])[0-3]?\d(?![\d:])")
_STARTS_DATED = re.compile(r"^\W{0,3}(?:[^\W\d]{1,14}\.?,? ){0,2}\d")
_ENDS_ADDRESSED = re.compile(r"@[^\s@]{1,190}[>)\]]{0,3} ?[:\uff1a]$")
_LONE = re.compile(r"^[^@]{8,120} <[^<>\s@]+@[^<>\s@]+>$")
_GLUED = re.compile(r"[:\uff1a] ?>")
_QUOTING = re.compile(
    r"^\W{0,3}(?:quoting|zitat von|citando|citat från|citation de|citaat van|cytowanie|цитирую|цитата)"
    r"\s[^@]{0,80}@[^@]{1,80}[:\uff1a]$"
)
_RULE = re.compile(r"^[-_=—–~*\s]{4,}$")
_UNNAMED = re.compile(
    r"(?:^|\s)(?!you |вы |ви )[^\W\d_A-ZА-ЯЁ]\w+,? (?:wrote|said|написал[аи]?|пишет|писал[аи]?|написав|пише|escribió"
    r"|escreveu|ha scritto|a écrit|napisała?|pisze|yazdı) ?:"
    r"|(?:schrieb|schreef) (?:der|die|das|ein|eine|ihr|ihre|mir|uns|de|het|een|uw) "
)
_MAX_LINES = 5
_MAX_SPAN = 500
_SURE = 0.9
_CLEAR = 0.93
_WEEKDAYS = ("Понедельник", "Вторник", "Среда", "Четверг", "Пятница", "Суббота", "Воскресенье")
_NO_SPACES = {"zh", "he"}
_BORDERED = 0x3000


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


def next_quoted(lines: Sequence[Line], at: int) -> bool:
    """Whether the next line with content, from line *at* on, stands in a quotation."""
    for row in lines[at : at + 6]:
        if row.quoted:
            return True
        if not row.empty:
            return False
    return False


def attribution(lines: Sequence[Line], at: int) -> Head | None:
    """The attribution that begins on line *at*, if one does."""
    first = lines[at]
    named = "<" in first.clean or (at + 1 < len(lines) and lines[at + 1].clean.startswith("<"))
    span = ""
    weak: Head | None = None
    for end in range(at, min(at + _MAX_LINES, len(lines))):
        row = lines[end]
        if row.empty and end + 1 < len(lines) and lines[end + 1].clean.startswith("<"):
            continue  # Polymail sets the address apart
        if row.empty or row.quoted != first.quoted or _RULE.match(row.clean):
            break
        span = f"{span} {row.low}".strip()
        if len(span) > _MAX_SPAN:
            break
        followed = next_quoted(lines, end + 1)
        grade = _grade(span, followed=followed, single=end == at, named=named)
        if grade and not followed and not has_address(span) and _is_story(lines[at : end + 1]):
            break
        if grade >= _SURE:
            for below in range(at + 1, end + 1):
                later = " ".join(other.low for other in lines[below : end + 1])
                if _grade(later, followed=followed, single=below == end) >= grade:
                    return None  # "Спасибо" stands above it, typed, or a line that the program wrote about itself
            return Head(at, end + 1, "attribution", grade)
        if grade and weak is None and end == at:
            weak = Head(at, end + 1, "attribution", grade)
    return weak


def _is_story(rows: Sequence[Line]) -> bool:
    """Whether a common noun writes where programs set a name: "On 14 March at 9:31 the driver wrote:"."""
    return _UNNAMED.search(" ".join(row.clean for row in rows)) is not None


def split_glued(lines: Sequence[Line]) -> list[Line]:
    """Break lines in which typed text runs into an attribution: "Yes. On Fri, Nov 5, 2021 at 9:31 AM Ann wrote:"."""
    broken: list[Line] = []
    for at, row in enumerate(lines):
        cut = _glued_at(lines, at) if not row.quoted and len(row.text) < MAX_LINE else None
        broken += [line(row.text[:cut].rstrip()), line(row.text[cut:])] if cut else [row]
    return broken


def _glued_at(lines: Sequence[Line], at: int) -> int | None:
    """Where in a line an attribution begins that something was typed before; None for nearly all lines."""
    text = lines[at].text
    starts = list(_starts().finditer(text))[-8:]
    whole = attribution(lines, at) if starts else None
    if whole and whole.confidence > _CLEAR:
        return None
    for found in starts:
        rest = line(text[found.start() :])
        if found.start() and not rest.quoted and has_date(rest.low):
            head = attribution([rest, *lines[at + 1 : at + _MAX_LINES]], 0)
            if head and head.confidence >= _CLEAR:
                return found.start()
    return None


@lru_cache(maxsize=1)
def _starts() -> re.Pattern[str]:
    """Any language's first word of an attribution, with its capital, within a line."""
    words = {intro[0].upper() + intro[1:] for intro in phrases("intro") if intro[0].isalpha() and len(intro) > 1}
    words |= {f"{day}," for day in _WEEKDAYS}
    return re.compile(rf"(?<=\S )(?:{alternatives(tuple(sorted(words, key=len, reverse=True)))}) (?=[^\n]{{0,40}}\d)")


def _word(words: Sequence[str]) -> str:
    """Any of *words*, at word borders where the script has them."""
    bordered = [re.escape(word) for word in words if ord(word[0]) < _BORDERED]
    other = [re.escape(word) for word in words if ord(word[0]) >= _BORDERED]
    made = [rf"(?<!\w)(?:{'|'.join(bordered)})(?!\w)"] if bordered else []
    return "|".join(made + other)


@lru_cache(maxsize=1)
def _any_verb() -> re.Pattern[str]:
    return re.compile(_word(phrases("wrote")))


@lru_cache(maxsize=1)
def _grammars() -> list[tuple[re.Pattern[str] | None, re.Pattern[str]]]:
    """For each language: how an attribution begins (None: by its date), and its verbs."""
    made = []
    for code, language in languages().items():
        border = "" if code in _NO_SPACES else r"(?!\w)"
        intro = re.compile(rf"^\W{{0,6}}(?:{alternatives(language.intro)}){border}") if language.intro else None
        made.append((intro, re.compile(_word(language.wrote))))
    return made


def _grade(span: str, *, followed: bool, single: bool, named: bool = False) -> float:
    """How sure it is that *span* is an attribution: 0 (no), or 0.6 to 0.97.

    Args:
        span: One to four lines in lower case.
        followed: A quotation stands right below.
        single: It is one line, so that no typed line can have slipped in.
        named: It begins with a name and an address, as Turkish and Chinese attributions do.
    """
    if _QUOTING.match(span):
        return _SURE
    tail = span.rstrip(" *_<\"'»")
    colon = tail.endswith((":", "\uff1a")) or _GLUED.search(span) is not None
    dated, addressed = has_date(span), has_address(span)
    if colon and dated and addressed and _STARTS_DATED.match(span) and _ENDS_ADDRESSED.search(tail):
        return _CLEAR
    if dated and addressed and _STARTS_DATED.match(span) and _LONE.search(span):
        return 0.85
    if followed and colon and dated and (addressed or (_STARTS_DATED.match(span) and _TIME.search(span))):
        unknown = _SURE  # in whatever language, over a quotation
    else:
        unknown = 0.0
    if not (dated or addressed or (followed and colon)) or not _any_verb().search(span):
        return unknown
    best = unknown
    for intro, verbs in _grammars():
        found = list(verbs.finditer(span))
        if not found:
            continue
        begins = bool(intro and intro.match(span))
        if colon or found[-1].end() >= len(tail.rstrip(" :-\uff1a")) - 1:
            begins = begins or bool(_STARTS_DATED.match(span)) or (named and dated and addressed)
            grade = _closed(span, begins=begins, followed=followed)
            best = max(best, grade if grade or not single else _weak(span, colon=colon, followed=followed))
        elif begins and dated and _TIME.search(span) and found[-1].start() < 60 and len(span) < 160:
            best = max(best, _SURE)  # "Am 20.06.24 um 16:20 schrieb Somebody", its colon lost
    return best


def _closed(span: str, *, begins: bool, followed: bool) -> float:
    """The grade of a span that ends with its verb or colon and begins as an attribution does."""
    dated, addressed = has_date(span), has_address(span)
    if not begins or not (dated or addressed):
        return 0.0
    if dated and addressed:
        return 0.97
    return 0.95 if followed or _TIME.search(span) else _SURE


def _weak(span: str, *, colon: bool, followed: bool) -> float:
    """The grade of a single line that does not begin as an attribution: "ann@x wrote:", "Ann Smith wrote:" over ">"."""
    dated, addressed = has_date(span), has_address(span)
    if addressed or dated:
        return _SURE if followed or addressed else 0.6
    return 0.8 if followed and colon and len(span) < 80 else 0.0
