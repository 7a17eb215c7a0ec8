"""The IMAP source against a real Dovecot: each mail once, whatever the server does; nothing is changed there."""

from __future__ import annotations

import imaplib
import os
import pwd
import shutil
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path

import pytest

from collectors import Item, Refused, Rejected, RetryLater, Review
from collectors.plugin import Secret, load

USER, PASSWORD = "shop", "secret"
FOLDER = "Отзывы & письма"
LETTER = """From: Ann <ann@x.example>
To: shop@acme.example
Subject: Re: Ваш заказ
Message-ID: <{number}@x.example>

Письмо номер {number}, всё хорошо.
"""

pytestmark = pytest.mark.servers


class Server:
    """A running Dovecot with one account."""

    def __init__(self, port: int, tls_port: int, certificate: Path) -> None:
        self.port, self.tls_port, self.certificate = port, tls_port, certificate

    def connect(self) -> imaplib.IMAP4:
        imap = imaplib.IMAP4("127.0.0.1", self.port)
        imap.login(USER, PASSWORD)
        return imap

    def put(self, *numbers: int, folder: str = "INBOX", raw: bytes | None = None) -> None:
        imap = self.connect()
        for number in numbers:
            imap.append(
                folder, "", imaplib.Time2Internaldate(time.time()), raw or LETTER.format(number=number).encode()
            )
        imap.logout()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def config(base: Path, port: int, tls_port: int, home: Path) -> str:
    return f"""
base_dir = {base}/run
state_dir = {base}/state
log_path = {base}/dovecot.log
protocols = imap
listen = 127.0.0.1
ssl = yes
ssl_cert = <{base}/certificate.pem
ssl_key = <{base}/key.pem
disable_plaintext_auth = no
auth_failure_delay = 0
first_valid_uid = 1
mail_location = maildir:{home}/Maildir
passdb {{
  driver = passwd-file
  args = {base}/users
}}
userdb {{
  driver = passwd-file
  args = {base}/users
}}
service imap-login {{
  chroot =
  inet_listener imap {{
    port = {port}
  }}
  inet_listener imaps {{
    port = {tls_port}
  }}
}}
service anvil {{
  chroot =
}}
namespace inbox {{
  inbox = yes
}}
"""


