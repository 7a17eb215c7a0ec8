"""Fetching politely: robots.txt, distance, retries, what has not changed, recordings, proxies."""

from __future__ import annotations

import threading
import time
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collectors.client import Client, Manners
from collectors.cursors import MemoryState
from collectors.errors import LayoutChanged, NotFound, Refused, RetryLater, Stopped
from collectors.web.pace import Pace, retry_after
from collectors.web.recording import Recorder, Replayer, read_recording
from collectors.web.transport import Network


def test_fetches_a_page_and_says_who_it_is(site, client):
    site.pages["/"] = "Привет".encode()
    answer = client(contact="https://molva.example/bot").get(f"{site.url}/")
    assert (answer.status, answer.text, answer.url) == (200, "Привет", f"{site.url}/")
    assert site.headers[-1]["user-agent"] == "molva/1.0 (+https://molva.example/bot)"


def test_asks_robots_txt_once_and_does_not_fetch_what_it_forbids(site, client):
    site.pages |= {"/robots.txt": b"User-agent: molva\nDisallow: /private\n", "/": b"x", "/private/a": b"secret"}
    guest = client()
    guest.get(f"{site.url}/")
    with pytest.raises(Refused, match="robots"):
        guest.get(f"{site.url}/private/a")
    assert site.asked == ["/robots.txt", "/"]


def test_a_redirect_into_what_robots_txt_forbids_is_not_followed(site, client, answering):
    site.pages |= {
        "/robots.txt": b"User-agent: *\nDisallow: /private\n",
        "/": answering(status=302, Location="/private"),
    }
    with pytest.raises(Refused, match="robots"):
        client().get(f"{site.url}/")
    assert "/private" not in site.asked


@pytest.mark.parametrize("status", [401, 403, 404, 410])
def test_without_a_robots_txt_everything_may_be_fetched(site, client, answering, status):
    site.pages |= {"/robots.txt": answering(b"Disallow: /", status=status), "/": b"x"}
    assert client().get(f"{site.url}/").body == b"x"


@pytest.mark.parametrize("status", [429, 500, 503])
def test_while_robots_txt_cannot_be_had_nothing_is_fetched(site, client, answering, status):
    site.pages |= {"/robots.txt": answering(status=status), "/": b"x"}
    with pytest.raises(RetryLater):
        client().get(f"{site.url}/")
    assert site.fetched() == []


def test_keeps_the_distance_that_robots_txt_asks_for(site, client):
    site.pages |= {"/robots.txt": b"User-agent: *\nCrawl-delay: 0.4\n", "/a": b"a", "/b": b"b"}
    guest = client(delay=0.01)
    guest.get(f"{site.url}/a")
    started = time.monotonic()
    guest.get(f"{site.url}/b")
    assert time.monotonic() - started >= 0.25


def test_two_clients_of_one_process_share_the_distance_to_a_host():
    pace = Pace()
    started = time.monotonic()
    for _ in range(3):
        pace.wait("host", 0.2)
    assert 0.29 <= time.monotonic() - started <= 1.0


def test_waiting_ends_when_the_process_stops():
    stop = threading.Event()
    pace = Pace(stop)
    pace.wait("host", 60)
    threading.Timer(0.05, stop.set).start()
    with pytest.raises(Stopped):
        pace.wait("host", 60)


def test_passing_trouble_is_sat_out(site, client, answering):
    answers = iter([answering(status=503), answering(status=429, Retry_After="0"), answering(b"at last")])

    def page(handler):
        next(answers)(handler)

    site.pages["/"] = page
    assert client().get(f"{site.url}/").body == b"at last"


@pytest.mark.parametrize("value", ["3600", format_datetime(datetime.now(UTC) + timedelta(hours=1), usegmt=True)])
def test_a_long_retry_after_ends_the_run_at_once(site, client, answering, value):
    site.pages["/"] = answering(status=429, Retry_After=value)
    with pytest.raises(RetryLater) as caught:
        client().get(f"{site.url}/")
    assert 3500 < caught.value.after <= 3600
    assert len(site.fetched()) == 1


def test_a_server_that_stays_down_is_tried_again_later(site, client, answering):
    site.pages["/"] = answering(status=500)
    with pytest.raises(RetryLater, match="answers 500"):
        client().get(f"{site.url}/")
    assert len(site.fetched()) == 3


def test_a_server_that_is_not_there_is_tried_again_later(client):
    with pytest.raises(RetryLater):
        client(robots=False).get("http://localhost:9/")


@pytest.mark.parametrize(("status", "error"), [(404, NotFound), (410, NotFound), (403, Refused), (418, LayoutChanged)])
def test_other_answers_are_named_by_what_to_do(site, client, answering, status, error):
    site.pages["/"] = answering(status=status)
    with pytest.raises(error):
        client().get(f"{site.url}/")


@given(st.text(max_size=200))
def test_retry_after_never_fails_on_garbage(value):
    seconds = retry_after(value)
    assert seconds is None or seconds >= 0


def test_what_has_not_changed_is_not_sent_again(site, client):
    def page(handler):
        if handler.headers.get("If-None-Match") == '"one"':
            handler.send_response(304)
            handler.send_header("ETag", '"one"')
            handler.end_headers()
            return
        body = b"<p>text</p>"
        handler.send_response(200)
        handler.send_header("ETag", '"one"')
        handler.send_header("Content-Length", str(len(body)))
        handler.end_headers()
        handler.wfile.write(body)

    site.pages["/"] = page
    store = MemoryState()
    first, second = (client(store=store).get(f"{site.url}/") for _ in range(2))
    assert (first.unchanged, second.unchanged) == (False, True)
    assert first.body == second.body == b"<p>text</p>"


def test_only_a_bounded_number_of_pages_is_kept(site, client, answering, monkeypatch):
    monkeypatch.setattr("collectors.web.cache.MOST_ENTRIES", 3)
    store = MemoryState()
    for number in range(6):
        site.pages[f"/{number}"] = answering(b"x", ETag=f'"{number}"')
        client(store=store, robots=False).get(f"{site.url}/{number}")
    assert len(store) == 3


def test_a_recording_gives_the_same_answers_without_the_site(site, tmp_path, answering):
    site.pages |= {"/a?api_key=hidden": answering(b"old", status=302, Location="/b"), "/b": "Отзыв".encode()}
    recorder = Recorder(Network(allow_private=["localhost"]), tmp_path)
    polite = Manners(delay=0.0, retries=0)
    live = Client(polite, transport=recorder).get(f"{site.url}/a?api_key=hidden")
    played = Client(polite, transport=Replayer(read_recording(tmp_path))).get(f"{site.url}/a?api_key=other")
    assert played.body == live.body == "Отзыв".encode()
    assert "hidden" not in (tmp_path / "traffic.json").read_text()
    with pytest.raises(Refused, match="not in the recording"):
        Client(polite, transport=Replayer(read_recording(tmp_path))).get(f"{site.url}/c")


def test_a_proxy_is_used_when_it_is_configured_and_not_asked_for_inner_addresses(site, client):
    site.pages["http://shop.example/a"] = b"by proxy"
    guest = client(proxy=site.url, robots=False)
    assert guest.get("http://shop.example/a").body == b"by proxy"
    with pytest.raises(Refused):
        guest.get("http://169.254.169.254/latest")
    with pytest.raises(Refused):
        guest.get("http://127.0.0.1/")
    assert site.asked == ["http://shop.example/a"]
