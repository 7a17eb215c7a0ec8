"""The row that the review step keeps for each review: all it needs to repeat itself after any crash."""

from __future__ import annotations

from datetime import datetime

import msgspec

from schemas.events import Edit, Evidence, Judgement, Member, Outcome, Review
from streams.risk import Signal
from streams.text.analysis import TextAnalysis

REMEMBERED_EVENTS = 32
"""Observations of one review whose outcome is remembered; a redelivery reaches no further back."""
REMEMBERED_VERSIONS = 10
"""Earlier versions kept in a review's history."""
REMEMBERED_MEMBERS = 16
"""Earlier places (author, subject, time, bands) of a review from which detectors are told to take it out."""


class Settled(msgspec.Struct, frozen=True, array_like=True):
    """An observation that was processed, and what it turned out to be."""

    event_id: str
    outcome: Outcome
    version: int


class Reading(msgspec.Struct, frozen=True, array_like=True):
    """What the models read in the prose of the current version."""

    analysis: TextAnalysis
    signals: tuple[Signal, ...] = ()
    signature: bytes = b""
    bands: tuple[int, ...] = ()


class ReviewRow(msgspec.Struct, frozen=True, array_like=True):
    """A review's current state. ``review`` is None while only evidence has come.

    ``observed_at`` is the time of the newest observation, ``changed_at`` that of the newest one that changed anything.
    """

    review: Review | None = None
    version: int = 0
    outcome: Outcome = "new"
    first_seen_at: datetime | None = None
    changed_at: datetime | None = None
    observed_at: datetime | None = None
    withdrawn_at: datetime | None = None
    settled: tuple[Settled, ...] = ()
    history: tuple[Edit, ...] = ()
    reading: Reading | None = None
    member: Member | None = None
    trail: tuple[Member, ...] = ()
    evidence: dict[str, Evidence] = {}
    judgement: Judgement | None = None
