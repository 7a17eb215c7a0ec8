"""What sources remember between runs: never past what is safe, over restarts, whole or not at all."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from listings import ids, review

from collectors import Cursor, Review, collector
from collectors.configured import Source
from collectors.cursors import MemoryState, Part, Pending, SqliteStates
from collectors.publisher import MemoryPublisher
from collectors.runner import Runner
from schemas.events import ReviewWithdrawn


class Leaky(MemoryPublisher):
    """A log that cannot be written after ``flushes`` flushes."""

    def __init__(self, flushes: int) -> None:
        super().__init__()
        self.left = flushes

    def flush(self) -> None:
        if self.left <= 0:
            raise OSError("disk full")
        self.left -= 1
        super().flush()


def mailbox(count: int):
    @collector(channel="email")
    def box(*, cursor: Cursor) -> Iterator[Review]:
        """Yield what is new."""
        for number in range(int(cursor.get("next", b"0")), count):
            yield review(number)
            cursor["next"] = str(number + 1).encode()

    return Source(name="box", collector=box)


@pytest.mark.parametrize("flushes", [0, 1, 2, 3])
def test_the_cursor_never_moves_past_what_is_safe(flushes, monkeypatch, clock):
    monkeypatch.setattr("collectors.intake.BATCH", 10)
    state, source = MemoryState(), mailbox(35)
    leaky = Leaky(flushes)
    run = Runner(leaky, contact_key=b"k", now=clock).run(source, state)
    assert run.ending == "failed"
    safe = set(ids(leaky))
    healthy = MemoryPublisher()
    assert Runner(healthy, contact_key=b"k", now=clock).run(source, state).ending == "exhausted"
    assert safe | set(ids(healthy)) == {str(number) for number in range(35)}
    again = MemoryPublisher()
    Runner(again, contact_key=b"k", now=clock).run(source, state)
    assert again.events == []


def test_a_collector_with_a_cursor_withdraws_nothing(runner, publisher, clock):
    state = MemoryState()
    for _ in range(4):
        runner.run(mailbox(5), state)
        clock.forward(days=2)
    assert ids(publisher, ReviewWithdrawn) == []


def test_sqlite_keeps_the_state_over_a_restart(tmp_path):
    states = SqliteStates(tmp_path / "var" / "collectors.db")
    state = states.of("shop")
    state["a"] = b"1"
    state.apply({"b": b"2", "c": b"3", "a": None})
    states.of("other")["a"] = b"x"
    states.close()
    again = SqliteStates(tmp_path / "var" / "collectors.db")
    assert dict(again.of("shop")) == {"b": b"2", "c": b"3"}
    assert again.sources() == ["other", "shop"]
    with pytest.raises(KeyError):
        again.of("shop")["a"]
    with pytest.raises(KeyError):
        del again.of("shop")["a"]
    again.close()


def test_changes_that_cannot_all_be_applied_are_not_applied(tmp_path):
    states = SqliteStates(tmp_path / "s.db")
    state = states.of("shop")
    with pytest.raises(Exception, match=r"NULL|type|bind"):
        state.apply({"a": b"1", "b": object()})  # type: ignore[dict-item]
    assert dict(state) == {}
    states.close()


def test_pending_changes_are_seen_by_the_collector_and_by_nobody_else():
    state = MemoryState()
    state.apply({"cursor/old": b"1", "else": b"2"})
    pending = Pending(state, "cursor/")
    pending["new"] = b"3"
    del pending["old"]
    assert dict(pending) == {"new": b"3"}
    assert dict(state) == {"cursor/old": b"1", "else": b"2"}
    state.apply(pending.take())
    assert dict(Part(state, "cursor/")) == {"new": b"3"}
