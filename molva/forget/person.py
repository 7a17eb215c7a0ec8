"""Who is to be forgotten, and how to tell that some bytes speak of them."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from email import message_from_bytes
from email.message import Message
from email.policy import default
from urllib.parse import unquote_plus

import msgspec

from schemas.events import Review
from schemas.identity import fold_name

SHORTEST = 5
"""Characters from which on an id or a handle is looked for in what Molva could not read; "7" would be everywhere."""
_LEAST_DIGITS = 7
_HEADER = re.compile(rb"\s*[A-Za-z][A-Za-z0-9-]*:")


class Person(msgspec.Struct, frozen=True, kw_only=True):
    """A person as they can be named.

    Args:
        contact: An e-mail address or a telephone number, however it is written.
        contact_hash: Its keyed hash.
        source: The source at which ``author`` is known.
        author: An author's id, handle or address there; a name where the source gives nothing else.
        reviews: Ids of reviews, Molva's or the sources' own.
    """

    contact: str | None = None
    contact_hash: str | None = None
    source: str | None = None
    author: str | None = None
    reviews: tuple[str, ...] = ()

    def meant(self, review_id: str, own_id: str | None) -> bool:
        """Whether the review is one of those that were named."""
        return review_id in self.reviews or (own_id is not None and own_id in self.reviews)

    def wrote(self, review: Review) -> bool:
        """Whether they wrote the review."""
        author = review.author
        if author is None:
            return False
        if self.contact_hash and author.contact_hash == self.contact_hash:
            return True
        own = {author.id, author.handle, author.url} - {None, ""} or {author.name}
        return self.author is not None and review.source == self.source and self.author in own


class Traces:
    """Tells whether bytes speak of a person: by the ids of their reviews, their contact, their names.

    Args:
        person: Who.
        review_ids: Molva's ids of their reviews.
        reviews: Their reviews, in every state that was seen.
    """

    def __init__(self, person: Person, review_ids: Collection[str], reviews: Collection[Review]) -> None:
        self._ids = re.compile(b"|".join(re.escape(one.encode()) for one in sorted(review_ids)) or rb"(?!)")
        words = {person.contact_hash, *((person.author,) if person.author else ())}
        contact = (person.contact or "").strip().casefold()
        self._digits = "" if "@" in contact else re.sub(r"\D", "", contact)
        words |= {contact} if "@" in contact else set()
        for review in reviews:
            words.add(review.id)
            if author := review.author:
                words |= {author.id, author.handle, author.url, author.contact_hash}
                words |= {author.name} if fold_name(author.name) else set()
        wanted = sorted(re.escape(word.casefold()) for word in words if word and len(word) >= SHORTEST)
        self._words = re.compile(rf"(?<!\w)(?:{'|'.join(wanted)})(?!\w)") if wanted else re.compile(r"(?!)")

    def ids(self, data: bytes) -> bool:
        """Whether one of the reviews' ids stands there."""
        return self._ids.search(data) is not None

    def named(self, data: bytes) -> bool:
        """Whether the person is named there, in any of the usual codings; rather once too often."""
        return self.ids(data) or any(self._said(text.casefold()) for text in _readings(data))

    def _said(self, text: str) -> bool:
        if self._words.search(text):
            return True
        return len(self._digits) >= _LEAST_DIGITS and self._digits in re.sub(r"[\s().-]", "", text)


def _readings(data: bytes) -> Iterator[str]:
    """The bytes as text: as they are, as a form, as JSON, as a mail."""
    text = data.decode("utf-8", "replace")
    yield text
    if "\ufffd" in text:
        yield data.decode("cp1251", "replace")
    if "%" in text or "+" in text:
        yield unquote_plus(text)
    if "\\u" in text:
        yield re.sub(r"\\u([0-9a-fA-F]{4})", lambda found: chr(int(found[1], 16)), text)
    if _HEADER.match(data):
        yield from _mail(message_from_bytes(data.lstrip(), policy=default))


def _mail(message: Message) -> Iterator[str]:
    for part in message.walk():
        yield "\n".join(str(value) for value in part.values())
        payload = part.get_payload(decode=True)
        if isinstance(payload, bytes):
            yield payload.decode("utf-8", "replace")
