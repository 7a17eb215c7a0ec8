from __future__ import annotations

import contextlib
import gzip
import shutil
import socket
import ssl
import subprocess
import threading
import time
import zlib
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collectors.client import Client, Manners
from collectors.cursors import MemoryState
from collectors.errors import LayoutChanged, LimitReached, NotFound, Refused, RetryLater, Stopped
from collectors.web.guard import check_address
from collectors.web.pace import Pace, retry_after
from collectors.web.recording import Recorder, Replayer, read_recording
from collectors.web.transport import Network, Unreachable, unpacked


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


# --- hostile servers ---------------------------------------------------------------------------------------------


def test_a_page_of_fifty_megabytes_is_not_read_to_its_end(site, client):
    sent = 0

    def flood(handler):
        nonlocal sent
        handler.send_response(200)
        handler.end_headers()
        for _ in range(800):
            handler.wfile.write(b"x" * 65_536)
            sent += 65_536

    site.pages["/"] = flood
    with pytest.raises(Refused, match="more than 1,000,000 bytes"):
        client(max_bytes=1_000_000).get(f"{site.url}/")
    assert sent < 40_000_000


def test_a_gzip_bomb_is_not_unpacked(site, client, answering):
    packer = zlib.compressobj(9, zlib.DEFLATED, 31)
    bomb = b"".join(packer.compress(bytes(1_000_000)) for _ in range(100)) + packer.flush()
    assert len(bomb) < 400_000
    site.pages["/"] = answering(bomb, Content_Encoding="gzip")
    started = time.monotonic()
    with pytest.raises(Refused, match="more than"):
        client(max_bytes=5_000_000).get(f"{site.url}/")
    assert time.monotonic() - started < 2


@pytest.mark.parametrize("pack", [gzip.compress, zlib.compress, lambda data: zlib.compress(data)[2:-4]])
def test_packed_pages_are_unpacked(site, client, answering, pack):
    encoding = "gzip" if pack is gzip.compress else "deflate"
    site.pages["/"] = answering(pack(b"hello" * 1000), Content_Encoding=encoding)
    assert client().get(f"{site.url}/").body == b"hello" * 1000


@given(st.binary(max_size=3000), st.sampled_from(["gzip", "deflate", "", "br", "x"]))
def test_unpacking_garbage_fails_in_an_orderly_way(data, encoding):
    with contextlib.suppress(Refused, Unreachable):
        assert sum(map(len, unpacked([data], encoding, max_bytes=10_000, url="u"))) <= 10_000


def test_a_body_that_drips_is_given_up(site, client):
    def drip(handler):
        handler.send_response(200)
        handler.send_header("Content-Length", "1000")
        handler.end_headers()
        for _ in range(200):
            handler.wfile.write(b"x")
            handler.wfile.flush()
            time.sleep(0.05)

    site.pages["/"] = drip
    started = time.monotonic()
    with pytest.raises(RetryLater, match=r"within 0\.5 s"):
        client(total=0.5, retries=0, robots=False).get(f"{site.url}/")
    assert time.monotonic() - started < 3


def test_headers_that_drip_are_given_up(site, client):
    def drip(handler):
        handler.wfile.write(b"HTTP/1.1 200 OK\r\n")
        for number in range(200):
            handler.wfile.write(b"X-%d: y\r\n" % number)
            handler.wfile.flush()
            time.sleep(0.05)

    site.pages["/"] = drip
    started = time.monotonic()
    with pytest.raises(RetryLater):
        client(total=0.5, retries=0, robots=False).get(f"{site.url}/")
    assert time.monotonic() - started < 3


def test_redirects_are_followed_but_not_for_ever(site, client, answering):
    site.pages |= {f"/{number}": answering(status=302, Location=f"/{number + 1}") for number in range(100)}
    site.pages["/end"] = b"here"
    site.pages["/start"] = answering(status=301, Location="end")
    assert client().get(f"{site.url}/start").body == b"here"
    with pytest.raises(Refused, match="more than 10 redirects"):
        client().get(f"{site.url}/0")


@pytest.mark.parametrize(
    "target",
    [
        "http://127.0.0.1:{port}/inside",
        "http://[::1]:{port}/inside",
        "http://0.0.0.0:{port}/inside",
        "http://2130706433:{port}/inside",
        "http://169.254.169.254/latest/meta-data",
        "http://[::ffff:169.254.169.254]/",
        "http://[64:ff9b::a9fe:a9fe]/",
        "http://10.0.0.1/",
        "http://[fd00:ec2::254]/",
        "file:///etc/passwd",
        "ftp://localhost/",
        "http://user:password@localhost:{port}/inside",
    ],
)
def test_a_redirect_into_the_inner_network_is_not_followed(site, client, answering, target):
    site.pages |= {
        "/": answering(status=302, Location=target.format(port=site.server.server_port)),
        "/inside": b"secret",
    }
    with pytest.raises(Refused):
        client(robots=False, timeout=1.0).get(f"{site.url}/")
    assert "/inside" not in site.asked


