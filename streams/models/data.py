"""Reads the public data sets for the training scripts; the running product never needs them."""

import gzip
import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any


def folder() -> Path:
    """Where the data sets lie: MOLVA_DATA, by default ../shared/data beside the project.

    Raises:
        FileNotFoundError: There are no data sets; the message says what to set.
    """
    path = Path(os.environ.get("MOLVA_DATA", Path(__file__).resolve().parents[2].parent / "shared" / "data"))
    if not (path / "README.md").exists():
        raise FileNotFoundError(f"no public data sets at {path}: set MOLVA_DATA")
    return path


def read(name: str) -> Iterator[dict[str, Any]]:
    """Yield the rows of a .jsonl or .jsonl.gz file below the data folder, *name* as in ``F6_x/rows.jsonl.gz``."""
    path = folder() / name
    with gzip.open(path, "rt", encoding="utf-8") if path.suffix == ".gz" else path.open(encoding="utf-8") as lines:
        for line in lines:
            yield json.loads(line)
