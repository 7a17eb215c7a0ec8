"""luqum's tree -> Molva's: fields are looked up, values get their types, dates become instants, words are analysed.

Where Lucene's classic parser surprises, the plain reading wins: AND binds tighter than OR, both tighter than a space,
and a space means AND. ``+`` and ``-`` keep their sense: required and prohibited within the group they stand in. Words
that hold no letters or digits are left out. Boosts are read and have no effect, because answers are ordered by time.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from luqum import tree as lucene

from indexer import analysis
from indexer.fields import BY_NAME, DEFAULT_FIELDS, Field, parts, suggest
from indexer.query import dates, values
from indexer.query.syntax import MAX_DEPTH, Source, pattern_of, too_deep, unescape
from indexer.query.tree import (
    And,
    Equals,
    Everything,
    Exists,
    Node,
    Not,
    Nothing,
    Or,
    Phrase,
    Query,
    QueryError,
    Range,
    Wildcard,
)

MAX_STARS = 10
"""Wildcards in one pattern."""


def parse(text: str, *, now: datetime | None = None) -> Query:
    """The query that ``text`` asks; an empty one asks for everything.

    Args:
        text: Lucene's query syntax, at most ``syntax.MAX_LENGTH`` characters.
        now: What ``now`` means in dates; the clock's time without it.

    Raises:
        QueryError: The text cannot be understood, in words that say what to change.
    """
    source = Source(text)
    found = source.parse()
    if found is None:
        return Query(text=text, root=Everything())
    reader = _Reader(source, now or datetime.now(UTC))
    root = reader.read(found, None, 0)
    return Query(text=text, root=Nothing() if root is None else root, relative=reader.relative)


def both(*queries: Query) -> Query:
    """The query that all of ``queries`` match."""
    items = tuple(query.root for query in queries if not isinstance(query.root, Everything))
    root: Node = Everything() if not items else items[0] if len(items) == 1 else And(items)
    return Query(" ".join(f"({query.text})" for query in queries), root, any(query.relative for query in queries))


class _Reader:
    """One reading of one query."""

    def __init__(self, source: Source, now: datetime) -> None:
        self._source = source
        self._now = now
        self.relative = False
        self._readers: tuple[tuple[Any, Callable[[Any, Field | None, int], Node | None]], ...] = (
            ((lucene.Group, lucene.FieldGroup, lucene.Boost, lucene.Plus), self._inner),
            ((lucene.Not, lucene.Prohibit), self._negated),
            (lucene.OrOperation, self._any),
            ((lucene.AndOperation, lucene.UnknownOperation), self._all),
            (lucene.SearchField, self._under),
            (lucene.Word, self._word),
            (lucene.Phrase, self._quoted),
            (lucene.Proximity, self._near),
            ((lucene.Range, lucene.From, lucene.To), self._range),
        )

    def read(self, item: Any, field: Field | None, depth: int) -> Node | None:
        """The node for luqum's ``item`` under ``field`` (None: the default fields); None when it asks for nothing."""
        if depth > MAX_DEPTH:
            raise too_deep(self._source.position(item.pos))
        for kinds, read in self._readers:
            if isinstance(item, kinds):
                return read(item, field, depth)
        raise self._unsupported(item)

    def _inner(self, item: Any, field: Field | None, depth: int) -> Node | None:
        return self.read(item.children[0], field, depth + 1)

    def _all(self, item: Any, field: Field | None, depth: int) -> Node | None:
        return _joined(And, [self.read(child, field, depth) for child in item.children])

    def _near(self, item: Any, field: Field | None, depth: int) -> Node | None:
        if item.degree not in {None, 0}:
            raise self._unsupported(item)
        return self._quoted(item.term, field, depth)

    def _negated(self, item: Any, field: Field | None, depth: int) -> Node | None:
        inner = item.children[0]
        if field and field.kind == "number" and isinstance(item, lucene.Prohibit) and isinstance(inner, lucene.Word):
            return Equals(field.name, self._value(values.number, f"-{inner.value}", field, item))
        node = self.read(inner, field, depth + 1)
        return None if node is None else Not(node)

    def _any(self, item: Any, field: Field | None, depth: int) -> Node | None:
        """OR; items with + must match and items with - must not, whatever the others say."""
        firm: list[Node | None] = []
        free: list[Node | None] = []
        for child in item.children:
            marked = isinstance(child, lucene.Plus | lucene.Prohibit)
            (firm if marked else free).append(self.read(child, field, depth))
        if any(isinstance(child, lucene.Plus) for child in item.children):
            free = []
        return _joined(And, [*firm, _joined(Or, free)])

    def _under(self, item: Any, _field: Field | None, depth: int) -> Node | None:
        name, inner = unescape(item.name), item.children[0]
        if name == "*" and isinstance(inner, lucene.Word) and inner.value == "*":
            return Everything()
        if name == "_exists_":
            return self._exists(inner)
        return self.read(inner, self._field(name, item), depth + 1)

    def _exists(self, inner: Any) -> Node:
        name = unescape(inner.value.strip('"')) if isinstance(inner, lucene.Term) else ""
        if name not in BY_NAME and (under := parts(name)):
            return Or(tuple(Exists(part) for part in under)) if len(under) > 1 else Exists(under[0])
        return Exists(self._field(name, inner).name)

    def _field(self, name: str, item: Any) -> Field:
        found = BY_NAME.get(name)
        if found and found.searchable:
            return found
        shown, position = name[:60], self._source.position(item.pos)
        if found:
            en, ru = f"{shown} is shown but cannot be searched", f"{shown} показывается, но поиска по нему нет"
        elif under := parts(name):
            listed = ", ".join(under)
            en, ru = f"{shown} has parts: ask for one of {listed}", f"{shown} состоит из частей, укажите одну: {listed}"
        elif near := suggest(name):
            listed = ", ".join(near)
            en, ru = f"there is no field {shown}: did you mean {listed}?", f"нет поля {shown}: может быть, {listed}?"
        else:
            en = f"there is no field {shown}. To look for a word with a colon, put it in quotation marks"
            ru = f"нет поля {shown}. Чтобы искать слово с двоеточием, возьмите его в кавычки"
        raise QueryError(en, ru, position=position)

    def _word(self, item: Any, field: Field | None, _depth: int) -> Node | None:
        raw = item.value
        if raw == "*":
            return Exists(field.name) if field else Everything()
        if field and field.kind in {"number", "date", "boolean"}:
            return self._plain(unescape(raw), field, item)
        pattern = pattern_of(raw)
        if pattern is not None:
            return self._wildcard(pattern, field, item)
        if field and field.kind == "keyword":
            return Equals(field.name, unescape(raw))
        return _phrase(unescape(raw), field)

    def _quoted(self, item: Any, field: Field | None, _depth: int) -> Node | None:
        text = unescape(item.value[1:-1])
        if field and field.kind == "keyword":
            return Equals(field.name, text)
        if field and field.kind != "text":
            return self._plain(text, field, item)
        return _phrase(text, field)

    def _plain(self, text: str, field: Field, item: Any) -> Node:
        if field.kind == "boolean":
            return Equals(field.name, self._value(values.boolean, text, field, item))
        if field.kind == "number":
            return Equals(field.name, self._value(values.number, text, field, item))
        stretch = self._date(text, field, item)
        return Range(field.name, stretch.first, stretch.last + dates.MILLISECOND, high_included=False)

    def _wildcard(self, pattern: str, field: Field | None, item: Any) -> Node | None:
        position = self._source.position(item.pos)
        if sum(pattern.count(mark) for mark in "*?") > MAX_STARS:
            en, ru = f"more than {MAX_STARS} wildcards in one word", f"больше {MAX_STARS} знаков * и ? в одном слове"
            raise QueryError(en, ru, position=position)
        if field and field.kind == "keyword":
            return Exists(field.name) if pattern == "*" else Wildcard((field.name,), pattern)
        names = (field.name,) if field else DEFAULT_FIELDS
        pattern = analysis.fold(pattern)
        found = Wildcard(names, pattern)
        stem = pattern[:-1]
        if pattern[-1] != "*" or any(mark in stem for mark in "*?\\"):
            return found
        # A stem can be shorter than what was typed before the star: "отлично*" must find the stem "отличн".
        listed = analysis.words(stem)
        if len(listed) > 1:
            en = f"* completes a single word, and {stem[:40]!r} is several: put a space between them"
            ru = f"* дополняет одно слово, а {stem[:40]!r} — несколько: поставьте между ними пробел"
            raise QueryError(en, ru, position=position)
        return Or((found, Phrase(names, tuple(listed), stem))) if listed else found

    def _range(self, item: Any, field: Field | None, _depth: int) -> Node:
        position = self._source.position(item.pos)
        if field is None:
            raise QueryError(
                "a comparison needs a field before it, as in stars:>=4",
                "сравнению нужно поле, например stars:>=4",
                position=position,
            )
        if field.kind not in {"number", "date", "keyword"}:
            raise QueryError(
                f"{field.name} cannot be compared: ranges are for numbers, dates and keywords",
                f"{field.name} нельзя сравнивать: диапазоны бывают у чисел, дат и точных значений",
                position=position,
            )
        low = high = None
        low_included = high_included = True
        if isinstance(item, lucene.Range):
            low, high = item.low, item.high
            low_included, high_included = item.include_low, item.include_high
        elif isinstance(item, lucene.From):
            low, low_included = item.a, item.include
        else:
            high, high_included = item.a, item.include
        low_text, high_text = _bound(low), _bound(high)
        if low_text is None and high_text is None:
            return Exists(field.name)
        if field.kind == "date":
            return self._dates(field, item, (low_text, low_included), (high_text, high_included))
        read = values.number if field.kind == "number" else str
        return Range(
            field.name,
            None if low_text is None else self._value(read, low_text, field, item),
            None if high_text is None else self._value(read, high_text, field, item),
            low_included=low_included,
            high_included=high_included,
        )

    def _dates(self, field: Field, item: Any, low: tuple[str | None, bool], high: tuple[str | None, bool]) -> Node:
        first = last = None
        if low[0] is not None:
            stretch = self._date(low[0], field, item)
            first = stretch.first if low[1] else stretch.last + dates.MILLISECOND
        if high[0] is not None:
            stretch = self._date(high[0], field, item)
            last = stretch.last + dates.MILLISECOND if high[1] else stretch.first
        return Range(field.name, first, last, high_included=False)

    def _date(self, text: str, field: Field, item: Any) -> dates.Stretch:
        self.relative |= dates.is_relative(text)
        try:
            return dates.read(text, now=self._now)
        except ValueError:
            raise QueryError(
                f"{field.name} takes dates such as 2026-11-01, 2026-11, now-7d or now/d, not {text[:40]!r}",
                f"в {field.name} нужна дата: 2026-11-01, 2026-11, now-7d или now/d, а не {text[:40]!r}",
                position=self._source.position(item.pos),
            ) from None

    def _value(self, read: Any, text: str, field: Field, item: Any) -> Any:
        try:
            return read(text)
        except ValueError:
            wanted = {"number": ("a number", "число"), "boolean": ("true or false", "true или false")}[field.kind]
            raise QueryError(
                f"{field.name} takes {wanted[0]}, not {text[:40]!r}",
                f"в {field.name} нужно {wanted[1]}, а не {text[:40]!r}",
                position=self._source.position(item.pos),
            ) from None

    def _unsupported(self, item: Any) -> QueryError:
        names = {
            lucene.Fuzzy: ("Words that are only alike (~)", "Поиск похожих слов (~)"),
            lucene.Proximity: ("Words at a distance (~)", "Поиск слов на расстоянии (~)"),
            lucene.Regex: ("Regular expressions (/…/)", "Регулярные выражения (/…/)"),
        }
        en, ru = names.get(type(item), ("This kind of question", "Такой вид запроса"))
        return QueryError(
            f"{en} cannot be asked for; word endings are found as they are, and * stands for any letters",
            f"{ru} не поддерживается; формы слов находятся и так, а * заменяет любые буквы",
            position=self._source.position(item.pos),
        )


def _phrase(text: str, field: Field | None) -> Phrase | None:
    words = analysis.words(text)
    return Phrase((field.name,) if field else DEFAULT_FIELDS, tuple(words), text) if words else None


def _bound(item: Any) -> str | None:
    """A range's bound as text; None for no bound."""
    if item is None:
        return None
    if isinstance(item, lucene.Prohibit):
        return f"-{_bound(item.a)}"
    if isinstance(item, lucene.Phrase):
        return unescape(item.value[1:-1])
    return None if item.value == "*" else unescape(item.value)


def _joined(kind: type[And | Or], nodes: list[Node | None]) -> Node | None:
    """The nodes under one operator, without the ones that ask for nothing and without needless nesting."""
    items: list[Node] = []
    for node in nodes:
        if isinstance(node, kind):
            items += node.items
        elif node is not None and node not in items:
            items.append(node)
    return kind(tuple(items)) if len(items) > 1 else items[0] if items else None
