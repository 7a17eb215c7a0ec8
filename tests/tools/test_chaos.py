"""A short `make chaos` on the servers that other tests use too: it hits Molva's own services alone."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest


@pytest.mark.servers
@pytest.mark.timeout(280)
def test_three_hits_lose_nothing_and_double_nothing(servers):
    for name in ("kafka", "elasticsearch", "smtp"):
        servers(name)
    words = ["--reviews", "200", "--kills", "3", "--workers", "2", "--seed", "5", "--spare-servers"]
    done = subprocess.run(
        [sys.executable, "-m", "tools.chaos", *words], capture_output=True, text=True, check=False, timeout=270
    )
    assert done.returncode == 0, done.stdout + done.stderr
    told = json.loads(done.stdout.splitlines()[-1])
    assert list(told) == [
        "reviews",
        "kills",
        "lost",
        "doubled",
        "differences",
        "mails_lost",
        "mails_twice",
        "mails_resent",
        "longest_stall_s",
        "seed",
    ]
    assert told["kills"] == 3
