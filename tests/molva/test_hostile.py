"""The whole pipeline over input that means harm or is broken, beside healthy sources that must not notice."""

from __future__ import annotations

import gzip
import json
import socket
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import SimpleNamespace
from typing import Any

import pytest
import requests

from collectors.quarantine import Quarantine
from molva.pipeline import Pipeline
from molva.settings import load
from molva.workspace import Workspace

MEGABYTE = "я" * 500_000
STORY = "The kettle leaked on the second day and nobody at the shop answered my letters."


def markup(*reviews: dict[str, Any], link: str = "") -> str:
    data = {"@context": "https://schema.org", "@type": "Product", "name": "Kettle", "review": list(reviews)}
    return f'<meta charset="utf-8"><script type="application/ld+json">{json.dumps(data)}</script>{link}'


def review(text: str, **fields: Any) -> dict[str, Any]:
    return {"@type": "Review", "author": {"name": f"Ann {len(text)}"}, "reviewBody": text, **fields}


def rated(value: object) -> dict[str, Any]:
    return {"@type": "Rating", "ratingValue": value, "bestRating": 5}


BROKEN = markup(review(STORY)).replace('"review"', "review")
NEXT = '<a rel="next" href="{}">Next</a>'
PAGES: dict[str, tuple[str | bytes, dict[str, str]]] = {
    "healthy": (markup(review(STORY), review("Чайник кипятит быстро и почти не шумит, очень доволен.")), {}),
    "invalid-json-ld": (BROKEN, {}),
    "wrong-charset": (
        markup(review("Чайник протёк на второй день, магазин не отвечает на письма."))
        .encode("ascii")
        .decode("unicode-escape")
        .encode("cp1251"),
        {"Content-Type": "text/html; charset=utf-8"},
    ),
    "huge": (b"<p>x</p>" * 6_250_000, {}),
    "bomb": (gzip.compress(bytes(300_000_000), 1), {"Content-Encoding": "gzip"}),
    "loop": (markup(review(STORY), link=NEXT.format("/loop?p=2")), {}),
    "empty": (b"", {}),
    "one-line": (f"<p>{MEGABYTE}</p>", {}),
    "deep": ('<script type="application/ld+json">' + "[" * 5_000 + "]" * 5_000 + "</script>", {}),
    "deep-tags": ("<div>" * 50_000 + STORY, {}),
    "nul-and-surrogates": (markup(review(f"{STORY} half \ud83d, NUL \0")), {}),
    "far-dates": (markup(review(STORY, datePublished="9999-12-31T23:59:59-12:00")), {}),
    "rating-7-of-5": (markup(review(STORY, reviewRating=rated(7))), {}),
    "nan": (markup(review(STORY, reviewRating=rated(float("nan")))), {}),
}
ENDINGS = {
    "healthy": "exhausted",
    "invalid-json-ld": "layout changed",
    "wrong-charset": "exhausted",
    "huge": "refused",
    "bomb": "refused",
    "loop": "limit reached",
    "redirect": "refused",
    "empty": "layout changed",
    "one-line": "layout changed",
    "deep": "layout changed",
    "deep-tags": "layout changed",
    "nul-and-surrogates": "exhausted",
    "far-dates": "exhausted",
    "rating-7-of-5": "exhausted",
    "nan": "exhausted",
    "rows": "exhausted",
    "mails": "exhausted",
    "answers": "exhausted",
    "form": "",
}
GOOD_ROW = {"id": 1, "subject": "kettle", "rating": 1, "text": f"{STORY} I want my money back."}
ROWS = {
    "not JSON": b'{"id": 2, "subject": "p", "text": ',
    "nested too deep": b'{"id": 3, "subject": "p", "text": ' + b"[" * 5_000 + b"]" * 5_000 + b"}",
    "outside its scale": b'{"id": 4, "subject": "p", "rating": {"value": 7, "best": 5}}',
    "finite": b'{"id": 5, "subject": "p", "rating": NaN}',
    "published_at": b'{"id": 6, "subject": "p", "text": "x", "published_at": "9999-12-31T23:59:59-12:00"}',
    "a line of": b'{"id": 7, "subject": "p", "text": "' + b"x" * 2_000_000 + b'"}',
}
SURROGATES = b'{"id": 8, "subject": "p", "text": "half \\ud83d of a face, NUL \\u0000 and more of it"}'
HEAD = "From: Ann <ann@example.org>\r\nTo: shop@example.com\r\nMessage-ID: <{}@example.org>\r\nSubject: Re: Kettle\r\n"
MAILS = {
    "healthy": f"{HEAD}\r\n{STORY}\r\n".encode(),
    "without-text": f"{HEAD}Content-Type: application/pdf\r\n\r\nJVBERi0=\r\n".encode(),
    "nothing": b"",
    "nul": f"{HEAD}\r\n\0\0\0".encode(),
    "one-line": f"{HEAD}Content-Type: text/plain; charset=utf-8\r\n\r\n{MEGABYTE}".encode(),
    "deep": (f"{HEAD}" + 'Content-Type: multipart/mixed; boundary="a"\r\n\r\n--a\r\n' * 2_000).encode(),
    "charset": f"{HEAD}Content-Type: text/plain; charset=klingon\r\n\r\n".encode() + "Чайник течёт".encode("cp1251"),
}


