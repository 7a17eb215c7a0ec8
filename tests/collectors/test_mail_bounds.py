"""Any body is answered, whatever it holds, and a huge one in seconds."""

from __future__ import annotations

import json
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from reply_samples import ATTRIBUTIONS, QUOTE, quoted

from collectors.platforms.mail import read_html, read_text

WORDS = st.text(alphabet="абвгд xyz>:-_*@<.1\n\r\x00\ud800", max_size=400)


@settings(max_examples=200, deadline=None)
@given(WORDS)
def test_any_body_is_answered_and_never_emptied(body: str) -> None:
    for mail in (read_text(body), read_html(body)):
        assert 0.0 <= mail.confidence <= 1.0
        json.dumps(mail.text)
    plain = read_text(body)
    assert bool(plain.text) == bool(plain.text or plain.quote or plain.signature)


@settings(max_examples=100, deadline=None)
@given(
    st.lists(
        st.sampled_from(["Всё хорошо.", "It broke.", "", "Цена 500, доставка 5 дней.", "a@b.example пишите"]),
        min_size=1,
        max_size=8,
    )
)
def test_quoting_a_text_does_not_change_what_was_typed(rows: list[str]) -> None:
    typed = "\n".join(rows).strip()
    if not typed:
        return
    mail = read_text(f"{typed}\n\n{ATTRIBUTIONS['ru mail.ru']}\n{quoted(QUOTE)}\n")
    assert mail.text == typed


@pytest.mark.parametrize(
    "body",
    [
        "a" * 1000000,
        ">" * 1000000,
        " " * 1000000,
        "> a\n" * 100000,
        "On 5.5.2020 10:00 he wrote nothing\n" * 10000,
        "hello\n" + "-----\n" * 50000,
        "hello\n" + "From: x\n" * 50000,
        "a@" * 400000,
        "1 " * 400000,
        "_ " * 400000,
    ],
    ids=range(10),
)
def test_huge_bodies_are_read_in_seconds(body: str) -> None:
    start = time.process_time()
    read_text(body)
    assert time.process_time() - start < 10


@pytest.mark.parametrize(
    "body",
    [
        "<div>" * 50_000 + "x",
        "<p>hello</p>" * 100_000,
        "<" * 500_000,
        '<a b="' * 50_000,
        "<!--" * 100_000,
        "<blockquote>" * 10_000 + "x",
    ],
    ids=range(6),
)
def test_huge_html_is_read_in_seconds(body: str) -> None:
    start = time.process_time()
    read_html(body)
    assert time.process_time() - start < 10
