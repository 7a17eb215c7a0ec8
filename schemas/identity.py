"""Who is who: ids of reviews and observations, keys of authors and subjects, and the normal form of text.

The review id is the key of the first topic, so it is made where the review enters.
"""

from __future__ import annotations

import hmac
import re
import unicodedata
from datetime import datetime
from hashlib import blake2b, sha256

import msgspec
from msgspec.structs import replace

from schemas.events import Author, Review, ReviewCollected, ReviewWithdrawn, Subject

FREE_TEXT_MINIMUM = 40
"""Code points of normalised text from which an observation without id and author still has an identity."""

_encode = msgspec.json.Encoder(order="deterministic").encode


def normalise(text: str | None) -> str:
    """The form in which two texts count as the same words: NFKC, white space folded, trimmed; case is kept."""
    if not text:
        return ""
    if not text.isascii():
        text = unicodedata.normalize("NFKC", text)
    return " ".join(text.split())


def fold_name(name: str | None) -> str | None:
    """A full name in one form (case, ё, spaces, dots), or None when it has fewer than two words of two letters."""
    folded = normalise(name).casefold().replace("ё", "е")
    words = [word for word in re.findall(r"[^\W\d_]+", folded) if len(word) > 1]
    return " ".join(words) if len(words) > 1 else None


def _digest(*parts: str) -> str:
    hasher = blake2b(digest_size=12)
    for part in parts:
        data = part.encode("utf-8", "surrogatepass")
        hasher.update(len(data).to_bytes(4, "big"))
        hasher.update(data)
    return hasher.hexdigest()


def review_id(review: Review, *, observed_at: datetime) -> str:
    """The review's id, 24 hex digits.

    From source and the source's own id; without one from source, subject, author, day and normalised text, if there
    is an author or enough text; else the observation stands alone and gets an id of its own from ``observed_at``.
    """
    if review.id:
        return source_review_id(review.source, review.id)
    author = author_key(review.source, review.author) or (review.author and normalise(review.author.name).casefold())
    prose = normalise(review.prose)
    day = review.published_at.date().isoformat() if review.published_at else ""
    if author or len(prose) >= FREE_TEXT_MINIMUM:
        return _digest("free", review.source, review.subject.id, author or "", day, prose)
    return _digest("alone", content_hash(review), observed_at.isoformat())


def source_review_id(source: str, source_id: str) -> str:
    """The id of the review that ``source`` calls ``source_id``, 24 hex digits."""
    return _digest("id", source, source_id)


def content_hash(review: Review) -> str:
    """A hash over every field of the review."""
    return blake2b(_encode(review), digest_size=12).hexdigest()


def event_id(review_id: str, content: str, observed_at: datetime) -> str:
    """The id of one observation: of its review, its content's hash and the time when it was seen."""
    return _digest("event", review_id, content, observed_at.isoformat())


def subject_key(source: str, subject: Subject) -> str:
    """The subject's key over all sources."""
    return f"{source}/{subject.id}"


def author_key(source: str, author: Author | None) -> str | None:
    """The author's key: contact hash, else id, handle or address at the source; a bare name is no key."""
    if author is None:
        return None
    if author.contact_hash:
        return f"contact/{author.contact_hash}"
    own = author.id or author.handle or author.url
    return f"{source}/{own}" if own else None


def contact_hash(contact: str, key: bytes) -> str:
    """A keyed hash of an e-mail address or a phone number, the same for every way to write it (32 hex digits)."""
    contact = normalise(contact).casefold()
    if "@" not in contact:
        contact = re.sub(r"[^\d+]", "", contact).lstrip("+") or contact
    return hmac.new(key, contact.encode("utf-8", "surrogatepass"), sha256).hexdigest()[:32]


def alert_id(subscription_id: str, review_id: str, version: int) -> str:
    """The id of the one alert that a subscription may raise for one version of a review."""
    return _digest("alert", subscription_id, review_id, str(version))


def observe(review: Review, *, observed_at: datetime, contact_key: bytes) -> ReviewCollected:
    """The event that says that ``review`` was seen at ``observed_at``, with the author's contact hashed."""
    author = review.author
    if author and author.contact:
        hashed = contact_hash(author.contact, contact_key)
        review = replace(review, author=replace(author, contact=None, contact_hash=hashed))
    found = review_id(review, observed_at=observed_at)
    return ReviewCollected(
        review_id=found,
        event_id=event_id(found, content_hash(review), observed_at),
        observed_at=observed_at,
        review=review,
    )


def withdraw(source: str, source_id: str, subject: Subject, *, observed_at: datetime) -> ReviewWithdrawn:
    """The event that says that ``source`` no longer shows the review that it called ``source_id``."""
    found = source_review_id(source, source_id)
    return ReviewWithdrawn(
        review_id=found,
        event_id=event_id(found, "withdrawn", observed_at),
        observed_at=observed_at,
        source=source,
        subject=subject,
        id=source_id,
    )
