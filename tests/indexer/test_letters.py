"""Letters say what matters in both languages, and nothing that comes from outside can break out of its place."""

from __future__ import annotations

import unicodedata
from email import message_from_bytes
from email.headerregistry import Address
from email.policy import default
from html.parser import HTMLParser

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from judgements import NOON, Author, Edit, Reason, Subject, judged

from indexer.alerts.letters import MAX_BODY, compose
from indexer.alerts.subscriptions import Subscription
from indexer.alerts.words import WORDS, date, stars
from indexer.documents import document
from schemas.events import Rating

SENDER = Address("Молва", addr_spec="molva@molva.example")
REASON = Reason("copied-text", 1.9, {"en": "Nearly the text of another review.", "ru": "Почти текст другого отзыва."})


def _subscription(language="en", **changes):
    told = {"id": "ab12", "name": "Bad news", "query": "negative:true", "address": "team@example.com", "token": "t0k"}
    return Subscription(**{**told, "language": language, "created_at": NOON, **changes})


def _letter(event, language="en", console="https://molva.example", **changes):
    message = compose(
        document(event),
        _subscription(language, **changes),
        alert_id="abc123",
        sender=SENDER,
        console=console,
        now=NOON,
    )
    return message_from_bytes(message.as_bytes(), policy=default)


def _parts(letter):
    return tuple(letter.get_body((kind,)).get_content() for kind in ("plain", "html"))


def _event(text="Waited two hours.", **changes):
    told = {
        "stars": 1,
        "risk": 0.62,
        "level": "medium",
        "reasons": (REASON,),
        "source": "booking",
        "published_at": NOON,
    }
    return judged("r1", text, **{**told, **changes})


@pytest.mark.parametrize(
    ("language", "said"),
    [
        ("en", ("Suspicious: it may be fake", "62%", "Nearly the text", "10 November 2026, 12:00 UTC", "Unsubscribe")),
        (
            "ru",
            ("Подозрительно: возможна подделка", "62\u00a0%", "Почти текст", "10 ноября 2026, 12:00 UTC", "Отписаться"),
        ),
    ],
)
def test_letter_says_what_matters_in_its_language(language, said):
    letter = _letter(_event(url="https://booking.example/r1"), language)
    for part in _parts(letter):
        for words in (*said, "Waited two hours.", "★☆☆☆☆", "https://molva.example/reviews/r1"):
            assert words in part
        assert "https://booking.example/r1" in part
        assert "https://molva.example/unsubscribe/t0k" in part
    assert letter["Subject"] == "★☆☆☆☆ booking: Waited two hours."
    assert ('lang="ru"' in _parts(letter)[1]) == (language == "ru")


def test_both_languages_say_the_same_things():
    assert WORDS["en"].keys() == WORDS["ru"].keys()
    for name in ("levels", "grades"):
        assert WORDS["en"][name].keys() == WORDS["ru"][name].keys()
    for words in WORDS.values():
        assert len(words["months"].split()) == 12


def test_headers_identify_the_letter_and_let_its_reader_leave():
    letter = _letter(_event())
    assert letter["Message-ID"] == "<abc123@molva.example>"
    assert letter["List-Id"] == "<ab12.alerts.molva.example>"
    assert letter["List-Unsubscribe"] == "<https://molva.example/unsubscribe/t0k>"
    assert letter["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert letter["Auto-Submitted"] == "auto-generated"
    assert letter["From"] == "Молва <molva@molva.example>"
    assert letter["To"] == "team@example.com"
    assert letter["Date"].datetime == NOON


def test_letter_is_the_same_bytes_for_the_same_alert():
    one, two = (
        compose(document(_event()), _subscription(), alert_id="a", sender=SENDER, console="", now=NOON).as_bytes()
        for _ in range(2)
    )
    assert one == two


def test_letter_without_console_has_no_dead_links():
    letter = _letter(_event(), console="")
    assert letter["List-Unsubscribe"] is None
    assert "href" not in _parts(letter)[1]


def test_edit_shows_what_the_rating_was():
    edit = Edit(version=1, seen_at=NOON, changed=("rating",), rating=Rating(value=8, best=10, worst=0))
    for part in _parts(_letter(_event(version=2, outcome="edited", history=(edit,)))):
        assert "before" in part
        assert stars(4.2) in part


def test_rating_alone_is_a_letter_too():
    letter = _letter(_event("", subject=Subject(id="p1", name="Северный чайник")))
    assert letter["Subject"] == "★☆☆☆☆ booking: Северный чайник"
    assert "a rating alone" in _parts(letter)[0]


def test_review_without_rating_has_no_stars():
    letter = _letter(_event(stars=None, negative=True))
    assert letter["Subject"] == "booking: Waited two hours."
    assert "★" not in "".join(_parts(letter))


def test_too_little_to_judge_by_shows_no_score():
    for part in _parts(_letter(_event(level="insufficient", reasons=()))):
        assert "Too little to judge by" in part
        assert "62%" not in part


def test_long_review_is_cut_at_a_word_and_says_so():
    text = "слово " * 5_000
    plain, html = _parts(_letter(_event(text)))
    assert len(plain) < MAX_BODY * 2
    assert plain.count("слово…") == html.split("</title>")[1].count("слово…") == 1
    assert "goes on in Molva" in plain


@pytest.mark.parametrize(
    "link", ["javascript:alert(1)", "data:text/html,x", 'https://x.example/"onclick=', "file:///etc"]
)
def test_link_that_is_no_plain_web_address_is_left_out(link):
    assert link not in "".join(_parts(_letter(_event(url=link))))
    assert "source" not in _parts(_letter(_event(url=link)))[0].lower().split("--")[0]


class _Page(HTMLParser):
    def __init__(self):
        super().__init__(convert_charrefs=True)
        self.tags = []
        self.said = ""

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, tuple(name for name, _ in attrs)))

    def handle_data(self, data):
        self.said += data


