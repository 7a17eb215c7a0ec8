"""The lease: a worker that was frozen must not write over what the new owner of its partitions wrote.

A process that is stopped for longer than the session timeout (a suspended machine, a long swap) is taken for dead and
its partitions are given away. When it wakes, the row changes and records that it had in hand are older than the new
owner's. Two things keep them out of the topics:

- Nothing is produced when no heartbeat was answered lately: the process ends itself and is started again. Joining the
  group again does not renew a lease that had run out, because the old records would go out right behind it.
- A process may be stopped between that look at the clock and the send. So each record carries the time of the last
  answered heartbeat as its timestamp, and the topics that workers write make the broker refuse what is older than the
  lease (``message.timestamp.before.max.ms``), and what a clock that runs ahead would let live longer
  (``message.timestamp.after.max.ms``).

The shares in settings.py add up to less than one session: a record is taken at most ``LEASE`` of a session after its
timestamp, which a clock can have put ``AHEAD`` and a heartbeat's age too late.
"""

from __future__ import annotations

import os
import sys
import time
from typing import Any, NoReturn

from aiokafka.consumer.group_coordinator import CoordinatorGroupRebalance, GroupCoordinator
from aiokafka.errors import InvalidTimestampError
from aiokafka.producer.sender import Sender

from streams.worker.fixes import replace
from streams.worker.settings import LEASE

EXIT_LEASE = 75
"""Exit code of a worker that lost its lease."""
STOCK: dict[str, Any] = {
    "heartbeat": GroupCoordinator._do_heartbeat,
    "joined": GroupCoordinator._on_join_complete,
    "sync": CoordinatorGroupRebalance._send_sync_group_request,
    "produce": Sender._send_produce_req,
}


class Lease:
    """When the last answered heartbeat was sent, and how long that lets us write."""

    def __init__(self, session_timeout: float) -> None:
        self.seconds = LEASE * session_timeout
        self.renewed: float | None = None
        self.synced = 0.0

    def renew(self, at: float) -> None:
        """Note that the broker knew us as a member at a time of ``time.monotonic()``."""
        self.renewed = at

    def held(self) -> bool:
        """Say whether we may write; a worker that never joined may, for it owns nothing that another could have."""
        return self.renewed is None or time.monotonic() - self.renewed <= self.seconds

    def stamp(self) -> float:
        """The time of the last renewal in seconds since 1970, for the broker to compare with its own clock."""
        now = time.time()  # read first: whoever is stopped right here has an older stamp, not a newer one
        return now if self.renewed is None else now - (time.monotonic() - self.renewed)


def apply(session_timeout: float) -> Lease:
    """Put every produce request under the lease; return it."""
    lease = Lease(session_timeout)

    async def heartbeat(self: Any) -> Any:
        sent = time.monotonic()
        answered = await STOCK["heartbeat"](self)
        if answered:
            lease.renew(sent)
        return answered

    async def sync(self: Any, request: Any) -> Any:
        lease.synced = time.monotonic()
        return await STOCK["sync"](self, request)

    async def joined(self: Any, *args: Any, **kwargs: Any) -> Any:
        if not lease.held():
            end("no heartbeat was answered in time")
        lease.renew(lease.synced)
        return await STOCK["joined"](self, *args, **kwargs)

    async def produce(self: Any, node_id: Any, batches: Any) -> Any:
        if not lease.held():
            end("no heartbeat was answered in time")
        return await STOCK["produce"](self, node_id, batches)

    replace(GroupCoordinator, _do_heartbeat=heartbeat, _on_join_complete=joined)
    replace(CoordinatorGroupRebalance, _send_sync_group_request=sync)
    replace(Sender, _send_produce_req=produce)
    return lease


def end(why: str) -> NoReturn:
    """End at once, before anything can be flushed; the supervisor starts the worker again."""
    sys.stderr.write(f"lease lost: {why}; ending, to be started again\n")
    sys.stderr.flush()
    os._exit(EXIT_LEASE)


def refused(error: BaseException) -> bool:
    """Say whether the broker did not take a record because its lease had run out."""
    return isinstance(error, InvalidTimestampError)
