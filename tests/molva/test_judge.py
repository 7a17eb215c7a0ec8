"""`molva judge` and `molva inspect` as scripts see them: one JSON object a line and nothing else."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from samples.site import Site

MOLVA = Path(sys.executable).parent / "molva"
STORY = (
    "The lounge was crowded and the staff at the desk refused to let my mother in although she had a ticket, "
    "we waited forty minutes and were sent away without a word of apology."
)


def molva(*arguments, given=b"", code=0):
    """Run the command; its standard output as JSON lines."""
    done = subprocess.run([MOLVA, *arguments], input=given, capture_output=True, timeout=120, check=False)
    assert done.returncode == code, done.stderr.decode()
    return [json.loads(line) for line in done.stdout.splitlines()]


def review(own_id, **fields):
    base = {"id": own_id, "source": "shop", "subject": {"id": "p1"}, "author": {"id": f"u-{own_id}"}, "text": STORY}
    return {**base, "published_at": "2026-03-01T10:00:00Z", **fields}


def lines(*items):
    return b"\n".join(item if isinstance(item, bytes) else json.dumps(item).encode() for item in items)


HOSTILE = [
    b"[" * 5_000 + b"]" * 5_000,
    b'{"id": "deep", "a": ' + b"[" * 5_000 + b"]" * 5_000 + b"}",
    b'{"id": "nan", "source": "s", "subject": {"id": "p"}, "rating": NaN}',
    b'{"id": "sur", "source": "s", "subject": {"id": "p"}, "text": "a\\ud800b\\u0000c"}',
    b'{"id": "late", "source": "s", "subject": {"id": "p"}, "text": "x", "published_at": "9999-12-31T23:59:59Z"}',
    b'{"id": "seven", "source": "s", "subject": {"id": "p"}, "rating": {"value": 7, "best": 5, "worst": 1}}',
    b'{"id": "long", "source": "s", "subject": {"id": "p"}, "text": "' + b"x" * 1_000_000 + b'"}',
    b"\xff\xfe\x00",
    b"null",
    b'{"source": "s", "subject": {"id": "p"}, "text": "no id"}',
    b'{"id": "empty", "source": "s", "subject": {"id": "p"}}',
    b'{"id": "gone", "source": "s", "subject": {"id": "p"}, "withdrawn": true}',
]


@pytest.fixture(scope="module")
def answers():
    given = lines(
        review("r1"),
        b"",
        review("r2", published_at="2026-03-02T10:00:00Z", text=STORY.replace("forty", "40")),
        review("r3", published_at="2026-03-03T10:00:00Z", subject={"id": "p2"}, verified=True),
        review("r1"),
        review("e1", text="Кофе холодный, персонал грубый, больше не приду. " * 2, rating=4),
        review("e1", text="Кофе холодный, персонал грубый, больше не приду. Деньги не вернули.", rating=1),
        review(
            "e1", text="Кофе холодный, персонал грубый, больше не приду. Деньги не вернули.", rating=1, reply="Жаль"
        ),
        review("w1", text="Will be taken back soon, it was a very long day at the airport for all of us."),
        {"id": "w1", "source": "shop", "subject": {"id": "p1"}, "withdrawn": True},
        *HOSTILE,
    )
    return molva("judge", "-", "--json", given=given)


def test_one_answer_a_line_in_order_and_empty_lines_are_skipped(answers):
    assert [answer["id"] for answer in answers[:9]] == ["r1", "r2", "r3", "r1", "e1", "e1", "e1", "w1", "w1"]
    assert len(answers) == 9 + len(HOSTILE)


def test_outcome_and_version_are_the_lines_own(answers):
    assert [(answer["outcome"], answer["version"]) for answer in answers[:9]] == [
        ("new", 1),
        ("new", 1),
        ("new", 1),
        ("unchanged", 1),
        ("new", 1),
        ("edited", 2),
        ("updated", 2),
        ("new", 1),
        ("withdrawn", 1),
    ]


def test_all_else_is_the_final_judgement_of_the_review(answers):
    for first, last in ((0, 3), (4, 6), (5, 6), (7, 8)):
        one, other = ({k: v for k, v in answers[i].items() if k not in {"outcome", "version"}} for i in (first, last))
        assert one == other


def test_keys_are_the_contract(answers):
    assert list(answers[1]) == [
        "id",
        "outcome",
        "review_id",
        "version",
        "copies",
        "risk",
        "verification",
        "language",
        "sentiment",
        "negative",
    ]
    assert set(answers[1]["risk"]) == {"score", "level", "reasons"}
    assert set(answers[1]["risk"]["reasons"][0]) == {"name", "contribution", "text", "reviews"}
    assert set(answers[1]["verification"]) == {"grade", "probability"}
    assert set(answers[1]["negative"]) == {"value", "probability"}
    assert isinstance(answers[1]["risk"]["score"], float)


def test_copies_list_each_other_by_their_own_ids(answers):
    copies = {answer["id"]: {copy["id"] for copy in answer["copies"]} for answer in answers[:3]}
    assert copies == {"r1": {"r2", "r3"}, "r2": {"r1", "r3"}, "r3": {"r1", "r2"}}
    later = next(reason for reason in answers[2]["risk"]["reasons"] if reason["name"] == "copied-text")
    assert set(later["reviews"]) == {"r1", "r2"}
    assert all(reason["name"] != "copied-text" for reason in answers[0]["risk"]["reasons"])


def test_languages_and_moods(answers):
    assert [answer["language"] for answer in (answers[0], answers[4])] == ["en", "ru"]
    assert answers[4]["negative"]["value"] is True


def test_verified_is_short_for_the_badge(answers):
    assert answers[2]["verification"]["grade"] == "platform-verified"


def test_hostile_lines_are_answered_one_by_one(answers):
    hostile = dict(
        zip(
            ["list", "deep", "nan", "sur", "late", "seven", "long", "bytes", "null", "noid", "empty", "gone"],
            answers[9:],
            strict=True,
        )
    )
    taken = hostile.pop("sur")
    assert taken["outcome"] == "new"
    deep = hostile.pop("deep")
    assert deep["outcome"] == "rejected"
    for name, answer in hostile.items():
        assert set(answer) == {"id", "outcome", "error"}, name
        assert answer["outcome"] == "rejected"
        assert answer["error"]
    assert hostile["nan"]["id"] == "nan"
    assert hostile["bytes"]["id"] is None


def test_same_line_twice_with_its_own_time_is_unchanged():
    one = review("t1", collected_at="2026-03-05T10:00:00Z")
    older = review("t1", collected_at="2026-03-04T10:00:00Z", text="Something else entirely, and older than the other.")
    answers = molva("judge", "-", "--json", given=lines(one, one, older))
    assert [(answer["outcome"], answer["version"]) for answer in answers] == [
        ("new", 1),
        ("unchanged", 1),
        ("unchanged", 1),
    ]


def test_no_lines_no_answers():
    assert molva("judge", "-", "--json") == []


def test_contact_never_comes_out():
    given = lines(review("c1", author={"name": "Инна", "contact": "+7 912 345-67-89"}))
    [answer] = molva("judge", "-", "--json", given=given)
    assert "912" not in json.dumps(answer)
    assert answer["verification"]["grade"] == "identified"


def test_a_file_that_is_not_there_says_so():
    done = subprocess.run([MOLVA, "judge", "/nowhere.jsonl"], capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert "/nowhere.jsonl" in done.stderr
    assert not done.stdout


def test_inspect_text():
    given = lines({"text": "Доставка ужасная, но персонал вежливый. Хотелось бы быстрее."}, {"text": ""}, b"{")
    one, empty, broken = molva("inspect", "text", "-", "--json", given=given)
    assert set(one) == {"language", "sentiment", "aspects", "requests"}
    assert one["language"]["code"] == "ru"
    assert {aspect["name"] for aspect in one["aspects"]} >= {"delivery", "staff"}
    assert abs(sum(one["sentiment"].values()) - 1) < 0.001
    assert one["requests"]
    assert empty["language"]["code"] == broken["language"]["code"] == "und"


def test_inspect_mail_and_page():
    root = Path(__file__).parents[2]
    mails = molva("inspect", "mail", str(root / "samples" / "world" / "mails"), "--json")
    assert [mail["kind"] for mail in mails] == ["reply", "reply", "reply", "reply", "reply", "auto-reply", "bounce"]
    assert set(mails[0]) == {"input", "kind", "text", "confidence", "quote", "signature", "rating", "token", "warnings"}
    assert mails[1]["text"].startswith("1 звезда.")
    assert mails[0]["token"] == "t8f3k2"
    page = root / "var"
    page.mkdir(exist_ok=True)
    file = page / "inspected.html"
    file.write_text(Site().page("qatar", 1), encoding="utf-8")
    [found] = molva("inspect", "page", str(file), "--url", "https://lounges.example/lounges/qatar", "--json")
    file.unlink()
    assert set(found) == {"input", "reviews", "aggregates", "warnings"}
    assert len(found["reviews"]) == 8
    assert found["reviews"][0]["url"].startswith("https://lounges.example/reviews/")
    assert found["aggregates"][0]["review_count"] == 14
