"""Which part of a review's block holds what: the rating, the date, the author, the title, the text.

Elements of one shape in all blocks make a slot; each field goes to the slot whose elements fit it best over all blocks,
so that what one block shows by chance does not count.
"""

from __future__ import annotations

from collections.abc import Sequence

from collectors.platforms.page import css, fitness, hints, people, prose
from collectors.platforms.page.fitness import Slot
from collectors.platforms.page.signals import Survey
from collectors.platforms.page.tree import Element, elements, names_of, text_of

_MAX_ELEMENTS = 400
# Without a name of their own these are told apart by their place; paragraphs of one text are not.
_PLACED = frozenset({"tr", "td", "div", "span", "dd", "section"})
_NO_TEXT = frozenset({"a", "button", "time", "img", "svg", "i", "meta", "input"})


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
        page = fitness.Context(self.blocks, self.survey, self.texts)
        rating = fitness.best(self.slots, lambda slot: fitness.rating(slot, page))
        date = fitness.best(self.slots, lambda slot: fitness.date(slot, page))
        left = [slot for slot in self.slots if slot not in (rating, date)]
        author = fitness.best(left, lambda slot: fitness.author(slot, page, date))
        if author is None and date is not None and self._signed(date):
            author = date
        text = self.text_slot([slot for slot in (rating, date, author) if slot])
        left = [slot for slot in left if slot not in (author, text)]
        title = fitness.best(left, lambda slot: fitness.title(slot, page, text))
        if author is None and title and text and date and self._are_names(title) and title.place < text.place:
            # The name as the heading of the card, with the date beside it.
            author, title = title, None
        if author is None and text and (rating or date):
            author = self._unnamed(left, text)
            title = None if title is author else title
        if text and title and self._runs_on(title, text):
            parent = self._parent_slot(title, text)
            text, title = (parent, None) if parent else (text, title)
        for name, slot in (("rating", rating), ("date", date), ("author", author), ("title", title), ("text", text)):
            if slot:
                fields[name] = slot.rows(self.count)
        return fields

    def text_slot(self, meta: list[Slot]) -> Slot | None:
        """The deepest slot that holds most of the running text and none of the fields that stand beside it."""
        fit = [
            slot
            for slot in self.slots
            if slot not in meta and self._may_be_text(slot) and not any(self._holds(slot, other) for other in meta)
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
        good = [name for name in names if fitness.name_like(name)]
        return len(good) >= 0.6 * max(len(names), 1) and (len(good) < 3 or len(set(good)) > 1)

    def _unnamed(self, slots: list[Slot], text: Slot) -> Slot | None:
        """The first slot above the text whose words are all names, where no name or place on the page tells authors."""
        above = [slot for slot in slots if slot is not text and slot.key != "." and slot.place < text.place]
        names = [slot for slot in above if not self._holds(slot, text) and self._are_names(slot)]
        return min(names, key=lambda slot: slot.place, default=None)

    def _are_names(self, slot: Slot) -> bool:
        """Whether the words of a slot are all written like names: few, and each with a capital or a digit."""
        texts = [people.name_in(text) if len(text) <= 60 else text for text in self.texts[slot.key]]
        good = sum(
            len(text.split()) <= 3
            and fitness.name_like(text)
            and all(word[:1].isupper() or any(char.isdigit() or char == "_" for char in word) for word in text.split())
            for text in texts
        )
        return good >= 0.8 * len(texts) and len(set(texts)) > 0.5 * len(texts)

    def _runs_on(self, title: Slot, text: Slot) -> bool:
        """Whether the "title" is only the first words of the text: it goes on in small letters right behind."""
        inside = any(above is text.sample for above in title.sample.iterancestors())
        if not inside and title.sample.getparent() is not text.sample.getparent():
            return False
        bodies = [
            text_of(found[0], skip={*self.skips[index], *title.by_block.get(index, [])}, limit=200)
            for index, found in text.by_block.items()
        ]
        starts = [body.lstrip(" .…")[:1] for body in bodies if body]
        return sum(start.islower() for start in starts) > 0.4 * len(starts)

    def _parent_slot(self, title: Slot, text: Slot) -> Slot | None:
        """The slot that holds the text together with its first words."""
        if any(above is text.sample for above in title.sample.iterancestors()):
            return text
        return next((slot for slot in self.slots if slot.sample is text.sample.getparent()), None)


def _tops(found: list[Element]) -> list[Element]:
    """The elements that stand in no other one of them."""
    everyone = set(found)
    return [element for element in found if not any(above in everyone for above in element.iterancestors())]
