"""What a review tells the detectors: facts re-keyed by subject, author and LSH bucket, a pure function of its row.

A fact says what the review is now under its key, and all that it was before under the same key. So a detector that
missed a fact, or gets an old one again, ends with the same set once the newest has come.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from msgspec.structs import replace

from schemas.events import AuthorReviewed, Event, FingerprintBanded, Member, SubjectReviewed
from schemas.topics import PARTITIONS
from streams.rows import ReviewRow


def facts(row: ReviewRow, review_id: str, at: datetime) -> Iterator[Event]:
    """All facts of the review in ``row``: one per subject, per author, and per partition with LSH buckets."""
    now, trail = row.member, row.trail
    members = (*trail, now) if now else trail
    for subject in dict.fromkeys(member.subject for member in members):
        here = now if now and now.subject == subject else None
        before = tuple(_plain(member) for member in trail if member.subject == subject)
        yield SubjectReviewed(
            subject=subject, review_id=review_id, at=at, now=_plain(here) if here else None, before=before
        )
    for author in dict.fromkeys(member.author for member in members if member.author):
        here = now if now and now.author == author else None
        before = tuple(_plain(member, signed=True) for member in trail if member.author == author)
        yield AuthorReviewed(
            author=author, review_id=review_id, at=at, now=_plain(here, signed=True) if here else None, before=before
        )
    yield from _banded(now, trail, review_id, at)


def _plain(member: Member, *, signed: bool = False) -> Member:
    """The member without what the receiving detector has no use for: the bands, and the signature unless ``signed``."""
    if signed:
        return replace(member, bands=())
    return replace(member, bands=(), signature=b"", name=None, contact=None)


def _banded(now: Member | None, trail: tuple[Member, ...], review_id: str, at: datetime) -> Iterator[Event]:
    held: dict[int, list[int]] = {}
    for band in now.bands if now else ():
        held.setdefault(band % PARTITIONS, []).append(band)
    left: dict[int, list[Member]] = {}
    for member in trail:
        split: dict[int, list[int]] = {}
        for band in member.bands:
            split.setdefault(band % PARTITIONS, []).append(band)
        for bucket, bands in split.items():
            left.setdefault(bucket, []).append(replace(member, bands=tuple(bands)))
    for bucket in sorted(held.keys() | left.keys()):
        here = replace(now, bands=tuple(held[bucket])) if now and bucket in held else None
        yield FingerprintBanded(bucket=bucket, review_id=review_id, at=at, now=here, before=tuple(left.get(bucket, ())))
