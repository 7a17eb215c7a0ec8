"""The lease: a worker that was frozen must not write over what the new owner of its partitions wrote.

A process that is stopped for longer than the session timeout (a suspended machine, a long swap) is taken for dead and
its partitions are given away. When it wakes it first flushes its table changes, which are older than the new owner's.
So nothing is produced when no heartbeat was answered lately: the process ends itself and is started again. Joining the
group again does not renew a lease that had run out, because the old changes would go out right behind it.
"""

from __future__ import annotations

import os
import sys
import time
from typing import Any, NoReturn

from aiokafka.consumer.group_coordinator import GroupCoordinator
from aiokafka.producer.sender import Sender

from streams.worker.fixes import replace

EXIT_LEASE = 75
"""Exit code of a worker that lost its lease."""
SHARE = 0.8
"""The lease is shorter than the session by this factor, because the broker's clock started earlier than ours."""

STOCK: dict[str, Any] = {
    "heartbeat": GroupCoordinator._do_heartbeat,
    "joined": GroupCoordinator._on_join_complete,
    "produce": Sender._send_produce_req,
}


class Lease:
    """When the last answered heartbeat was sent, and how long that lets us write."""

    def __init__(self, session_timeout: float) -> None:
        self.seconds = SHARE * session_timeout
        self.renewed: float | None = None

    def renew(self, at: float) -> None:
        """Note that the broker knew us as a member at a time of ``time.monotonic()``."""
        self.renewed = at

    def held(self) -> bool:
        """Say whether we may write; a worker that never joined may, for it owns nothing that another could have."""
        return self.renewed is None or time.monotonic() - self.renewed <= self.seconds


def apply(session_timeout: float) -> Lease:
    """Put every produce request under the lease; return it."""
    lease = Lease(session_timeout)

    async def heartbeat(self: Any) -> Any:
        sent = time.monotonic()
        answered = await STOCK["heartbeat"](self)
        if answered:
            lease.renew(sent)
        return answered

    async def joined(self: Any, *args: Any, **kwargs: Any) -> Any:
        if not lease.held():
            _end()
        lease.renew(time.monotonic())
        return await STOCK["joined"](self, *args, **kwargs)

    async def produce(self: Any, node_id: Any, batches: Any) -> Any:
        if not lease.held():
            _end()
        return await STOCK["produce"](self, node_id, batches)

    replace(GroupCoordinator, _do_heartbeat=heartbeat, _on_join_complete=joined)
    replace(Sender, _send_produce_req=produce)
    return lease


def _end() -> NoReturn:
    """End at once, before anything can be flushed; the supervisor starts the worker again."""
    sys.stderr.write("lease lost: no heartbeat was answered in time; ending, to be started again\n")
    sys.stderr.flush()
    os._exit(EXIT_LEASE)
