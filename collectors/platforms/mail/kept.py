"""Which lines make up the text once every line is marked: what was typed, and the quotations left on purpose."""

from __future__ import annotations

from collections.abc import Sequence

from collectors.platforms.mail.attribution import attribution
from collectors.platforms.mail.lines import Line


def segments(tags: Sequence[str]) -> list[tuple[int, int]]:
    """Runs of typed and empty lines that hold at least one typed line."""
    found, start = [], None
    for index, tag in enumerate([*tags, "R"]):
        if tag in "TE":
            start = index if start is None else start
        elif start is not None:
            if "T" in tags[start:index]:
                found.append((start, index))
            start = None
    return found


def kept_lines(lines: Sequence[Line], tags: Sequence[str], typed: Sequence[int]) -> list[int]:
    """The indexes of the lines that make up the text: typed lines, and quotations that were left on purpose."""
    first, last = typed[0], _own_quotation(lines, tags, typed[-1])
    runs = _quote_runs(lines, tags, last)
    announced = len(runs) == 1 and runs[0][1]
    keep = []
    dropped = False
    for index in range(len(tags)):
        tag = tags[index]
        # blank lines below a quotation that goes belong to it
        dropped = tag in "AQ" if announced and tag != "E" else announced and dropped
        if tag == "E" and dropped:
            continue
        inside = index <= last and (index >= first or (bool(runs) and not announced and index >= runs[0][0]))
        if not inside:
            continue
        if tag in "TE" or (tag == "Q" and not announced):
            keep.append(index)
    return keep


def _own_quotation(lines: Sequence[Line], tags: Sequence[str], last: int) -> int:
    """The last line of the text: *last*, or the end of a quotation below it that the person placed there.

    That one has no head, no program marked it, and the answered mail comes below it under a head of its own.
    """
    end = last
    for index in range(last + 1, len(tags)):
        if tags[index] == "A":
            return end if any(tag in "QR" for tag in tags[index:]) else last
        if tags[index] == "Q" and not lines[index].certain and (end > last or attribution(lines, index) is None):
            end = index
        elif tags[index] != "E":
            break
    return last


def _quote_runs(lines: Sequence[Line], tags: Sequence[str], last: int) -> list[tuple[int, bool]]:
    """Quotations that have typed text below them: where each begins, and whether a head announces it."""
    runs: list[tuple[int, bool]] = []
    open_run = announced = False
    for index in range(last):
        tag = tags[index]
        if tag == "A":
            announced = True
        elif tag == "Q":
            if not open_run:
                own = lines[index].certain or (lines[index].text[:1] == ">" and attribution(lines, index) is not None)
                runs.append((index, announced or own))
                open_run = True
        elif tag != "E":
            open_run = announced = False
    return runs
