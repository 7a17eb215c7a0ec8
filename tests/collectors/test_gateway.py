from __future__ import annotations

import base64
import hashlib
import hmac
import socket
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import pytest
import uvicorn

from collectors import Secret, collector
from collectors.configured import Source, configure
from collectors.cursors import MemoryState, SqliteStates
from collectors.gateway import app
from collectors.plugin import Received, load
from collectors.publisher import MemoryPublisher
from collectors.quarantine import KEEP, Full, Quarantine
from collectors.reception import Limiter, Reception
from collectors.runner import Runner, status
from schemas import codec

COLLECTORS = {name: load(f"collectors.sources.{name}") for name in ("sms", "form", "reviews")}
TOKEN = "12345"


class Gateway:
    """A gateway that really listens, over a state that outlives it."""

    def __init__(self, tables: dict[str, dict[str, Any]], path, publisher, **options: Any) -> None:
        self.states = SqliteStates(path / "state.db")
        self.sources = [configure(name, table, COLLECTORS) for name, table in tables.items()]
        self.runner = Runner(publisher, contact_key=b"key")
        self.reception = Reception(self.sources, self.runner, self.states.of)
        config = uvicorn.Config(
            app(self.sources, self.runner, self.states.of, **options), port=0, log_level="error", proxy_headers=False
        )
        self.server = uvicorn.Server(config)
        self.thread = threading.Thread(target=self.server.run, daemon=True)
        self.thread.start()
        while not self.server.started:
            time.sleep(0.01)
        self.port = self.server.servers[0].sockets[0].getsockname()[1]
        self.http = httpx.Client(base_url=f"http://127.0.0.1:{self.port}", timeout=10)

    def close(self) -> None:
        self.http.close()
        self.server.should_exit = True
        self.thread.join(timeout=10)
        self.states.close()


@pytest.fixture
def gateway(tmp_path, publisher) -> Iterator[Callable[..., Gateway]]:
    opened: list[Gateway] = []

    def open_one(
        published: MemoryPublisher = publisher, options: dict[str, Any] | None = None, **tables: Any
    ) -> Gateway:
        opened.append(Gateway(tables, tmp_path, published, **(options or {})))
        return opened[-1]

    yield open_one
    for one in opened:
        one.close()


def twilio_table(**more: Any) -> dict[str, Any]:
    address = {"public_url": "https://we.example/sms/answers"}
    return {
        "collector": "sms",
        "subject": "shop",
        "signature": "twilio",
        "secret": Secret(TOKEN),
        "gateway": address,
        **more,
    }


def signed(
    params: dict[str, str], *, url: str = "https://we.example/sms/answers", token: str = TOKEN
) -> dict[str, str]:
    data = url + "".join(name + params[name] for name in sorted(params))
    return {
        "X-Twilio-Signature": base64.b64encode(hmac.new(token.encode(), data.encode(), hashlib.sha1).digest()).decode()
    }


PLAIN = {"collector": "sms", "subject": "shop", "signature": "none"}
SMS = {"From": "+79990001122", "Body": "Обслуживание на 2 из 5, ждал час", "MessageSid": "SM1"}


# --- short messages ----------------------------------------------------------------------------------------------


def test_a_genuine_message_becomes_a_review_without_its_number(gateway, publisher):
    answer = gateway(answers=twilio_table()).http.post("/sms/answers", data=SMS, headers=signed(SMS))
    assert (answer.status_code, answer.text, answer.headers["content-type"].partition(";")[0]) == (
        200,
        "<Response/>",
        "text/xml",
    )
    (event,) = publisher.events
    review = event.review
    assert (review.source, review.channel, review.id, review.subject.id) == ("answers", "sms", "SM1", "shop")
    assert (review.rating.value, review.rating.best) == (2.0, 5.0)
    assert b"9990001122" not in codec.encode(event)
    assert len(review.author.contact_hash) == 32


def test_the_last_message_is_a_sources_last_success(gateway):
    one = gateway(plain=PLAIN)
    (source,) = one.sources
    state = one.states.of("plain")
    one.runner.run(source, state)
    assert status(state) == (None, None)
    one.http.post("/sms/plain", data=SMS)
    one.runner.run(source, state)
    run, success = status(state)
    assert (run.ending, run.published, success) == ("exhausted", 1, run.started_at)


