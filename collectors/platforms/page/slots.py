"""Which part of a review's block holds what: the rating, the date, the author, the title, the text.

Elements of one shape in all blocks make a slot; each field goes to the slot whose elements fit it best over all blocks,
so that what one block shows by chance does not count.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

import msgspec

from collectors.platforms.page import css, dates, hints, people, prose
from collectors.platforms.page.signals import Survey
from collectors.platforms.page.tree import Element, attribute, elements, names_of, one_line, text_of

_MAX_ELEMENTS = 400
# Without a name of their own these are told apart by their place; paragraphs of one text are not.
_PLACED = frozenset({"td", "div", "span", "dd", "section"})
_NO_TEXT = frozenset({"a", "button", "time", "img", "svg", "i", "meta", "input"})


class Slot(msgspec.Struct):
    """Elements of one shape: ``by_block`` gives those of each block, in order."""

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


Layout = dict[str, list[list[Element]]]
"""The chosen elements of each block by field; an empty list where a block has none."""


def analyse(blocks: Sequence[Element], survey: Survey) -> Layout:
    """Find the fields of the blocks. Fields that no slot fits are absent."""
    everyone = set(blocks)
    skips: list[set[Element]] = []
    slots: dict[str, Slot] = {}
    for index, block in enumerate(blocks):
        nested = {element for element in elements(block) if element in everyone and element is not block}
        skip = nested | set(prose.replies(block, nested))
        skips.append(skip)
        _collect(block, index, skip, slots)
    count = len(blocks)
    common = [slot for slot in slots.values() if slot.share(count) >= (0.34 if count > 2 else 0.5)]
    chooser = _Chooser(blocks, skips, survey, common)
    return chooser.choose()


def _collect(block: Element, index: int, skip: set[Element], slots: dict[str, Slot]) -> None:
    keys: dict[Element, str] = {block: ""}
    dropped: set[Element] = set()
    for number, element in enumerate(elements(block)):
        if number > _MAX_ELEMENTS:
            break
        parent = element.getparent()
        if element in skip or parent in dropped:
            dropped.add(element)
            continue
        if element is block:
            key = "."
        else:
            shape = css.shape(element)
            bare = shape.endswith("||")
            if bare and element.tag in _PLACED and parent is not None:
                shape = f"{shape}{parent.index(element)}"
            key = f"{keys.get(parent, '') if parent is not None else ''}>{shape}" if bare else shape
            keys[element] = key[-300:]
        slot = slots.get(key)
        if slot is None:
            slot = slots[key] = Slot(key, {}, place=number)
        slot.by_block.setdefault(index, []).append(element)


class _Chooser:
    """Scores of slots for fields, over all blocks."""

    def __init__(self, blocks: Sequence[Element], skips: list[set[Element]], survey: Survey, slots: list[Slot]) -> None:
        self.blocks, self.skips, self.survey, self.slots = blocks, skips, survey, slots
        self.count = len(blocks)
        self.texts = {slot.key: self._texts(slot) for slot in slots}

    def _texts(self, slot: Slot) -> list[str]:
        """The words of the slot's first element in each block that has one."""
        return [text_of(found[0], skip=self.skips[index], limit=4000) for index, found in slot.by_block.items()]

    def choose(self) -> Layout:
        fields: Layout = {}
        rating = self.best(self.rating_score)
        date = self.best(self.date_score)
        taken = {slot.key for slot in (rating, date) if slot}
        author = self.best(lambda slot: self.author_score(slot, date) if slot.key not in taken else 0.0)
        if author is None and date is not None and self._signed(date):
            author = date
        text = self.text_slot([slot for slot in (rating, date, author) if slot])
        if text:
            taken.add(text.key)
        if author:
            taken.add(author.key)
        title = self.best(lambda slot: self.title_score(slot, text) if slot.key not in taken else 0.0)
        if text and title and self._runs_on(title, text):
            parent = self._parent_slot(title, text)
            text, title = (parent, None) if parent else (text, title)
        for name, slot in (("rating", rating), ("date", date), ("author", author), ("title", title), ("text", text)):
            if slot:
                fields[name] = slot.rows(self.count)
        return fields

    def best(self, score: object) -> Slot | None:
        scored = [(value, -slot.place, slot) for slot in self.slots if (value := score(slot)) > 0]  # type: ignore[operator]
        return max(scored, key=lambda entry: entry[:2])[2] if scored else None

    # --- the fields -------------------------------------------------------------------------------------------------

    def rating_score(self, slot: Slot) -> float:
        raws = [raw for index, found in slot.by_block.items() if (raw := self.survey.raws.get(found[0])) is not None]
        if len(raws) < 0.5 * len(slot.by_block) or not raws:
            return 0.0
        score = sum(raw.strength for raw in raws) / len(raws) + 3 * len(raws) / self.count
        names = names_of(slot.sample) + " " + _parent_names(slot.sample)
        if hints.AGGREGATE.search(names):
            score -= 2.0
        if len({raw.value for raw in raws}) > 1:
            # Five empty stars behind the full ones say the same of every review.
            score += 0.8
        if slot.often() > 1.5:
            # Several alike in one review: ratings of aspects or of people.
            score -= 1.5
        if self._labelled(slot):
            score -= 1.5
        return max(score - 0.004 * slot.place, 0.01)

    def _labelled(self, slot: Slot) -> bool:
        """Whether other words stand right beside the rating, as they do for "Service" or "Value for money"."""
        element = slot.sample
        parent = element.getparent()
        if parent is None or element is self.blocks[0]:
            return False
        beside = one_line(text_of(parent, skip={element}, limit=200), 60)
        before = element.getprevious()
        heading = before is not None and before.tag in ("h4", "h5", "h6", "dt", "label", "th", "td", "strong")
        return heading or (
            len(beside) <= 30
            and any(char.isalpha() for char in beside)
            and not any(char.isdigit() for char in beside)
            and not hints.STATED.search(beside.lower())
            and not hints.VERIFIED.search(beside.lower())
            and len(parent) <= 3
            and len(beside.split()) <= 4
            and names_of(parent).find("name") < 0
            and not hints.TITLE.search(names_of(parent))
        )

    def date_score(self, slot: Slot) -> float:
        dated = sum(found[0] in self.survey.dated for found in slot.by_block.values())
        if dated < 0.5 * len(slot.by_block):
            return 0.0
        sample = slot.sample
        own = (
            names_of(sample) + " " + one_line(self.texts[slot.key][0], 80) if self.texts[slot.key] else names_of(sample)
        ).lower()
        length = _mean([len(text) for text in self.texts[slot.key]])
        score = 2.0 + 2 * dated / self.count + (1.0 if hints.DATE.search(names_of(sample)) else 0.0)
        score += 1.0 if sample.tag == "time" or sample.get("datetime") else 0.0
        score -= 2.5 if hints.NOT_PUBLISHED.search(own) else 0.0
        return max(score - min(length / 60, 2.0) - 0.003 * slot.place, 0.01)

    def author_score(self, slot: Slot, date: Slot | None) -> float:
        names = [people.name_in(text) for text in self.texts[slot.key]]
        good = [name for name in names if _name_like(name)]
        if len(good) < 0.6 * len(names) or not good:
            return 0.0
        texts = self.texts[slot.key]
        if _mean([len(text) for text in texts]) > 90 or any(hints.LABEL.match(text) for text in texts[:3]):
            return 0.0
        distinct = len(set(good)) / len(good)
        if len(good) >= 4 and distinct < 0.4:
            return 0.0
        sample = slot.sample
        own, above = names_of(sample), _parent_names(sample)
        score = 0.0
        if hints.AUTHOR.search(own) and not hints.NOT_AUTHOR.search(own):
            score += 3.0
        elif hints.AUTHOR.search(above) and not hints.NOT_AUTHOR.search(own):
            score += 1.8
        if any(re.match(r"(?:by|от|von|par|автор)[\s:]", text, re.IGNORECASE) for text in texts[:5]):
            score += 2.5
        link = sample if sample.tag == "a" else sample.getparent()
        if (
            link is not None
            and link.tag == "a"
            and re.search(r"user|profile|member|author|/u/|people|reviewer|gp/pdp|contrib", attribute(link, "href"))
        ):
            score += 2.0
        if date is not None and self._beside(sample, date.sample):
            score += 1.2
        person = bool(hints.PERSON.search(own + " " + above))
        echoed = self._echoed(slot)
        score += (
            0.9 * person
            + 2.5 * echoed
            + 0.1 * min(sum(1 for _ in sample.iterancestors()) - sum(1 for _ in self.blocks[0].iterancestors()), 10)
        )
        score -= 1.5 * _mean(["\n" in text.strip() for text in texts])
        if sample.tag in ("h1", "h2", "h3", "h4", "h5") and not hints.AUTHOR.search(own):
            score -= 1.0
        if hints.NOT_AUTHOR.search(own) and not hints.AUTHOR.search(own) and not echoed:
            score -= 0.5 if person else 1.5
        if sum(bool(text_of(child, limit=20)) for child in sample) > 1:
            score -= 1.3
        if hints.TITLE.search(own) and not person and not echoed:
            score -= 2.0
        if score <= 0.5:
            return 0.0
        return (
            score
            + len(slot.by_block) / self.count
            + 0.5 * distinct
            - _mean([len(text) for text in texts]) / 100
            - 0.002 * slot.place
        )

    def _echoed(self, slot: Slot) -> bool:
        """Whether the words stand again as the label of the block or as the words for a picture: names do."""
        hits = 0
        for index, found in slot.by_block.items():
            text = one_line(text_of(found[0], limit=100), 100)
            block = self.blocks[index]
            labels = {attribute(block, "aria-label")} | {
                attribute(image, "alt") for image in list(block.iter("img"))[:5]
            }
            hits += bool(text) and text in labels
        return hits * 2 > len(slot.by_block)

    def title_score(self, slot: Slot, text: Slot | None) -> float:
        texts = [one_line(part) for part in self.texts[slot.key]]
        lengths = [len(part) for part in texts]
        mean = _mean(lengths)
        if not 2 <= mean <= 130 or any(
            hints.LABEL.match(part) or hints.NOISE_LINE.match(part.lower()) for part in texts[:3]
        ):
            return 0.0
        if len(texts) >= 3 and len(set(texts)) / len(texts) < 0.4:
            return 0.0
        sample = slot.sample
        if sample in self.survey.raws or sample in self.survey.dated:
            return 0.0
        own = names_of(sample)
        score = 0.0
        if hints.TITLE.search(own):
            score += 3.0
        if sample.tag in ("h1", "h2", "h3", "h4", "h5", "h6"):
            score += 2.0
        elif sample.tag in ("b", "strong"):
            score += 1.0
        if (
            (sample.tag == "a" or getattr(sample.getparent(), "tag", "") == "a")
            and text is not None
            and slot.place < text.place
        ):
            score += 0.7
        if (
            hints.AUTHOR.search(own)
            or hints.NOISE.search(own)
            or re.search(r"badge|tag|verified|location|label|section", own)
        ):
            score -= 2.0
        if text is not None:
            if any(element is text.sample for element in sample.iter(str(text.sample.tag))):
                return 0.0
            if any(above is text.sample for above in sample.iterancestors()):
                score -= 1.0 if sample.tag not in ("h1", "h2", "h3", "h4", "h5") else 0.0
            if slot.place > text.place:
                score -= 1.5
        contains = sum(inner in self.survey.dated or inner in self.survey.raws for inner in elements(sample))
        return score + 0.4 * slot.share(self.count) - 1.0 * contains if score > 0.5 else 0.0

    def text_slot(self, meta: list[Slot]) -> Slot | None:
        """The deepest slot that holds most of the running text and none of the fields that stand beside it."""
        fit = [
            slot
            for slot in self.slots
            if self._may_be_text(slot) and not any(self._holds(slot, other) for other in meta)
        ]
        for measure in (self._prose, self._length):
            lengths = {slot.key: measure(slot) for slot in fit}
            most = max(lengths.values(), default=0.0)
            if most >= 8:
                return max(
                    (slot for slot in fit if lengths[slot.key] >= 0.6 * most),
                    key=lambda slot: self._text_score(slot, lengths[slot.key] / most),
                )
        return None

    def _may_be_text(self, slot: Slot) -> bool:
        sample = slot.sample
        if sample in self.survey.raws or sample in self.survey.dated or slot.key == ".":
            return False
        names = names_of(sample)
        return sample.tag not in _NO_TEXT and (not hints.NOISE.search(names) or bool(hints.TEXT.search(names)))

    def _text_score(self, slot: Slot, part: float) -> float:
        own = names_of(slot.sample)
        depth = sum(1 for _ in slot.sample.iterancestors())
        hinted = 1.2 if hints.TEXT.search(own) and not hints.TITLE.search(own) else 0.0
        purity = min(self._prose(slot) / max(self._length(slot), 1.0), 1.0)
        stars_inside = sum(inner in self.survey.raws for inner in elements(slot.sample))
        return 4 * part + 0.03 * depth + hinted + 0.3 * slot.share(self.count) + 1.5 * purity - 1.0 * bool(stars_inside)

    def _prose(self, slot: Slot) -> float:
        """Mean characters of running text in the slot over all blocks; all its elements count, nested ones once."""
        return (
            sum(
                sum(self.survey.signals[element].prose for element in _tops(found) if element in self.survey.signals)
                for found in slot.by_block.values()
            )
            / self.count
        )

    def _length(self, slot: Slot) -> float:
        """Mean characters of any text in the slot: for reviews of two or three words."""
        rows = slot.by_block.items()
        return (
            sum(
                len(text_of(element, skip=self.skips[index], limit=4000))
                for index, found in rows
                for element in _tops(found)[:40]
            )
            / self.count
        )

    def _holds(self, outer: Slot, inner: Slot) -> bool:
        """Whether the outer slot's element contains the inner one's in most blocks."""
        shared = [index for index in outer.by_block if index in inner.by_block]
        holding = 0
        for index in shared:
            holders = set(outer.by_block[index])
            holding += any(above in holders for above in inner.by_block[index][0].iterancestors())
        return holding * 2 > len(shared)

    def _signed(self, date: Slot) -> bool:
        """Whether the element with the date also names the author."""
        names = [people.name_in(text) for text in self.texts[date.key]]
        good = [name for name in names if _name_like(name)]
        return len(good) >= 0.6 * max(len(names), 1) and (len(good) < 3 or len(set(good)) > 1)

    def _beside(self, one: Element, other: Element) -> bool:
        parents = [element.getparent() for element in (one, other)]
        grand = [parent.getparent() if parent is not None else None for parent in parents]
        return parents[0] is parents[1] or parents[0] is grand[1] or grand[0] is parents[1] or one is parents[1]

    def _runs_on(self, title: Slot, text: Slot) -> bool:
        """Whether the "title" is only the first words of the text: it goes on in small letters right behind."""
        starts = [body.lstrip(" .…")[:1] for body in self.texts[text.key] if body]
        small = sum(start.islower() for start in starts)
        return title.sample.getparent() is text.sample.getparent() and small > 0.4 * len(starts)

    def _parent_slot(self, title: Slot, text: Slot) -> Slot | None:
        parent = text.sample.getparent()
        holders = [slot for slot in self.slots if slot.sample is parent]
        return holders[0] if holders and title else None


def _tops(found: list[Element]) -> list[Element]:
    """The elements that stand in no other one of them."""
    everyone = set(found)
    return [element for element in found if not any(above in everyone for above in element.iterancestors())]


def _mean(values: Sequence[float]) -> float:
    return sum(values) / len(values) if values else 0.0


def _parent_names(element: Element) -> str:
    parent = element.getparent()
    return names_of(parent) if parent is not None else ""


def _name_like(name: str) -> bool:
    """Whether a text can be a person's name or nick: short, with letters, no sentence, no date, no rating."""
    if not 1 < len(name) <= 45 or len(name.split()) > 5 or not any(char.isalpha() for char in name):
        return False
    low = name.lower()
    if hints.MORE.match(low) or hints.NOISE_LINE.match(low) or hints.VERIFIED.search(low) or hints.LABEL.match(name):
        return False
    if dates.find(name, now=people.NOW) is not None or re.search(
        r"^(?:rated|rating|оценка)\b|^\d|(?:reviews?|votes?|отзыв\w{0,3})[\s:]{0,2}\d", low
    ):
        return False
    return re.search(r"[!?;=%]|\.\s|\d{3,}\s|reviews?$|отзыв\w{0,3}$|stars?$", low) is None
