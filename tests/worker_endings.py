"""Topologies that end their worker at once, for tests of the supervisor; no Kafka is needed."""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path


def fuse(_settings=None):
    """End as a worker whose fuse blew."""
    sys.exit(77)


def inconsistent(_settings=None):
    """End as a worker whose tables do not belong to the changelogs, once."""
    tables = Path(os.environ["WORKER_TEST_FOLDER"]) / "worker-0" / "tables"
    sys.exit(78 if tables.exists() else 0)


def fault(_settings=None):
    """End at once."""
    sys.exit(70)


def stay(_settings=None):
    """Hang before anything is said, as a step in an endless loop would."""
    Path(os.environ["WORKER_TEST_FOLDER"], f"started-{os.getpid()}").touch()
    time.sleep(60)
