"""Everything in the public data sets through ``molva run``: each item ends as something, and the counts add up."""

from __future__ import annotations

import gzip
import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
import requests
from public_sets import SETS

pytestmark = [pytest.mark.data, pytest.mark.timeout(1_200)]

PAGES = ("pages", "pages_recipes", "snippets")
Row = dict[str, Any]


class Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *args: Any) -> None:
        pass


@pytest.fixture(scope="module")
def pages(data_dir: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, list[str]]]:
    """The review pages, unpacked and served on this machine: the address, and their paths."""
    home = tmp_path_factory.mktemp("pages")
    paths = []
    for folder in PAGES:
        (home / folder).mkdir()
        for file in sorted((data_dir / "D_review_pages" / folder).iterdir()):
            body = gzip.decompress(file.read_bytes()) if file.suffix == ".gz" else file.read_bytes()
            name = file.name.removesuffix(".gz")
            (home / folder / name).write_bytes(body)
            paths.append(f"{folder}/{name}")
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(home)))
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}", paths
    server.shutdown()
    server.server_close()


@pytest.fixture(scope="module")
def mails(data_dir: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, int]:
    """The raw mails as a Maildir, and their number."""
    home = tmp_path_factory.mktemp("mails")
    for name in ("new", "cur", "tmp"):
        (home / name).mkdir()
    found = {
        f"{folder}-{file.stem}": file.read_bytes()
        for folder in ("chatwoot_eml", "flanker_eml")
        for file in (data_dir / "C_email_replies" / folder).iterdir()
    }
    for line in (data_dir / "C_email_replies" / "reply_pairs.jsonl").read_bytes().splitlines():
        pair = json.loads(line)
        if pair["format"] == "eml":
            found[pair["id"]] = pair["input"].encode("utf-8", "surrogateescape")
    for name, raw in found.items():
        (home / "new" / f"1700000000.{name}.host").write_bytes(raw)
    return home, len(found)


@pytest.fixture(scope="module")
def cases(data_dir: Path) -> list[Row]:
    lines = (data_dir / "E_sms_webhooks" / "courier_inbound_cases.jsonl").read_bytes().splitlines()
    return [json.loads(line) for line in lines]


@pytest.fixture(scope="module")
def collected(pages, mails, data_dir, tmp_path_factory) -> tuple[list[Row], list[Row], Path]:
    """What ``molva run --once`` printed over pages, mails and files, and ``molva collect`` for most of it again."""
    home = tmp_path_factory.mktemp("whole")
    address, paths = pages
    tables: dict[str, Row] = {
        _name(path): {
            "collector": "site",
            "url": f"{address}/{path}",
            "max_pages": 1,
            "client": {"allow_private": ["127.0.0.1"], "delay": 0},
        }
        for path in paths
    }
    tables["mails"] = {"collector": "maildir", "path": str(mails[0]), "subject": "company"}
    for path, mapping in SETS.items():
        tables[path[:2]] = {"collector": "files", "path": str(data_dir / path), "mapping": mapping}
    config = _configuration(home, tables)
    again = [name for name in tables if name not in {_name(path) for path in paths[::2]}]
    first = _lines(_molva("run", "--once", "-c", str(config), "--json"))
    return first, _lines(_molva("collect", *again, "-c", str(config), "--json")), home


def test_the_printed_counts_of_everything_add_up(collected):
    rows, _, _ = collected
    total = rows[-1]
    assert total["source"] == "total"
    assert total["adds_up"] is True
    assert total["waiting"] == 0
    ends = sum(total[name] for name in ("new", "edited", "updated", "unchanged", "withdrawn", "dead_letters"))
    assert total["seen"] == ends == sum(row.get("seen", 0) for row in rows[:-1])


def test_rows_seen_again_are_unchanged(collected, rows):
    printed = {row["source"]: row for row in collected[0]}
    crawled = list(rows("B3_ru_ozon_one_product/ozon_reviews.jsonl.gz"))
    assert (printed["ozon"]["new"], printed["ozon"]["unchanged"]) == (len(crawled) - 84, 84)
    crawled = list(rows("B7_trustpilot_10_companies/trustpilot.jsonl.gz"))
    distinct = len({row["review_id"] for row in crawled})
    again = printed["trustpilot"]
    assert (again["new"], again["edited"]) == (distinct, 0)
    assert again["unchanged"] + again["updated"] == len(crawled) - distinct


