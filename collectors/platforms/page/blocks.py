"""Reviews of a page without markup, read by its structure and without configuration.

``groups`` finds the repeated blocks, ``slots`` the parts of a block, ``css`` names both; the reading itself is done by
``selectors``, so that what is printed for the configuration gives what was read here.
"""

from __future__ import annotations

import re
from datetime import datetime

from collectors.platforms.page import css, dates, groups, hints, runs, selectors, slots
from collectors.platforms.page.model import Notes, ReviewData
from collectors.platforms.page.signals import Survey
from collectors.platforms.page.tree import Element, elements, names_of, one_line, text_of

_SAMPLE = 30
"""Blocks from which the layout is learnt, and by which a candidate is judged."""

Found = tuple[list[ReviewData], float, dict[str, str]]


def read(root: Element, *, now: datetime, base: str | None, notes: Notes) -> Found:
    """Reviews, confidence (0-1) and the selectors that give them; nothing when the page does not look like reviews."""
    survey = Survey(root, now)
    if survey.cut:
        notes.add("the page is so large that only its beginning was searched for reviews")
    best: tuple[float, float, dict[str, str]] = (0.0, 0.0, {})
    candidates = groups.find(root, survey)
    for group in candidates:
        chosen = _selectors(group, survey)
        found = selectors.read(root, chosen, now=now, base=base, notes=Notes(), limit=_SAMPLE)
        confidence = _confidence(found, group, now)
        worth = confidence * min(len(found), 5) ** 0.3
        if worth > best[0]:
            best = (worth, confidence, chosen)
        if confidence >= 0.9 and len(found) > 2:
            break
    if not best[2]:
        best = _side_by_side(root, survey, now, base)
    if not best[2]:
        return [], 0.0, {}
    return selectors.read(root, best[2], now=now, base=base, notes=notes), best[1], best[2]


def _side_by_side(
    root: Element, survey: Survey, now: datetime, base: str | None
) -> tuple[float, float, dict[str, str]]:
    """The same for reviews that have no element of their own."""
    start = runs.find(root, survey)
    if start is None:
        return 0.0, 0.0, {}
    wrapped = runs.wrap(root, css.matching(start)(root))
    group = groups.Group(tuple(wrapped), "", 1.0, groups.is_named(wrapped[0]))
    chosen = {"start": start, **_selectors(group, Survey(root, now))}
    chosen.pop("review")
    confidence = _confidence(selectors.read(root, chosen, now=now, base=base, notes=Notes(), limit=_SAMPLE), group, now)
    return confidence, confidence, chosen if confidence else {}


def _selectors(group: groups.Group, survey: Survey) -> dict[str, str]:
    # Blocks from all over the page: the first ones are often pinned and look different.
    step = max(len(group.blocks) // _SAMPLE, 1)
    sample = group.blocks[::step][:_SAMPLE]
    chosen = {"review": _only_rated(group, survey)}
    for name, rows in slots.analyse(sample, survey).items():
        selector = css.inside(sample, rows, every=name == "text")
        if selector:
            chosen[name] = selector
    return chosen


def _only_rated(group: groups.Group, survey: Survey) -> str:
    """The selector of the blocks; where comments with and without ratings stand side by side, of the rated ones."""
    rated = [block for block in group.blocks if survey.signals[block].ratings]
    if not _is_talk(group) or len(rated) in (0, len(group.blocks)):
        return group.selector
    raws = [next(inner for inner in elements(block) if inner in survey.raws) for block in rated]
    for option in css.simple(raws[0])[:8]:
        selector = f"{group.selector}:has({option})"
        if set(css.matching(selector)(survey.root)) == set(rated):
            return selector
    return group.selector


def _confidence(found: list[ReviewData], group: groups.Group, now: datetime) -> float:
    """How sure it is that these are reviews, 0 when they are more likely something else."""
    count = len(found)
    if not count:
        return 0.0

    def share(name: str) -> float:
        return sum(name in review for review in found) / count

    rated, dated, signed = share("rating"), share("published_at"), share("author")
    worded = sum(_worded(review, now) for review in found) / count
    length = sum(len(review.get("text", "")) for review in found) / count
    if worded < 0.4 or (length < 12 and not group.named):
        return 0.0
    texts = {"|".join(review.get(part, "")[:200] for part in ("text", "pros", "cons")) for review in found}
    if count >= 3 and len(texts) < 0.5 * count:
        return 0.0
    if rated >= 0.5:
        enough = dated >= 0.4 or signed >= 0.4 if group.named else dated >= 0.4 and signed >= 0.4
    else:
        enough = group.named and count > 1 and not _is_talk(group) and dated >= 0.5 and signed >= 0.5
    if not enough or (count == 1 and not group.named):
        return 0.0
    if (_are_goods(group) and dated < 0.5) or (not group.named and _are_summed(group)):
        return 0.0
    score = 0.3 * rated + 0.2 * dated + 0.2 * signed + 0.15 * worded + 0.15 * group.named
    return round(min(score, 0.99) * (1.0 if count > 1 else 0.8), 2)


def _worded(review: ReviewData, now: datetime) -> bool:
    """Whether the review says something: more than when it was written and by whom."""
    if len(review.get("pros", "")) + len(review.get("cons", "")) >= 8:
        return True
    lines = review.get("text", "").split("\n")
    return any(
        len(line) >= 8 and dates.find(line[:100], now=now) is None and line != review.get("author", {}).get("name")
        for line in lines
    )


def _is_talk(group: groups.Group) -> bool:
    """Whether the page calls the blocks comments or posts and not reviews."""
    names = names_of(group.blocks[0])
    return bool(hints.COMMENT.search(names)) and not hints.REVIEW.search(names)


def _are_goods(group: groups.Group) -> bool:
    """Whether most blocks show a price: then they are products with their ratings."""
    priced = sum(bool(hints.PRICE.search(text_of(block, limit=1500).lower())) for block in group.blocks[:20])
    return priced * 2 > min(len(group.blocks), 20)


def _are_summed(group: groups.Group) -> bool:
    """Whether most blocks say of how many ratings theirs is made: then it is no single person's."""
    summed = 0
    for block in group.blocks[:20]:
        texts = (one_line(inner.text or "", 40).lower() for inner in elements(block))
        summed += any(re.search(r"\d", text) and hints.COUNTED.match(text) and not text.isdigit() for text in texts)
    return summed * 2 > min(len(group.blocks), 20)
