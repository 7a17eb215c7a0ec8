"""What all tests share: where the public data sets lie, and what is skipped without them."""

from __future__ import annotations

import gzip
import json
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings

from tools.servers.__main__ import SERVERS
from tools.servers.processes import alive, load

settings.register_profile("molva", deadline=None)  # a busy machine is no failure
settings.load_profile("molva")

ROOT = Path(__file__).resolve().parent.parent


@pytest.fixture(scope="session")
def data_dir() -> Path:
    """The folder with the public data sets (MOLVA_DATA, default ../shared/data); skips the test when absent."""
    folder = Path(os.environ.get("MOLVA_DATA", ROOT.parent / "shared" / "data"))
    if not (folder / "README.md").exists():
        pytest.skip(f"no public data sets at {folder}: set MOLVA_DATA")
    return folder


@pytest.fixture(scope="session")
def rows(data_dir: Path) -> Callable[[str], Iterator[dict[str, Any]]]:
    """Reads a .jsonl or .jsonl.gz file of the data sets, a row at a time."""

    def read(name: str) -> Iterator[dict[str, Any]]:
        path = data_dir / name
        with gzip.open(path, "rt", encoding="utf-8") if path.suffix == ".gz" else path.open(encoding="utf-8") as lines:
            for line in lines:
                yield json.loads(line)

    return read


# --- real servers: started by `make servers`, stopped by `make servers-stop` ---


@pytest.fixture(scope="session")
def servers() -> Callable[..., dict[str, Any]]:
    """Gives the entry (``address`` and more) of a running server by its name; skips the test when it is not up."""

    def entry(name: str) -> dict[str, Any]:
        if given := os.environ.get(SERVERS[name].instead or " "):
            return {"address": given, "pid": None}
        found = load().get(name, {})
        if not found or (found["pid"] is not None and not alive(found)):
            pytest.skip(f"no {name} is running: make servers")
        return found

    return entry


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say in the last lines what was not tested for want of servers."""
    reasons = [str(report.longrepr[2]) for report in terminalreporter.getreports("skipped") if report.longrepr]
    missing = [reason for reason in reasons if "make servers" in reason]
    if missing:
        terminalreporter.section("NOT TESTED: real servers", red=True, bold=True)
        for reason in sorted(set(missing)):
            terminalreporter.line(f"{missing.count(reason)} tests: {reason.removeprefix('Skipped: ')}", red=True)
