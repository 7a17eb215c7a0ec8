"""What the page says: every id has its name in both languages, dates and numbers follow the language."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import get_args, get_type_hints

import pytest

import streams
from collectors.plugin import discover
from collectors.runner import Ending
from console.chart import EDGE, chart
from console.labels import LABELS
from console.pages import card
from console.reading import difference
from console.texts import TEXTS, Words
from indexer.alerts.ledger import State
from indexer.stores import Fragment, Point
from schemas.events import Risk, Verification

ASPECTS = Path(streams.__file__).parent / "text" / "data" / "aspects.json"


def values(struct, field):
    return get_args(get_type_hints(struct)[field])


def wanted():
    yield from (f"aspect_{name}" for name in json.loads(ASPECTS.read_text(encoding="utf-8"))["aspects"])
    yield from (f"ending_{name}" for name in get_args(Ending))
    yield from (f"channel_{one.channel}" for one in discover().collectors.values())
    yield from (f"state_{name}" for name in get_args(State))
    yield from (f"grade_{name}" for name in values(Verification, "grade"))
    yield from (f"{kind}_{name}" for kind in ("level", "fake") for name in values(Risk, "level"))


def test_every_id_that_the_product_gives_has_its_name():
    names = set(wanted())
    assert len(names) > 50
    assert names - TEXTS.keys() - LABELS.keys() == set()


def test_labels_are_in_both_languages_and_differ_by_script():
    for name, (english, russian) in LABELS.items():
        assert english.isascii(), name
        assert russian == "API" or not russian.isascii(), name


def test_an_unknown_id_is_shown_as_it_is():
    assert Words("ru")("aspect_леденцы") == "леденцы"
    assert Words("en")("channel_fax_2") == "fax_2"


@pytest.mark.parametrize(
    ("language", "day", "month", "long"),
    [("en", "9 Nov", "Nov 2026", "9 Nov 2026"), ("ru", "9 ноя.", "ноя. 2026", "9 ноября 2026")],
)
def test_dates_follow_the_language(language, day, month, long):
    words, when = Words(language), datetime(2026, 11, 9, tzinfo=UTC)
    said = [words.day(when), words.day(when, interval="month"), words.date(when)]
    assert [text.replace("\u00a0", " ") for text in said] == [day, month, long]


def test_signs_are_true_signs():
    assert [Words("en").signed(1.5), Words("ru").signed(-0.894)] == ["+1.50", "\u22120,89"]


def points(number, *, count=3):
    start = datetime(2025, 1, 6, tzinfo=UTC)
    return [Point(start + timedelta(days=7 * week), count, 1) for week in range(number)]


@pytest.mark.parametrize("number", [1, 2, 7, 12, 13, 37, 60, 200])
def test_bars_and_labels_stay_inside_the_picture(number):
    drawn = chart(points(number), "week")
    assert len(drawn.bars) == min(number, 60)
    for bar in drawn.bars:
        assert 0 <= bar.x < bar.x + bar.width <= 100
        assert bar.y + bar.height == pytest.approx(drawn.baseline, abs=0.2)
        assert bar.bad_height < bar.height
    labelled = [bar for bar in drawn.bars if bar.label is not None]
    assert 1 <= len(labelled) <= 8
    assert 1 <= sum(bar.main for bar in labelled) <= 3
    assert all(EDGE <= bar.label <= 100 - EDGE for bar in labelled if bar.anchor == "middle")


def test_nothing_to_chart_is_no_chart():
    assert chart([], "week") is None
    assert chart([Point(None, 3, 1)], "week") is None


def test_a_text_written_anew_is_shown_whole_and_not_woven():
    told = str(difference("The food was good and we liked it", "I take that back, it was cold and the staff rude"))
    assert told.count("<del>") == told.count("<ins>") == 1


def test_a_small_change_is_shown_in_its_place():
    told = difference("We waited two hours for the meal", "We waited three hours for the meal")
    assert told == "We waited <del>two</del><ins>three</ins> hours for the meal"


def test_a_review_without_a_title_is_not_told_twice():
    document = {"risk": {}, "text": "word " * 60}
    shown = card(document, {}, "en")
    assert shown["headline"].endswith("…")
    assert shown["text"].startswith("…")
    assert len(shown["headline"]) + len(shown["text"]) < 60 * 5 + 3
    short = card({"risk": {}, "text": "Cold  food."}, {}, "en")
    assert (short["headline"], short["text"]) == ("Cold food.", "")


def test_fragments_say_where_something_is_left_out():
    document = {"risk": {}, "title": "Cold <b>", "text": "It was cold. Nobody came. The end."}
    highlights = {
        "title": (Fragment("Cold <b>", ((0, 4),)),),
        "text": (Fragment("was cold.", ((4, 8),)), Fragment("The end.", ((4, 7),))),
    }
    shown = card(document, highlights, "en")
    assert shown["fragments"] == "… was <mark>cold</mark>. … The <mark>end</mark>."
    assert shown["marked_title"] == "<mark>Cold</mark> &lt;b&gt;"
    assert card(document, {"text": (Fragment(document["text"]),)}, "en")["fragments"] == document["text"]


def test_the_scale_counts_whole_reviews():
    for count in (1, 2, 3, 5, 7, 11, 99, 101, 12_345):
        top = chart([Point(datetime(2026, 1, 5, tzinfo=UTC), count, 0)], "week").top
        assert top % 2 == 0
        assert count <= top <= max(2, 2 * count)
