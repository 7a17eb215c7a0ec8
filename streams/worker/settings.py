"""What a worker needs to know, given by whoever starts it; nothing here reads the environment."""

from __future__ import annotations

import msgspec

from schemas.connection import Connection

SESSION_TIMEOUT = 10.0
"""Seconds without an answered heartbeat after which the others take a worker's partitions."""
LEASE = 0.6
"""For how much of a session a worker may write after its last answered heartbeat."""
AHEAD = 0.2
"""How far a worker's clock may run ahead of a broker's, as a part of the session; nothing is taken beyond."""
BEAT = 0.1
"""Heartbeats are a part of the session apart."""


def fence(session_timeout: float) -> dict[str, str]:
    """What makes a topic refuse records of workers whose lease has run out (lease.py says how)."""
    return {
        "message.timestamp.type": "CreateTime",
        "message.timestamp.before.max.ms": str(round(1000 * LEASE * session_timeout)),
        "message.timestamp.after.max.ms": str(round(1000 * AHEAD * session_timeout)),
    }


class WorkerSettings(msgspec.Struct, frozen=True, kw_only=True):
    """Settings of the workers of one machine.

    Attributes:
        kafka: Where Kafka is.
        folder: Keeps each worker's tables over restarts, in a folder of its own.
        workers: Processes; more than partitions in the whole cluster are idle.
        session_timeout: As ``SESSION_TIMEOUT``; the topics are made for that one.
        commit_every: Seconds between commits: what is done again after a crash.
        batch: Most events that go through a step at once.
        stuck_after: Seconds without progress, with work waiting, after which a worker is restarted.
        address: Where ``/health`` and ``/metrics`` are served, ``host:port``, or None.
        model: A folder with a risk model; None for the shipped one.
        languages: That reviews are expected in; empty for any.
        log_level: Of the workers' log on standard error.
    """

    kafka: Connection = Connection()
    folder: str = "var/worker"
    workers: int = 1
    session_timeout: float = SESSION_TIMEOUT
    commit_every: float = 1.0
    batch: int = 256
    stuck_after: float = 60.0
    address: str | None = None
    model: str | None = None
    languages: tuple[str, ...] = ()
    log_level: str = "WARNING"


class Assignment(msgspec.Struct, frozen=True, kw_only=True):
    """What the supervisor tells one worker on its standard input: the settings and its place among them."""

    settings: WorkerSettings
    index: int
    folder: str
    topology: str