@pytest.fixture(scope="session")
def dovecot(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """Dovecot on a free port of this machine; skips when it is not installed or cannot be started."""
    program, openssl = shutil.which("dovecot") or shutil.which("/usr/sbin/dovecot"), shutil.which("openssl")
    if program is None or openssl is None:
        pytest.skip("Dovecot is not installed (Debian: dovecot-imapd): the IMAP source is NOT tested")
    if os.geteuid() != 0:
        pytest.skip("Dovecot needs root to change to the mailbox's user: the IMAP source is NOT tested")
    base = Path(
        subprocess.run(
            ["mktemp", "-d", "/tmp/dovecot-XXXXXX"], check=True, capture_output=True, text=True
        ).stdout.strip()
    )
    home, port, tls_port = base / "home", free_port(), free_port()
    name = ["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1"]
    paths = ["-keyout", str(base / "key.pem"), "-out", str(base / "certificate.pem")]
    command = [openssl, "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", *name, *paths]
    subprocess.run(command, check=True, capture_output=True, timeout=60)
    home.mkdir()
    nobody = pwd.getpwnam("nobody")
    os.chown(home, nobody.pw_uid, nobody.pw_gid)
    base.chmod(0o755)
    (base / "users").write_text(f"{USER}:{{PLAIN}}{PASSWORD}:{nobody.pw_uid}:{nobody.pw_gid}::{home}\n")
    file = base / "dovecot.conf"
    file.write_text(config(base, port, tls_port, home))
    subprocess.run([program, "-c", str(file)], check=True, timeout=30)
    try:
        for _ in range(100):
            try:
                socket.create_connection(("127.0.0.1", port), timeout=1).close()
                break
            except OSError:
                time.sleep(0.1)
        else:
            pytest.fail(f"Dovecot did not start: {(base / 'dovecot.log').read_text()[-2000:]}")
        yield Server(port, tls_port, base / "certificate.pem")
    finally:
        subprocess.run([program, "-c", str(file), "stop"], check=False, timeout=30)
        shutil.rmtree(base, ignore_errors=True)


@pytest.fixture
def box(dovecot: Server) -> Iterator[Server]:
    """The server with an empty account."""
    yield dovecot
    imap = dovecot.connect()
    _, [count] = imap.select("INBOX")
    if count and int(count):
        imap.store("1:*", "+FLAGS", "\\Deleted")
        imap.expunge()
    imap.logout()


Reader = Callable[..., list[Item]]


@pytest.fixture
def read(box: Server) -> Reader:
    def run(cursor: dict[str, bytes], **options: object) -> list[Item]:
        found = load("collectors.sources.imap")
        config = {
            "host": "127.0.0.1",
            "port": box.port,
            "user": USER,
            "password": Secret(PASSWORD),
            "security": "none",
            "subject": "acme",
        }
        return list(found(source="box", cursor=cursor, progress=lambda _done, _total: None, **{**config, **options}))

    return run


def ids(items: list[Item]) -> list[str | None]:
    return [item.id for item in items if isinstance(item, Review)]


def test_each_mail_comes_once(box: Server, read: Reader) -> None:
    cursor: dict[str, bytes] = {}
    box.put(1, 2)
    first = read(cursor)
    assert ids(first) == ["1@x.example", "2@x.example"]
    assert isinstance(first[0], Review)
    assert first[0].text == "Письмо номер 1, всё хорошо."
    assert read(cursor) == []
    box.put(3)
    assert ids(read(cursor)) == ["3@x.example"]
    assert read(cursor) == []


def test_nothing_is_marked_as_read(box: Server, read: Reader) -> None:
    box.put(1)
    read({})
    imap = box.connect()
    imap.select("INBOX", readonly=True)
    assert imap.search(None, "UNSEEN")[1] == [b"1"]
    imap.logout()


def test_another_uidvalidity_reads_all_again_as_the_same_reviews(box: Server, read: Reader) -> None:
    cursor: dict[str, bytes] = {}
    imap = box.connect()
    imap.create("Again")
    box.put(1, 2, 3, folder="Again")
    before = read(cursor, folder="Again")
    imap.delete("Again")
    time.sleep(1.1)  # Dovecot numbers folders by the second
    imap.create("Again")
    imap.logout()
    box.put(2, 3, folder="Again")
    assert ids(before) == ["1@x.example", "2@x.example", "3@x.example"]
    assert ids(read(cursor, folder="Again")) == ["2@x.example", "3@x.example"]
    assert cursor["uid"] == b"2"


def test_a_run_that_breaks_off_goes_on_where_it_was(box: Server) -> None:
    box.put(1, 2, 3)
    cursor: dict[str, bytes] = {}
    found = load("collectors.sources.imap")
    config = {
        "host": "127.0.0.1",
        "port": box.port,
        "user": USER,
        "password": Secret(PASSWORD),
        "security": "none",
        "subject": "acme",
    }
    items = found(source="box", cursor=cursor, progress=lambda _done, _total: None, **config)
    assert ids([next(items), next(items)]) == ["1@x.example", "2@x.example"]
    items.close()
    rest = list(found(source="box", cursor=cursor, progress=lambda _done, _total: None, **config))
    assert ids(rest) == ["2@x.example", "3@x.example"]  # the second was yielded, but not yet known to be safe


def test_a_poisoned_mail_is_rejected_and_the_others_are_read(box: Server, read: Reader) -> None:
    poison = b"From: a@x.example\r\nX-Autoreply: yes\r\nContent-Type: multipart/mixed; boundary=\r\n\r\n\xff\xfe\r\n"
    box.put(1)
    box.put(9, raw=poison)
    box.put(2)
    items = read({})
    assert ids(items) == ["1@x.example", "2@x.example"]
    [rejected] = [item for item in items if isinstance(item, Rejected)]
    assert rejected.payload == poison
    assert rejected.key is not None
    assert rejected.key.startswith("INBOX ")


def test_folders_with_russian_names_are_opened(box: Server, read: Reader) -> None:
    box.connect().create('"&BB4EQgQ3BEsEMgRL- &- &BD8EOARBBEwEPAQw-"')
    assert read({}, folder=FOLDER) == []


def test_mails_before_a_day_are_left_out(box: Server, read: Reader) -> None:
    imap = box.connect()
    imap.append("INBOX", "", '"01-Jan-2020 10:00:00 +0000"', LETTER.format(number=1).encode())
    imap.append("INBOX", "", '"01-Jan-2024 10:00:00 +0000"', LETTER.format(number=2).encode())
    imap.logout()
    assert ids(read({}, after=date(2022, 1, 1))) == ["2@x.example"]


def test_wrong_passwords_and_missing_folders_are_refused(read: Reader) -> None:
    with pytest.raises(Refused, match="refuses shop"):
        read({}, password=Secret("wrong"))
    with pytest.raises(Refused, match="Nowhere"):
        read({}, folder="Nowhere")


def test_a_server_that_is_away_is_tried_later(read: Reader) -> None:
    with pytest.raises(RetryLater):
        read({}, port=free_port())


def test_tls_is_spoken_with_a_server_whose_certificate_is_trusted(box: Server, read: Reader) -> None:
    box.put(1)
    trusted = {"ca_file": str(box.certificate)}
    assert ids(read({}, security="tls", port=box.tls_port, **trusted)) == ["1@x.example"]
    assert ids(read({}, security="starttls", **trusted)) == ["1@x.example"]


@pytest.mark.parametrize("security", ["tls", "starttls"])
def test_a_certificate_that_nobody_trusts_is_refused(box: Server, read: Reader, security: str) -> None:
    with pytest.raises(Refused, match="certificate"):
        read({}, security=security, port=box.tls_port if security == "tls" else box.port)
