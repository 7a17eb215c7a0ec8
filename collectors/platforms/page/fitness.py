"""How well a slot fits a field: evidence from names, tags, words and neighbours, weighed by hand, over all blocks."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence

import msgspec

from collectors.platforms.page import dates, hints, people
from collectors.platforms.page.signals import Survey
from collectors.platforms.page.tree import Element, attribute, elements, names_of, one_line, text_of

_HEADINGS = frozenset({"h1", "h2", "h3", "h4", "h5", "h6"})
_SIGNED = re.compile(r"(?:by|от|von|par|автор)[\s:]", re.IGNORECASE)
_PROFILE = re.compile(r"user|profile|member|author|/u/|people|reviewer|gp/pdp|contrib")
_PLACE = re.compile(
    r"^[^\W\d_][^,\n]{1,40},\s[A-Z]{2,3}$|^(?:г\.|город)\s|^[^\W\d_][^,\n]{1,40},\s(?:United|Россия|Russia|Germany|France)"
)
_SMALL_PRINT = re.compile(r"badge|tag|verified|location|label|section")
_NO_NAME = re.compile(
    r"^(?:rated|rating|оценка)\b|^\d|(?:reviews?|votes?|отзыв\w{0,3})[\s:]{0,2}\d|"
    r"[!?;=%]|\.\s|\d{3,}\s|reviews?$|отзыв\w{0,3}$|stars?$"
)


class Slot(msgspec.Struct, eq=False):
    """Elements of one shape: ``by_block`` gives those of each block, in order; ``place`` is where the first one is."""

    key: str
    by_block: dict[int, list[Element]]
    place: float = 0.0

    @property
    def sample(self) -> Element:
        """The first element of the first block that has one."""
        return next(iter(self.by_block.values()))[0]

    def share(self, blocks: int) -> float:
        """The part of the blocks that have the slot."""
        return len(self.by_block) / blocks

    def often(self) -> float:
        """How often a block that has the slot has it."""
        return sum(len(found) for found in self.by_block.values()) / len(self.by_block)

    def rows(self, blocks: int) -> list[list[Element]]:
        """The elements of every block."""
        return [self.by_block.get(index, []) for index in range(blocks)]


class Context(msgspec.Struct, frozen=True):
    """What the scores need to know of the page: its blocks, its signals, the words of each slot by key."""

    blocks: Sequence[Element]
    survey: Survey
    texts: dict[str, list[str]]


def best(slots: Iterable[Slot], score: Callable[[Slot], float]) -> Slot | None:
    """The slot with the highest score above zero, the first of equals."""
    scored = [(value, -slot.place, slot) for slot in slots if (value := score(slot)) > 0]
    return max(scored, key=lambda entry: entry[:2])[2] if scored else None


def rating(slot: Slot, page: Context) -> float:
    """Whether the slot holds the review's overall rating."""
    raws = [raw for found in slot.by_block.values() if (raw := page.survey.raws.get(found[0])) is not None]
    if len(raws) < 0.5 * len(slot.by_block) or not raws:
        return 0.0
    score = sum(raw.strength for raw in raws) / len(raws) + 3 * len(raws) / len(page.blocks)
    score += _weigh(
        (-2.0, hints.AGGREGATE.search(names_of(slot.sample) + " " + _names_above(slot.sample))),
        # Five empty stars behind the full ones say the same of every review.
        (0.8, len({raw.value for raw in raws}) > 1),
        # Several alike in one review: ratings of aspects or of people.
        (-1.5, slot.often() > 1.5),
        (-1.5, slot.sample is not page.blocks[0] and _labelled(slot.sample)),
    )
    return max(score - 0.004 * slot.place, 0.01)


def date(slot: Slot, page: Context) -> float:
    """Whether the slot holds the time of publication."""
    dated = sum(found[0] in page.survey.dated for found in slot.by_block.values())
    if dated < 0.5 * len(slot.by_block):
        return 0.0
    texts, sample = page.texts[slot.key], slot.sample
    names = names_of(sample)
    said = f"{names} {one_line(texts[0], 80).lower()}"
    score = 2.0 + 2 * dated / len(page.blocks)
    score += _weigh(
        (1.0, hints.DATE.search(names)),
        (1.0, sample.tag == "time" or sample.get("datetime")),
        (-2.5, hints.NOT_PUBLISHED.search(said)),
    )
    return max(score - min(_mean(map(len, texts)) / 60, 2.0) - 0.003 * slot.place, 0.01)