def test_the_metadata_address_is_refused_even_when_its_host_is_allowed():
    for address in ("169.254.169.254", "fe80::1", "::ffff:169.254.169.254", "0.0.0.0"):
        with pytest.raises(Refused):
            check_address(address, host="trusted", private=True)
    check_address("10.0.0.1", host="trusted", private=True)
    check_address("93.184.215.14", host="public", private=False)


def test_a_name_that_changes_its_address_after_the_check_gains_nothing(site, monkeypatch):
    real, asked = socket.getaddrinfo, []

    def rebinding(host, port, *args, **kwargs):
        if host != "rebind.example":
            return real(host, port, *args, **kwargs)
        asked.append(host)
        return real("93.184.215.14" if len(asked) == 1 else "127.0.0.1", port, *args, **kwargs)

    monkeypatch.setattr(socket, "getaddrinfo", rebinding)
    connected = []

    def connect(address, *args, **kwargs):
        connected.append(address[0])
        raise OSError("no network in tests")

    monkeypatch.setattr(socket, "create_connection", connect)
    with pytest.raises(RetryLater):
        Client(Manners(delay=0.0, retries=0, robots=False)).get(f"http://rebind.example:{site.server.server_port}/")
    assert connected
    assert set(connected) == {"93.184.215.14"}
    assert len(asked) == 1


