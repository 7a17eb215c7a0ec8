"""Command line: ``start [NAME…]``, ``stop [NAME…]``, ``status``; without a name all servers."""

import os
import sys
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from tools.servers import elasticsearch, kafka, mail
from tools.servers.fetch import Missing
from tools.servers.places import state_file
from tools.servers.processes import State, alive, end, load, note, wait_until


@dataclass(frozen=True, slots=True)
class Server:
    """How one server starts, how it shows that it is ready, and the variable that names a running one instead."""

    start: Callable[[], State]
    ready: Callable[[State], bool]
    instead: str = ""


SERVERS = {
    "kafka": Server(kafka.start, kafka.ready, "MOLVA_TEST_KAFKA"),
    "elasticsearch": Server(
        partial(elasticsearch.start, elasticsearch.MAIN), elasticsearch.ready, "MOLVA_TEST_ELASTICSEARCH"
    ),
    "percolator": Server(
        partial(elasticsearch.start, elasticsearch.PERCOLATOR), elasticsearch.ready, "MOLVA_TEST_ELASTICSEARCH"
    ),
    "imap": Server(mail.start_imap, mail.imap_ready),
    "smtp": Server(mail.start_smtp, mail.smtp_ready),
}


def start(names: list[str]) -> int:
    """Start servers side by side, then wait for each; return 1 when one is missing."""
    missing: dict[str, str] = {}
    for name in names:
        server = SERVERS[name]
        if given := os.environ.get(server.instead or " "):
            note(name, {"address": given, "version": "given", "pid": None})
        elif not alive(load().get(name, {})):
            print(f"{name}: starting", flush=True)
            try:
                note(name, server.start())
            except Missing as reason:
                note(name, None)
                missing[name] = str(reason)
    for name in names:
        entry = load().get(name)
        if entry is None or entry["pid"] is None:
            continue
        try:
            wait_until(partial(SERVERS[name].ready, entry), entry, name=name)
        except Missing as reason:
            note(name, None)
            missing[name] = str(reason)
    report(load())
    for name, why in missing.items():
        print(f"{name}: MISSING. {why}")
    return 1 if missing else 0


def stop(names: list[str]) -> int:
    """End the servers that we started."""
    for name in names:
        entry = load().get(name)
        if entry and alive(entry):
            end(entry)
            print(f"{name}: stopped")
        note(name, None)
    return 0


def report(state: State) -> None:
    """Print what runs and where."""
    for name, entry in state.items():
        fits = entry["pid"] is None or alive(entry)
        print(f"{name:14} {entry['address'] if fits else 'not running':28} {entry.get('version', '')}")
    print(f"addresses: {state_file()}")


def main() -> int:
    """Run one command."""
    command, *names = sys.argv[1:] or ["status"]
    unknown = set(names) - set(SERVERS)
    if unknown or command not in {"start", "stop", "status"}:
        print(f"{__doc__}\nnames: {', '.join(SERVERS)}")
        return 2
    if command == "start":
        return start(names or list(SERVERS))
    if command == "stop":
        return stop(names or list(reversed(SERVERS)))
    report(load())
    return 0


if __name__ == "__main__":
    sys.exit(main())
