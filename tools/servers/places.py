"""Where the servers live and which Java runs them: nothing of it is inside the repository."""

import os
import re
import shutil
from pathlib import Path

OTHER_USER = "nobody"
"""Who runs Elasticsearch and owns the mailboxes when we are root: both refuse root."""


def is_root() -> bool:
    """Say whether this process is root, as it often is in a container."""
    return os.geteuid() == 0


def cache_dir() -> Path:
    """Return the folder that keeps archives, assembled servers and their data.

    Root's own home is closed to the user that runs Elasticsearch, so root keeps the servers under /var/cache.
    """
    base = os.environ.get("XDG_CACHE_HOME")
    if base:
        return Path(base) / "molva" / "servers"
    return Path("/var/cache/molva/servers") if is_root() else Path.home() / ".cache" / "molva" / "servers"


def state_file() -> Path:
    """Return the JSON file with the addresses: ``MOLVA_TEST_SERVERS``, else servers.json in the cache."""
    named = os.environ.get("MOLVA_TEST_SERVERS")
    return Path(named) if named else cache_dir() / "servers.json"


def find_java(lowest: int, highest: int) -> Path | None:
    """Return the home of the oldest installed JDK between two major versions, both inclusive, or None."""
    homes = [Path(value) for name in ("ES_JAVA_HOME", "JAVA_HOME") if (value := os.environ.get(name))]
    if on_path := shutil.which("java"):
        homes.append(Path(on_path).resolve().parent.parent)
    for folder in (Path("/usr/lib/jvm"), Path("/opt"), Path("/Library/Java/JavaVirtualMachines")):
        if folder.is_dir():
            homes += [home for entry in sorted(folder.iterdir()) for home in (entry, entry / "Contents" / "Home")]
    found = [(version, home) for home in homes if lowest <= (version := _java_version(home)) <= highest]
    return min(found)[1] if found else None


def _java_version(home: Path) -> int:
    """Read a JDK's major version from its release file; 0 when there is none."""
    try:
        release = (home / "release").read_text()
    except OSError:
        return 0
    if not (home / "bin" / "java").exists():
        return 0
    match = re.search(r'JAVA_VERSION="(?:1\.)?(\d+)', release)
    return int(match.group(1)) if match else 0
