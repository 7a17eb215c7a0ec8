"""A Maildir is read whole, once, without touching it."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from collectors import InvalidConfig, Item, Rejected, Review
from collectors.configured import Source
from collectors.cursors import MemoryState
from collectors.plugin import load
from collectors.runner import Runner
from schemas.events import DeadLetter, Observation, ReviewCollected

LETTER = """From: =?utf-8?b?0JDQvdC90LA=?= <Ann@X.example>
To: reply+tok-ABC123@acme.example
Subject: Re: Как ваш заказ?
Message-ID: <{id}@x.example>
In-Reply-To: <molva.tok-ABC123.1@acme.example>
Date: Fri, 5 Nov 2021 09:31:50 +0300

{text}

> Как ваш заказ?
"""


class Log:
    """Keeps what is published, as the host's log would."""

    def __init__(self) -> None:
        self.events: list[Observation] = []
        self.dead: list[DeadLetter] = []

    def publish(self, events: list[Observation]) -> None:
        self.events += events

    def dead_letter(self, letter: DeadLetter) -> None:
        self.dead.append(letter)

    def flush(self) -> None:
        """All is safe at once."""


@pytest.fixture
def home(tmp_path: Path) -> Path:
    for folder in ("new", "cur", "tmp"):
        (tmp_path / folder).mkdir()
    return tmp_path


def put(
    home: Path, name: str, text: str = "Всё хорошо, 5 из 5", *, folder: str = "new", raw: bytes | None = None
) -> Path:
    place = home / folder / name
    place.write_bytes(raw if raw is not None else LETTER.format(id=name.partition(":")[0], text=text).encode())
    return place


def source(home: Path) -> Source:
    return Source(
        name="box", collector=load("collectors.sources.maildir"), options={"path": str(home), "subject": "acme"}
    )


def read(home: Path, cursor: dict[str, bytes] | None = None) -> list[Item]:
    found = load("collectors.sources.maildir")
    memory = {} if cursor is None else cursor
    return list(found(source="box", cursor=memory, progress=lambda _done, _total: None, path=str(home), subject="acme"))


def test_a_reply_becomes_a_review(home: Path) -> None:
    put(home, "1636094000.a.host")
    [review] = read(home)
    assert isinstance(review, Review)
    assert review.text == "Всё хорошо, 5 из 5"
    assert review.id == "1636094000.a.host@x.example"
    assert review.author is not None
    assert (review.author.name, review.author.contact) == ("Анна", "Ann@X.example")
    assert review.rating is not None
    assert review.rating.value == 5
    assert review.token == "tok-ABC123"
    assert review.thread == "molva.tok-ABC123.1@acme.example"
    assert review.title is None
    assert review.published_at == datetime(2021, 11, 5, 6, 31, 50, tzinfo=UTC)


def test_words_of_our_letter_between_answers_are_not_the_customers(home: Path) -> None:
    put(home, "1.a.host", text="> Оцените нас: 5 звёзд?\n\nЛадно.\n\n> А доставку?\n\nПоздно.")
    [review] = read(home)
    assert isinstance(review, Review)
    assert (review.text, review.rating) == ("Ладно.\n\nПоздно.", None)


def test_a_doubtful_text_is_marked(home: Path) -> None:
    raw = "From: a@x.example\nMessage-ID: <1@x>\n\nОт: b@x.example\nКому: a@x.example\nТема: x\n\nПлохо."
    put(home, "1.a.host", raw=raw.encode())
    [review] = read(home)
    assert isinstance(review, Review)
    assert (review.text, review.badges) == ("Плохо.", ("uncertain-text",))


def test_mails_come_in_the_order_of_their_delivery_and_only_once(home: Path) -> None:
    cursor: dict[str, bytes] = {}
    put(home, "300.c.host:2,S", folder="cur")
    put(home, "20.b.host")
    assert [review.id for review in read(home, cursor) if isinstance(review, Review)] == [
        "20.b.host@x.example",
        "300.c.host@x.example",
    ]
    put(home, "400.d.host")
    assert [review.id for review in read(home, cursor) if isinstance(review, Review)] == ["400.d.host@x.example"]
    assert read(home, cursor) == []


