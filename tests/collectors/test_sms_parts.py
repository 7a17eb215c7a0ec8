"""Long messages in parts: joined in any order, never mixed, published when a part stays away."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sms_requests import NOW

from collectors.cursors import MemoryState
from collectors.platforms.sms.packing import part_of
from collectors.platforms.sms.parts import KEEP, WAIT, Parts


@pytest.mark.parametrize(
    ("udh", "expected"),
    [("050003CC0201", ("cc", 1, 2)), ("06080412340302", ("1234", 2, 3)), ("0B0504158200000003CC0302", ("cc", 2, 3))],
)
def test_the_header_of_a_part_is_read(udh, expected):
    part = part_of(udh, {})
    assert (part.reference, part.number, part.total) == expected


@given(st.text(max_size=60), st.dictionaries(st.sampled_from(["reference", "number", "total"]), st.text(max_size=6)))
def test_a_header_that_is_none_is_no_part(udh, fields):
    part = part_of(udh, fields)
    assert part is None or 1 <= part.number <= part.total <= 255


@given(st.permutations([1, 2, 3, 4]), st.lists(st.integers(1, 4), max_size=4))
def test_parts_in_any_order_and_some_twice_give_one_message(order, again):
    parts, found = Parts(MemoryState()), []
    for number in [*order, *again]:
        whole = parts.add("sender", "ref", number, 4, f"<{number}>", now=NOW)
        found += [whole] if whole else []
    assert [(one.text, one.at) for one in found] == [("<1><2><3><4>", NOW)]


def test_parts_of_different_senders_and_messages_are_not_mixed():
    parts = Parts(MemoryState())
    assert parts.add("a", "1", 1, 2, "a1", now=NOW) is None
    assert parts.add("b", "1", 2, 2, "b2", now=NOW) is None
    assert parts.add("a", "2", 2, 2, "x2", now=NOW) is None
    assert parts.add("a", "1", 2, 2, "a2", now=NOW).text == "a1a2"


def test_after_a_while_what_is_there_is_the_message_and_a_late_part_makes_it_longer():
    parts = Parts(MemoryState())
    parts.add("a", "1", 1, 3, "one ", now=NOW)
    parts.add("a", "1", 3, 3, "three", now=NOW + 5)
    assert list(parts.overdue(now=NOW + WAIT - 1)) == []
    (first,) = parts.overdue(now=NOW + WAIT + 1)
    assert first.text == "one  […] three"
    assert list(parts.overdue(now=NOW + WAIT + 2)) == []
    late = parts.add("a", "1", 2, 3, "two ", now=NOW + WAIT + 3)
    assert (late.text, late.id) == ("one two three", first.id)


def test_a_reference_may_be_used_again_later():
    state = MemoryState()
    parts = Parts(state)
    for start in (NOW, NOW + KEEP + 1):
        assert parts.add("a", "1", 1, 2, "same ", now=start) is None
        assert parts.add("a", "1", 2, 2, "text", now=start + 1).at == start
    assert list(parts.overdue(now=NOW + 3 * KEEP)) == []
    assert len(state) == 0