def test_a_message_by_get_is_taken_too(gateway, publisher):
    http = gateway(plain=PLAIN).http
    assert http.get("/sms/plain", params={"from": "79990001122", "text": "5", "id": "7"}).status_code == 200
    assert publisher.events[0].review.rating.value == 5.0


def test_a_forged_message_is_kept_apart_and_published_when_it_proves_genuine(gateway, publisher):
    one = gateway(answers=twilio_table(secret=Secret("old secret")))
    for _ in range(3):
        assert one.http.post("/sms/answers", data=SMS, headers=signed(SMS)).status_code == 202
    assert one.http.post("/sms/answers", data={**SMS, "Body": "forged"}).status_code == 202
    assert publisher.events == publisher.letters == []
    assert one.reception.replay("answers") == (0, 2)
    one.close()

    mended = gateway(answers=twilio_table())
    assert mended.reception.replay("answers") == (1, 1)
    assert [event.review.text for event in publisher.events] == [SMS["Body"]]
    assert mended.reception.replay("answers") == (0, 1)
    (key,) = Quarantine(mended.states.of("answers")).keys()
    held = Quarantine(mended.states.of("answers")).get(key)
    assert b"forged" in held.received.body
    assert "twilio signature" in held.reason


def test_a_full_quarantine_asks_senders_to_come_again(monkeypatch):
    monkeypatch.setattr("collectors.quarantine.MOST", 3)
    quarantine = Quarantine(MemoryState())

    def request(number: int, at: float) -> Received:
        return Received(method="POST", url="u", headers={}, body=str(number).encode(), at=at)

    for number in range(3):
        quarantine.hold(request(number, 1_000.0), "forged")
    quarantine.hold(request(2, 1_000.0), "forged")
    with pytest.raises(Full):
        quarantine.hold(request(4, 1_000.0), "forged")
    quarantine.hold(request(5, 1_001.0 + KEEP.total_seconds()), "forged")
    assert len(quarantine.keys()) == 1


def test_a_source_without_its_secret_keeps_what_comes_and_says_so(gateway, publisher):
    one = gateway(answers={"collector": "sms", "subject": "shop", "signature": "twilio"})
    assert one.http.post("/sms/answers", data=SMS, headers=signed(SMS)).status_code == 202
    run = one.runner.run(one.sources[0], one.states.of("answers"))
    assert (run.ending, run.why) == ("failed", "source answers: signature = 'twilio' needs a secret")
    assert publisher.events == []


class Down(MemoryPublisher):
    def flush(self) -> None:
        raise OSError("no log")


def test_nothing_is_acknowledged_that_is_not_safe(gateway, tmp_path, publisher):
    one = gateway(Down(), answers=twilio_table())
    answer = one.http.post("/sms/answers", data=SMS, headers=signed(SMS))
    assert (answer.status_code, int(answer.headers["retry-after"]) > 0) == (503, True)
    one.close()
    again = gateway(publisher, answers=twilio_table())
    assert again.http.post("/sms/answers", data=SMS, headers=signed(SMS)).status_code == 200
    assert len(publisher.events) == 1


def test_parts_are_joined_over_a_restart(gateway, publisher):
    part = {"msisdn": "79990001122", "concat": "true", "concat-ref": "9", "concat-total": "2"}
    one = gateway(plain=PLAIN)
    assert (
        one.http.post("/sms/plain", data={**part, "concat-part": "2", "text": "вторая", "messageId": "b"}).status_code
        == 200
    )
    assert publisher.events == []
    one.close()
    other = gateway(plain=PLAIN)
    assert b"9990001122" not in b"".join(other.states.of("plain").values())
    other.http.post("/sms/plain", data={**part, "concat-part": "1", "text": "первая, ", "messageId": "a"})
    assert [event.review.text for event in publisher.events] == ["первая, вторая"]


