"""What a worker says of itself, once a second, in a file that its supervisor serves and watches."""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path

import msgspec

from streams.worker.stage import Stage

FILE = "status.json"


class Status(msgspec.Struct, kw_only=True):
    """A worker's state.

    Attributes:
        worker: Its number on this machine.
        at: When this was written, in seconds since 1970.
        ready: It owns partitions and is neither rebalancing nor recovering.
        partitions: Of all topics, that it owns.
        cpu: Seconds of CPU that the process has used.
        lag: Records not yet done, by ``topic/partition``.
        events: Records done, by ``step/topic``.
        dead: Dead letters, by ``step/topic``.
        outcomes: Observations, by ``source/outcome``.
    """

    worker: int
    at: float = 0.0
    ready: bool = False
    partitions: int = 0
    cpu: float = 0.0
    lag: dict[str, int] = {}
    events: dict[str, int] = {}
    dead: dict[str, int] = {}
    outcomes: dict[str, int] = {}

    def update(self, stages: Sequence[Stage], *, partitions: int, lag: dict[str, int], ready: bool) -> None:
        """Take over what the stages counted."""
        self.at, self.cpu = time.time(), time.process_time()
        self.ready, self.partitions, self.lag = ready, partitions, lag
        self.events = {f"{stage.step.name}/{topic}": n for stage in stages for topic, n in stage.events.items()}
        self.dead = {f"{stage.step.name}/{topic}": n for stage in stages for topic, n in stage.dead.items()}
        self.outcomes = {
            f"{source}/{outcome}": n for stage in stages for (source, outcome), n in stage.outcomes.items()
        }


def write(status: Status, folder: Path) -> None:
    """Write the status whole."""
    temporary = folder / f"{FILE}.new"
    temporary.write_bytes(msgspec.json.encode(status))
    temporary.replace(folder / FILE)


def read(folder: Path) -> Status | None:
    """Read a worker's status, or None when it has not written one."""
    try:
        return msgspec.json.decode((folder / FILE).read_bytes(), type=Status)
    except (OSError, msgspec.MsgspecError):
        return None
