"""Co-review rings: pairs of (reviewer, product), and how well the ring function alone tells colluders from others."""

from __future__ import annotations

import importlib.util

from molva.evaluate.figures import Figure, Options


def measure(_: Options) -> list[Figure]:
    """AUC over the labelled reviewers of A11, by the ring function of streams/detectors/rings.py."""
    if importlib.util.find_spec("streams.detectors.rings") is None:
        note = "not measured: no detector of co-review rings is there yet"
    else:
        note = "not measured: the detector is there, this measurement does not know it yet"
    return [Figure("A11 rings: AUC of reviewers", None, 0.90, note=note)]
