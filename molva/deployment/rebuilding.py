"""The index from the log: built anew, and compared."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Sequence
from hashlib import blake2b

import msgspec

from indexer.documents import document
from indexer.feed import Feed
from indexer.writer import Writer
from molva.bus import KafkaBus
from molva.deployment.connections import bury, kafka, store
from molva.settings import Settings
from schemas.codec import InvalidEvent, decode
from schemas.topics import REVIEWS_JUDGED


def replay(settings: Settings, *, progress: Callable[[int], object] = lambda _count: None) -> int:
    """Build the index anew from the log, behind the alias, while searches go on; return how many records it took.

    Records that come meanwhile are the indexer's, which writes into the new index from the first moment.
    """
    target = store(settings)
    created = target.indices.begin()
    done = 0
    with KafkaBus(kafka(settings)) as bus, Feed(kafka(settings), REVIEWS_JUDGED, None) as feed:
        writer = Writer(feed, target, bury=bury(bus))
        while feed.lag():
            items = feed.poll(seconds=5)
            writer.take(items)
            done += len(items)
            progress(done)
    target.indices.finish(created)
    return done


def reconcile(settings: Settings) -> Iterator[str]:
    """Compare the index with the log, review by review; yield a line for each difference.

    What the indexer has yet to write is a difference too: run it when all is quiet.
    """
    target = store(settings)
    target.refresh()
    wanted: dict[str, tuple[int, bytes]] = {}
    with Feed(kafka(settings), REVIEWS_JUDGED, None) as feed:
        while feed.lag():
            for item in feed.poll(seconds=5):
                with contextlib.suppress(InvalidEvent):
                    event = decode(REVIEWS_JUDGED.name, item.value or b"")
                    wanted[event.review_id] = (item.offset, _digest(document(event)))
    extra = target.count() - len(wanted)
    for ids in _chunks(list(wanted), 1_000):
        found = target.documents(ids)
        for review_id in ids:
            offset, digest = wanted[review_id]
            version, kept = found.get(review_id, (None, {}))
            if version is None:
                yield f"{review_id}: not in the index"
                extra += 1
            elif version != offset:
                yield f"{review_id}: the index has record {version}, the log {offset}"
            elif _digest(kept) != digest:
                yield f"{review_id}: the index has another document for record {offset}"
    if extra:
        yield f"{extra} documents of the index are not in the log: run `molva replay`"


def _digest(found: object) -> bytes:
    return blake2b(msgspec.json.encode(found, order="deterministic"), digest_size=16).digest()


def _chunks(items: Sequence[str], size: int) -> Iterator[Sequence[str]]:
    for start in range(0, len(items), size):
        yield items[start : start + size]
