"""Where the reviews of a page without markup are: the repeated blocks that hold a rating, a date, a name and prose."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import msgspec

from collectors.platforms.page import css, hints
from collectors.platforms.page.signals import Signals, Survey, add
from collectors.platforms.page.tree import Element, attribute, names_of, one_line, text_of

_SKIPPED = frozenset({"nav", "header", "footer", "select", "head", "script", "style", "svg", "button", "form"})
_MAX_GROUPS = 4000


class Group(msgspec.Struct, frozen=True):
    """Elements that seem to hold a review each, the page's selector for them, and how much they look like reviews."""

    blocks: tuple[Element, ...]
    selector: str
    score: float
    named: bool


def find(root: Element, survey: Survey) -> list[Group]:
    """Candidates, the likeliest first, at most four."""
    scored: list[tuple[float, tuple[Element, ...]]] = []
    for members in _siblings(survey):
        score = sum(_like(member, survey) for member in members)
        if score > 0:
            scored.append((score, members))
    scored.sort(key=lambda pair: -pair[0])
    groups: list[Group] = []
    seen: set[Element] = set()
    for score, members in scored[:7]:
        worthy = [member for member in members if _like(member, survey) > 0]
        if not worthy or seen.intersection(worthy):
            continue
        seen.update(worthy)
        if not _plausible(worthy, survey):
            continue
        group = _named(root, worthy, score, survey)
        if group and all(group.selector != other.selector for other in groups):
            groups.append(group)
    groups += _alone(root, survey, at_least=0.85 if groups else 0.0)
    return sorted(groups, key=lambda group: -group.score)[:4]


def _plausible(members: list[Element], survey: Survey) -> bool:
    """Whether enough of the elements show what reviews show; cheap, and most of a page ends here."""
    signals = [survey.signals[member] for member in members]
    rated = sum(bool(one.ratings) for one in signals) / len(signals)
    dated = sum(bool(one.dates) for one in signals) / len(signals)
    if rated >= 0.4:
        return dated >= 0.3 or sum(bool(one.names) for one in signals) >= 0.3 * len(signals) or is_named(members[0])
    return dated >= 0.4 and is_named(members[0])


def _siblings(survey: Survey) -> Iterator[tuple[Element, ...]]:
    """Groups of alike siblings: of one shape, of one class name, of one tag."""
    given = 0
    for parent in survey.order:
        if parent.tag in _SKIPPED or len(parent) < 2:
            continue
        total = survey.signals[parent]
        if not (total.prose and (total.ratings or total.dates)):
            continue
        children = [child for child in parent if child in survey.signals and child.tag not in _SKIPPED]
        found: dict[tuple[Element, ...], None] = {}
        by_tag: dict[str, list[Element]] = {}
        by_token: dict[tuple[str, str], list[Element]] = {}
        for child in children:
            by_tag.setdefault(str(child.tag), []).append(child)
            for token in css.tokens(child):
                by_token.setdefault((str(child.tag), token), []).append(child)
        for members in [*by_token.values(), *by_tag.values()]:
            if len(members) >= 2:
                found[tuple(members)] = None
        for members_tuple in found:
            given += 1
            if given > _MAX_GROUPS:
                return
            yield members_tuple


def _like(element: Element, survey: Survey) -> float:
    return like(survey.signals[element], named=bool(hints.REVIEW.search(names_of(element))))


def like(signals: Signals, *, named: bool) -> float:
    """How much one element looks like one review, 0-1. A review has one date or two, not ten."""
    if not signals.prose and not (signals.ratings and signals.dates):
        return 0.0
    if not (signals.ratings or signals.dates):
        return 0.0
    score = 0.4 * bool(signals.ratings) + 0.3 * bool(signals.dates)
    score += 0.2 * bool(signals.prose) + 0.1 * bool(signals.names)
    if signals.dates > 4 and signals.dates * 400 > signals.prose + 800:
        score *= 0.3
    if signals.size > 800:
        score *= 0.5
    if not signals.ratings:
        # Without a rating it may as well be a news item or a comment: only the page's own names can tell.
        score *= 0.9 if named else 0.25
    return score * 0.3 if signals.prices and not signals.dates else score


