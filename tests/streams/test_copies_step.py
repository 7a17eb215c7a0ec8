"""What reviews are told about their copies: kinds, order in time, crowds, retractions."""

from datetime import UTC, datetime, timedelta

import msgspec
import pytest
from msgspec.structs import replace

from schemas.events import FingerprintBanded, Member
from streams.detectors import copies
from streams.detectors.earliest import WAITING
from streams.text.fingerprint import fingerprints

STORY = (
    "Ёлку заказали в пятницу, а привезли её только во вторник вечером. Курьер Антон извинился и подарил гирлянду. "
    "Ставили всей семьёй, кот сразу залез на верхушку, иголки пока держатся."
)
OTHER = "The showers in the lounge were cold, and the pigeons at gate 27 were better fed than we were that night."
DAY = datetime(2026, 5, 1, tzinfo=UTC)


def member(review_id, text=STORY, *, day=0, version=1, **known) -> Member:
    found = fingerprints([text])[0]
    assert found
    at = None if day is None else DAY + timedelta(days=day)
    return Member(
        review_id=review_id,
        version=version,
        subject="s/1",
        published_at=at,
        signature=found.signature,
        bands=found.bands,
        **known,
    )


def fact(now=None, *before) -> FingerprintBanded:
    return FingerprintBanded(bucket=0, review_id=(now or before[0]).review_id, at=DAY, now=now, before=before)


class World:
    """One table, and what every review was told last under every band."""

    def __init__(self):
        self.table = {}
        self.told = {}
        self.records = 0

    def put(self, now=None, *before):
        found = copies.run([fact(now, *before)], self.table)
        self.records += len(found)
        for event in found:
            for item in event.items:
                assert item.detector == copies.NAME
                self.told[event.review_id, item.key] = item
        return found

    def matches(self, review_id):
        items = [item for (rid, _), item in self.told.items() if rid == review_id and item.finding]
        return {match.review_id: match for item in items for match in item.finding.matches}

    def crowded(self, review_id):
        return sum("crowded" in i.finding.features for (r, _), i in self.told.items() if r == review_id and i.finding)


def test_both_sides_list_a_copy_and_the_later_one_knows_that_it_is_later():
    world = World()
    world.put(member("b", STORY + " Всем привет из Самары.", day=3, author="a2"))
    world.put(member("a", day=1, author="a1"))
    assert world.matches("a")["b"].kind == world.matches("b")["a"].kind == "copied"
    assert (world.matches("a")["b"].later, world.matches("b")["a"].later) == (False, True)
    assert 0.5 < world.matches("a")["b"].similarity == world.matches("b")["a"].similarity < 1


def test_a_pair_is_told_under_one_band_only():
    world = World()
    world.put(member("a", author="a1"))
    found = world.put(member("b", day=1, author="a2"))
    assert sorted(event.review_id for event in found) == ["a", "b"]
    assert all(len(event.items) == 1 for event in found)


def test_other_texts_are_told_nothing():
    world = World()
    assert world.put(member("a")) == []
    assert world.put(member("b", OTHER)) == []


@pytest.mark.parametrize(
    ("one", "other", "kind"),
    [
        ({"author": "shop/7"}, {"author": "shop/7"}, "syndicated"),
        ({"author": "shop/7", "contact": "h"}, {"author": "mail/9", "contact": "h"}, "syndicated"),
        ({"author": "shop/7", "name": "ivan petrov"}, {"author": "blog/1", "name": "ivan petrov"}, "syndicated"),
        ({"author": "shop/7", "name": "ivan petrov"}, {"author": "blog/1", "name": "anna orlova"}, "copied"),
        ({"author": "shop/7"}, {"author": "shop/8"}, "copied"),
        ({}, {}, "copied"),
    ],
)
def test_one_authors_copies_are_syndicated(one, other, kind):
    world = World()
    world.put(member("a", **one))
    world.put(member("b", day=1, **other))
    assert world.matches("b")["a"].kind == kind
    assert world.matches("b")["a"].later
    assert not world.matches("a")["b"].later


def test_one_name_is_no_proof_when_the_texts_differ():
    world = World()
    world.put(member("a", author="a1", name="ivan petrov"))
    changed = STORY.replace("Курьер Антон извинился и подарил гирлянду", "Никто даже не перезвонил, обидно до слёз")
    world.put(member("b", changed, day=1, author="a2", name="ivan petrov"))
    assert world.matches("b")["a"].similarity < 0.95
    assert world.matches("b")["a"].kind == "copied"


