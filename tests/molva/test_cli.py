"""The command line as people and scripts meet it: help, exit codes, what is printed where, and a whole first day."""

from __future__ import annotations

import csv
import json
import os
import re
import signal
import subprocess
import sys
import threading
import time
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from collectors.plugin import Received
from collectors.quarantine import Quarantine
from molva.cli.app import GROUPS, app
from molva.settings import load
from molva.workspace import Workspace

ROOT = Path(__file__).resolve().parents[2]
MOLVA = Path(sys.executable).parent / "molva"
COMMANDS = [command.__name__.replace("_", "-") for commands in GROUPS.values() for command in commands]
REVIEWS = [
    {"id": "1", "subject": "kettle", "author": "Ann Lee", "rating": 1, "published_at": "2026-03-01T10:00:00Z",
     "text": "The kettle leaked on the second day and nobody at the shop answered my letters. Money thrown away."},
    {"id": "2", "subject": "kettle", "author": "Пётр Орлов", "rating": 5, "published_at": "2026-03-02T10:00:00Z",
     "text": "Чайник кипятит быстро и почти не шумит, пользуюсь каждый день и очень доволен покупкой."},
    {"id": "3", "subject": "kettle", "author": '=HYPERLINK("http://evil.example")', "rating": 2,
     "published_at": "2026-03-03T10:00:00Z", "text": "=cmd|'/c calc'!A1 is what the display shows, awful quality."},
    {"id": "4", "subject": "kettle", "rating": 9, "text": "out of its scale"},
]  # fmt: skip


@pytest.fixture
def molva():
    """Runs a command in this process; gives what it printed, after its exit code was as expected."""

    def run(*arguments: object, code: int = 0, err: str = "") -> str:
        done = CliRunner().invoke(app, [str(argument) for argument in arguments])
        assert done.exit_code == code, (done.output, done.exception)
        assert err in re.sub(r"\s+", " ", done.stderr)
        return done.stdout

    return run


def lines(printed: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in printed.splitlines()]


@pytest.fixture
def home(tmp_path, molva) -> Path:
    """A folder with a molva.toml of `molva init` and one source."""
    molva("init", tmp_path, "--address", "owner@example.com", err="a subscription for owner@example.com")
    (tmp_path / "reviews.jsonl").write_text("".join(json.dumps(row) + "\n" for row in REVIEWS), encoding="utf-8")
    with (tmp_path / "molva.toml").open("a", encoding="utf-8") as file:
        file.write(f'[sources.shop]\ncollector = "files"\npath = "{tmp_path / "reviews.jsonl"}"\n')
    return tmp_path / "molva.toml"


def test_init_tells_machines_what_it_wrote(tmp_path, molva):
    (made,) = lines(molva("init", tmp_path, "--address", "owner@example.com", "--json"))
    assert made == {"file": str(tmp_path / "molva.toml"), "address": "owner@example.com"}


@pytest.fixture
def collected(home, molva, monkeypatch) -> Path:
    monkeypatch.setenv("MOLVA_ALERTS_SETTLE", "0.1")
    molva("run", "--once", "-c", home)
    return home


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_help_that_says_what_it_does(molva, command):
    said = molva(command, "--help")
    assert f"molva {command}" in said or f" {command} " in said
    assert re.search(r"[A-Z][a-z]+.*[a-z]{2}", said.partition("Options")[0].partition("[OPTIONS]")[2])


