"""Letters reach a real SMTP server at least once, always the same bytes, whatever breaks in between."""

from __future__ import annotations

import os
import ssl
import subprocess
import sys
from datetime import timedelta
from email import message_from_bytes
from email.policy import default
from pathlib import Path

import pytest
from aiosmtpd.smtp import AuthResult
from judgements import NOON, judged
from mail_world import Post, smtp
from smtp_receiver import Receiver

from indexer.alerts.mailer import FIRST_PAUSE, GIVE_UP
from indexer.alerts.transports import Outbox

WORLD = Path(__file__).with_name("mail_world.py")


def _read(letter):
    return message_from_bytes(letter, policy=default)


@pytest.fixture
def post(tmp_path):
    """Opens mailers over one database file."""
    opened = []

    def open_post(transport):
        opened.append(Post(tmp_path / "molva.sqlite", transport))
        return opened[-1]

    yield open_post
    for each in opened:
        each.mailer._transport.close()
        each.connection.close()


def test_letter_arrives_once_and_is_remembered(post):
    with Receiver() as server:
        mail = post(smtp(server.port))
        _, alert = mail.alert()
        step = mail.mailer.step(NOON)
        assert (step.sent, step.next_due) == (1, None)
        assert mail.mailer.step(NOON + timedelta(days=1)).sent == 0
        assert server.recipients == [["team@example.com"]]
        assert _read(server.letters[0])["Message-ID"] == f"<{alert.alert_id}@molva.example>"
        assert mail.ledger.get(alert.alert_id).state == "sent"


def test_one_connection_carries_many_letters(post):
    with Receiver() as server:
        mail = post(smtp(server.port))
        for number in range(5):
            mail.alert(f"r{number}")
        assert mail.mailer.step(NOON).sent == 5
        assert len({_read(letter)["Message-ID"] for letter in server.letters}) == 5


def test_connection_lost_inside_data_sends_the_same_bytes_again(post):
    with Receiver(answers=["drop"]) as server:
        mail = post(smtp(server.port))
        mail.alert(text="первая редакция")
        assert mail.mailer.step(NOON).later == 1
        mail.store.write([(99, _changed())])
        assert mail.mailer.step(NOON + FIRST_PAUSE).sent == 1
        assert len(server.letters) == 2
        assert server.letters[0] == server.letters[1]


def _changed():
    return judged("r1", "вторая редакция", stars=2, version=2, outcome="edited")


def test_mailer_killed_inside_data_sends_the_same_bytes_again(post, tmp_path):
    with Receiver(answers=["hang"]) as server:
        mail = post(smtp(server.port))
        _, alert = mail.alert()
        environment = {**os.environ, "PYTHONPATH": f"{WORLD.parent}{os.pathsep}{WORLD.parent.parent.parent}"}
        command = [sys.executable, str(WORLD), str(tmp_path / "molva.sqlite"), str(server.port)]
        with subprocess.Popen(command, env=environment) as child:
            assert server.arrived.wait(60)
            child.kill()
        assert mail.ledger.get(alert.alert_id).state == "sending"
        mail.store.write([(99, _changed())])
        assert mail.mailer.step(NOON + timedelta(hours=1)).sent == 1
        assert len(server.letters) == 2
        assert server.letters[0] == server.letters[1]
        assert mail.ledger.get(alert.alert_id).state == "sent"


def test_refused_recipient_is_a_dead_letter_that_can_be_revived(post):
    with Receiver(rcpt={"gone@example.com": "550 5.1.1 no such user"}) as server:
        mail = post(smtp(server.port))
        _, alert = mail.alert("r1", address="gone@example.com")
        mail.alert("r2")
        step = mail.mailer.step(NOON)
        assert (step.sent, len(step.dead)) == (1, 1)
        assert mail.dead == list(step.dead)
        assert "550" in mail.dead[0].reason
        assert mail.dead[0].topic == "alerts-raised"
        stated = mail.ledger.get(alert.alert_id).letter
        server.rcpt.clear()
        assert mail.ledger.revive(alert.alert_id, NOON)
        assert mail.mailer.step(NOON).sent == 1
        assert server.letters[-1].splitlines() == stated.splitlines()


@pytest.mark.parametrize("answer", ["451 4.3.0 try later", "452 full"])
def test_temporary_refusal_is_tried_again_with_growing_pauses(post, answer):
    with Receiver(answers=[answer] * 3) as server:
        mail = post(smtp(server.port))
        _, alert = mail.alert()
        now, pauses = NOON, []
        for _ in range(3):
            step = mail.mailer.step(now)
            assert step.later == 1
            pauses.append(step.next_due - now)
            now = step.next_due
        assert pauses == [FIRST_PAUSE, 2 * FIRST_PAUSE, 4 * FIRST_PAUSE]
        assert answer[:3] in mail.ledger.get(alert.alert_id).error
        assert mail.mailer.step(now).sent == 1


def test_server_that_is_away_costs_nothing_for_days_and_a_dead_letter_then(post):
    mail = post(smtp(1))
    _, alert = mail.alert("r1")
    for number in range(2, 9):
        mail.alert(f"r{number}")
    step = mail.mailer.step(NOON)
    assert step.later == 2
    assert mail.ledger.get(alert.alert_id).state in {"raised", "sending"}
    step = mail.mailer.step(NOON + GIVE_UP + timedelta(seconds=1))
    assert {letter.reason[:8] for letter in step.dead} == {"given up"}


