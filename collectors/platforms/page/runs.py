"""Reviews that have no element of their own: heading, stars and paragraphs lie side by side.

Each run of siblings, from one that begins a review to the next such one, is put into an element, so that all else can
treat it like any other block.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from collectors.platforms.page import css
from collectors.platforms.page.groups import like, total
from collectors.platforms.page.signals import Survey
from collectors.platforms.page.tree import Element


def wrap(root: Element, starts: Sequence[Element]) -> list[Element]:
    """Put each run of siblings that begins with one of *starts* into a ``div``; gives those in order.

    The last run is as long as the longest other one at most, because behind it other things follow.
    """
    wrapped: list[Element] = []
    beginning = set(starts)
    for parent in dict.fromkeys(start.getparent() for start in starts):
        if parent is None:
            continue
        runs: list[list[Element]] = []
        for child in list(parent):
            if child in beginning:
                runs.append([])
            if runs:
                runs[-1].append(child)
        longest = max((len(run) for run in runs[:-1]), default=len(runs[-1]))
        runs[-1] = runs[-1][:longest]
        for run in runs:
            holder = root.makeelement("div", {})
            parent.insert(parent.index(run[0]), holder)
            for child in run:
                holder.append(child)
            wrapped.append(holder)
    return wrapped


def find(root: Element, survey: Survey) -> str | None:
    """The selector of the elements with which the page's runs begin; None when there are no such runs."""
    best: tuple[float, list[Element]] | None = None
    for parent in survey.order:
        signals = survey.signals[parent]
        if len(parent) < 4 or not signals.prose or signals.ratings + signals.dates < 4:
            continue
        children = [child for child in parent if child in survey.signals]
        shapes: dict[tuple[str, bool, bool], list[int]] = {}
        for place, child in enumerate(children):
            told = survey.signals[child]
            shapes.setdefault((css.shape(child), bool(told.ratings), bool(told.dates)), []).append(place)
        for places in shapes.values():
            if not 2 <= len(places) <= len(children) / 2:
                continue
            gaps = [after - before for before, after in pairwise(places)]
            ends = [*places[1:], min(len(children), places[-1] + max(gaps))]
            parts = [
                total(survey.signals[child] for child in children[start:end])
                for start, end in zip(places, ends, strict=True)
            ]
            worths = [like(part, named=True) for part in parts]
            worth = sum(worths) - 0.001 * places[0]
            if min(worths) >= 0.6 and (best is None or worth > best[0]):
                best = (worth, [children[place] for place in places])
    if best is None:
        return None
    found = css.for_all(root, best[1])
    return found[0] if found and set(found[1]) == set(best[1]) else None
