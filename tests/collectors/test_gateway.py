"""The HTTP side of the gateway, and reviews that programs post as JSON."""

from __future__ import annotations

import socket
import time

import pytest
from gateway_calls import PLAIN

from collectors import Secret
from schemas import codec


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
