"""JSON as it is found in pages: read strictly when it is right, repaired when a person would know what was meant.

Shops publish JSON-LD without its opening brace, with line breaks and quotation marks inside strings, trailing
commas, comments, bare words, CDATA marks, entities, several objects in a row, and cut off in the middle.
"""

from __future__ import annotations

import html
import json
import re
from typing import Any

MAX_DEPTH = 80
"""Levels of nesting that are read; what lies deeper becomes None."""
MAX_CHARS = 5_000_000

_DECODER = json.JSONDecoder()
_BEFORE = re.compile(r"\ufeff|<!--|//[ \t]{0,20}<!\[CDATA\[|/\*[ \t]{0,20}<!\[CDATA\[[ \t]{0,20}\*/|<!\[CDATA\[")
_BEHIND = ("-->", "]]>", "/* ]]> */", "/*]]>*/", "//", ";")
_BLANK = re.compile(r"(?:[\s\ufeff]{1,5000}|//[^\n]{0,5000}|/\*(?:[^*]|\*(?!/)){0,5000}\*/)+")
_KEYLESS_START = re.compile(r"""\A(?:"[^"\n]{1,100}"|'[^'\n]{1,100}'|[@\w$-]{1,100})\s{0,100}:(?!//)""")
_NUMBER = re.compile(r"[-+]?(?:\d{1,400}(?:\.\d{0,400})?|\.\d{1,400})(?:[eE][-+]?\d{1,5})?(?=[\s,\]}/;]|\Z)")
_BARE = re.compile(r"[^,\]}\n]{1,2000}")
_BARE_KEY = re.compile(r"[^\s:,{}\[\]\"']{1,200}")
_PLAIN = {'"': re.compile(r'[^"\\]{1,100000}'), "'": re.compile(r"[^'\\]{1,100000}")}
_ESCAPES = {"n": "\n", "t": "\t", "r": "\r", "b": "\b", "f": "\f"}
_WORDS: dict[str, Any] = {"true": True, "false": False, "null": None, "undefined": None, "NaN": None, "None": None}
_WORDS |= {"True": True, "False": False, "Infinity": None, "-Infinity": None}
# What may stand behind the quotation mark that really ends a string.
_AFTER_KEY = re.compile(r"\s{0,300}:")
_AFTER_IN_OBJECT = re.compile(
    r"""\s{0,300}(?:\}|\Z|,\s{0,300}(?:\}|\Z|//|/\*|"[^"\n]{1,200}"\s{0,100}:|'[^'\n]{1,200}'\s{0,100}:)"""
    r"""|,(?:\s{0,50}\n\s{0,300})?[@\w$-]{1,100}\s{0,20}:|\s{1,300}"[@\w$-]{1,100}"\s{0,100}:)"""
)
_AFTER_IN_ARRAY = re.compile(r"""\s{0,300}(?:\]|\Z|,\s{0,300}(?:["'\[{\]\d-]|true|false|null|//|/\*|\Z))""")


def read(text: str) -> tuple[list[Any], bool]:
    """All values that stand in *text*, one after the other, and whether anything had to be repaired.

    Never raises; text that holds no object and no list gives no values.
    """
    text = _unwrapped(text[:MAX_CHARS])
    try:
        return [json.loads(text)], False
    except (ValueError, RecursionError):
        pass
    if '"' not in text[:5000] and "&quot;" in text[:5000]:
        text = html.unescape(text)
    values = _Reader(text).values()
    return values, bool(values)


def value_at(text: str, start: int) -> Any:
    """The one value that begins at *start* in a script, whatever stands behind it; None when there is none."""
    text = text[start : start + MAX_CHARS]
    try:
        return _DECODER.raw_decode(text)[0]
    except (ValueError, RecursionError):
        return _Reader(text).value(0)


def _unwrapped(text: str) -> str:
    """*text* without comment and CDATA marks around it."""
    text = text.strip()
    while match := _BEFORE.match(text):
        text = text[match.end() :].lstrip()
    for _ in range(20):
        mark = next((mark for mark in _BEHIND if text.endswith(mark)), None)
        if mark is None:
            break
        text = text[: -len(mark)].rstrip()
    return text


