"""Starts, watches and ends server processes, and remembers them in the state file."""

import contextlib
import json
import os
import pwd
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from tools.servers.fetch import Missing
from tools.servers.places import OTHER_USER, is_root, state_file

State = dict[str, Any]


def load() -> State:
    """Read the state file; empty when nothing was started."""
    try:
        state = json.loads(state_file().read_text())
    except (OSError, ValueError):
        return {}
    return state if isinstance(state, dict) else {}


def save(state: State) -> None:
    """Write the state file whole, so that a reader never sees half of it."""
    path = state_file()
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_suffix(".tmp")
    temporary.write_text(json.dumps(state, indent=2) + "\n")
    temporary.replace(path)


def note(name: str, entry: State | None) -> None:
    """Keep one server's entry, or take it away; those of others, who may start theirs just now, stay."""
    state = load()
    state.pop(name, None)
    save(state | ({} if entry is None else {name: entry}))


def free_port() -> int:
    """Return a loopback port that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def unprivileged() -> tuple[int, int]:
    """Return the uid and gid for servers that refuse root: our own unless we are root."""
    if not is_root():
        return os.getuid(), os.getgid()
    entry = pwd.getpwnam(OTHER_USER)
    return entry.pw_uid, entry.pw_gid


def give_away(folder: Path) -> None:
    """Make the unprivileged user the owner of everything in a folder."""
    uid, gid = unprivileged()
    if not is_root():
        return
    for path in (folder, *folder.rglob("*")):
        os.chown(path, uid, gid, follow_symlinks=False)


def launch(
    name: str,
    command: Sequence[str],
    *,
    folder: Path,
    environment: Mapping[str, str] | None = None,
    plain_user: bool = False,
) -> State:
    """Start a server in a process group of its own and return what the state file keeps of it.

    Args:
        name: The server's name, also of its log.
        command: Program and arguments.
        folder: Where it runs and where its log goes.
        environment: Variables beside ours.
        plain_user: Not as root, when we are root.
    """
    environment = dict(environment or {})
    log = folder / f"{name}.log"
    user: dict[str, Any] = {}
    if plain_user and is_root():
        uid, gid = unprivileged()
        user = {"user": uid, "group": gid, "extra_groups": []}
    with log.open("ab") as out:
        process = subprocess.Popen(
            command,
            cwd=folder,
            env=os.environ | environment,
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=out,
            start_new_session=True,
            **user,
        )
    return {
        "pid": process.pid,
        "born": _born(process.pid),
        "log": str(log),
        "start": {
            "command": list(command),
            "folder": str(folder),
            "environment": environment,
            "plain_user": plain_user,
        },
    }


def relaunch(name: str, entry: State) -> State:
    """Start a server of the state file again, with its ports and its data."""
    start = entry["start"]
    again = launch(
        name,
        start["command"],
        folder=Path(start["folder"]),
        environment=start["environment"],
        plain_user=start["plain_user"],
    )
    return entry | again


def alive(entry: State) -> bool:
    """Say whether the process of an entry still runs: the same one, not a later one with its number."""
    return bool(entry.get("pid")) and entry.get("born") is not None and _born(entry["pid"]) == entry["born"]


def end(entry: State, *, patience: float = 20.0) -> None:
    """End a server that we started, with its children: politely first, by force after *patience* seconds."""
    deadline = time.monotonic() + patience
    sent = signal.SIGTERM
    while alive(entry):
        with contextlib.suppress(ProcessLookupError):
            os.killpg(entry["pid"], sent)
        while alive(entry) and time.monotonic() < deadline:
            time.sleep(0.05)
        sent, deadline = signal.SIGKILL, time.monotonic() + 5
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(entry.get("pid") or 2**22, signal.SIGKILL)


def wait_until(ready: Callable[[], bool], entry: State, *, name: str, patience: float = 300.0) -> float:
    """Wait until a server answers; return the seconds it took.

    Raises:
        Missing: it ended or did not answer in time; the message has the end of its log.
    """
    began = time.monotonic()
    while time.monotonic() - began < patience and alive(entry):
        with contextlib.suppress(OSError, ValueError):
            if ready():
                return time.monotonic() - began
        time.sleep(0.1)
    tail = Path(entry["log"]).read_text(errors="replace")[-800:]
    end(entry)
    raise Missing(f"{name} did not come up; the end of {entry['log']}:\n{tail}")


def _born(pid: int) -> str | None:
    """Return when a process began, or None when there is none or only its remains."""
    done = subprocess.run(
        ["/bin/ps", "-o", "stat=,lstart=", "-p", str(pid)], capture_output=True, text=True, check=False
    )
    state, _, began = done.stdout.strip().partition(" ")
    return began.strip() if state and not state.startswith("Z") else None
