"""The deployment that is hit: Molva's services as processes, each started again when it ends, as compose would."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

from elasticsearch import Elasticsearch

from tools.servers.processes import alive, load, note, relaunch, wait_until

MOLVA = str(Path(sys.executable).with_name("molva"))


class Deployment:
    """Services over the real Kafka and Elasticsearch, under a prefix of their own."""

    def __init__(self, folder: Path, workers: int) -> None:
        state = load()
        self.folder, self.prefix = folder, f"chaos-{os.getpid()}-{int(time.time())}-"
        self.maildir = Path(state["smtp"]["maildir"])
        self.address = f"{self.prefix}owner@example.com"
        self.environment = os.environ | {
            "MOLVA_CONFIG": str(folder / "molva.toml"),
            "MOLVA_KAFKA_SERVERS": state["kafka"]["address"],
            "MOLVA_KAFKA_PREFIX": self.prefix,
            "MOLVA_ELASTICSEARCH_URL": state["elasticsearch"]["address"],
            "MOLVA_ELASTICSEARCH_INDEX": f"{self.prefix}reviews",
            "MOLVA_CONTACT_KEY": "chaos",
            "MOLVA_MAIL_HOST": state["smtp"]["address"].split(":")[0],
            "MOLVA_MAIL_PORT": state["smtp"]["address"].split(":")[1],
            "MOLVA_MAIL_SECURITY": "none",
            "MOLVA_ALERTS_SETTLE": "1",
            "OMP_NUM_THREADS": "1",
            "OPENBLAS_NUM_THREADS": "1",
        }
        self.commands = {
            "collector": ["gather"],
            "workers": ["worker", "--workers", str(workers)],
            "indexer": ["index"],
            "matcher": ["match"],
            "mailer": ["mail"],
        }
        self.processes: dict[str, subprocess.Popen[bytes]] = {}
        self._stopping = threading.Event()
        self._lock = threading.Lock()
        self._keeper = threading.Thread(target=self._keep, daemon=True)

    def run(self, *words: str, service: str = "indexer") -> subprocess.CompletedProcess[str]:
        """Run one command to its end."""
        return subprocess.run(
            [MOLVA, *words],
            env=self._environment(service),
            cwd=self.folder,
            capture_output=True,
            text=True,
            check=False,
        )

    def add(self, name: str, *words: str) -> None:
        """Start one more service, ``molva WORDS``, and keep it running until ``stop(name)``."""
        with self._lock:
            self.commands[name] = list(words)
            self._start(name)

    def start(self) -> None:
        """Start every service and keep it running."""
        for name in self.commands:
            self._start(name)
        self._keeper.start()

    def stop(self, *names: str) -> None:
        """End services gracefully; all of them without names."""
        if not names:
            self._stopping.set()
            if self._keeper.is_alive():
                self._keeper.join()
        with self._lock:
            chosen = {name: self.processes.pop(name) for name in names or list(self.processes)}
            for name in names:
                del self.commands[name]
        for process in chosen.values():
            process.send_signal(signal.SIGCONT)
            process.send_signal(signal.SIGTERM)
        for process in chosen.values():
            process.wait(60)

    def remove(self) -> None:
        """Delete the deployment's folder and indices."""
        shutil.rmtree(self.folder)
        with Elasticsearch(self.environment["MOLVA_ELASTICSEARCH_URL"]) as client:
            name = self.environment["MOLVA_ELASTICSEARCH_INDEX"]
            client.indices.delete(index=",".join(client.indices.get(index=f"{name}*")))
            client.indices.delete_index_template(name=f"{name}-molva")

    def workers(self) -> list[int]:
        """The worker processes."""
        parent = str(self.processes["workers"].pid)
        listed = subprocess.run(
            ["/bin/ps", "-o", "pid=", "--ppid", parent], capture_output=True, text=True, check=False
        )
        return [int(pid) for pid in listed.stdout.split()]

    def hit(self, name: str, number: signal.Signals) -> None:
        """Send a signal to a service."""
        with self._lock:
            self.processes[name].send_signal(number)

    def _start(self, name: str) -> None:
        with (self.folder / f"{name}.log").open("ab") as log:
            self.processes[name] = subprocess.Popen(
                [MOLVA, *self.commands[name]], env=self._environment(name), cwd=self.folder, stdout=log, stderr=log
            )

    def _environment(self, name: str) -> dict[str, str]:
        return self.environment | {"MOLVA_FOLDER": str(self.folder / name)}

    def _keep(self) -> None:
        while not self._stopping.wait(0.5):
            with self._lock:
                for name in self.commands:
                    if self.processes[name].poll() is not None:
                        self._start(name)


def kill_server(name: str, down: float) -> None:
    """Kill a server with SIGKILL, and start it again with its data after so many seconds."""
    entry = load()[name]
    os.killpg(entry["pid"], signal.SIGKILL)
    while alive(entry):
        time.sleep(0.05)
    time.sleep(down)
    from tools.servers.__main__ import SERVERS  # noqa: PLC0415 - the program of another tool

    started = relaunch(name, entry)
    Path(started["log"]).write_bytes(b"")  # what "ready" looks for must be of this start
    wait_until(lambda: SERVERS[name].ready(started), started, name=name, patience=300)
    note(name, started)
