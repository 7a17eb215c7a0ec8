"""The nodes of a parsed query. Every node is settled: fields exist, values have their type, dates are instants.

How a store must read them, so that answers are equal (examples are Elasticsearch's DSL):

============  ========================================================================================================
Everything    every document (``match_all``)
Nothing       none (``match_none``)
And, Or, Not  plain boolean logic on sets of documents (``bool``: ``filter``, ``should`` of one, ``must_not``)
Phrase        the analysed ``words`` stand side by side in one of ``fields`` (``match_phrase`` of ``text``, or ``term``
              for one word); one value of a field at a time. Never empty.
Wildcard      one value (keyword) or one analysed word (text) of one of ``fields`` matches ``pattern`` as a whole:
              ``*`` is any run of characters, ``?`` exactly one, a backslash takes the next character as it is
              (``wildcard``, ``case_insensitive`` off). Patterns of text fields come folded to the analysis's case.
Equals        one value of a keyword, number or boolean field is ``value`` (``term``)
Range         one value of a keyword, number or date field lies between the bounds (``range``: ``gte``/``gt``,
              ``lte``/``lt``). Dates are always ``low <= x < high``: rounding is done. None: no bound.
Exists        the field has a value (``exists``)
============  ========================================================================================================
"""

from __future__ import annotations

from datetime import datetime

import msgspec


class QueryError(ValueError):
    """A query that cannot be understood: the message tells a person what to change.

    Args:
        en: The message in English, which is also ``str()`` of the error.
        ru: The message in Russian.
        position: Where in the query the trouble begins, in code points from 0, when that is known.
    """

    def __init__(self, en: str, ru: str, *, position: int | None = None) -> None:
        super().__init__(en)
        self.position = position
        self._messages = {"en": en, "ru": ru}

    def message(self, language: str) -> str:
        """The message in ``language``: "ru", or English for all others."""
        return self._messages.get(language, self._messages["en"])


class Everything(msgspec.Struct, frozen=True, tag=True):
    """Matches every document."""


class Nothing(msgspec.Struct, frozen=True, tag=True):
    """Matches no document: a query of punctuation alone."""


class And(msgspec.Struct, frozen=True, tag=True):
    """All ``items`` (two or more) match."""

    items: tuple[Node, ...]


class Or(msgspec.Struct, frozen=True, tag=True):
    """At least one of ``items`` (two or more) matches."""

    items: tuple[Node, ...]


class Not(msgspec.Struct, frozen=True, tag=True):
    """``item`` does not match."""

    item: Node


class Phrase(msgspec.Struct, frozen=True, tag=True):
    """The analysed ``words`` (one or more) stand side by side in one value of one of the text ``fields``."""

    fields: tuple[str, ...]
    words: tuple[str, ...]
    text: str


class Wildcard(msgspec.Struct, frozen=True, tag=True):
    """A whole value (keyword) or a whole analysed word (text) of one of ``fields`` matches ``pattern``."""

    fields: tuple[str, ...]
    pattern: str


class Equals(msgspec.Struct, frozen=True, tag=True):
    """One value of ``field`` (keyword: str, number: float, boolean: bool) is ``value``."""

    field: str
    value: str | float | bool


class Range(msgspec.Struct, frozen=True, tag=True):
    """One value of ``field`` (keyword: str, number: float, date: datetime) lies between ``low`` and ``high``."""

    field: str
    low: datetime | float | str | None = None
    high: datetime | float | str | None = None
    low_included: bool = True
    high_included: bool = True


class Exists(msgspec.Struct, frozen=True, tag=True):
    """``field`` has a value."""

    field: str


Node = Everything | Nothing | And | Or | Not | Phrase | Wildcard | Equals | Range | Exists


class Query(msgspec.Struct, frozen=True):
    """A parsed query: its ``text`` as typed, its tree, and whether its dates hang on the time it was parsed at."""

    text: str
    root: Node
    relative: bool = False
