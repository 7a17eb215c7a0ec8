"""The shipped topology with the models that a worker's settings name."""

from __future__ import annotations

from pathlib import Path

from streams.enrich import Models
from streams.risk import load
from streams.topology import Step, topology
from streams.worker.settings import WorkerSettings


def configured(settings: WorkerSettings) -> tuple[Step, ...]:
    """All steps; raises ValueError when the model cannot be read."""
    risk = load(Path(settings.model) if settings.model else None)
    return topology(Models(risk=risk, languages=frozenset(settings.languages) or None))
