"""Forms that people post: reviews, mistakes told in their language, robots, limits, other sites."""

from __future__ import annotations

import pytest

from collectors.reception import Limiter

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
