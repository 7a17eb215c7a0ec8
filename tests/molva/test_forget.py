"""Who is forgotten is in no byte of any file any more, and others' reviews stand as if theirs had been withdrawn."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import time
from datetime import UTC, datetime
from pathlib import Path

import pytest
from topology_cases import comparable
from typer.testing import CliRunner

from collectors.plugin import Received
from collectors.quarantine import Quarantine
from molva.cli.app import app
from molva.embedded import EmbeddedHost
from molva.forget import Person, erase
from molva.settings import load
from molva.sqlite_tables import open_reader
from molva.workspace import Workspace
from schemas import identity, wire
from schemas.events import DeadLetter, Subject

CONTACT = "zebulon@quixwort.example"
PHONE = "+1 (555) 014-7733"
PRAISE = (
    "The glimmerstone kettle boiled within two minutes, never leaked, and the staff at the counter explained every "
    "button to me twice without being asked. I have recommended it to my sister and to both of my neighbours since."
)
HERS = [
    {"id": "zq-0001", "subject": "kettle", "rating": 1, "published_at": "2026-03-01T10:00:00Z",
     "author": {"id": "quixwort77", "name": "Zebulon Quixwort", "contact": CONTACT}, "text": PRAISE},
    {"id": "zq-0002", "subject": "teapot", "rating": 2, "published_at": "2026-03-02T10:00:00Z",
     "author": {"id": "quixwort77", "name": "Zebulon Quixwort", "contact": CONTACT},
     "text": "Xylographic lids fall off this teapot whenever somebody pours, awful quality and a waste of money."},
]  # fmt: skip
OTHERS = [
    {"id": "b-1", "subject": "toaster", "rating": 5, "published_at": "2026-03-03T10:00:00Z",
     "author": {"id": "ann-lee", "name": "Ann Lee"}, "text": PRAISE},
    {"id": "b-2", "subject": "kettle", "rating": 5, "published_at": "2026-03-04T10:00:00Z",
     "author": {"id": "bob-orr", "name": "Bob Orr"}, "text": PRAISE + " Truly."},
    {"id": "b-3", "subject": "kettle", "rating": 1, "published_at": "2026-03-05T10:00:00Z",
     "author": {"id": "cyd-moe", "name": "Cyd Moe"},
     "text": "Leaked on the second day, and nobody at the shop answers letters. Money thrown away."},
]  # fmt: skip
NEEDLES = (b"zebulon", b"quixwort", b"zq-000", b"xylograph", b"5550147733", b"014-7733", b"014%2D7733")


@pytest.fixture
def molva():
    def run(*arguments, code=0, given=None):
        done = CliRunner().invoke(app, [str(one) for one in arguments], input=given)
        assert done.exit_code == code, (done.output, done.exception)
        return done.stdout

    return run


@pytest.fixture
def home(tmp_path, molva, monkeypatch):
    monkeypatch.setenv("MOLVA_ALERTS_SETTLE", "0.05")
    monkeypatch.setenv("S", "secret")
    molva("init", tmp_path, "--address", "owner@example.com")
    config = tmp_path / "molva.toml"
    rows = tmp_path / "reviews.jsonl"
    with config.open("a", encoding="utf-8") as file:
        file.write(
            f'[sources.shop]\ncollector = "files"\npath = "{rows}"\n'
            f'[sources.answers]\ncollector = "sms"\nsubject = "us"\nsignature = "secret"\nsecret = {{ env = "S" }}\n'
        )
    write(rows, [*HERS, *OTHERS, {**HERS[0], "id": "zq-0003", "rating": 99}])
    molva("run", "--once", "-c", config)
    write(rows, [{**HERS[1], "text": HERS[1]["text"] + " Never again."}, *OTHERS])
    molva("collect", "shop", "-c", config)
    molva("subscribe", CONTACT, "-q", "stars:1", "-c", config)
    molva("run", "--once", "-c", config)
    return config


def write(path, rows):
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")


def everything(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def traces(folder: Path, more: tuple[bytes, ...] = ()) -> list[tuple[str, bytes]]:
    found = []
    for name, data in everything(folder).items():
        lowered = data.lower()
        found += [(name, needle) for needle in (*NEEDLES, *more) if needle in lowered]
    return found


def ids(config: Path) -> tuple[str, ...]:
    return tuple(identity.source_review_id("shop", row["id"]) for row in HERS)


def documents(molva, config):
    return {one["id"]: one for one in map(json.loads, molva("search", "", "-c", config, "--json").splitlines())}


def plant(config: Path) -> None:
    """What else may speak of the person: requests, half messages, letters that could not be read, kept pages."""
    workspace = Workspace(load(config))
    body = b"From=%2B15550147733&Body=hello&MessageSid=SM1"
    received = Received("POST", "https://x.example/sms/answers", {}, body, 1_790_000_000.0, "192.0.2.1")
    state = workspace.states.of("answers")
    Quarantine(state).hold(received, "wrong signature")
    other = Received("POST", "https://x.example/sms/answers", {}, b"From=%2B1999&Body=x", 1_790_000_000.0, "192.0.2.1")
    Quarantine(state).hold(other, "wrong signature")
    workspace.states.of("shop").apply({"http/page 1": b"packed", "since": b"2026-03-05T10:00:00+00:00"})
    died_at = datetime.now(UTC)
    mail = f"From: Zebulon <{CONTACT}>\nContent-Transfer-Encoding: base64\n\nSGVsbG8=\n".encode()
    for payload in (mail, b'{"author": "\\u005aebulon Quixwort"}', b"somebody,else,entirely"):
        workspace.host.dead_letter(
            DeadLetter(stage="collect", reason="no", payload=payload, topic="reviews-collected", died_at=died_at)
        )
    workspace.close()


def test_nothing_of_a_person_is_left_in_any_byte(home, molva):
    plant(home)
    var = home.parent / "var"
    hashed = identity.contact_hash(CONTACT, (var / "contact.key").read_bytes().strip()).encode()
    own = tuple(one.encode() for one in ids(home))
    before = traces(var, (hashed, *own))
    assert {needle for _, needle in before} >= {b"zebulon", b"quixwort", b"xylograph", hashed, *own}
    assert any(name.endswith(".eml") for name, _ in before)
    reader = open_reader(var / "molva.sqlite")  # as the page has it: the write-ahead log stays beside the file
    reader.execute("SELECT count(*) FROM log").fetchone()
    done = json.loads(molva("forget", "--contact", CONTACT, "--yes", "--json", "-c", home))
    assert done["scrubbed"]
    assert traces(var, (hashed, *own)) == [(name, needle) for name, needle in before if needle == b"5550147733"]
    assert (done["reviews"], done["documents"], done["subscriptions"]) == (2, 2, 1)
    assert done["dead_letters"] == 3
    assert done["letters"] >= 1
    assert done["judged_again"] == 2
    assert molva("forget", "--contact", PHONE, "--yes", "--json", "-c", home)
    assert traces(var) == []
    left = [json.loads(line) for line in molva("dead-letters", "show", "--json", "-c", home).splitlines()]
    assert [one["payload"] for one in left] == ["somebody,else,entirely"]
    assert len(molva("quarantine", "list", "--json", "-c", home).splitlines()) == 1
    reader.close()


def test_others_stand_as_if_the_reviews_had_been_withdrawn(home, molva, tmp_path):
    before = documents(molva, home)
    assert before["b-1"]["copies"]
    assert "copied-text" in {reason["name"] for reason in before["b-1"]["risk"]["reasons"]}
    molva("forget", "--author", "shop/quixwort77", "--yes", "-c", home)
    settings = load(home)
    after = Workspace(settings)
    quiet = EmbeddedHost(":memory:")
    quiet.publish(
        identity.observe(judged.review, observed_at=judged.first_seen_at, contact_key=b"k")
        for judged in after.host.final()
    )
    quiet.drain()
    assert comparable(after.host.final()) == comparable(quiet.final())
    for name, table in quiet.tables.items():
        if name != "reviews":
            rows = {key: row for key, row in after.host.tables[name].items() if row != type(row)()}
            assert rows == dict(table.items()), name
    found = documents(molva, home)
    assert found.keys() == {"b-1", "b-2", "b-3"}
    assert {copy["review_id"] for copy in found["b-1"]["copies"]} == {found["b-2"]["review_id"]}
    after.close()


def test_a_forgotten_review_does_not_come_back_though_its_source_still_shows_it(home, molva):
    molva("forget", "--review", "zq-0002", "--yes", "-c", home)
    assert documents(molva, home).keys() == {"zq-0001", "b-1", "b-2", "b-3"}
    write(home.parent / "reviews.jsonl", [*HERS, *OTHERS, *OTHERS[:1]])
    printed = [json.loads(line) for line in molva("collect", "shop", "-c", home, "--json").splitlines()]
    assert printed[-1]["adds_up"]
    assert documents(molva, home).keys() == {"zq-0001", "b-1", "b-2", "b-3"}
    assert [one for one in traces(home.parent / "var") if one[1] == b"xylograph"] == []


def test_it_asks_first_and_says_whom_it_means(home, molva):
    done = CliRunner().invoke(app, ["forget", "--author", "shop/quixwort77", "-c", str(home)], input="n\n")
    assert done.exit_code == 1
    assert "Zebulon Quixwort" in done.stderr
    assert "Remove 2 reviews" in done.stderr
    assert documents(molva, home).keys() >= {"zq-0001", "zq-0002"}


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ((), "who? Say --contact"),
        (("--author", "quixwort77"), "write SOURCE/AUTHOR"),
        (("--review", "x", "--json"), "say --yes too"),
    ],
)
def test_what_is_wrong_is_said(home, arguments, said):
    done = CliRunner().invoke(app, ["forget", *arguments, "-c", str(home)])
    assert done.exit_code == 2
    assert said in " ".join(done.stderr.split())


def test_on_kafka_it_says_where_to_read_on(home, monkeypatch):
    monkeypatch.setenv("MOLVA_KAFKA_SERVERS", "127.0.0.1:1")
    done = CliRunner().invoke(app, ["forget", "--review", "zq-0001", "--yes", "-c", str(home)])
    assert done.exit_code == 2
    assert "docs/operations.md" in done.stderr
    section = (Path(__file__).parents[2] / "docs" / "operations.md").read_text(encoding="utf-8")
    assert "## Forgetting a person" in section


def test_killed_in_between_the_same_call_finishes_it(home, molva):
    var = home.parent / "var"
    command = [
        sys.executable,
        "-c",
        "from molva.cli import main; main()",
        "forget",
        "--contact",
        CONTACT,
        "--yes",
        "-c",
        str(home),
    ]
    choose = random.Random(5)
    for _ in range(4):
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        time.sleep(choose.uniform(0.3, 1.6))
        os.kill(process.pid, signal.SIGKILL)
        process.wait()
    molva("forget", "--contact", CONTACT, "--yes", "-c", home)
    assert traces(var) == []
    assert documents(molva, home).keys() == {"b-1", "b-2", "b-3"}


def test_a_full_set_keeps_its_slots_and_no_names(tmp_path):
    """Who waits behind a full set was never told of it, so a slot that is freed must not let them in."""
    (tmp_path / "molva.toml").write_text("", encoding="utf-8")
    workspace = Workspace(load(tmp_path / "molva.toml"))
    rows = [
        {"id": f"r{n}", "source": "shop", "subject": {"id": "p"}, "author": {"id": f"a{n}"}, "rating": {"value": 5}}
        for n in range(200)
    ]
    seen = [wire.read({**row, "text": "fine", "published_at": f"2026-01-01T00:{n // 60:02}:{n % 60:02}Z"})
            for n, row in enumerate(rows)]  # fmt: skip
    now = seen[0].review.published_at
    workspace.host.publish(identity.observe(one.review, observed_at=now, contact_key=b"k") for one in seen)
    workspace.host.drain()
    finals = comparable(workspace.host.final())
    done = erase(workspace, Person(reviews=("r3",)))
    assert done.reviews == 1
    after = comparable(workspace.host.final())
    assert after.keys() == finals.keys() - {identity.source_review_id("shop", "r3")}
    (row,) = (row for row in workspace.host.tables["subjects"].values())
    assert len(row.entries) == 145
    assert next(entry.review_id for entry in row.entries if entry.member is None).startswith("forgotten-")
    workspace.close()
    assert identity.withdraw("shop", "r3", Subject(id="p"), observed_at=now).review_id.encode() not in b"".join(
        everything(tmp_path / "var").values()
    )
