"""`make run`'s sample world, as a stranger starts it: in a folder of its own, with nothing set up."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from email import message_from_bytes, policy
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PATIENCE = 240
"""Seconds; a quiet machine needs about ten."""


def free_port() -> str:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return str(listener.getsockname()[1])


def test_the_sample_world_shows_a_ring_explained_and_letters_in_the_outbox(tmp_path):
    environment = {
        **os.environ,
        "PYTHONPATH": str(ROOT),
        "MOLVA_CONSOLE_PORT": free_port(),
        "MOLVA_GATEWAY_PORT": free_port(),
        "COLUMNS": "140",
    }
    done = subprocess.run(
        [sys.executable, "-m", "samples", "--once"],
        cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=PATIENCE, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert "Traceback" not in done.stderr
    assert "not found in time" not in done.stderr
    assert "ring of copies, explained" in done.stdout
    assert "high" in done.stdout
    letters = [message_from_bytes(path.read_bytes(), policy=policy.default) for path in tmp_path.rglob("*.eml")]
    letters = [letter for letter in letters if letter["To"] == "reputation@lounges.example"]
    assert letters
    for letter in letters:
        body = letter.get_body(("plain",))
        assert body is not None
        assert len(body.get_content()) > 100