@pytest.fixture(scope="module")
def site() -> Iterator[str]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            name = self.path.partition("?")[0].strip("/")
            if name.startswith("redirect"):
                self.send_response(302)
                self.send_header("Location", f"/redirect{len(name)}" + "x" * (len(name) % 7))
                self.end_headers()
                return
            body, headers = PAGES.get(name, (b"", {"none": ""}))
            self.send_response(200 if name in PAGES else 404)
            for header, value in {"Content-Type": "text/html", **headers}.items():
                self.send_header(header, value)
            self.end_headers()
            self.wfile.write(body.encode("utf-8", "surrogatepass") if isinstance(body, str) else body)

        def log_message(self, *args: Any) -> None:
            pass

    class Server(ThreadingHTTPServer):
        def handle_error(self, *args: Any) -> None:
            pass

    server = Server(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


@pytest.fixture(scope="module")
def world(site, tmp_path_factory) -> Iterator[SimpleNamespace]:
    """All of it collected, judged and indexed in one run, with requests posted to the gateway meanwhile."""
    home = tmp_path_factory.mktemp("hostile")
    (home / "rows.jsonl").write_bytes(b"\n".join([json.dumps(GOOD_ROW).encode(), *ROWS.values(), SURROGATES, b""]))
    (home / "mails" / "new").mkdir(parents=True)
    for name, raw in MAILS.items():
        (home / "mails" / "new" / name).write_bytes(raw.replace(b"{}", name.encode()))
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    client = 'client = { allow_private = ["127.0.0.1"], delay = 0, retries = 0 }\n'
    sites = (f'[sources.{name}]\ncollector = "site"\nurl = "{site}/{name}"\n{client}' for name in (*PAGES, "redirect"))
    (home / "molva.toml").write_text(
        f"[alerts]\nsettle = 0.1\n[gateway]\nport = {port}\n"
        + "".join(sites)
        + f'[sources.rows]\ncollector = "files"\npath = "{home / "rows.jsonl"}"\n'
        + f'[sources.mails]\ncollector = "maildir"\npath = "{home / "mails"}"\nsubject = "kettle"\n'
        + '[sources.answers]\ncollector = "sms"\nsubject = "kettle"\nsignature = "twilio"\nsecret = { env = "S" }\n'
        + '[sources.form]\nsubject = "kettle"\n',
        encoding="utf-8",
    )
    settings = load(home / "molva.toml", environment={"S": "s"})
    workspace = Workspace(settings)
    pipeline = Pipeline(workspace, workspace.sources())
    pipeline.start(collect=False)
    url = f"http://127.0.0.1:{port}"
    message = {"From": "+441", "To": "+442", "Body": "5", "MessageSid": "SM1"}
    posted = {
        "forged": requests.post(f"{url}/sms/answers", message, headers={"X-Twilio-Signature": "x"}, timeout=20),
        "nan": requests.post(f"{url}/form/form", json={"rating": "nan", "text": "x"}, timeout=20),
        "deep": requests.post(
            f"{url}/form/form", data="[" * 5_000, headers={"Content-Type": "application/json"}, timeout=20
        ),
        "large": requests.post(f"{url}/form/form", data=b"x" * 2_000_000, timeout=20),
        "bomb": requests.post(
            f"{url}/form/form", data=gzip.compress(bytes(9_000_000)), headers={"Content-Encoding": "gzip"}, timeout=20
        ),
        "healthy": requests.post(f"{url}/form/form", json={"rating": 2, "text": f"{STORY} Shame!"}, timeout=20),
    }
    runs = {run.source: run for run in pipeline.once()}
    store = workspace.store()
    yield SimpleNamespace(workspace=workspace, pipeline=pipeline, runs=runs, posted=posted, store=store, url=url)
    pipeline.finish()
    workspace.close()


def letters(world, source: str) -> list[str]:
    return [letter.reason for _, letter in world.workspace.host.dead_letters() if letter.source == source]


@pytest.mark.parametrize("name", [name for name, ending in ENDINGS.items() if ending])
def test_each_source_ends_as_it_should_and_says_why(world, name):
    run = world.runs[name]
    assert run.ending == ENDINGS[name], run.why
    assert bool(run.why) == (ENDINGS[name] != "exhausted")
    assert "Traceback" not in run.why


def test_the_pipeline_goes_on_and_its_counts_add_up(world):
    assert world.pipeline.failure is None
    assert not world.pipeline.stop.is_set()
    total = world.workspace.tally.total()
    assert total["adds_up"], total


@pytest.mark.parametrize(
    "query",
    [
        "source:healthy AND kettle AND risk.score:[0 TO 1]",
        "source:healthy AND чайник AND language:ru",
        "source:rows AND money AND negative:true",
        "source:mails AND kettle",
        "source:form AND shame",
    ],
)
def test_healthy_sources_beside_it_are_collected_judged_and_searchable(world, query):
    assert world.store.search(query).total == 1


@pytest.mark.parametrize("reason", ROWS)
def test_each_broken_row_is_a_dead_letter_with_its_reason_and_bytes(world, reason):
    (found,) = [
        letter
        for _, letter in world.workspace.host.dead_letters()
        if letter.source == "rows" and reason in letter.reason
    ]
    assert found.payload == ROWS[reason][:600_000]


def test_control_characters_and_half_characters_do_not_get_in(world):
    for source in ("rows", "nul-and-surrogates"):
        for hit in world.store.search(f"source:{source} AND half").hits:
            assert "\0" not in hit.document["text"]
            hit.document["text"].encode("utf-8")
            break
        else:
            pytest.fail(f"{source}: the review with half a character is not there")


def test_text_in_another_character_set_than_it_says_is_read(world):
    assert world.store.search('source:wrong-charset AND "не отвечает на письма"').total == 1


def test_a_date_or_a_rating_that_cannot_be_is_not_believed(world):
    for source in ("far-dates", "rating-7-of-5", "nan"):
        found = [hit.document for hit in world.store.search(f"source:{source}").hits]
        assert found or letters(world, source), source
        for document in found:
            assert not document.get("published_at", "").startswith("9999")
            assert document.get("stars") is None


def test_mails_without_a_text_are_dead_letters_with_their_reason(world):
    taken = {hit.document["id"].partition("@")[0].strip("<") for hit in world.store.search("source:mails").hits}
    assert "healthy" in taken
    assert not taken & {"without-text", "nothing", "nul"}
    assert world.runs["mails"].seen == len(MAILS)
    assert len(letters(world, "mails")) == world.runs["mails"].rejected >= 3
    assert all(letters(world, "mails"))


def test_a_forged_message_is_kept_apart_and_broken_forms_are_answered(world):
    codes = {name: answer.status_code for name, answer in world.posted.items()}
    assert codes == {"forged": 202, "nan": 422, "deep": 422, "large": 413, "bomb": 415, "healthy": 200}
    held = Quarantine(world.workspace.states.of("answers"))
    (key,) = held.keys()
    assert "twilio signature" in held.get(key).reason
    assert world.store.search("source:answers").total == 0


def test_nobody_escapes_the_limit_by_claiming_to_be_many(world):
    for number in range(60):
        claimed = {"X-Forwarded-For": f"198.51.100.{number}"}
        if requests.post(f"{world.url}/form/form", json={}, headers=claimed, timeout=20).status_code == 429:
            return
    pytest.fail("sixty forms from one address were taken")