def test_the_documented_exit_codes_are_those_of_the_code():
    stated = (ROOT / "docs" / "cli.md").read_text(encoding="utf-8")
    assert re.findall(r"^\| (\d+) \|", stated, re.MULTILINE) == ["0", "1", "2", "130"]


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (("search", "-c", "none.toml"), 2, "molva init"),
        (("search", "stars:[1 TO", "-c", "HOME"), 2, ""),
        (("explain", "nobody", "-c", "HOME"), 1, "there is no review nobody"),
        (("export", "reviews.xml", "-c", "HOME"), 2, "name it .jsonl or .csv"),
        (("export", "/no/such/folder/a.csv", "-c", "HOME"), 2, "cannot be written"),
        (("collect", "shoop", "-c", "HOME"), 2, "it has shop"),
        (("sources", "--accept", "shoop", "-c", "HOME"), 2, "it has shop"),
        (("sources", "--accept", "shop", "-c", "HOME"), 2, "reads only what is new"),
        (("subscribe", "no address", "-c", "HOME"), 2, ""),
        (("subscribe", "a@example.com", "-q", "stars:[1 TO", "-c", "HOME"), 2, ""),
        (("subscribe", "--remove", "none", "-c", "HOME"), 1, "there is no subscription none"),
        (("dead-letters", "burn", "-c", "HOME"), 2, "say list, show or retry"),
        (("dead-letters", "show", "99", "-c", "HOME"), 1, "no dead letter 99"),
        (("quarantine", "burn", "-c", "HOME"), 2, "say list or replay"),
        (("quarantine", "replay", "-c", "HOME"), 2, "which source?"),
        (("quarantine", "list", "shop", "-c", "HOME"), 2, "takes no requests"),
        (("new-collector", "Bad Name", "https://a.example"), 2, "small letters"),
        (("judge", "none.jsonl"), 2, ""),
        (("frobnicate",), 2, ""),
    ],
)
def test_what_is_wrong_is_said_on_standard_error_with_the_documented_code(collected, molva, arguments, code, said):
    arguments = tuple(str(collected) if one == "HOME" else one for one in arguments)
    assert molva(*arguments, code=code, err=said) == ""


def test_init_does_not_overwrite(home, molva):
    molva("init", home.parent, code=2, err="is there already")


def test_a_first_day(collected, molva):
    found = lines(molva("search", "negative:true", "-c", collected, "--json"))
    assert {one["id"] for one in found} == {"1", "3"}
    assert "Ann Lee" in molva("search", "leaked", "-c", collected)
    explained = json.loads(molva("explain", "1", "-c", collected, "--json"))
    assert explained["review_id"] == next(one["review_id"] for one in found if one["id"] == "1")
    assert explained["risk"]["level"]
    for language in ("en", "ru"):
        assert "leaked" in molva("explain", "1", "-c", collected, "--language", language)
    assert len(list((collected.parent / "var" / "outbox").glob("*.eml"))) == len(
        lines(molva("search", "negative:true AND NOT risk.level:high", "-c", collected, "--json"))
    )
    (first,) = lines(molva("subscribe", "-c", collected, "--json"))
    assert first["query"] == "negative:true AND NOT risk.level:high"
    both = lines(molva("subscribe", "b@example.com", "-q", "stars:5", "-c", collected, "--json"))
    assert [one["address"] for one in both] == ["owner@example.com", "b@example.com"]
    assert len(lines(molva("subscribe", "--remove", both[1]["id"], "-c", collected, "--json"))) == 1


def test_the_counts_that_run_prints_add_up_and_a_second_run_adds_nothing(home, molva, monkeypatch):
    monkeypatch.setenv("MOLVA_ALERTS_SETTLE", "0.1")
    shop, total = lines(molva("run", "--once", "-c", home, "--json"))
    assert (shop["source"], shop["seen"], shop["new"], shop["dead_letters"]) == ("shop", 4, 3, 1)
    assert (total["seen"], total["new"], total["dead_letters"], total["adds_up"]) == (4, 3, 1, True)
    _, total = lines(molva("collect", "shop", "-c", home, "--json"))
    assert (total["seen"], total["adds_up"]) == (0, True)
    (home.parent / "reviews.jsonl").unlink()
    shop, _ = lines(molva("run", "--once", "-c", home, "--json", code=1))
    assert "no file at" in shop["why"]
    (state,) = lines(molva("sources", "-c", home, "--json"))
    assert state["last_run"]["ending"] == "failed"
    assert state["last_success"]


