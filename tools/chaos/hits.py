"""What is done to a deployment: services and servers are killed, ended, frozen, added and taken away, by a seed."""

from __future__ import annotations

import contextlib
import os
import random
import signal
import time

from tools.chaos.deployment import Deployment, kill_server

SESSION = 10.0
"""Seconds after which a silent worker's partitions are given away; some are frozen for longer."""
SERVERS = ("kafka", "elasticsearch")
MAILER = "mailer"
"""The service that hands letters to the mail server."""
KINDS = ("worker",) * 5 + ("another worker", "indexer", "collector", "matcher", MAILER, "supervisor", *SERVERS)


class Hits:
    """Chooses what to hit, and counts how often that was the mailer: it may send a letter again each time.

    Args:
        deployment: That is hit.
        choose: Makes the choices.
        spare_servers: Leave Kafka and Elasticsearch alone, which others may use.
    """

    def __init__(self, deployment: Deployment, choose: random.Random, *, spare_servers: bool = False) -> None:
        self.of_the_mailer = 0
        self._deployment, self._choose = deployment, choose
        self._kinds = [kind for kind in KINDS if not (spare_servers and kind in SERVERS)]

    def one(self) -> str:
        """Wait a little, then hit something; return what was done."""
        time.sleep(self._choose.uniform(1, 4))
        kind = self._choose.choice(self._kinds)
        if kind in SERVERS:
            down = self._choose.uniform(0, 6)
            kill_server(kind, down)
            return f"SIGKILL {kind} for {down:.1f} s"
        if kind == "another worker":
            return self._scale(kind)
        number = self._choose.choice((signal.SIGKILL, signal.SIGKILL, signal.SIGTERM))
        if kind == "worker":
            return self._worker(number)
        self.of_the_mailer += kind == MAILER
        self._deployment.hit("workers" if kind == "supervisor" else kind, number)
        return f"{number.name} {kind}"

    def _scale(self, name: str) -> str:
        """Add workers as another machine would, or take them away in good order."""
        if name in self._deployment.processes:
            self._deployment.stop(name)
            return f"{name} leaves"
        self._deployment.add(name, "worker")
        return f"{name} joins"

    def _worker(self, number: signal.Signals) -> str:
        """Kill, end or freeze one worker process."""
        while not (running := self._deployment.workers()):
            time.sleep(0.2)
        pid = self._choose.choice(running)
        frozen = self._choose.uniform(2, 1.6 * SESSION) if self._choose.random() < 0.34 else 0.0
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGSTOP if frozen else number)
            time.sleep(frozen)
            os.kill(pid, signal.SIGCONT)
        return f"SIGSTOP worker for {frozen:.1f} s" if frozen else f"{number.name} worker"