def test_letter_of_an_ended_or_paused_subscription_or_a_forgotten_review_is_dropped(post):
    with Receiver() as server:
        mail = post(smtp(server.port))
        ended, first = mail.alert("r1")
        paused, second = mail.alert("r2")
        _, third = mail.alert("r3")
        mail.subscriptions.unsubscribe(ended.token)
        mail.subscriptions.pause(paused.id, paused=True)
        mail.store.forget(["r3"])
        assert mail.mailer.step(NOON).dropped == 3
        states = {mail.ledger.get(alert.alert_id).state for alert in (first, second, third)}
        assert (states, server.letters) == ({"dropped"}, [])


def test_letter_that_cannot_be_written_holds_up_no_other(post, monkeypatch):
    with Receiver() as server:
        mail = post(smtp(server.port))
        mail.alert("r1")
        mail.alert("r2")
        mail.connection.execute(
            'UPDATE index_bodies SET body = \'{"review_id":"r1"}\' WHERE number ='
            " (SELECT number FROM index_documents WHERE review_id = 'r1')"
        )
        step = mail.mailer.step(NOON)
        assert (step.sent, len(step.dead)) == (1, 1)
        assert "Traceback" in step.dead[0].traceback


def test_index_that_is_away_holds_letters_up_and_kills_none(post, monkeypatch):
    with Receiver() as server:
        mail = post(smtp(server.port))
        _, alert = mail.alert()

        def away(_review_id):
            raise ConnectionError("away")

        with monkeypatch.context() as patched:
            patched.setattr(mail.store, "get", away)
            with pytest.raises(ConnectionError):
                mail.mailer.step(NOON)
        assert mail.ledger.get(alert.alert_id).state == "raised"
        assert mail.mailer.step(NOON).sent == 1


def test_encryption_and_login(post, tmp_path):
    certificate, key = tmp_path / "cert.pem", tmp_path / "key.pem"
    made = "openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=127.0.0.1 -addext subjectAltName=IP:127.0.0.1"
    subprocess.run(
        [*made.split(), "-keyout", key, "-out", certificate],
        check=True,
        capture_output=True,
    )
    serving = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    serving.load_cert_chain(certificate, key)

    def login(server, session, envelope, mechanism, data):
        return AuthResult(success=(data.login, data.password) == (b"molva", b"right"), handled=False)

    trusting = ssl.create_default_context(cafile=str(certificate))
    options = {"tls_context": serving, "require_starttls": True, "auth_required": True, "authenticator": login}
    with Receiver(**options) as server:
        wrong = {"security": "starttls", "user": "molva", "password": "wrong"}
        mail = post(smtp(server.port, server=wrong, context=trusting))
        _, alert = mail.alert()
        assert mail.mailer.step(NOON).later == 1
        assert "login was refused" in mail.ledger.get(alert.alert_id).error
        assert "wrong" not in mail.ledger.get(alert.alert_id).error

        strangers = post(smtp(server.port, server={**wrong, "password": "right"}))
        assert strangers.mailer.step(NOON + timedelta(hours=1)).later == 1
        assert "certificate" in mail.ledger.get(alert.alert_id).error.lower()

        right = post(smtp(server.port, server={**wrong, "password": "right"}, context=trusting))
        assert right.mailer.step(NOON + timedelta(hours=9)).sent == 1


def test_starttls_is_insisted_on(post):
    with Receiver() as server:
        mail = post(smtp(server.port, server={"security": "starttls"}))
        mail.alert()
        assert mail.mailer.step(NOON).later == 1
        assert server.letters == []


def test_outbox_holds_each_letter_once_and_whole(post, tmp_path):
    folder = tmp_path / "var" / "outbox"
    mail = post(Outbox(folder))
    _, alert = mail.alert(text="Ужасно")
    assert mail.mailer.step(NOON).sent == 1
    (path,) = folder.iterdir()
    assert path.name == f"{alert.alert_id}.eml"
    assert path.read_bytes() == mail.ledger.get(alert.alert_id).letter
    mail.mailer._transport.send(path.read_bytes(), "team@example.com", alert.alert_id)
    assert [found.name for found in folder.iterdir()] == [path.name]


def test_outbox_that_cannot_be_written_is_tried_again(post, tmp_path):
    (tmp_path / "file").write_text("in the way")
    mail = post(Outbox(tmp_path / "file" / "outbox"))
    mail.alert()
    assert mail.mailer.step(NOON).later == 1


def test_forgotten_reviews_leave_no_letter(post, tmp_path):
    mail = post(Outbox(tmp_path / "outbox"))
    _, alert = mail.alert()
    mail.mailer.step(NOON)
    assert mail.ledger.forget(mail.ledger.concerning(review_ids=["r1", "r9"])) == 1
    assert mail.ledger.get(alert.alert_id) is None


def test_old_letters_lose_their_bytes_but_are_never_raised_again(post, tmp_path):
    mail = post(Outbox(tmp_path / "outbox"))
    _, alert = mail.alert()
    mail.mailer.step(NOON)
    mail.mailer.step(NOON + timedelta(days=29))
    assert mail.ledger.get(alert.alert_id).letter is not None
    mail.mailer.step(NOON + timedelta(days=31))
    assert mail.ledger.get(alert.alert_id).letter is None
    assert mail.ledger.record([alert]) == 0
    assert mail.mailer.step(NOON + timedelta(days=31)).sent == 0
