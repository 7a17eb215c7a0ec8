"""Servers that mean harm or are broken: bombs, drips, loops, and ways into the inner network."""

from __future__ import annotations

import contextlib
import gzip
import shutil
import socket
import ssl
import subprocess
import time
import zlib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collectors.client import Client, Manners
from collectors.errors import Refused, RetryLater
from collectors.web.guard import check_address
from collectors.web.transport import Network, Unreachable, unpacked


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