class _Reader:
    """A recursive-descent reader that goes on where JSON's grammar stops; each step moves forward."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0
        self.end = len(text)

    def values(self) -> list[Any]:
        found: list[Any] = []
        self.blank()
        while self.at < self.end and len(found) < 2000:
            start = self.at
            char = self.text[self.at]
            if char in "{[":
                found.append(self.value(0))
            elif _KEYLESS_START.match(self.text[self.at : self.at + 300]):
                found.append(self.object(0))
            else:
                brace = re.compile(r"[{\[]").search(self.text, self.at + 1)
                self.at = brace.start() if brace else self.end
            self.at = max(self.at, start + 1)
            self.blank()
        return [value for value in found if value not in ({}, [], None)]

    def blank(self) -> None:
        match = _BLANK.match(self.text, self.at)
        while match and match.end() > self.at:
            self.at = match.end()
            match = _BLANK.match(self.text, self.at)

    def peek(self) -> str:
        return self.text[self.at] if self.at < self.end else ""

    def value(self, depth: int, *, in_array: bool = False) -> Any:
        self.blank()
        char = self.peek()
        if char in ("{", "["):
            if depth >= MAX_DEPTH:
                self.skip()
                return None
            self.at += 1
            return self.object(depth + 1) if char == "{" else self.array(depth + 1)
        if char in ('"', "'"):
            return self.string(_AFTER_IN_ARRAY if in_array else _AFTER_IN_OBJECT)
        number = _NUMBER.match(self.text, self.at)
        if number:
            self.at = number.end()
            return self.number(number.group())
        bare = _BARE.match(self.text, self.at)
        if not bare:
            return None
        self.at = bare.end()
        word = bare.group().strip()
        return _WORDS.get(word, word)

    @staticmethod
    def number(digits: str) -> float | int | str:
        try:
            return int(digits) if len(digits) < 30 and digits.lstrip("+-").isdigit() else float(digits)
        except ValueError:
            return digits

    def object(self, depth: int) -> dict[str, Any]:
        """The members up to the closing brace, which may be missing; ``at`` stands behind the opening one."""
        members: dict[str, Any] = {}
        while True:
            self.blank()
            char = self.peek()
            if char in ("", "}"):
                self.at += 1
                return members
            if char in ",;]{":
                self.at += 1
                continue
            start = self.at
            key = self.key()
            self.blank()
            if self.peek() == ":":
                self.at += 1
                value = self.value(depth)
                if key not in members or members[key] in (None, ""):
                    members[key] = value
                elif value not in (None, ""):
                    members[key] = _both(members[key], value)
            self.at = max(self.at, start + 1)

    def key(self) -> str:
        if self.peek() in ('"', "'"):
            return self.string(_AFTER_KEY)
        bare = _BARE_KEY.match(self.text, self.at)
        self.at = bare.end() if bare else self.at + 1
        return bare.group() if bare else ""

    def array(self, depth: int) -> list[Any]:
        items: list[Any] = []
        while True:
            self.blank()
            char = self.peek()
            if char in ("", "]"):
                self.at += 1
                return items
            if char in ",;":
                self.at += 1
                continue
            if char == "}":
                return items
            start = self.at
            items.append(self.value(depth, in_array=True))
            self.at = max(self.at, start + 1)

    def string(self, after: re.Pattern[str]) -> str:
        """The string at ``at``; a quotation mark ends it only when what follows fits the place it stands in."""
        quote = self.text[self.at]
        self.at += 1
        parts: list[str] = []
        while self.at < self.end:
            run = _PLAIN[quote].match(self.text, self.at)
            if run:
                parts.append(run.group())
                self.at = run.end()
                continue
            char = self.text[self.at]
            if char == "\\":
                parts.append(self.escape())
                continue
            self.at += 1
            if after.match(self.text, self.at):
                break
            parts.append(char)
        return "".join(parts)

    def escape(self) -> str:
        char = self.text[self.at + 1 : self.at + 2]
        if char == "u":
            digits = self.text[self.at + 2 : self.at + 6]
            if len(digits) == 4 and all(digit in "0123456789abcdefABCDEF" for digit in digits):
                self.at += 6
                code = int(digits, 16)
                low = re.compile(r"\\u([dD][c-fC-F][0-9a-fA-F]{2})").match(self.text, self.at)
                if 0xD800 <= code < 0xDC00 and low:
                    self.at = low.end()
                    return chr(0x10000 + ((code - 0xD800) << 10) + int(low.group(1), 16) - 0xDC00)
                return chr(code) if not 0xD800 <= code < 0xE000 else "\ufffd"
        self.at += 2
        return _ESCAPES.get(char, char)

    def skip(self) -> None:
        """Move behind the bracket that closes the one at ``at``, without recursion."""
        depth = 0
        for match in re.compile(r'[{\[]|[}\]]|"(?:[^"\\]|\\.){0,100000}"', re.DOTALL).finditer(self.text, self.at):
            if match.group() in "{[":
                depth += 1
            elif match.group() in "}]":
                depth -= 1
                if depth == 0:
                    self.at = match.end()
                    return
        self.at = self.end


def _both(first: Any, second: Any) -> Any:
    """Both values of a key that was given twice, as a list."""
    return [*(first if isinstance(first, list) else [first]), *(second if isinstance(second, list) else [second])]
