"""What all tests share: where the public data sets lie, and what is skipped without them."""

from __future__ import annotations

import gzip
import json
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

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