def test_no_page_mail_or_row_ends_without_saying_how(collected, pages, mails):
    printed = {row["source"]: row for row in collected[0]}
    assert printed["mails"]["seen"] == mails[1]
    found = 0
    for path in pages[1]:
        row = printed[_name(path)]
        assert row["ending"] in {"exhausted", "limit reached", "layout changed"}, row
        assert row["why"] or row["ending"] == "exhausted"
        found += row["new"]
    assert found > 150


def test_what_was_collected_is_judged_and_searchable_and_dead_letters_have_reasons(collected):
    *_, home = collected
    total = collected[0][-1]
    config = str(home / "molva.toml")
    assert (
        len(_lines(_molva("search", "source:ozon AND risk.score:[0 TO 1]", "-n", "1000", "-c", config, "--json")))
        == 1000
    )
    letters = _lines(_molva("dead-letters", "list", "-c", config, "--json"))
    assert all(letter["reason"] for letter in letters)
    assert len(letters) >= total["dead_letters"]


def test_a_second_run_finds_nothing_new(collected):
    _, again, _ = collected
    total = again[-1]
    assert total["adds_up"] is True
    assert (total["new"], total["edited"], total["withdrawn"]) == (0, 0, 0)


def test_every_message_that_a_gateway_posts_is_accounted_for(cases, tmp_path):
    names = sorted({case["channel"] for case in cases})
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    tables = {_name(name): {"collector": "sms", "subject": "company", "signature": "none"} for name in names}
    config = _configuration(tmp_path, tables, gateway=port)
    process = _start("run", "--no-page", "-c", str(config), "--json")
    try:
        _wait_for(port)
        accepted = 0
        for case in cases:
            query = case["url"].partition("?")[2]
            url = f"http://127.0.0.1:{port}/sms/{_name(case['channel'])}" + (f"?{query}" if query else "")
            data = case["data"]
            headers = {name: str(value) for name, value in case["headers"].items()}
            if data is not None and "content-type" not in {name.lower() for name in headers}:
                headers["Content-Type"] = "application/x-www-form-urlencoded"
            answer = requests.request(
                "POST" if data is not None else "GET", url, data=(data or "").encode(), headers=headers, timeout=20
            )
            assert answer.status_code in {200, 202}, (case["channel"], case["label"], answer.text)
            accepted += answer.status_code == 200
        time.sleep(1)
    finally:
        process.send_signal(signal.SIGTERM)
        printed, said = process.communicate(timeout=60)
    assert process.returncode == 0, said
    total = _lines(printed)[-1]
    assert accepted == len(cases)
    assert total["adds_up"] is True, total
    assert total["seen"] >= len(cases) / 2
    expected = sum(bool(case["expected_text"]) for case in cases)
    assert total["new"] + total["unchanged"] + total["updated"] + total["edited"] >= 0.9 * expected


def _name(path: str) -> str:
    return "".join(c if c.isalnum() else "-" for c in path).lower()


def _configuration(home: Path, tables: dict[str, Row], *, gateway: int = 0) -> Path:
    """A molva.toml with these sources; JSON's strings, numbers and lists are TOML's too."""
    lines = ['folder = "var"', "[alerts]", "settle = 0.1"]
    if gateway:
        lines += ["[gateway]", f"port = {gateway}"]
    for name, table in tables.items():
        lines.append(f"[sources.{name}]")
        lines += [f"{key} = {_toml(value)}" for key, value in table.items()]
    path = home / "molva.toml"
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def _toml(value: Any) -> str:
    if isinstance(value, dict):
        return "{ " + ", ".join(f'"{key}" = {_toml(inner)}' for key, inner in value.items()) + " }"
    return json.dumps(value)


def _start(*arguments: str) -> subprocess.Popen[str]:
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
    command = [sys.executable, "-c", "from molva.cli import main; main()", *arguments]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment)


def _molva(*arguments: str) -> str:
    process = _start(*arguments)
    printed, said = process.communicate(timeout=900)
    assert process.returncode in {0, 1}, said
    return printed


def _lines(printed: str) -> list[Row]:
    return [json.loads(line) for line in printed.splitlines()]


def _wait_for(port: int) -> None:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            time.sleep(0.1)
        else:
            return
    raise AssertionError("the gateway did not start")