def _tags(html):
    page = _Page()
    page.feed(html)
    return page.tags


HOSTILE = st.one_of(
    st.text(max_size=80),
    st.sampled_from(
        [
            "<script>alert(1)</script>",
            '"><img src=x onerror=alert(1)>',
            "</table></body>",
            "a\r\nBcc: evil@example.com\r\n\r\nbody",
            "=?utf-8?q?=0D=0ABcc:_evil=40example.com?=",
            "{{ 7*7 }}{% raw %}",
            "\u202egnp.exe\u2066",
            "\x00\x1b[31m\x07",
            "\ud800\udfff",
            "-->\n<!--",
            "\u2028Bcc: evil@example.com",
            ".\r\n.\r\nQUIT",
        ]
    ),
)


@settings(max_examples=60, deadline=None)
@given(text=HOSTILE, title=HOSTILE, name=HOSTILE, source=HOSTILE.filter(bool), url=HOSTILE, subject=HOSTILE)
def test_hostile_words_stay_words(text, title, name, source, url, subject):
    event = _event(
        f"plain {text}",
        title=f"plain {title}",
        source=f"s{source}",
        url=url,
        author=Author(name=f"A{name}"),
        subject=Subject(id="p", name=f"S{subject}"),
    )
    letter = _letter(event, name=f"N{name}")
    harmless = _letter(
        _event("plain", title="plain", source="s", author=Author(name="A"), subject=Subject(id="p", name="S"))
    )
    assert letter.keys() == harmless.keys()
    assert [part.get_content_type() for part in letter.walk()] == [part.get_content_type() for part in harmless.walk()]
    for header, value in letter.items():
        assert not {unicodedata.category(char) for char in value} & {"Cc", "Cs", "Zl", "Zp"}, header
    plain, html = _parts(letter)
    paragraph = ("p", ("class", "style"))
    assert [tag for tag in _tags(html) if tag[0] != "a" and tag != paragraph] == [
        tag for tag in _tags(_parts(harmless)[1]) if tag[0] != "a" and tag != paragraph
    ]
    for part in (plain, html):
        assert not set(part) & set("\x00\x07\x1b\u202e\u2066")


@given(text=st.text("слова words ★☆😡 don't, ", max_size=300).map(str.strip).filter(bool))
def test_subject_survives_its_encoding(text):
    words = " ".join(text.split())
    subject = _letter(_event(words))["Subject"]
    assert subject.startswith("★☆☆☆☆ booking: ")
    assert words.startswith(subject.removeprefix("★☆☆☆☆ booking: ").removesuffix("…"))
    assert len(subject) <= 101


def test_lines_are_short_enough_for_any_mail_server():
    message = compose(
        document(_event("x" * 40_000, url="https://x.example/" + "y" * 1_800)),
        _subscription(query="a OR " * 700 + "a"),
        alert_id="a",
        sender=SENDER,
        console="https://molva.example",
        now=NOON,
    )
    data = message.as_bytes()
    assert max(map(len, data.split(b"\n"))) <= 998
    assert data.isascii()


def test_dates_and_stars_in_words():
    assert date("2026-03-01T00:00:00.000Z", "ru") == "1 марта 2026"
    assert date(None, "en") == ""
    assert [stars(value) for value in (1, 4.5, 3.2, 5, 0, 99)] == ["★☆☆☆☆", "★★★★½", "★★★☆☆", "★★★★★", "☆☆☆☆☆", "★★★★★"]
    assert stars(None) == ""
