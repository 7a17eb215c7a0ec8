"""However facts interleave and however often they come again, buckets and evidence end the same."""

from collections import defaultdict
from datetime import UTC, datetime, timedelta
from random import Random

import pytest
from msgspec.structs import replace

from schemas.events import EvidenceFound, FingerprintBanded, Member
from schemas.topics import PARTITIONS
from streams.detectors import copies
from streams.text.fingerprint import bin_of, fingerprints, is_copy, shared_band, similarity

STORIES = (
    "Заказывали кофемашину на годовщину, курьер перепутал подъезд и два часа ездил вокруг квартала, зато варит как в Неаполе.",
    "The landlord of this little guesthouse met us at midnight with soup, and the window looked right onto the tram depot.",
    "Пуховик пришёл без капюшона, продавец прислал его отдельной посылкой через неделю и извинился открыткой с котом.",
)
START = datetime(2026, 3, 1, tzinfo=UTC)


def _print_of(random: Random):
    text = random.choice(STORIES)
    words = text.split()
    for _ in range(random.randrange(3)):
        words[random.randrange(len(words))] = random.choice(("честно", "really", "вчера", "обычный"))
    found = fingerprints([" ".join(words)])[0]
    assert found
    return found


def _history(random: Random, review_id: str) -> list[Member | None]:
    """What one review is over time: new, edited, moved in time, withdrawn, back again."""
    member = None
    states: list[Member | None] = []
    version = 0
    for _ in range(random.randint(1, 4)):
        if member is not None and random.random() < 0.2:
            states.append(None)
            continue
        if member is None or random.random() < 0.7:
            version += 1
            found = _print_of(random)
            member = Member(
                review_id=review_id,
                version=version,
                subject=f"s/{random.randrange(2)}",
                published_at=None if random.random() < 0.2 else START + timedelta(hours=random.randrange(6)),
                author=random.choice((None, None, "a1", "a2", "a3")),
                name=random.choice((None, "anna ivanova", "ivan petrov")),
                signature=found.signature,
                bands=found.bands,
            )
        elif random.random() < 0.5:
            member = replace(member, published_at=START + timedelta(hours=random.randrange(6)))
        states.append(member)
    return states


def _facts(states: list[Member | None], review_id: str) -> list[list[FingerprintBanded]]:
    """The facts of each state, with everything that the review was before, split by partition."""
    told = []
    trail: list[Member] = []
    last: Member | None = None
    for state in states:
        if last is not None and last != state:
            trail = [*(m for m in trail if m != last), last]
        trail = [m for m in trail if m != state]
        last = state
        events = []
        for bucket in range(PARTITIONS):
            now = state and replace(state, bands=tuple(b for b in state.bands if b % PARTITIONS == bucket))
            before = [replace(m, bands=tuple(b for b in m.bands if b % PARTITIONS == bucket)) for m in trail]
            before = [m for m in before if m.bands]
            now = now if now and now.bands else None
            if now or before:
                events.append(
                    FingerprintBanded(bucket=bucket, review_id=review_id, at=START, now=now, before=tuple(before))
                )
        told.append(events)
    return told


def _interleaved(random: Random, facts: dict[str, list[list[FingerprintBanded]]]) -> dict[int, list[FingerprintBanded]]:
    logs: dict[int, list[FingerprintBanded]] = defaultdict(list)
    waiting = {review_id: list(steps) for review_id, steps in facts.items()}
    while waiting:
        review_id = random.choice(sorted(waiting))
        for event in waiting[review_id].pop(0):
            logs[event.bucket].append(event)
        if not waiting[review_id]:
            del waiting[review_id]
    return logs


def _drained(random: Random, logs: dict[int, list[FingerprintBanded]]):
    """Process the logs with suffixes delivered again while rows are kept; return rows and evidence in order."""
    table: dict[int, copies.Bucket] = {}
    out: list[EvidenceFound] = []
    for bucket in random.sample(sorted(logs), len(logs)):
        log, offset, again = logs[bucket], 0, 3
        while offset < len(log):
            size = random.randint(1, 4)
            out += copies.run(log[offset : offset + size], table)
            offset = min(len(log), offset + size)
            if again and random.random() < 0.3:
                again -= 1
                offset = random.randrange(offset + 1)
    return table, out


def _held(out: list[EvidenceFound], final: dict[str, int]):
    """What a judge holds in the end: the last evidence for the review's own last version."""
    held = {}
    for event in out:
        for item in event.items:
            if item.version == final[event.review_id]:
                if item.finding is None:
                    held.pop((event.review_id, item.key), None)
                else:
                    held[event.review_id, item.key] = item.finding
    return held


def _expected(histories: dict[str, list[Member | None]]):
    """The same by brute force over the final sets."""
    places: dict[int, set[tuple[float, str]]] = defaultdict(set)
    live: dict[int, dict[str, Member]] = defaultdict(dict)
    when = lambda m: m.published_at.timestamp() if m.published_at else float("inf")  # noqa: E731
    for review_id, states in histories.items():
        for state in states:
            for band in state.bands if state else ():
                places[band].add((when(state), review_id))
        if states[-1]:
            for band in states[-1].bands:
                live[band][review_id] = states[-1]
    expected = {}
    for band, members in live.items():
        kept = set(sorted(places[band])[: copies.LIMIT])
        inside = {rid: m for rid, m in members.items() if (when(m), rid) in kept}
        for rid, member in members.items():
            if rid not in inside:
                expected[rid, f"{band:x}"] = "crowded"
                continue
            matches = {}
            for other_id, other in inside.items():
                alike = similarity(member.signature, other.signature)
                if (
                    other_id != rid
                    and is_copy(member.signature, other.signature, alike)
                    and shared_band(member.signature, other.signature) == bin_of(band)
                ):
                    same = (member.author and member.author == other.author) or (
                        member.name and member.name == other.name and alike >= 0.95
                    )
                    first = (when(other), other_id) < (when(member), rid)
                    later = first and (same or when(member) != float("inf"))
                    matches[other_id] = ("syndicated" if same else "copied", later)
            if matches:
                expected[rid, f"{band:x}"] = matches
    return expected


@pytest.mark.parametrize("limit", [3, 64])
@pytest.mark.parametrize("seed", range(60))
def test_any_interleaving_and_redelivery_ends_like_brute_force(seed, limit, monkeypatch):
    monkeypatch.setattr(copies, "LIMIT", limit)
    random = Random(seed)
    histories = {f"r{i}": _history(random, f"r{i}") for i in range(random.randint(2, 9))}
    facts = {review_id: _facts(states, review_id) for review_id, states in histories.items()}
    final = {rid: max(m.version for m in states if m) for rid, states in histories.items()}
    expected = _expected(histories)
    rows = None
    for _ in range(3):
        table, out = _drained(random, _interleaved(random, facts))
        rows = rows if rows is not None else table
        assert table == rows
        held = _held(out, final)
        seen = {
            key: "crowded"
            if "crowded" in finding.features
            else {m.review_id: (m.kind, m.later) for m in finding.matches}
            for key, finding in held.items()
        }
        assert seen == expected
