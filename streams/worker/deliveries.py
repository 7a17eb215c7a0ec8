"""Records on their way to Kafka: an offset is committed only when all that its event caused has been acknowledged.

Faust flushes its producer before a commit, but forgets records that could not be delivered, and gives up waiting when
none was sent for a tenth of a second. Here every record is remembered until the broker answered for it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from typing import Any

from faust.transport.consumer import Consumer

from streams.worker.fixes import replace

STOCK: dict[str, Any] = {"commit_offsets": Consumer._commit_offsets}


class Deliveries:
    """Counts records under way and tells the first that failed."""

    def __init__(self, failed: Callable[[BaseException], None]) -> None:
        self._failed = failed
        self._under_way: set[asyncio.Future[Any]] = set()

    def __len__(self) -> int:
        return len(self._under_way)

    def add(self, future: asyncio.Future[Any], landed: Callable[[Any], None] | None = None) -> None:
        """Remember a record; *landed* is called with its metadata when the broker has it."""
        self._under_way.add(future)

        def done(future: asyncio.Future[Any]) -> None:
            self._under_way.discard(future)
            if future.cancelled():
                self._failed(asyncio.CancelledError())
            elif error := future.exception():
                self._failed(error)
            elif landed is not None:
                landed(future.result())

        future.add_done_callback(done)

    async def settled(self) -> None:
        """Wait until all records that are under way now were answered for."""
        if waiting := list(self._under_way):
            await asyncio.wait(waiting)
            await asyncio.sleep(0)  # let their callbacks run before anything is built on them


def hold_commits(deliveries: Deliveries) -> None:
    """Let no commit overtake a delivery."""

    async def commit_offsets(self: Any, offsets: Mapping[Any, int], start_new_transaction: bool = True) -> bool:  # noqa: FBT001, FBT002 - Faust's signature
        await deliveries.settled()
        done: bool = await STOCK["commit_offsets"](self, offsets, start_new_transaction)
        return done

    replace(Consumer, _commit_offsets=commit_offsets)