def test_a_mail_that_was_opened_meanwhile_is_not_read_again(home: Path) -> None:
    cursor: dict[str, bytes] = {}
    place = put(home, "1.a.host")
    assert len(read(home, cursor)) == 1
    place.rename(home / "cur" / "1.a.host:2,RS")
    assert read(home, cursor) == []


def test_a_mail_moved_or_deleted_while_reading_is_survived(home: Path) -> None:
    first, second, third = put(home, "1.a.host"), put(home, "2.b.host"), put(home, "3.c.host")
    found = load("collectors.sources.maildir")
    cursor: dict[str, bytes] = {}
    items = found(source="box", cursor=cursor, progress=lambda _done, _total: None, path=str(home), subject="acme")
    seen = [next(items)]
    second.rename(home / "cur" / "2.b.host:2,S")
    third.unlink()
    seen += items
    assert [item.id for item in seen if isinstance(item, Review)] == ["1.a.host@x.example", "2.b.host@x.example"]
    assert first.exists()


def test_nothing_is_moved_or_changed(home: Path) -> None:
    put(home, "1.a.host")
    put(home, "2.b.host:2,S", folder="cur")
    before = {place: place.read_bytes() for place in home.rglob("*") if place.is_file()}
    read(home)
    assert {place: place.read_bytes() for place in home.rglob("*") if place.is_file()} == before


def test_drafts_deleted_mails_and_hidden_files_are_left_out(home: Path) -> None:
    put(home, "1.a.host:2,T", folder="cur")
    put(home, "2.b.host:2,DS", folder="cur")
    put(home, ".hidden")
    assert read(home) == []


def test_the_memory_forgets_what_is_gone(home: Path) -> None:
    cursor: dict[str, bytes] = {}
    place = put(home, "1.a.host")
    read(home, cursor)
    place.unlink()
    read(home, cursor)
    assert cursor == {}


@pytest.mark.parametrize(
    ("raw", "reason"),
    [
        (b"From: a@x.example\nMessage-ID: <1@x>\nAuto-Submitted: auto-replied\n\nI am away.", "automatic reply"),
        (
            b"From: MAILER-DAEMON@x.example\nSubject: Undelivered Mail Returned to Sender\n\nno",
            "could not be delivered",
        ),
        (b"From: a@x.example\nMessage-ID: <1@x>\n\n", "nothing was typed"),
        (b"", "nothing was typed"),
    ],
)
def test_what_no_customer_typed_is_rejected_whole(home: Path, raw: bytes, reason: str) -> None:
    put(home, "1.a.host", raw=raw)
    [rejected] = read(home)
    assert isinstance(rejected, Rejected)
    assert reason in rejected.reason
    assert rejected.payload == raw
    assert rejected.key == "1.a.host"


def test_without_a_message_id_the_content_is_the_identity(home: Path) -> None:
    put(home, "1.a.host", raw=b"From: a@x.example\nSubject: Delivery\n\nToo late.")
    [first] = read(home)
    [again] = read(home)
    assert isinstance(first, Review)
    assert first.id
    assert first.id.startswith("sha256:")
    assert isinstance(again, Review)
    assert (first.id, first.title) == (again.id, "Delivery")


def test_the_runner_publishes_hashed_contacts_and_dead_letters(home: Path) -> None:
    put(home, "1.a.host")
    put(home, "2.b.host", raw=b"\xff\x00garbage")
    put(home, "3.c.host", raw=b"From: a@x.example\nX-Autoreply: yes\nSubject: x\n\nI am away.")
    log, state = Log(), MemoryState()
    runner = Runner(publisher=log, contact_key=b"key")
    run = runner.run(source(home), state)
    assert (run.ending, run.seen, run.published, run.rejected) == ("exhausted", 3, 2, 1)
    event = log.events[0]
    assert isinstance(event, ReviewCollected)
    assert event.review.author is not None
    assert event.review.author.contact is None
    assert event.review.author.contact_hash
    assert b"I am away" in log.dead[0].payload
    again = runner.run(source(home), state)
    assert (again.seen, again.published) == (0, 0)


def test_a_folder_that_is_no_maildir_is_told(tmp_path: Path) -> None:
    with pytest.raises(InvalidConfig, match="no Maildir"):
        read(tmp_path)
