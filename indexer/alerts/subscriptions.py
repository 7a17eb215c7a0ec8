"""Who wants to know what: a query, an address and a language; kept in SQLite by the embedded host.

``indexer.stores.subscriptions`` keeps them in Elasticsearch for the distributed one.
"""

from __future__ import annotations

import re
import secrets
import sqlite3
from collections.abc import Sequence
from datetime import datetime
from typing import Literal, Protocol

import msgspec

from indexer.documents import stamp
from indexer.query import QueryError, parse

Language = Literal["en", "ru"]

MAX_NAME = 120
"""Code points of a subscription's name."""
MAX_ADDRESS = 254
"""Characters of an address (RFC 5321)."""

_LOCAL = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*", re.ASCII)
_LABEL = re.compile(r"[a-z0-9](?:[a-z0-9-]*[a-z0-9])?", re.ASCII | re.IGNORECASE)
_UNSAFE = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]+")

_TABLE = """CREATE TABLE IF NOT EXISTS subscriptions (
    id TEXT PRIMARY KEY, name TEXT NOT NULL, query TEXT NOT NULL, address TEXT NOT NULL, language TEXT NOT NULL,
    created_at TEXT NOT NULL, paused INTEGER NOT NULL, token TEXT NOT NULL UNIQUE
)"""


class InvalidSubscription(ValueError):  # noqa: N818 - named by what it is
    """A subscription that cannot be kept.

    Args:
        field: What is wrong: query, address, language or name.
        en: What to change, in English; also ``str()`` of the error.
        ru: The same in Russian.
    """

    def __init__(self, field: str, en: str, ru: str) -> None:
        super().__init__(en)
        self.field = field
        self._messages = {"en": en, "ru": ru}

    def message(self, language: str) -> str:
        """The message in ``language``: "ru", or English for all others."""
        return self._messages.get(language, self._messages["en"])


class Subscription(msgspec.Struct, frozen=True, kw_only=True):
    """One wish to be told.

    Args:
        id: 16 hex digits.
        name: What its letters are filed under; never empty.
        query: Lucene's syntax; matched against each new version of a review.
        address: One e-mail address, ASCII.
        language: Of the letters.
        created_at: Only versions of reviews first seen from then on are told of.
        paused: No letters while it is; what came meanwhile is not sent later.
        token: The secret that lets its reader end it by one click.
    """

    id: str
    name: str
    query: str
    address: str
    language: Language
    created_at: datetime
    paused: bool = False
    token: str


def new(*, query: str, address: str, language: str = "en", name: str = "", created_at: datetime) -> Subscription:
    """A subscription under an id and a token of its own; raises InvalidSubscription with the field that is wrong."""
    return Subscription(
        id=secrets.token_hex(8),
        name=_name(name, query),
        query=_query(query),
        address=checked_address(address),
        language=_language(language),
        created_at=datetime.fromisoformat(stamp(created_at)),
        token=secrets.token_urlsafe(18),
    )


class Subscriptions(Protocol):
    """A place where subscriptions are kept."""

    def add(
        self, *, query: str, address: str, language: str = "en", name: str = "", created_at: datetime
    ) -> Subscription:
        """Keep a new subscription; raises InvalidSubscription with the field that is wrong."""
        ...

    def all(self) -> Sequence[Subscription]:
        """Every subscription, the oldest first."""
        ...

    def get(self, subscription_id: str) -> Subscription | None:
        """The subscription of this id."""
        ...

    def pause(self, subscription_id: str, *, paused: bool) -> bool:
        """Stop or resume its letters; whether there is such a subscription."""
        ...

    def remove(self, subscription_id: str) -> bool:
        """End it; whether there was such a subscription."""
        ...

    def by_token(self, token: str) -> Subscription | None:
        """The subscription whose letters carry this token."""
        ...

    def unsubscribe(self, token: str) -> Subscription | None:
        """End the subscription whose letters carry this token, and tell which it was."""
        ...


