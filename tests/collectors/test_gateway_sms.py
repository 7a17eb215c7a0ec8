"""Short messages over HTTP: genuine, forged, in parts, and acknowledged only when safe."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest
from gateway_calls import PLAIN, SMS, signed, twilio_table

from collectors import Secret, collector
from collectors.configured import Source
from collectors.cursors import MemoryState
from collectors.plugin import Received
from collectors.publisher import MemoryPublisher
from collectors.quarantine import KEEP, Full, Quarantine
from collectors.reception import Reception
from collectors.runner import Runner, status
from schemas import codec


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
