"""The shipped topology with the models that a worker's settings name."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from schemas.events import Review, ReviewCollected, Subject
from streams.enrich import Models
from streams.risk import load
from streams.topology import Step, topology
from streams.worker.settings import WorkerSettings


def configured(settings: WorkerSettings) -> tuple[Step, ...]:
    """All steps; raises ValueError when the model cannot be read."""
    risk = load(Path(settings.model) if settings.model else None)
    steps = topology(Models(risk=risk, languages=frozenset(settings.languages) or None))
    _load(steps)
    return steps


def _load(steps: Sequence[Step]) -> None:
    """Read now what is read at first use: in the seconds that it takes a member of a group answers no heartbeat."""
    at = datetime(2026, 1, 1, tzinfo=UTC)
    texts = ("The kettle broke after three days, I want my money back.", "Чайник сломался, верните деньги за доставку.")
    reviews = [Review(source="none", subject=Subject(id="none"), text=text) for text in texts]
    seen = [
        ReviewCollected(review_id=f"r{n}", event_id=f"e{n}", observed_at=at, review=r) for n, r in enumerate(reviews)
    ]
    steps[0].run(seen, {})
