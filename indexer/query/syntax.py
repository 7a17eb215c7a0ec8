"""Query text -> luqum's tree: what luqum's grammar leaves out of Lucene's syntax is put into words it knows.

luqum has no ``&&``, ``||`` and ``!``, no negative number after ``<``, no zone offset in a bare time, and stops at an
apostrophe or a lone slash before a word. Each is rewritten before it parses, and ``position`` leads back to the text
as it was typed.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from typing import Any

from luqum.exceptions import ParseError
from luqum.thread import parse as luqum_parse

from indexer.query.tree import QueryError

MAX_LENGTH = 4_000
"""Code points of a query."""
MAX_DEPTH = 16
"""Brackets, NOTs, fields and signs inside each other."""

_TOKEN = re.compile(
    r"""
    (?P<escape>\\.)
  | (?P<quoted>"(?:[^"\\]|\\.)*+")
  | (?P<open>")
  | (?P<and>(?<![^\s)"\]}])&&)
  | (?P<or>(?<![^\s)"\]}])\|\|)
  | (?P<not>(?<![^\s(])!(?=[^\s=]))
  | (?P<minus>(?<=[<>=])-[\d.]+)
  | (?P<regex>(?<![^\s(:])/[^/\s]+/(?=[\s)]|$))
  | (?P<mark>(?<![^\s(:+!\[{-])['/])
  | (?P<zone>(?<=T)\d\d(?::\d\d(?::\d\d(?:\.\d+)?)?)?[+-]\d\d:\d\d)
  | (?P<bracket>[()])
    """,
    re.VERBOSE | re.DOTALL,
)
_UNSAFE = re.compile("[\x00\ud800-\udfff]")
_WHERE = re.compile(r"at position (\d+)")
_UNEXPECTED = re.compile(r"unexpected\s+'(.*)' at position", re.DOTALL)


class Source:
    """A query as typed, beside its form that luqum reads."""

    def __init__(self, text: str) -> None:
        if len(text) > MAX_LENGTH:
            raise QueryError(
                f"the query has {len(text)} characters, more than {MAX_LENGTH}: shorten it",
                f"в запросе {len(text)} символов, больше {MAX_LENGTH}: сократите его",
            )
        self.text = text = _UNSAFE.sub("\ufffd", text)
        self._moved: list[tuple[int, int]] = [(0, 0)]
        self.form = self._rewrite(text)

    def position(self, at: int | None) -> int | None:
        """The place in the typed text that stands at ``at`` in the form luqum reads."""
        if at is None:
            return None
        index = bisect_right(self._moved, (at, len(self.form) + len(self.text))) - 1
        form, typed = self._moved[index]
        return min(typed + at - form, len(self.text))

    def parse(self) -> Any:
        """The tree of luqum, or None for an empty query; raises QueryError that says where it stops making sense."""
        if not self.form.strip():
            return None
        try:
            return luqum_parse(self.form)
        except ParseError as error:
            raise self._trouble(str(error)) from None
        except (ArithmeticError, ValueError, TypeError):  # luqum reads the numbers after ~ and ^ as they come
            raise QueryError(
                "what follows ~ or ^ is not a number: take it away, or put the words in quotation marks",
                "после ~ или ^ стоит не число: уберите его или возьмите слова в кавычки",
            ) from None

    def _rewrite(self, text: str) -> str:
        parts: list[str] = []
        length = end = depth = 0
        for match in _TOKEN.finditer(text):
            kind = match.lastgroup
            if kind == "open":
                raise QueryError(
                    f"the quotation mark at character {match.start() + 1} is never closed",
                    f"кавычка на месте {match.start() + 1} не закрыта",
                    position=match.start(),
                )
            if kind == "bracket":
                depth = self._depth(depth, match)
            new = _replacement(kind, match)
            if new == match[0]:
                continue
            before = text[end : match.start()]
            parts += [before, new]
            length += len(before) + len(new)
            end = match.end()
            self._moved += [(length - len(new), match.start()), (length, end)]
        parts.append(text[end:])
        return "".join(parts)

    def _depth(self, depth: int, match: re.Match[str]) -> int:
        depth += 1 if match[0] == "(" else -1
        if depth > MAX_DEPTH:
            raise too_deep(match.start())
        return depth

    def _trouble(self, said: str) -> QueryError:
        found = _WHERE.search(said)
        if not found:
            return QueryError(
                "the query ends too early: something is missing at its end (a word, a value or a closing bracket)",
                "запрос обрывается: в конце чего-то не хватает (слова, значения или закрывающей скобки)",
                position=len(self.text),
            )
        at = self.position(int(found[1])) or 0
        token = _UNEXPECTED.search(said)
        shown = (token[1] if token else self.text[at : at + 1])[:40]
        return QueryError(
            f"character {at + 1}: {shown!r} does not belong there. Put words with special characters in quotation "
            'marks, as in "a:b", or a backslash before the character',
            f"символ {at + 1}: {shown!r} здесь не подходит. Слова с особыми знаками возьмите в кавычки, например "
            '"a:b", или поставьте перед знаком обратную косую черту',
            position=at,
        )


def too_deep(position: int | None) -> QueryError:
    """The error of a query nested deeper than ``MAX_DEPTH``."""
    return QueryError(
        f"more than {MAX_DEPTH} brackets or operators inside each other: make the query flatter",
        f"больше {MAX_DEPTH} вложенных скобок или операторов: упростите запрос",
        position=position,
    )


_PLAIN = {"and": " AND ", "or": " OR ", "not": "NOT "}


def _replacement(kind: str | None, match: re.Match[str]) -> str:
    if kind == "minus":
        return f'"{match[0]}"'
    if kind == "mark":
        return f"\\{match[0]}"
    if kind == "zone":
        return f"{match[0][:-3]}\\{match[0][-3:]}"
    return _PLAIN.get(kind or "", match[0])


def unescape(raw: str) -> str:
    """The text without the backslashes that made its characters plain."""
    return re.sub(r"\\(.)", r"\1", raw, flags=re.DOTALL)


def pattern_of(raw: str) -> str | None:
    """The wildcard pattern that an unquoted word is, with runs of ``*`` made one; None when it is none.

    A backslash stays only before a literal ``*``, ``?`` or backslash.
    """
    parts: list[str] = []
    wild = False
    for piece in re.findall(r"\\.|.", raw, flags=re.DOTALL):
        if piece in {"*", "?"}:
            wild = True
            if piece == "*" and parts and parts[-1] == "*":
                continue
            parts.append(piece)
        else:
            plain = piece[-1]
            parts.append(f"\\{plain}" if plain in "*?\\" else plain)
    return "".join(parts) if wild else None
