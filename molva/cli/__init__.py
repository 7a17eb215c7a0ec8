"""The command line: ``molva …``. One file a group of commands; ``app`` puts them together."""

from __future__ import annotations

from molva.cli.app import main

__all__ = ["main"]
