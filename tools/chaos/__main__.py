"""Run it: ``python -m tools.chaos --reviews 3000 --kills 30 --workers 3 --seed 1``; `make servers` must have run.

Its last line is one JSON object. ``lost`` counts reviews that went in and stand in no index, ``doubled`` those that
stand there under another id, ``differences`` reviews whose final judgement is not that of an undisturbed process over
the same log, dead letters, and whatever ``molva reconcile`` finds between log and index. ``mails_lost`` counts letters
that are due and not there, ``mails_twice`` different Message-IDs for one subscription, review and version, and
``mails_resent`` the same one again: at most one for each time that the mailer was hit. A seed repeats a run's choices.
"""

from __future__ import annotations

import argparse
import json
import random
import sys
import tempfile
import threading
import time
from functools import partial
from pathlib import Path
from typing import Any

from indexer.stores.elasticsearch import ElasticsearchStore, Settings
from schemas.connection import Connection
from schemas.identity import source_review_id
from schemas.topics import TOPICS
from tools.chaos import ledger, world
from tools.chaos.deployment import Deployment
from tools.chaos.hits import Hits

A_SECOND = 25
"""Reviews that a deployment on a small machine surely does in a second."""
FAULTS = ("lost", "doubled", "differences", "mails_lost", "mails_twice")
"""What must be 0 in the end."""
ORDER = ("reviews", "kills", *FAULTS, "mails_resent", "longest_stall_s", "seed")


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


def main() -> int:
    """Run once; 0 when nothing was lost, doubled or different."""
    parser = argparse.ArgumentParser(prog="python -m tools.chaos")
    parser.add_argument("--reviews", type=int, default=3000, help="observations that go in")
    parser.add_argument("--kills", type=int, default=30)
    parser.add_argument("--workers", type=int, default=3)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--file", type=Path, help="JSON lines of reviews with ids that go in instead of made ones")
    parser.add_argument("--spare-servers", action="store_true", help="leave Kafka and Elasticsearch alone")
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
    made = world.lines if options.file is None else partial(world.read, options.file)
    lines = made(options.reviews, options.seed)
    (folder / "in" / "000.jsonl").write_text(world.write(lines[:1]))
    for words in (["prepare"], ["subscribe", deployment.address, "--query", "negative:true"]):
        done = deployment.run(*words, service="mailer")
        if done.returncode:
            sys.exit(f"molva {' '.join(words)} failed: {done.stderr}")
    hits = Hits(deployment, choose, spare_servers=options.spare_servers)
    deployment.start()
    try:
        result = disturb(deployment, log, lines, hits, options.kills) | {"seed": options.seed}
    finally:
        deployment.stop()
    failed = any(result[name] for name in FAULTS) or result["mails_resent"] > hits.of_the_mailer
    if not failed:
        log.remove()
        deployment.remove()
    print(json.dumps({name: result[name] for name in ORDER}))
    return int(failed)


def disturb(
    deployment: Deployment, log: ledger.Log, lines: list[dict[str, Any]], hits: Hits, kills: int
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
        if number < kills:
            print(f"{number + 1}/{kills} {hits.one()}", flush=True)
    quiet = log.wait_until_quiet(len(lines), 300 + len(lines) / A_SECOND)
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
    expected, found = ledger.undisturbed(collected), ledger.found(log)
    wrong = ledger.differences(expected, found)
    dead = sum(log.end(topic.dead) for topic in TOPICS)
    for line in [*different, *wrong][:20]:
        print(f"different: {line}")
    store = ElasticsearchStore(
        Settings(
            url=deployment.environment["MOLVA_ELASTICSEARCH_URL"],
            index=deployment.environment["MOLVA_ELASTICSEARCH_INDEX"],
        )
    )
    store.refresh()
    reviews = expected.judged.keys()
    indexed = set(store.versions(list(reviews | found.judged.keys())))
    # A review that was only ever seen withdrawn has no judgement, on any host.
    lost = len((wanted & reviews) - indexed) + len(wanted - {one.key.decode() for one in collected})
    database = deployment.folder / "mailer" / "letters.sqlite"
    mails = ledger.mails(deployment.maildir, deployment.address, database, found.judged)
    return {
        "reviews": len(wanted),
        "lost": lost,
        "doubled": len(indexed - wanted) + max(0, store.count() - len(indexed)),
        "differences": len(different) + len(wrong) + dead,
        **mails,
    }


if __name__ == "__main__":
    sys.exit(main())