def test_a_person_can_say_that_what_a_page_no_longer_lists_is_really_gone(tmp_path, molva):
    article = (
        '<div itemscope itemtype="https://schema.org/Review"><p itemprop="reviewBody">Review number {0}.</p>{1}</div>'
    )
    rating = '<p itemprop="reviewRating" itemscope><meta itemprop="ratingValue" content="4"></p>'

    def show(count: int) -> None:
        body = "".join(article.format(n, f'<link itemprop="url" href="/r{n}">{rating}') for n in range(count))
        (tmp_path / "site" / "index.html").write_text(f"<html><body>{body}</body></html>", encoding="utf-8")

    (tmp_path / "site").mkdir()
    show(10)
    handler = partial(SimpleHTTPRequestHandler, directory=tmp_path / "site")
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        home = tmp_path / "molva.toml"
        home.write_text(
            f'[sources.shop]\ncollector = "site"\nurl = "http://127.0.0.1:{server.server_port}/index.html"\n'
            'subject = "p"\nfull_every = "1 second"\n'
            'client = { delay = 0.0, robots = false, allow_private = ["127.0.0.1"] }\n',
            encoding="utf-8",
        )
        assert lines(molva("collect", "shop", "-c", home, "--json"))[0]["new"] == 10
        show(4)
        time.sleep(1.1)
        shop, _ = lines(molva("collect", "shop", "-c", home, "--json", code=1))
        assert shop["ending"] == "layout changed"
        assert "`molva sources --accept`" in shop["why"]
        assert lines(molva("sources", "--accept", "shop", "-c", home, "--json")) == [{"name": "shop", "accepted": True}]
        shop, total = lines(molva("collect", "shop", "-c", home, "--json"))
        assert (shop["ending"], shop["withdrawn"], total["adds_up"]) == ("exhausted", 6, True)
        server.shutdown()


def test_people_see_the_counts_whole_also_without_a_terminal(home, molva, monkeypatch):
    monkeypatch.setenv("MOLVA_ALERTS_SETTLE", "0.1")
    printed = molva("run", "--once", "-c", home)
    assert "…" not in printed
    assert re.search(r"^total +4 +3 +0 +0 +1\b", printed, re.MULTILINE)
    assert "has its outcome or its dead letter" in printed