def author(slot: Slot, page: Context, dated: Slot | None) -> float:
    """Whether the slot holds the author's name."""
    texts = page.texts[slot.key]
    names = [name for text in texts if name_like(name := people.name_in(text))]
    distinct = len(set(names)) / max(len(names), 1)
    if len(names) < 0.6 * len(texts) or not names or (len(names) >= 4 and distinct < 0.4):
        return 0.0
    length = _mean(map(len, texts))
    if length > 90 or any(hints.LABEL.match(text) for text in texts[:3]):
        return 0.0
    sample = slot.sample
    own, above = names_of(sample), _names_above(sample)
    called, not_called = hints.AUTHOR.search(own), hints.NOT_AUTHOR.search(own)
    person, echoed = hints.PERSON.search(f"{own} {above}"), _echoed(slot, page.blocks)
    score = _weigh(
        (3.0, called and not not_called),
        (1.8, not (called and not not_called) and hints.AUTHOR.search(above) and not not_called),
        (2.5, any(_SIGNED.match(text) for text in texts[:5])),
        (2.0, _to_profile(sample)),
        (1.2, dated is not None and _beside(sample, dated.sample)),
        (0.9, person),
        (2.5, echoed),
        (-1.0, sample.tag in _HEADINGS and not called),
        (-0.5 if person else -1.5, not_called and not called and not echoed),
        (-2.0, hints.TITLE.search(own) and not person and not echoed),
        (-1.3, sum(bool(text_of(child, limit=20)) for child in sample) > 1),
        (-1.5, sum(bool(_PLACE.search(text)) for text in texts) * 2 > len(texts)),
    )
    score += 0.1 * min(_depth(sample) - _depth(page.blocks[0]), 10) - 1.5 * _mean("\n" in text for text in texts)
    if score <= 0.5:
        return 0.0
    return score + slot.share(len(page.blocks)) + 0.5 * distinct - max(length - 25, 0) / 60 - 0.004 * slot.place


def title(slot: Slot, page: Context, text: Slot | None) -> float:
    """Whether the slot holds the review's title."""
    texts = [one_line(part) for part in page.texts[slot.key]]
    sample = slot.sample
    if not 2 <= _mean(map(len, texts)) <= 130 or (len(texts) >= 3 and len(set(texts)) / len(texts) < 0.4):
        return 0.0
    if any(hints.LABEL.match(part) or hints.NOISE_LINE.match(part.lower()) for part in texts[:3]):
        return 0.0
    if sample in page.survey.raws or sample in page.survey.dated or (text and _contains(sample, text.sample)):
        return 0.0
    own = names_of(sample)
    inside = text is not None and _contains(text.sample, sample)
    linked = sample.tag == "a" or getattr(sample.getparent(), "tag", "") == "a"
    score = _weigh(
        (3.0, hints.TITLE.search(own)),
        (2.0, sample.tag in _HEADINGS),
        (1.0, sample.tag in ("b", "strong")),
        (0.7, linked and text is not None and slot.place < text.place),
        (-2.0, hints.AUTHOR.search(own) or hints.NOISE.search(own) or _SMALL_PRINT.search(own)),
        (-1.0, inside and sample.tag not in _HEADINGS),
        (-1.5, text is not None and slot.place > text.place and not inside),
    )
    if score <= 0.5:
        return 0.0
    others = sum(inner in page.survey.dated or inner in page.survey.raws for inner in elements(sample))
    return score + 0.4 * slot.share(len(page.blocks)) - 1.0 * others


def name_like(name: str) -> bool:
    """Whether a text can be a person's name or nick: short, with letters, no sentence, no date, no rating."""
    if not 1 < len(name) <= 45 or len(name.split()) > 5 or not any(char.isalpha() for char in name):
        return False
    low = name.lower()
    if hints.MORE.match(low) or hints.NOISE_LINE.match(low) or hints.VERIFIED.search(low) or hints.LABEL.match(name):
        return False
    return _NO_NAME.search(low) is None and dates.find(name, now=people.NOW) is None


def _weigh(*evidence: tuple[float, object]) -> float:
    return sum(weight for weight, holds in evidence if holds)


def _mean(values: Iterable[float]) -> float:
    known = list(values)
    return sum(known) / len(known) if known else 0.0


def _names_above(element: Element) -> str:
    parent = element.getparent()
    return names_of(parent) if parent is not None else ""


def _depth(element: Element) -> int:
    return sum(1 for _ in element.iterancestors())


def _contains(outer: Element, inner: Element) -> bool:
    return any(above is outer for above in [inner, *inner.iterancestors()])


def _to_profile(element: Element) -> bool:
    link = element if element.tag == "a" else element.getparent()
    return link is not None and link.tag == "a" and _PROFILE.search(attribute(link, "href")) is not None


def _labelled(element: Element) -> bool:
    """Whether other words stand right beside the rating, as they do for "Service" or "Value for money"."""
    parent, before = element.getparent(), element.getprevious()
    if parent is None:
        return False
    if before is not None and before.tag in ("h4", "h5", "h6", "dt", "label", "th", "td", "strong"):
        return True
    beside = one_line(text_of(parent, skip={element}, limit=200), 60).lower()
    short = len(beside) <= 30 and len(beside.split()) <= 4 and len(parent) <= 3
    letters = any(char.isalpha() for char in beside) and not any(char.isdigit() for char in beside)
    said = hints.STATED.search(beside) or hints.VERIFIED.search(beside)
    return short and letters and not said and not re.search(r"name|title|subject|head", names_of(parent))


def _echoed(slot: Slot, blocks: Sequence[Element]) -> bool:
    """Whether the words stand again as the label of the block or as the words for a picture: names do."""
    hits = 0
    for index, found in slot.by_block.items():
        text = one_line(text_of(found[0], limit=100), 100)
        images = list(blocks[index].iter("img"))[:5]
        hits += bool(text) and text in {
            attribute(blocks[index], "aria-label"),
            *(attribute(one, "alt") for one in images),
        }
    return hits * 2 > len(slot.by_block)


def _beside(one: Element, other: Element) -> bool:
    """Whether two elements are siblings, or one is the other's uncle."""
    parents = [element.getparent() for element in (one, other)]
    grand = [parent.getparent() if parent is not None else None for parent in parents]
    return parents[0] is parents[1] or parents[0] is grand[1] or grand[0] is parents[1] or one is parents[1]
