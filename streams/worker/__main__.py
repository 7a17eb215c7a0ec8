"""One worker process, started by the supervisor, which tells it on standard input what it is.

When standard input ends, the supervisor is gone, and so goes the worker.
"""

from __future__ import annotations

import importlib
import logging
import os
import signal
import threading
from pathlib import Path

import faust
import mode.loop
import msgspec
from faust.exceptions import ConsistencyError

from streams.worker.host import EXIT_FAULT, Host, leave
from streams.worker.settings import Assignment

EXIT_INCONSISTENT = 78
"""Exit code when the local tables do not belong to the changelogs: the supervisor removes them."""


def main() -> None:
    """Run until SIGTERM."""
    with os.fdopen(os.dup(0), "rb", buffering=0) as first:
        assignment = msgspec.json.decode(first.readline(), type=Assignment)
    threading.Thread(target=_follow_the_supervisor, daemon=True).start()
    Path(assignment.folder).mkdir(parents=True, exist_ok=True)
    mode.loop.use("uvloop")
    module, _, name = assignment.topology.partition(":")
    steps = getattr(importlib.import_module(module), name)(assignment.settings)
    host = Host(assignment, steps)
    logging.getLogger("aiokafka").setLevel(assignment.settings.log_level)  # it has much to say of each record
    worker = faust.Worker(host.app, loglevel=assignment.settings.log_level, redirect_stdouts=False, quiet=True)
    try:
        worker.execute_from_commandline()
    except ConsistencyError as error:
        leave(EXIT_INCONSISTENT, str(error))
    except Exception as error:
        logging.getLogger(__name__).exception("the worker failed")
        leave(EXIT_FAULT, repr(error))


def _follow_the_supervisor() -> None:
    while os.read(0, 4096):  # unbuffered: a buffered read would hold a lock that the interpreter's end needs
        pass
    os.kill(os.getpid(), signal.SIGTERM)


if __name__ == "__main__":
    main()