def total(parts: Iterable[Signals]) -> Signals:
    """The signals of several elements together."""
    found = Signals(size=0)
    for part in parts:
        add(found, part)
    return found


def _named(root: Element, members: list[Element], score: float, survey: Survey) -> Group | None:
    found = css.for_all(root, members)
    if found is None:
        return None
    selector, picked = found
    blocks = tuple(element for element in picked if element in survey.signals)
    if not blocks:
        return None
    worth = sum(_like(block, survey) for block in blocks)
    return Group(blocks, selector, max(worth, score), is_named(blocks[0]))


def is_named(block: Element) -> bool:
    """Whether the page itself calls this a review: the block, what holds it, or the heading above."""
    if hints.OTHER.search(names_of(block)):
        return False
    current: Element | None = block
    for _ in range(5):
        if current is None or current.tag in ("body", "html"):
            break
        said = " ".join(
            [names_of(current), attribute(current, "aria-label").lower()[:60], *(str(key) for key in current.attrib)]
        )
        if hints.REVIEW.search(said):
            return True
        current = current.getparent()
    return _under_heading(block)


def _under_heading(block: Element) -> bool:
    """Whether the nearest heading before the block speaks of reviews."""
    for above in [block, *list(block.iterancestors())[:5]]:
        for number, before in enumerate(above.itersiblings(preceding=True)):
            if number > 6 or not isinstance(before.tag, str):
                break
            if before.tag in ("h1", "h2", "h3", "h4", "h5") or (len(before) <= 4 and len(before)):
                text = one_line(text_of(before, limit=120), 120).lower()
                if text and len(text) <= 80:
                    return bool(hints.REVIEW.search(text)) and not hints.OTHER.search(text)
    return False


def _alone(root: Element, survey: Survey, *, at_least: float) -> list[Group]:
    """A page with one review: the smallest element that holds all of it, if the page calls it a review."""
    best: tuple[float, int, Element] | None = None
    for element in survey.order:
        signals = survey.signals[element]
        if not (signals.ratings and signals.prose and (signals.dates or signals.names)) or signals.size > 800:
            continue
        if element.tag in _SKIPPED or element.tag in ("body", "html"):
            continue
        own = bool(hints.REVIEW.search(names_of(element)))
        worth = _like(element, survey) + 0.15 * own
        key = (worth, -signals.size)
        if best is None or key > best[:2]:
            best = (worth, -signals.size, element)
    if best is None or best[0] < at_least:
        return []
    element = _with_author(best[2], survey)
    found = css.for_all(root, [element])
    named = is_named(element)
    if found is None or len(found[1]) > 3 or not (named or _is_snippet(root, survey)):
        return []
    return [Group((element,), found[0], best[0], named=True)]


def _with_author(element: Element, survey: Survey) -> Element:
    """The element, or what lies around it and adds nothing but a name: who wrote often stands beside the rest."""
    wanted = survey.signals[element]
    around = element
    for _ in range(3 if not wanted.names else 0):
        parent = around.getparent()
        signals = (
            survey.signals.get(parent) if parent is not None and parent.tag not in ("body", "html", "main") else None
        )
        if parent is None or signals is None or signals.size > 3 * wanted.size + 40:
            break
        if (signals.ratings, signals.dates, signals.prose) != (wanted.ratings, wanted.dates, wanted.prose):
            break
        around = parent
        if signals.names:
            return around
    return element if hints.REVIEW.search(names_of(element)) else around


def _is_snippet(root: Element, survey: Survey) -> bool:
    """Whether the file is a piece of a page rather than a page: it has no title and few elements."""
    return root.find(".//title") is None and len(survey.order) < 600