def interruptible(command, **given):
    """Starts a command that Ctrl-C reaches, also when this run itself was started in the background."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)  # what is ignored here is ignored there
    try:
        return subprocess.Popen(command, stderr=subprocess.PIPE, text=True, **given)
    finally:
        signal.signal(signal.SIGINT, before)


def test_ctrl_c_while_a_command_works_ends_it_with_the_documented_code(tmp_path):
    os.mkfifo(tmp_path / "lines.jsonl")
    process = interruptible([MOLVA, "judge", tmp_path / "lines.jsonl", "--json"])
    with (tmp_path / "lines.jsonl").open("w"):  # opens when the command reads
        process.send_signal(signal.SIGINT)
        _, said = process.communicate(timeout=60)
    assert process.returncode == 130
    assert "Traceback" not in said


def test_run_ends_well_by_ctrl_c_and_shows_the_counts(home):
    process = interruptible([MOLVA, "run", "--no-page", "--json", "-c", home], stdout=subprocess.PIPE)
    assert process.stderr is not None
    assert any("Ctrl-C" in line for line in process.stderr)
    process.send_signal(signal.SIGINT)
    printed, said = process.communicate(timeout=60)
    assert process.returncode == 0
    assert "Traceback" not in said
    assert lines(printed)[-1]["adds_up"] is True


def test_a_spreadsheet_runs_no_formula_of_an_exported_review(collected, molva, tmp_path):
    molva("export", tmp_path / "out.csv", "-c", collected, err="3 reviews are in")
    with (tmp_path / "out.csv").open(encoding="utf-8", newline="") as file:
        found = {row["id"]: row for row in csv.DictReader(file)}
    assert found["3"]["author.name"].startswith("'=HYPERLINK")
    assert found["3"]["text"].startswith("'=cmd")
    assert not any(cell[:1] in "=+@\t\r" for row in found.values() for cell in row.values() if cell)
    assert float(found["1"]["risk.score"]) >= 0
    printed = lines(molva("export", "-", "-c", collected))
    assert {one["id"] for one in printed} == {"1", "2", "3"}
    (told,) = lines(molva("export", tmp_path / "out.jsonl", "-q", "language:ru", "-c", collected, "--json"))
    assert told["file"] == str(tmp_path / "out.jsonl")
    assert [one["id"] for one in lines((tmp_path / "out.jsonl").read_text(encoding="utf-8"))] == ["2"]


@pytest.mark.parametrize(
    "arguments",
    [
        ("version",),
        ("sources",),
        ("sources", "--available"),
        ("doctor",),
        ("dead-letters", "list"),
        ("dead-letters", "show"),
        ("dead-letters", "retry"),
        ("quarantine",),
        ("search",),
        ("subscribe",),
        ("inspect", "text", "The kettle leaked and the staff was rude."),
    ],
)
def test_json_is_one_object_a_line_and_nothing_else(collected, molva, arguments):
    configured = () if arguments[0] in {"version", "inspect"} else ("-c", collected)
    found = lines(molva(*arguments, *configured, "--json"))
    assert all(isinstance(one, dict) for one in found)
    assert found or arguments == ("quarantine",)


def test_a_dead_letter_says_why_and_keeps_its_bytes(collected, molva):
    (letter,) = lines(molva("dead-letters", "show", "1", "-c", collected, "--json"))
    assert "outside its scale" in letter["reason"]
    assert json.loads(letter["payload"]) == REVIEWS[3]
    assert "outside its scale" in molva("dead-letters", "-c", collected)


def test_doctor_finds_a_mail_server_that_is_not_there(collected, molva, monkeypatch):
    checks = {one["check"]: one for one in lines(molva("doctor", "-c", collected, "--json"))}
    assert all(one["ok"] for one in checks.values()), checks
    monkeypatch.setenv("MOLVA_MAIL_HOST", "127.0.0.1")
    monkeypatch.setenv("MOLVA_MAIL_PORT", "9")
    checks = {one["check"]: one for one in lines(molva("doctor", "-c", collected, "--json", code=1))}
    assert not checks["mail"]["ok"]


def test_doctor_finds_servers_of_a_deployment_that_are_not_there(collected, molva, monkeypatch):
    monkeypatch.setenv("MOLVA_KAFKA_SERVERS", "127.0.0.1:9")
    monkeypatch.setenv("MOLVA_ELASTICSEARCH_URL", "http://127.0.0.1:9")
    monkeypatch.setenv("MOLVA_KIBANA_URL", "http://127.0.0.1:9")
    checks = {one["check"]: one for one in lines(molva("doctor", "-c", collected, "--json", code=1))}
    for name in ("kafka", "elasticsearch", "kibana"):
        assert not checks[name]["ok"]
        assert "127.0.0.1" in checks[name]["said"]


def test_a_quarantined_message_is_listed_and_taken_when_the_source_is_mended(home, molva, monkeypatch):
    with home.open("a", encoding="utf-8") as file:
        file.write(
            '[sources.answers]\ncollector = "sms"\nsubject = "s"\nsignature = "secret"\nsecret = { env = "S" }\n'
        )
    monkeypatch.setenv("S", "old")
    workspace = Workspace(load(home))
    form = b"From=%2B4479&To=%2B4470&Body=Awful+service%2C+never+again&MessageSid=SM1"
    headers = {"content-type": "application/x-www-form-urlencoded", "authorization": "Bearer new"}
    held = Received("POST", "https://in.example/sms/answers", headers, form, 1_790_000_000.0, "192.0.2.1")
    Quarantine(workspace.states.of("answers")).hold(held, "forged")
    workspace.close()
    (row,) = lines(molva("quarantine", "-c", home, "--json"))
    assert (row["source"], row["reason"], row["bytes"]) == ("answers", "forged", len(form))
    assert lines(molva("quarantine", "replay", "answers", "-c", home, "--json"))[0]["left"] == 1
    monkeypatch.setenv("S", "new")
    assert lines(molva("quarantine", "replay", "answers", "-c", home, "--json")) == [
        {"source": "answers", "taken": 1, "left": 0}
    ]
    assert "never again" in molva("search", "source:answers", "-c", home)


def test_a_new_collector_is_written_from_an_address(molva, tmp_path):
    reviews = [
        {"@type": "Review", "author": {"name": f"Ann {n}"}, "reviewBody": f"The kettle number {n} works as it should"}
        for n in range(3)
    ]
    data = {"@context": "https://schema.org", "@type": "Product", "name": "Kettle", "review": reviews}
    page = f'<script type="application/ld+json">{json.dumps(data)}</script>'
    (tmp_path / "site").mkdir()
    (tmp_path / "site" / "kettle.html").write_text(page, encoding="utf-8")
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(SimpleHTTPRequestHandler, directory=str(tmp_path / "site")))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    url = f"http://127.0.0.1:{server.server_port}/kettle.html"
    folders = ("--sources", tmp_path / "sources", "--tests", tmp_path / "tests")
    molva("new-collector", "kettles", url, *folders, "--delay", 0, code=2, err="private address")
    (written,) = lines(
        molva("new-collector", "kettles", url, *folders, "--delay", 0, "--allow-private", "127.0.0.1", "--json")
    )
    server.shutdown()
    server.server_close()
    assert written["reviews"] == 3
    assert "def kettles(" in Path(written["collector"]).read_text(encoding="utf-8")