@pytest.mark.parametrize(
    ("one", "other", "unknown"), [({}, {"author": "a"}, True), ({"name": "a b"}, {"author": "c"}, False)]
)
def test_an_unknown_author_is_marked_on_both_sides(one, other, unknown):
    world = World()
    world.put(member("a", **one))
    world.put(member("b", day=1, **other))
    assert world.matches("a")["b"].unknown_author is world.matches("b")["a"].unknown_author is unknown


@pytest.mark.parametrize("days", [(None, None), (None, 1), (1, None)])
def test_without_a_time_nobody_is_the_later_one(days):
    world = World()
    world.put(member("a", day=days[0], author="a1"))
    world.put(member("b", day=days[1], author="a2"))
    assert not world.matches("a")["b"].later
    assert not world.matches("b")["a"].later


def test_a_review_never_matches_its_own_earlier_version():
    world = World()
    first = member("a", author="a1")
    world.put(first)
    assert world.put(member("a", STORY + " Дополнено.", version=2, author="a1"), first) == []


def test_an_edit_to_other_words_takes_the_match_back():
    world = World()
    world.put(member("a", author="a1"))
    copied = member("b", day=1, author="a2")
    world.put(copied)
    assert world.matches("a")
    world.put(member("b", OTHER, day=1, version=2, author="a2"), copied)
    assert not world.matches("a")


def test_a_withdrawal_takes_the_match_back_and_a_return_gives_it_again():
    world = World()
    world.put(member("a", author="a1"))
    copied = member("b", day=1, author="a2")
    world.put(copied)
    world.put(None, copied)
    assert not world.matches("a")
    assert not world.matches("b")
    world.put(copied)
    assert world.matches("a")["b"].later is False
    assert world.matches("b")["a"].later is True


def test_a_new_version_hears_its_matches_again():
    world = World()
    world.put(member("a", author="a1"))
    first = member("b", day=1, author="a2")
    world.put(first)
    found = world.put(replace(first, version=2), first)
    assert [(event.review_id, event.items[0].version) for event in found] == [("b", 2)]


def test_a_fact_that_comes_again_is_answered_again():
    world = World()
    world.put(member("a", author="a1"))
    first = world.put(member("b", day=1, author="a2"))
    rows = dict(world.table)
    assert world.put(member("b", day=1, author="a2")) == first
    assert world.table == rows


def test_a_ring_is_told_rarely_and_ends_crowded():
    world = World()
    size = 150
    for i in range(size):
        world.put(member(f"r{i:03}", day=i, author=f"a{i}"))
    bands = len(world.table)
    assert all(len(bucket.entries) == copies.LIMIT + WAITING for bucket in world.table.values())
    kept = [f"r{i:03}" for i in range(copies.LIMIT)]
    assert all(len(world.matches(rid)) == copies.TOLD and not world.crowded(rid) for rid in kept)
    assert all(world.crowded(f"r{i:03}") == bands for i in range(copies.LIMIT, size))
    assert world.records < 16 * size


def test_an_earlier_review_takes_the_slot_of_a_later_one():
    world = World()
    for i in range(copies.LIMIT):
        world.put(member(f"r{i:03}", day=10 + i, author=f"a{i}"))
    last = f"r{copies.LIMIT - 1:03}"
    assert not world.crowded(last)
    world.put(member("early", day=0, author="b"))
    assert world.crowded(last) == len(world.table)
    assert not world.matches(last)
    assert not any(match.later for match in world.matches("early").values())


def test_rows_survive_their_bytes():
    world = World()
    world.put(member("a", day=None, author="a1", name="ivan petrov", contact="h"))
    world.put(member("b", day=1))
    world.put(None, member("b", day=1))
    for key, row in world.table.items():
        assert isinstance(key, copies.KEY)
        assert -(2**63) <= key < 2**63
        assert msgspec.msgpack.decode(msgspec.msgpack.encode(row), type=copies.Bucket) == row


def test_the_event_names_all_rows_that_it_touches():
    old, new = member("a", OTHER), member("a", version=2)
    event = fact(new, old)
    table = {}
    copies.run([event], table)
    assert set(copies.keys(event)) == set(table) == set(old.bands) | set(new.bands)