def test_parts_that_come_at_the_same_time_are_joined_once(gateway, publisher):
    one = gateway(plain=PLAIN)

    def send(reference: int, number: int) -> int:
        part = {
            "concat-ref": str(reference),
            "concat-total": "2",
            "concat-part": str(number),
            "text": f"{reference}.{number} ",
        }
        address = f"http://127.0.0.1:{one.port}/sms/plain"
        return httpx.post(address, data={"from": "79990001122", "id": f"{reference}-{number}", **part}).status_code

    with ThreadPoolExecutor(8) as pool:
        codes = list(pool.map(send, [n // 2 for n in range(24)], [n % 2 + 1 for n in range(24)]))
    assert set(codes) == {200}
    assert sorted(event.review.text for event in publisher.events) == sorted(f"{n}.1 {n}.2 " for n in range(12))


def test_parts_that_wait_too_long_are_published_by_the_clock(gateway, publisher, monkeypatch):
    one = gateway(plain=PLAIN)
    one.http.post("/sms/plain", data={"from": "79990001122", "text": "half", "udh": "050003CC0201", "id": "a"})
    monkeypatch.setattr("collectors.platforms.sms.parts.WAIT", -1.0)
    (source,) = one.sources
    assert source.every == 60.0
    assert one.runner.run(source, one.states.of("plain")).published == 1
    assert publisher.events[0].review.text == "half […]"


def test_what_is_no_message_is_a_dead_letter_that_says_why(gateway, publisher):
    http = gateway(plain=PLAIN).http
    assert http.post("/sms/plain", content=b"[" * 5_000).status_code == 200
    assert http.post("/sms/plain", data={"MessageSid": "1", "MessageStatus": "delivered"}).status_code == 200
    assert http.post("/sms/plain", data={"From": "+79990001122", "Body": " "}).status_code == 200
    assert http.get("/sms/plain").status_code == 200
    assert [letter.reason for letter in publisher.letters] == [
        "not a short message: JSON nested too deep",
        "not a short message: no sender in it, as in a delivery report",
        "not a short message: no text in it",
        "not a short message: no sender in it, as in a delivery report",
    ]
    assert publisher.letters[0].payload == b"[" * 5_000
    assert publisher.events == []


def test_a_request_that_breaks_its_collector_is_kept(publisher):
    @collector(channel="sms", every=None)
    def broken(received):
        """Break."""
        yield 1 / 0

    state = MemoryState()
    reception = Reception([Source(name="b", collector=broken)], Runner(publisher, contact_key=b"k"), lambda name: state)
    assert reception.take("b", Received(method="POST", url="u", headers={}, body=b"x", at=0.0)) is None
    (key,) = Quarantine(state).keys()
    assert "ZeroDivisionError" in Quarantine(state).get(key).reason


# --- the HTTP side -----------------------------------------------------------------------------------------------


def test_there_is_nothing_at_other_addresses(gateway):
    http = gateway(plain=PLAIN).http
    for path in ("/", "/sms/other", "/form/plain", "/sms/plain/x", "/docs", "/openapi.json"):
        assert http.post(path).status_code in (404, 405)


def test_a_body_that_is_too_large_is_refused_while_it_comes(gateway, publisher):
    http = gateway(plain={**PLAIN, "gateway": {"max_bytes": 1_000}}).http
    assert http.post("/sms/plain", content=b"x" * 1_001).status_code == 413
    assert http.post("/sms/plain", content=(b"x" * 100 for _ in range(50))).status_code == 413
    assert http.post("/sms/plain", content=b"x", headers={"content-encoding": "gzip"}).status_code == 415
    assert publisher.events == publisher.letters == []


def test_a_body_that_drips_is_given_up(gateway):
    one = gateway(options={"body_seconds": 0.3}, plain=PLAIN)
    with socket.create_connection(("127.0.0.1", one.port), timeout=5) as peer:
        peer.sendall(b"POST /sms/plain HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\n")
        started = time.monotonic()
        answer = peer.recv(100)
    assert b" 408 " in answer
    assert time.monotonic() - started < 3


# --- forms -------------------------------------------------------------------------------------------------------

FORM = {"subject": "shop", "gateway": {"per_minute": 600}}
BROWSER = {"accept": "text/html", "accept-language": "ru-RU,ru;q=0.9,en;q=0.8"}


def test_a_form_becomes_a_review(gateway, publisher):
    http = gateway(form=FORM).http
    sent = {"text": "Плохо упаковано", "rating": "2", "name": "Анна", "email": "anna@example.com", "order": "A-1"}
    assert http.post("/form/form", data=sent).json()["accepted"] == 1
    assert http.post("/form/form", json={**sent, "rating": 2}).json()["accepted"] == 1
    first, second = (event.review for event in publisher.events)
    assert (first.text, first.rating.value, first.author.name, first.order) == ("Плохо упаковано", 2.0, "Анна", "A-1")
    assert first.author.contact is None
    assert first.author.contact_hash == second.author.contact_hash
    assert first.channel == "form"


@pytest.mark.parametrize(
    ("sent", "field", "english", "russian"),
    [
        ({}, "body", "please send a JSON object", "отправьте объект JSON"),
        ({"name": "x"}, "text", "please fill in", "заполните"),
        ({"text": "x", "rating": "7"}, "rating", "a number from 1 to 5", "число от 1 до 5"),
        ({"text": "x", "rating": "NaN"}, "rating", "a number from 1 to 5", "число от 1 до 5"),
        ({"text": "x" * 10_001}, "text", "at most 10000 characters", "до 10000 знаков"),
        ({"text": "x", "name": "x" * 400}, "name", "at most 300", "до 300"),
        (
            {"text": "x", "email": "nonsense"},
            "contact",
            "an e-mail address or a telephone number",
            "адрес почты или телефон",
        ),
        ({"text": "x", "subject": "other"}, "subject", "choose one of", "выберите"),
    ],
)
def test_mistakes_in_a_form_say_what_to_do_in_both_languages(gateway, publisher, sent, field, english, russian):
    http = gateway(form={**FORM, "subjects": ["shop", "cafe"]}).http
    for answer in (http.post("/form/form", data=sent), http.post("/form/form", json=sent)):
        assert answer.status_code == 422
        (error,) = answer.json()["errors"]
        assert error["field"] == field
        assert english in error["en"]
        assert russian in error["ru"]
    page = http.post("/form/form", data=sent, headers=BROWSER)
    assert page.status_code == 422
    assert russian in page.text
    assert '<html lang="ru">' in page.text
    assert publisher.events == []


def test_what_is_shown_back_is_escaped(gateway):
    page = gateway(form=FORM).http.post("/form/form", data={"<script>": "x" * 400}, headers=BROWSER)
    assert "<script>" not in page.text


def test_a_robot_in_the_honeypot_is_thanked_and_forgotten(gateway, publisher):
    http = gateway(form=FORM).http
    assert http.post("/form/form", data={"text": "buy", "website": "http://spam.example"}).status_code == 200
    assert publisher.events == publisher.letters == []


def test_one_address_may_not_send_without_end(gateway, publisher):
    http = gateway(form={"subject": "shop"}).http
    answers = [http.post("/form/form", data={"text": f"review {number}"}) for number in range(14)]
    assert [answer.status_code for answer in answers].count(200) == 10
    assert answers[-1].status_code == 429
    assert 1 <= int(answers[-1].headers["retry-after"]) <= 60
    assert len(publisher.events) == 10


def test_the_address_behind_our_own_proxy_counts_and_a_stated_one_does_not(gateway):
    table = {"subject": "shop", "gateway": {"per_minute": 1}}
    trusting = gateway(options={"proxies": ["127.0.0.0/8"]}, form=table).http
    codes = [
        trusting.post("/form/form", data={"text": "x"}, headers={"x-forwarded-for": f"8.8.8.{n}"}).status_code
        for n in range(3)
    ]
    assert codes == [200, 200, 200]
    # Whoever is behind our proxy can put anything before the address that the proxy has seen.
    codes = [
        trusting.post("/form/form", data={"text": "x"}, headers={"x-forwarded-for": f"1.1.1.{n}, 9.9.9.9"}).status_code
        for n in range(3)
    ]
    assert codes == [200, 429, 429]


def test_without_a_proxy_nobody_can_state_another_address(gateway):
    http = gateway(form={"subject": "shop", "gateway": {"per_minute": 1}}).http
    codes = [
        http.post("/form/form", data={"text": "x"}, headers={"x-forwarded-for": f"8.8.8.{n}"}).status_code
        for n in range(3)
    ]
    assert codes == [200, 429, 429]


def test_a_limit_fills_up_again_and_a_network_of_ipv6_is_one_address():
    now = [0.0]
    limiter = Limiter(lambda: now[0])
    assert [limiter.wait("s", f"2001:db8::{n}", 2) for n in range(3)] == [0.0, 0.0, 30.0]
    assert limiter.wait("s", "2001:db8:0:1::1", 2) == 0.0
    assert limiter.wait("other", "2001:db8::1", 2) == 0.0
    now[0] = 31.0
    assert limiter.wait("s", "2001:db8::9", 2) == 0.0
    for number in range(Limiter.MOST + 10):
        limiter.wait("s", f"address {number}", 2)
    assert len(limiter._tokens) == Limiter.MOST


def test_pages_of_allowed_sites_may_post_and_others_get_no_leave(gateway):
    table = {
        "subject": "shop",
        "gateway": {"origins": ["https://shop.example"], "redirect": "https://shop.example/thanks"},
    }
    http = gateway(form=table).http
    leave = http.options("/form/form", headers={"origin": "https://shop.example"})
    assert (leave.status_code, leave.headers["access-control-allow-origin"]) == (204, "https://shop.example")
    assert (
        "access-control-allow-origin"
        not in http.options("/form/form", headers={"origin": "https://evil.example"}).headers
    )
    done = http.post("/form/form", data={"text": "x"}, headers={**BROWSER, "origin": "https://shop.example"})
    assert (done.status_code, done.headers["location"]) == (303, "https://shop.example/thanks")
    assert done.headers["access-control-allow-origin"] == "https://shop.example"


# --- reviews as JSON ---------------------------------------------------------------------------------------------

CRM = {"collector": "reviews", "token": Secret("s3cret")}
LEAVE = {"authorization": "Bearer s3cret"}


@pytest.mark.parametrize("headers", [{}, {"authorization": "Bearer other"}, {"authorization": "s3cre"}])
def test_without_the_token_nothing_is_taken(gateway, publisher, headers):
    answer = gateway(crm=CRM).http.post("/reviews/crm", json={"id": 1, "subject": "p", "text": "x"}, headers=headers)
    assert answer.status_code == 401
    assert "Authorization: Bearer" in answer.text
    assert publisher.events == publisher.letters == []


def test_one_review_a_list_and_lines_are_taken(gateway, publisher):
    http = gateway(crm=CRM).http
    one = {"id": 1, "subject": "p", "text": "Хорошо", "rating": {"value": 4}, "author": {"contact": "a@b.example"}}
    assert http.post("/reviews/crm", json=one, headers=LEAVE).json() == {"accepted": 1, "rejected": []}
    mixed = [{**one, "id": 2, "source": "shop"}, {"id": 3}, {**one, "id": 4, "rating": 9}]
    answer = http.post("/reviews/crm", json=mixed, headers=LEAVE).json()
    assert (answer["accepted"], [one["number"] for one in answer["rejected"]]) == (1, [2, 3])
    assert "subject is missing" in answer["rejected"][0]["error"]
    lines = b'{"id": 5, "subject": "p", "text": "a"}\nbroken\n{"id": 6, "subject": "p", "text": "b"}\n'
    answer = http.post("/reviews/crm", content=lines, headers=LEAVE).json()
    assert (answer["accepted"], [one["number"] for one in answer["rejected"]]) == (2, [2])
    assert [(event.review.source, event.review.id) for event in publisher.events] == [
        ("crm", "1"),
        ("shop", "2"),
        ("crm", "5"),
        ("crm", "6"),
    ]
    assert len(publisher.letters) == 3
    assert b"a@b.example" not in b"".join(codec.encode(event) for event in publisher.events)


@pytest.mark.parametrize("body", [b"", b"[]", b"[" * 5_000, b"\xff\xfe", b'{"id": NaN', b"null", b'"x"', b"[null]"])
def test_a_body_that_is_no_review_is_answered_with_what_is_wrong(gateway, publisher, body):
    answer = gateway(crm=CRM).http.post("/reviews/crm", content=body, headers=LEAVE)
    assert answer.status_code == 422
    assert publisher.events == []


def test_a_withdrawal_may_be_posted(gateway, publisher):
    http = gateway(crm=CRM).http
    http.post("/reviews/crm", json={"id": 1, "subject": "p", "text": "x"}, headers=LEAVE)
    gone = {"id": 1, "source": "crm", "subject": "p", "withdrawn": True}
    assert http.post("/reviews/crm", json=gone, headers=LEAVE).json()["accepted"] == 1
    first, second = publisher.events
    assert first.review_id == second.review_id
    assert type(second).__name__ == "ReviewWithdrawn"