@pytest.fixture
def secure_site(site, tmp_path) -> Path:
    """The site over TLS, with a certificate of its own; returns that."""
    certificate, key = tmp_path / "cert.pem", tmp_path / "key.pem"
    subprocess.run(
        [
            "openssl",
            "req",
            "-x509",
            "-newkey",
            "rsa:2048",
            "-nodes",
            "-days",
            "2",
            "-subj",
            "/CN=localhost",
            "-addext",
            "subjectAltName=DNS:localhost",
            "-keyout",
            key,
            "-out",
            certificate,
        ],
        check=True,
        capture_output=True,
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    site.server.socket = context.wrap_socket(site.server.socket, server_side=True)
    return certificate


@pytest.mark.skipif(shutil.which("openssl") is None, reason="makes a certificate with openssl")
def test_certificates_are_checked_against_the_name_and_slow_answers_given_up(site, secure_site):
    def drip(handler):
        handler.wfile.write(b"HTTP/1.1 200 OK\r\n")
        for number in range(100):
            handler.wfile.write(b"X-%d: y\r\n" % number)
            time.sleep(0.05)

    site.pages |= {"/": b"secure", "/drip": drip}
    url = site.url.replace("http:", "https:")
    network = Network(allow_private=["localhost", "127.0.0.1"], total=0.7)
    with pytest.raises(Refused, match="certificate"):
        network.get(f"{url}/", {}, max_bytes=1_000)
    network._session.verify = str(secure_site)
    assert network.get(f"{url}/", {}, max_bytes=1_000).body == b"secure"
    with pytest.raises(Refused, match="certificate"):
        network.get(f"{url.replace('localhost', '127.0.0.1')}/", {}, max_bytes=1_000)
    started = time.monotonic()
    with pytest.raises(Unreachable):
        network.get(f"{url}/drip", {}, max_bytes=1_000)
    assert time.monotonic() - started < 3


# --- pages -------------------------------------------------------------------------------------------------------

CARD = '<article class="review" id="{0}"><h3>Заголовок {0}</h3><p>Первая<br>вторая <b>строка</b><script>x()</script></p></article>'


def test_pages_follow_the_next_link_to_the_end(site, client):
    site.pages |= {
        "/1": (CARD.format(1) + '<a rel="next" href="/2">дальше</a>').encode(),
        "/2": CARD.format(2).encode(),
    }
    found = [card["id"] for page in client().pages(f"{site.url}/1", next="a[rel=next]") for card in page.all(".review")]
    assert found == ["1", "2"]


def test_text_is_what_a_reader_sees(site, client):
    site.pages["/"] = CARD.format(7).encode()
    card = client().page(f"{site.url}/").one("article")
    assert card.one("p").text == "Первая\nвторая строка"
    assert card.text_of("h3") == "Заголовок 7"
    assert card.text_of("h4") is None
    assert card.one("h3").number == 7


def test_dates_ratings_numbers_and_links_are_read_as_pages_write_them(site, client):
    site.pages["/"] = """
        <time datetime="2026-10-05T10:00:00+03:00">вчера</time> <i class="d">12 мая 2025</i> <i class="none">скоро</i>
        <b class="stars" title="4,5 из 5">★</b> <b class="of10">8/10</b> <b class="row">★★★★☆</b> <b class="no">нет</b>
        <a href=" /next?a=1 ">x</a> <img src="//cdn.example/i.png"> <a class="odd" href="http://[broken">x</a>
        <p data-id="7" class="one two">1 078,5 руб.</p>
    """.encode()
    page = client().page(f"{site.url}/")
    assert page.one("time").time == datetime(2026, 10, 5, 7, tzinfo=UTC)
    assert page.one(".d").time == datetime(2025, 5, 12, tzinfo=UTC)
    assert [(page.one(css).rating.value, page.one(css).rating.best) for css in (".stars", ".of10", ".row")] == [
        (4.5, 5.0),
        (8.0, 10.0),
        (4.0, 5.0),
    ]
    assert page.one("a").link == f"{site.url}/next?a=1"
    assert page.one("img").link == "http://cdn.example/i.png"
    assert page.one(".odd").link is None
    assert (page.one("p")["data-id"], page.one("p")["class"], page.one("p").get("id")) == ("7", "one two", None)
    for wrong in (lambda: page.one(".none").time, lambda: page.one(".no").rating, lambda: page.one(".no").number):
        with pytest.raises(LayoutChanged):
            wrong()
    assert page.one("p").number == 1078.5
    with pytest.raises(LayoutChanged, match="has no attribute 'id'"):
        page.one("p")["id"]


def test_a_selector_that_finds_nothing_is_a_changed_layout_unless_the_page_says_that_it_is_empty(site, client):
    site.pages |= {"/": b"<div>new design</div>", "/empty": b"<p class='none'>No reviews yet</p>"}
    with pytest.raises(LayoutChanged, match=r"nothing matches '.review'"):
        client().page(f"{site.url}/").all(".review", empty="p.none")
    assert client().page(f"{site.url}/empty").all(".review", empty="p.none") == []
    with pytest.raises(LayoutChanged):
        client().page(f"{site.url}/").one("article")


@pytest.mark.parametrize("href", ["#", "#next", "javascript:void(0)", "", "mailto:a@b.example"])
def test_a_next_link_that_leads_nowhere_is_the_end(site, client, href):
    site.pages["/1"] = (CARD.format(1) + f'<a rel="next" href="{href}">2</a>').encode()
    assert len(list(client().pages(f"{site.url}/1", next="a[rel=next]"))) == 1


@pytest.mark.parametrize("second", ["/1", "/1#top", "/3"])
def test_a_listing_that_runs_in_a_circle_is_noticed(site, client, second):
    first = (CARD.format(1) + '<a rel="next" href="/2">2</a>').encode()
    site.pages |= {"/1": first, "/2": (CARD.format(2) + f'<a rel="next" href="{second}">3</a>').encode(), "/3": first}
    with pytest.raises(LimitReached, match="circle"):
        list(client().pages(f"{site.url}/1", next="a[rel=next]"))
    assert len(site.fetched()) <= 3


def test_a_listing_without_end_is_cut(site, client):
    for number in range(20):
        site.pages[f"/{number}"] = f'{number}<a rel="next" href="/{number + 1}">more</a>'.encode()
    with pytest.raises(LimitReached, match="more than 5 pages"):
        list(client(max_pages=5).pages(f"{site.url}/0", next="a[rel=next]"))
    assert len(site.fetched()) == 5


def test_an_empty_page_and_a_page_nested_deep_are_read(site, client):
    site.pages |= {"/empty": b"", "/deep": b"<div>" * 20_000 + b"text"}
    assert client().page(f"{site.url}/empty").text == ""
    assert isinstance(client().page(f"{site.url}/deep").text, str)


def test_json_that_is_none_is_a_changed_layout(site, client):
    site.pages |= {"/": b'{"a": [1, 2]}', "/deep": b"[" * 5_000, "/html": b"<html>"}
    assert client().get(f"{site.url}/").json() == {"a": [1, 2]}
    for path in ("/deep", "/html"):
        with pytest.raises(LayoutChanged):
            client().get(site.url + path).json()


# --- recordings --------------------------------------------------------------------------------------------------


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
