"""A dead letter of the embedded host comes home after a mend, whatever failed: reading, detecting or judging."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime

import pytest
from msgspec.structs import replace
from topology_cases import comparable, mixed, review, ring, seen
from typer.testing import CliRunner

from molva.cli.app import app
from molva.embedded import EmbeddedHost
from molva.tally import Tally
from schemas import codec
from schemas.events import DeadLetter, EvidenceFound, FingerprintBanded, SubjectReviewed
from streams.topology import topology


@dataclass
class Poison:
    """The topology, in which one step fails on what ``on`` says."""

    step: str
    on: object
    judging: bool = False
    fed: list = field(default_factory=list)

    def steps(self):
        return tuple(self._broken(step) if step.name == self.step else step for step in topology())

    def _broken(self, step):
        def run(events, *tables):
            self._look(events)
            return step.run(events, *tables)

        def hold(events, held, *tables):
            if not self.judging:
                self._look(events)
            return step.hold(events, held, *tables)

        def release(held, *tables):
            if self.judging:
                self._look(held)
            return step.release(held, *tables)

        return type(step)(
            step.name,
            step.reads,
            step.writes,
            step.tables,
            step.keys,
            run,
            step.hold and hold,
            step.release and release,
        )

    def _look(self, events):
        if any(self.on(event) for event in events):
            raise RuntimeError("cannot digest this")


def undisturbed(events):
    host = EmbeddedHost(":memory:")
    host.publish(events)
    host.drain()
    return host


def tables(host):
    return {name: dict(table.items()) for name, table in host.tables.items()}


def poisoned(path, events, poison):
    host = EmbeddedHost(path, steps=poison.steps())
    host.publish(events)
    host.drain()
    letters = dict(host.dead_letters())
    host.close()
    assert letters
    return letters


@pytest.fixture
def home(tmp_path):
    (tmp_path / "molva.toml").write_text("", encoding="utf-8")
    (tmp_path / "var").mkdir()
    return tmp_path


def retry(home):
    done = CliRunner().invoke(app, ["dead-letters", "retry", "--json", "-c", str(home / "molva.toml")])
    assert done.exit_code == 0, done.output
    return json.loads(done.stdout)


def test_a_poisoned_judgement_comes_home_by_its_own_observation(home):
    events = [*ring(), *mixed(3)]
    victim = events[2].review_id
    path = home / "var" / "molva.sqlite"
    letters = poisoned(path, events, Poison("review", lambda key: key == victim, judging=True))
    assert {(letter.stage, letter.topic) for letter in letters.values()} == {("judge", "reviews-collected")}
    own = {codec.encode(event) for event in events if event.review_id == victim}
    assert {letter.payload for letter in letters.values()} <= own
    assert retry(home) == {"retried": len(letters), "left": 0}
    mended, quiet = EmbeddedHost(path), undisturbed(events)
    assert comparable(mended.final()) == comparable(quiet.final())
    assert tables(mended) == tables(quiet)


def test_a_stale_observation_is_not_what_repeats_a_judgement(home):
    """A row does not know of it, so it would change nothing and judge nothing."""
    newest, stale = seen(review("r1"), 5), seen(review("r1", stars=1), 3)
    letters = poisoned(home / "var" / "molva.sqlite", [newest, stale], Poison("review", lambda key: True, judging=True))
    assert [letter.payload for letter in letters.values()] == [codec.encode(newest)]
    assert retry(home)["left"] == 0
    assert len(list(EmbeddedHost(home / "var" / "molva.sqlite").final())) == 1


def test_a_judgement_fails_after_its_observation_has_left_the_log(home):
    path, events = home / "var" / "molva.sqlite", ring()
    host = EmbeddedHost(path)
    host.publish(events[:1])
    host.drain()
    host.connection.execute("DELETE FROM log WHERE topic = 'reviews-collected'")
    host.close()
    victim = events[0].review_id
    letters = poisoned(path, events[1:], Poison("review", lambda key: key == victim, judging=True))
    for letter in letters.values():
        assert codec.decode("reviews-collected", letter.payload) == events[0]
    retry(home)
    mended = EmbeddedHost(path)
    assert comparable(mended.final()) == comparable(undisturbed(events).final())


def test_a_review_whose_judgement_failed_is_counted_once():
    host = EmbeddedHost(":memory:", steps=Poison("review", lambda key: True, judging=True).steps())
    tally = Tally()
    tally.begin(host)
    host.publish([seen(review("r1"), 0)])
    tally.took("shop", Counter(seen=1, published=1))
    host.drain()
    assert len(host.dead_letters()) == 1
    total = tally.total()
    assert (total["new"], total["dead_letters"], total["adds_up"]) == (1, 0, True)


@pytest.mark.parametrize(
    ("step", "kind"),
    [("copies", FingerprintBanded), ("subjects", SubjectReviewed), ("review", EvidenceFound)],
    ids=["copies", "subjects", "evidence"],
)
def test_facts_and_evidence_that_failed_come_home(home, step, kind):
    events = [*ring(), *mixed(5)]
    victim = events[1].review_id
    path = home / "var" / "molva.sqlite"
    poison = Poison(step, lambda event: isinstance(event, kind) and event.review_id == victim)
    letters = poisoned(path, events, poison)
    assert {type(codec.decode(letter.topic, letter.payload)) for letter in letters.values()} == {kind}
    assert retry(home) == {"retried": len(letters), "left": 0}
    mended, quiet = EmbeddedHost(path), undisturbed(events)
    assert comparable(mended.final()) == comparable(quiet.final())
    assert tables(mended) == tables(quiet)


def test_what_never_was_an_event_stays(home):
    events = [seen(review("r1"), 0)]
    path = home / "var" / "molva.sqlite"
    (letter,) = poisoned(path, events, Poison("review", lambda event: True)).values()
    host = EmbeddedHost(path)
    host.dead_letter(replace(letter, stage="collect", payload=b"a,b\n", source="shop"))
    host.close()
    assert retry(home) == {"retried": 1, "left": 1}


def test_bytes_that_are_no_event_are_tried_again_when_they_were_an_observations_and_stay_otherwise(home):
    host = EmbeddedHost(home / "var" / "molva.sqlite")
    for topic, stage in (
        ("reviews-collected", "decode"),
        ("evidence-found", "decode"),
        ("reviews-collected", "mailbox"),
    ):
        host.dead_letter(DeadLetter(stage=stage, reason="no", payload=b"\xff{", topic=topic, died_at=datetime.now(UTC)))
    host.close()
    assert retry(home) == {"retried": 1, "left": 3}, "it comes back, for it is still no event"
    letters = [letter for _, letter in EmbeddedHost(home / "var" / "molva.sqlite").dead_letters()]
    assert Counter((letter.topic, letter.stage) for letter in letters) == {
        ("reviews-collected", "decode"): 1,
        ("evidence-found", "decode"): 1,
        ("reviews-collected", "mailbox"): 1,
    }