def checked_address(address: str) -> str:
    """The address in the form in which it is kept; raises InvalidSubscription unless it is one plain address."""
    local, _, domain = address.strip().rpartition("@")
    try:
        labels = domain.encode("idna").decode().split(".")
    except UnicodeError:
        labels = []
    found = f"{local}@{'.'.join(labels)}"
    whole = all(len(label) <= 63 and _LABEL.fullmatch(label) for label in labels)
    if not (_LOCAL.fullmatch(local) and labels and whole and len(local) <= 64 and len(found) <= MAX_ADDRESS):
        raise InvalidSubscription(
            "address",
            f"{address[:60]!r} is no e-mail address: write one address such as name@example.com",
            f"{address[:60]!r} — не адрес почты: укажите один адрес, например name@example.com",
        )
    return found


class SubscriptionStore:
    """Subscriptions in one SQLite database; see ``Subscriptions`` for what it can do.

    Nothing here commits.

    Args:
        connection: The caller's, and so are its transactions.
        read_only: The connection cannot write; the table must be there.
    """

    def __init__(self, connection: sqlite3.Connection, *, read_only: bool = False) -> None:
        self._connection = connection
        if not read_only:
            connection.execute(_TABLE)

    def add(
        self, *, query: str, address: str, language: str = "en", name: str = "", created_at: datetime
    ) -> Subscription:
        """Keep a new subscription; raises InvalidSubscription with the field that is wrong."""
        made = new(query=query, address=address, language=language, name=name, created_at=created_at)
        self._connection.execute(
            "INSERT INTO subscriptions (id, name, query, address, language, created_at, paused, token)"
            " VALUES (?, ?, ?, ?, ?, ?, 0, ?)",
            (made.id, made.name, made.query, made.address, made.language, stamp(created_at), made.token),
        )
        return made

    def all(self) -> Sequence[Subscription]:
        """Every subscription, the oldest first."""
        return self._read("ORDER BY created_at, id", ())

    def get(self, subscription_id: str) -> Subscription | None:
        """The subscription of this id."""
        return next(iter(self._read("WHERE id = ?", (subscription_id,))), None)

    def pause(self, subscription_id: str, *, paused: bool) -> bool:
        """Stop or resume its letters; whether there is such a subscription."""
        statement = "UPDATE subscriptions SET paused = ? WHERE id = ?"
        return self._connection.execute(statement, (paused, subscription_id)).rowcount > 0

    def remove(self, subscription_id: str) -> bool:
        """End it; whether there was such a subscription."""
        return self._connection.execute("DELETE FROM subscriptions WHERE id = ?", (subscription_id,)).rowcount > 0

    def by_token(self, token: str) -> Subscription | None:
        """The subscription whose letters carry this token."""
        return next(iter(self._read("WHERE token = ?", (token,))), None)

    def unsubscribe(self, token: str) -> Subscription | None:
        """End the subscription whose letters carry this token, and tell which it was."""
        found = self.by_token(token)
        if found:
            self.remove(found.id)
        return found

    def forget(self, address: str) -> int:
        """End all subscriptions of an address; how many there were."""
        return self._connection.execute("DELETE FROM subscriptions WHERE address = ?", (address,)).rowcount

    def _read(self, where: str, values: tuple[str, ...]) -> list[Subscription]:
        sql = f"SELECT id, name, query, address, language, created_at, paused, token FROM subscriptions {where}"  # noqa: S608 - where is a constant above
        return [
            Subscription(
                id=row[0],
                name=row[1],
                query=row[2],
                address=row[3],
                language=row[4],
                created_at=datetime.fromisoformat(row[5]),
                paused=bool(row[6]),
                token=row[7],
            )
            for row in self._connection.execute(sql, values)
        ]


def _query(query: str) -> str:
    query = query.strip()
    if not query:
        raise InvalidSubscription(
            "query",
            "a subscription needs a query; for every review write *",
            "подписке нужен запрос; чтобы получать все отзывы, напишите *",
        )
    try:
        parse(query)
    except QueryError as error:
        raise InvalidSubscription("query", error.message("en"), error.message("ru")) from None
    return query


def _language(language: str) -> Language:
    if language == "ru":
        return "ru"
    if language == "en":
        return "en"
    raise InvalidSubscription(
        "language",
        f"letters are written in en or ru, not {language[:20]!r}",
        f"письма бывают en или ru, не {language[:20]!r}",
    )


def _name(name: str, query: str) -> str:
    found = " ".join(_UNSAFE.sub(" ", name or query).split())
    return found[:MAX_NAME].strip() or "*"
