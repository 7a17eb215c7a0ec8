"""What `molva explain` prints of a review."""

from __future__ import annotations

import pytest

from molva.cli.explaining import headline, show


def document(review_id: str, *reasons: dict) -> dict:
    return {
        "review_id": review_id,
        "source": "shop",
        "subject": {"id": "p1"},
        "text": "Broke.",
        "risk": {"level": "medium", "score": 0.7, "reasons": list(reasons)},
    }


@pytest.mark.parametrize(("language", "heading"), [("en", "Others who reviewed"), ("ru", "Другие, кто писал")])
def test_a_ring_is_named_review_by_review(language, heading, capsys):
    text = {"en": "At least 2 other authors", "ru": "Ещё не меньше 2 авторов"}
    ring = {"name": "ring", "contribution": 2.0, "text": text, "reviews": ["known", "forgotten"]}
    show(document("own", ring), language=language, lookup={"known": document("known")}.get)
    told = capsys.readouterr().out
    after = told[told.index(heading) :]
    assert "p1" in after
    assert "known" in after
    assert "forgotten" in after


def test_without_a_ring_nobody_is_named(capsys):
    show(document("own"), language="en", lookup={}.get)
    assert "Others who reviewed" not in capsys.readouterr().out


def test_the_headline_is_one_line_whatever_the_review_holds():
    told = headline(
        {
            **document("own"),
            "subject": {"id": "p1", "name": "Kettle\nSpark"},
            "author": {"name": "Ann\nBcc: b@x"},
        }
    )
    assert "\n" not in told
    assert "Kettle Spark" in told
