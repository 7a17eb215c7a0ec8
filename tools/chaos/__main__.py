"""Run it: ``python -m tools.chaos --reviews 3000 --kills 30 --workers 3 --seed 1``; `make servers` must have run.

Its last line is one JSON object. ``lost`` counts reviews that went in and stand in no index, ``doubled`` those that
stand there under another id, ``differences`` reviews whose final judgement is not that of an undisturbed process over
the same log, and whatever ``molva reconcile`` finds between log and index. A seed repeats a run's choices.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import signal
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import Any

from indexer.stores.elasticsearch import ElasticsearchStore, Settings
from schemas.connection import Connection
from schemas.identity import source_review_id
from tools.chaos import ledger, world
from tools.chaos.deployment import Deployment, kill_server

SESSION = 10.0
"""Seconds after which a silent worker's partitions are given away; some are frozen for longer."""


class Stalls:
    """Watches how long nothing comes out while there is something to do."""

    def __init__(self, log: ledger.Log) -> None:
        self.longest = 0.0
        self._log, self._stop = log, threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self._thread.start()

    def stop(self) -> float:
        """Stop watching; return the longest time without a new judgement."""
        self._stop.set()
        self._thread.join()
        return round(self.longest, 1)

    def _watch(self) -> None:
        before, since = -1, time.monotonic()
        while not self._stop.wait(0.5):
            try:
                end, lag = self._log.end("reviews-judged"), self._log.lag()
            except Exception:  # noqa: BLE001, S112 - Kafka is down just now, which is what is measured
                continue
            now = time.monotonic()
            if end != before or lag == 0:
                before, since = end, now
            self.longest = max(self.longest, now - since)


def hit(deployment: Deployment, choose: random.Random) -> str:
    """Hit something; return what."""
    kinds = ("worker",) * 5 + ("indexer", "collector", "alerts", "supervisor", "kafka", "elasticsearch")
    kind = choose.choice(kinds)
    if kind in {"kafka", "elasticsearch"}:
        down = choose.uniform(0, 6)
        kill_server(kind, down)
        return f"SIGKILL {kind} for {down:.1f} s"
    number = choose.choice((signal.SIGKILL, signal.SIGKILL, signal.SIGTERM))
    if kind == "worker":
        return hit_worker(deployment, choose, number)
    name = "workers" if kind == "supervisor" else kind
    deployment.hit(name, number)
    return f"{number.name} {kind}"


def hit_worker(deployment: Deployment, choose: random.Random, number: signal.Signals) -> str:
    """Kill, end or freeze one worker."""
    while not (running := deployment.workers()):
        time.sleep(0.2)
    pid = choose.choice(running)
    frozen = choose.uniform(2, 1.6 * SESSION) if choose.random() < 0.34 else 0.0
    try:
        signal_to(pid, signal.SIGSTOP if frozen else number)
        time.sleep(frozen)
        signal_to(pid, signal.SIGCONT)
    except ProcessLookupError:
        pass
    return f"SIGSTOP worker for {frozen:.1f} s" if frozen else f"{number.name} worker"


def signal_to(pid: int, number: signal.Signals) -> None:
    """Send a signal to a process by its number."""
    os.kill(pid, number)


def main() -> int:
    """Run once; 0 when nothing was lost, doubled or different."""
    parser = argparse.ArgumentParser(prog="python -m tools.chaos")
    parser.add_argument("--reviews", type=int, default=3000, help="observations that go in")
    parser.add_argument("--kills", type=int, default=30)
    parser.add_argument("--workers", type=int, default=3)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    choose = random.Random(options.seed)
    folder = Path(tempfile.mkdtemp(prefix="molva-chaos-"))
    deployment = Deployment(folder, options.workers)
    (folder / "in").mkdir()
    (folder / "molva.toml").write_text(
        '[sources.shop]\ncollector = "files"\npath = "in/*.jsonl"\nevery = "2 seconds"\n'
    )
    connection = Connection(servers=deployment.environment["MOLVA_KAFKA_SERVERS"], prefix=deployment.prefix)
    log = ledger.Log(connection)
    lines = world.lines(options.reviews, options.seed)
    (folder / "in" / "000.jsonl").write_text(world.write(lines[:1]))
    for words in (["prepare"], ["subscribe", deployment.address, "--query", "negative:true"]):
        done = deployment.run(*words, service="alerts")
        if done.returncode:
            sys.exit(f"molva {' '.join(words)} failed: {done.stderr}")
    deployment.start()
    try:
        result = disturb(deployment, log, lines, choose, options.kills) | {"seed": options.seed}
    finally:
        deployment.stop()
    print(json.dumps(result))
    return 0 if not any(result[name] for name in ("lost", "doubled", "differences", "mails_lost", "mails_twice")) else 1


def disturb(
    deployment: Deployment, log: ledger.Log, lines: list[dict[str, Any]], choose: random.Random, kills: int
) -> dict[str, int | float]:
    """Feed the deployment while it is hit, wait until all is quiet, and compare."""
    while not log.end("reviews-judged"):  # a deployment that has not begun cannot be disturbed
        time.sleep(1)
    stalls = Stalls(log)
    parts, rest = max(1, kills), len(lines) - 1
    for number in range(parts):
        waiting = deployment.folder / "in" / f"{number + 1:03}.part"
        waiting.write_text(world.write(lines[1 + number * rest // parts : 1 + (number + 1) * rest // parts]))
        waiting.rename(waiting.with_suffix(".jsonl"))
        time.sleep(choose.uniform(1, 4))
        if number < kills:
            print(f"{number + 1}/{kills} {hit(deployment, choose)}", flush=True)
    quiet = log.wait_until_quiet(len(lines), 300)
    result = compare(deployment, log, lines) | {"kills": kills, "longest_stall_s": stalls.stop()}
    if not quiet:
        result["differences"] += 1
        print(f"never quiet: see {deployment.folder}")
    return result


def compare(deployment: Deployment, log: ledger.Log, lines: list[dict[str, Any]]) -> dict[str, int | float]:
    """End the services and hold what came out against what went in."""
    time.sleep(5)  # the last letters: the settle time, and a mailer that was just started
    wanted = {source_review_id("shop", str(line["id"])) for line in lines}
    different = [line for line in deployment.run("reconcile").stdout.splitlines() if line]
    deployment.stop()
    collected = log.records("reviews-collected")
    judged = ledger.final(log.records("reviews-judged"))
    expected = ledger.undisturbed(collected)
    wrong = ledger.differences(expected, judged)
    dead = sum(len(log.records(f"{topic}-dead")) for topic in ("reviews-collected", "evidence-found", "reviews-judged"))
    for line in [*different, *wrong][:20]:
        print(f"different: {line}")
    store = ElasticsearchStore(
        Settings(
            url=deployment.environment["MOLVA_ELASTICSEARCH_URL"],
            index=deployment.environment["MOLVA_ELASTICSEARCH_INDEX"],
        )
    )
    store.refresh()
    indexed = set(store.versions(list(expected.keys() | judged.keys())))
    # A review that was only ever seen withdrawn has no judgement, on any host.
    lost = len((wanted & expected.keys()) - indexed) + len(wanted - {one.key.decode() for one in collected})
    mails = ledger.mails(deployment.maildir, deployment.address, deployment.folder / "alerts" / "molva.sqlite", judged)
    return {
        "reviews": len(wanted),
        "observations": len(collected),
        "lost": lost,
        "doubled": len(indexed - wanted) + max(0, store.count() - len(indexed)),
        "differences": len(different) + len(wrong) + dead,
        **mails,
    }


if __name__ == "__main__":
    sys.exit(main())
