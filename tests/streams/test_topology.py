"""Every small world ends alike on the embedded host and under 200 seeds of adversity."""

from __future__ import annotations

import functools

import pytest
from topology_cases import CASES, comparable, crowd, ordinary, ring

from molva.adversarial import AdversarialHost
from molva.embedded import EmbeddedHost
from schemas.identity import content_hash
from streams import enrich, review
from streams.detectors import authors, copies, placing, rings, subjects
from streams.topology import topology

SEEDS = 200


@pytest.fixture(scope="module")
def steps():
    return topology()


@pytest.fixture(autouse=True, scope="module")
def _read_once():
    """The models read a review the same way each time, so a test need not wait for it more than once."""
    known = {}

    def read(reviews, models):
        keys = [content_hash(one) for one in reviews]
        fresh = [one for one, key in zip(reviews, keys, strict=True) if key not in known]
        known.update(zip((content_hash(one) for one in fresh), real(fresh, models), strict=True))
        return [known[key] for key in keys]

    real = enrich.read
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(review, "read", read)
        yield


def embedded(steps, events):
    host = EmbeddedHost(":memory:", steps=steps, temporary=True)
    host.publish(events)
    host.drain()
    assert host.dead_letters() == []
    return comparable(host.final())


@pytest.fixture(autouse=True)
def _small_sets(monkeypatch):
    """Sets that are full with a few members behave like full ones, and 200 seeds take seconds."""
    for detector in (copies, authors, subjects, rings):
        monkeypatch.setattr(detector, "LIMIT", 8)
    monkeypatch.setattr(placing, "WINDOW", 4)


@functools.cache
def _case(name):
    return crowd(13) if name == "crowd" else CASES[name]()


@pytest.mark.parametrize("name", CASES)
def test_case_ends_alike_under_adversity(name, steps):
    events = _case(name)
    wanted = embedded(steps, events)
    assert wanted
    for seed in range(SEEDS):
        host = AdversarialHost(seed, steps=steps, troubles=12)
        host.publish(events)
        assert comparable(host.drain().values()) == wanted, f"seed {seed}"


@pytest.mark.parametrize("name", CASES)
def test_how_events_are_cut_into_batches_changes_nothing(name, steps, monkeypatch):
    events = _case(name)
    wanted = embedded(steps, events)
    monkeypatch.setattr("molva.embedded.BATCH", 1)
    assert embedded(steps, events) == wanted


def test_adversity_really_happens(steps):
    """A host on which nothing went wrong would prove nothing."""
    events = _case("mixed_0")
    calm, rough = (AdversarialHost(1, steps=steps, troubles=troubles) for troubles in (0, 12))
    for host in (calm, rough):
        host.publish(events)
        host.drain()
    assert rough.troubles == 0
    assert calm.delivered == calm.consumed()
    assert rough.delivered > rough.consumed()


def by_own_id(final):
    return {judged.review.id: judged for judged in final.values()}


def test_ring_is_copied_text_for_all_but_the_first(steps):
    final = by_own_id(embedded(steps, _case("ring")))
    assert all(len(judged.judgement.copies) == 6 for judged in final.values())
    told = {name: [r.name for r in judged.judgement.risk.reasons] for name, judged in final.items()}
    assert "copied-text" not in told["r0"]
    assert all("copied-text" in told[f"r{n}"] for n in range(1, 7))
    assert all(judged.judgement.risk.level == "high" for name, judged in final.items() if name not in {"r0", "r1"})


def test_co_review_ring_is_told_to_its_members_alone(steps):
    events = _case("co_reviews")
    before = by_own_id(embedded(steps, events[:-8]))
    told = {name: next((r for r in j.judgement.risk.reasons if r.name == "ring"), None) for name, j in before.items()}
    assert {name for name, reason in told.items() if reason} == {f"c{n}{m}" for n in range(4) for m in range(4)}
    assert told["c21"].reviews == tuple(before[name].review_id for name in ("c01", "c11", "c31"))


def test_edit_makes_a_version_and_history_says_what_changed(steps):
    judged = by_own_id(embedded(steps, _case("edited")))["r2"]
    assert judged.version == 3
    assert [edit.changed for edit in judged.history] == [("rating", "text"), ("rating", "text")]
    assert judged.outcome == "edited"


def test_withdrawn_review_stays_marked_and_frees_its_copies(steps):
    final = by_own_id(embedded(steps, _case("withdrawn_and_back")))
    assert set(final) == {"r1", "r2"}
    assert final["r2"].outcome == "withdrawn"
    assert final["r2"].withdrawn_at is not None
    assert final["r1"].outcome == "updated"
    assert final["r1"].judgement.copies == ()


def test_stale_observation_changes_nothing(steps):
    judged = by_own_id(embedded(steps, _case("stale")))["r1"]
    assert judged.version == 3
    assert judged.review.stars == 2


def test_burst_is_told_while_it_lasts(steps):
    events = _case("burst")
    during = by_own_id(embedded(steps, events[:-6]))
    after = by_own_id(embedded(steps, events))
    assert "subject-burst" in {r.name for r in during["b8"].judgement.risk.reasons}
    assert "subject-burst" not in {r.name for r in after["b8"].judgement.risk.reasons}
    assert "subject-burst" not in {r.name for r in during["q0"].judgement.risk.reasons}


def test_syndicated_copies_are_no_risk(steps):
    final = by_own_id(embedded(steps, _case("syndicated")))
    assert {copy.kind for copy in final["r0"].judgement.copies} >= {"syndicated"}
    between = {copy.kind for copy in final["r1"].judgement.copies if copy.review_id == final["r0"].review_id}
    assert between == {"syndicated"}


@pytest.mark.parametrize(
    "events",
    [
        ordinary(1, subjects=1, authors=1),
        ordinary(60, subjects=12, authors=60),
        ordinary(60, subjects=3, authors=20),
        ring(),
    ],
    ids=["one", "many authors", "few subjects", "ring"],
)
def test_a_review_costs_few_records_and_table_updates(steps, events):
    """16 topic records and 24 table updates at most: what a Kafka cluster pays for a review."""
    host = AdversarialHost(0, steps=steps, troubles=0, mischief=0.0)
    host.publish(events)
    host.drain()
    assert host.records / len(events) <= 16
    assert host.updates / len(events) <= 24
