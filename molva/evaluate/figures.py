"""What a measurement gives: figures, each with the baseline and the target that stand beside it."""

from __future__ import annotations

import sys
from collections.abc import Callable

import msgspec


class Figure(msgspec.Struct, frozen=True):
    """One measured figure.

    Attributes:
        name: What is measured on which data, in a few words.
        value: The figure; None where it could not be measured, and ``note`` says why.
        target: What it should reach; None where it is told only.
        baseline: The same figure of what one would use without Molva; ``quoted``: measured earlier, on other rows of
            the same sets, not in this run.
        lower: Whether less is better.
        places: Decimals that are worth printing.
        note: What a reader must know to take the figure for what it is.
    """

    name: str
    value: float | None
    target: float | None = None
    baseline: float | None = None
    quoted: bool = False
    lower: bool = False
    places: int = 3
    note: str = ""

    @property
    def missed(self) -> float | None:
        """By how much the figure misses its target, above 0; None where it meets it, has none or was not measured."""
        if self.value is None or self.target is None:
            return None
        short = (self.value - self.target) if self.lower else (self.target - self.value)
        return short if short > 1e-9 else None


class Options(msgspec.Struct, frozen=True):
    """How to measure.

    Attributes:
        quick: Fewer rows where a measurement has thousands: for a look, never for the page.
        baselines: An interpreter that has the mail libraries that replies are compared with.
        say: Is told what is going on.
    """

    quick: bool = False
    baselines: str = sys.executable
    say: Callable[[str], None] = print


Measure = Callable[[Options], list[Figure]]


class Measurement(msgspec.Struct, frozen=True):
    """A group of figures that one function measures.

    Attributes:
        name: For ``--only``.
        title: The heading above its figures.
        how: How the rows were split and judged, as the page tells it.
        measure: Gives the figures; it may raise, and is then listed as failed with the error.
    """

    name: str
    title: str
    how: str
    measure: Measure
