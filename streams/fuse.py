"""The fuse of a stage (``schemas.fuse``, which the indexer's writer shares)."""

from schemas.fuse import FAILURES, SHARE, WINDOW, Fuse

__all__ = ["FAILURES", "SHARE", "WINDOW", "Fuse"]
