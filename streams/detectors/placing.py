"""Where an author's reviews stand: what the authors' step tells the subjects, so that they find co-review rings.

Who has fewer than three reviews shares no three subjects with anybody, so nothing is told of most authors. Of the
others each subject learns the footprints of the 16 earliest reviews. When they change, all subjects among them are told
again: 8.3 table updates for one of 16 reviews on average. A later review only takes a place that is not looked at, so
that the subject's set does not depend on which of the author's reviews came first.
"""

from __future__ import annotations

import math
import zlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from functools import lru_cache
from hashlib import blake2b
from typing import TYPE_CHECKING

from schemas.events import AuthorPlaced, AuthorReviewed, Footprints, Place
from schemas.topics import bucket_of
from streams.detectors.coreview import LEAST_SHARED
from streams.detectors.earliest import seconds

if TYPE_CHECKING:
    from streams.detectors.authors import AuthorRow, Work

WINDOW = 16
"""Places of an author, earliest first, that are compared; one that a review left holds its place."""
_DAY = 86_400

Spot = tuple[float, str, str]
"""When a review was published, its id, and its subject."""


def spots(row: AuthorRow) -> dict[Spot, Work | None]:
    """All places that reviews of the author ever had, in order; None where a review left."""
    found: dict[Spot, Work | None] = {(left.time, left.review_id, left.subject): None for left in row.left}
    for entry in row.entries:
        if entry.member is not None:
            found[entry.time, entry.review_id, entry.member.subject] = entry.member
    return dict(sorted(found.items(), key=lambda item: item[0]))


def placed(
    author: str, facts: Sequence[AuthorReviewed], old: AuthorRow, new: AuthorRow, *, repeated: bool
) -> Iterator[AuthorPlaced]:
    """What subjects are told of an author whose row changed by *facts* from *old* to *new*.

    A *repeated* fact was processed before, and what was told then may have been lost: all is told again. So it is when
    a review was elsewhere before: its earlier facts may just have come once more.
    """
    if len(new.entries) + len(new.left) < LEAST_SHARED:
        return
    is_ = spots(new)
    if len(is_) < LEAST_SHARED:
        return
    was = spots(old)
    window, window_before = list(is_)[:WINDOW], list(was)[:WINDOW]
    footprints = _footprints(window, is_)
    versions = {
        (seconds(member.published_at), member.review_id, member.subject): member.version
        for fact in facts
        for member in (*fact.before, fact.now)
        if member
    }
    told = set(versions)
    if repeated or len(was) < LEAST_SHARED or any(fact.before for fact in facts):
        told.update(is_, window_before)
    elif footprints != _footprints(window_before, was):
        told.update(window, window_before)
    versions |= {(left.time, left.review_id, left.subject): left.version for left in new.left}
    versions |= {spot: work.version for spot, work in (was | is_).items() if work}
    live = {spot for spot in window if is_[spot]}
    buckets: dict[int, list[Place]] = {}
    for spot in sorted(told):
        time, review_id, subject = spot
        published = datetime.fromtimestamp(time, UTC) if math.isfinite(time) else None
        place = Place(
            subject=subject,
            review_id=review_id,
            version=versions[spot],
            published_at=published,
            left=spot not in live,
        )
        buckets.setdefault(bucket_of(subject), []).append(place)
    for bucket, places in sorted(buckets.items()):
        yield AuthorPlaced(
            bucket=bucket,
            author=author,
            at=facts[-1].at,
            serial=new.serial.number,
            footprints=footprints,
            places=tuple(places),
        )


@lru_cache(maxsize=8192)
def hashed(key: str) -> int:
    """48 bits of a key."""
    return int.from_bytes(blake2b(key.encode("utf-8", "surrogatepass"), digest_size=6).digest())


def _footprints(window: Iterable[Spot], works: Mapping[Spot, Work | None]) -> Footprints:
    """The earliest review of each subject in *window*."""
    earliest: dict[int, tuple[float, Work]] = {}
    for spot in window:
        if work := works[spot]:
            earliest.setdefault(hashed(work.subject), (spot[0], work))
    found = earliest.values()
    return Footprints(
        subjects=tuple(earliest),
        days=tuple(int(time // _DAY) if math.isfinite(time) else None for time, _ in found),
        stars=tuple(work.stars for _, work in found),
        voices=tuple(zlib.crc32(work.signature) if work.signature else 0 for _, work in found),
    )
