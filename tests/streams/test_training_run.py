"""Teaching Molva: labels in, a model out that judges as the report says, or an honest refusal."""

from __future__ import annotations

import json
import math
import random
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sklearn.metrics import roc_auc_score

from streams.enrich import Models, read
from streams.risk import Assessment, load
from streams.training import TooFewLabelsError, read_labels, train
from streams.training.signals import among

FAKE = ("best", "amazing", "must buy", "perfect gift", "five stars", "love it so much", "everyone needs this")
REAL = ("hinge", "after a week", "returned", "cable", "a bit loud", "manual", "does the job", "delivery took days")
SHARED = (
    "lamp",
    "kettle",
    "box",
    "price",
    "colour",
    "my sister",
    "kitchen",
    "ordered",
    "arrived",
    "on time",
    "and",
    "but",
)


def a_line(number: int, *, fake: bool, chance: random.Random) -> dict[str, Any]:
    own = chance.choices(FAKE if fake else REAL, k=2) + chance.choices(REAL if fake else FAKE, k=1)
    words = own + chance.choices(SHARED, k=chance.randint(4, 9))
    chance.shuffle(words)
    stars = chance.choice([5, 5, 5, 1]) if fake else chance.choice([2, 3, 4, 4, 5])
    return {
        "id": f"r{number}",
        "source": "shop",
        "subject": {"id": f"p{number % 12}"},
        "author": {"id": f"u{number % 17 if fake else number}"},
        "rating": stars,
        "text": " ".join(words),
        "fake": fake,
    }


def some_lines(count: int, seed: int = 1) -> list[str]:
    chance = random.Random(seed)
    return [json.dumps(a_line(number, fake=chance.random() < 0.5, chance=chance)) for number in range(count)]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("model") / "own"
    train(some_lines(300), out, say=lambda _: None)
    return out


def judged(folder: Path, lines: list[str]) -> tuple[list[Assessment], list[bool]]:
    model = load(folder)
    labels, _ = read_labels(lines)
    reviews = [label.review for label in labels]
    readings = read(reviews, Models(risk=model))
    signals = among(reviews, readings)
    return model.assess(reviews, [reading.analysis for reading in readings], signals), [label.fake for label in labels]


def test_a_trained_model_tells_new_reviews_apart(folder: Path) -> None:
    found, fake = judged(folder, some_lines(120, seed=2))
    assert roc_auc_score(fake, [assessment.score for assessment in found]) > 0.85


def test_contributions_of_a_trained_model_add_up(folder: Path) -> None:
    found, _ = judged(folder, some_lines(40, seed=3))
    for assessment in found:
        total = assessment.base + sum(reason.contribution for reason in assessment.reasons)
        assert 1 / (1 + math.exp(-total)) == pytest.approx(assessment.score, abs=5e-4)
        assert all(reason.text and reason.text_ru for reason in assessment.reasons)


def test_training_twice_gives_the_same_model(folder: Path, tmp_path: Path) -> None:
    train(some_lines(300), tmp_path / "own", say=lambda _: None)
    assert (tmp_path / "own" / "model.json").read_bytes() == (folder / "model.json").read_bytes()
    with np.load(folder / "arrays.npz") as one, np.load(tmp_path / "own" / "arrays.npz") as other:
        assert one.files == other.files
        assert all(np.array_equal(one[name], other[name]) for name in one.files)


def test_the_card_says_what_was_learned_and_how_well(folder: Path) -> None:
    card = (folder / "card.md").read_text(encoding="utf-8")
    figures = json.loads((folder / "card.json").read_text(encoding="utf-8"))
    assert figures["labels"] == 300
    assert str(figures["figures"]["auc"]) in card


def test_the_model_holds_no_text(folder: Path) -> None:
    stored = b"".join(path.read_bytes() for path in folder.iterdir())
    assert b"must buy" not in stored
    assert b"hinge" not in stored


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        (some_lines(40), "at least 50 of each"),
        ([json.dumps(json.loads(line) | {"fake": True}) for line in some_lines(200)], "0 genuine"),
        (
            [json.dumps(json.loads(line) | {"subject": {"id": "p"}}) for line in some_lines(200)],
            "at least 3 are needed",
        ),
        (
            [
                json.dumps(data | {"subject": {"id": "bad" if data["fake"] else data["subject"]["id"]}})
                for data in map(json.loads, some_lines(200))
            ],
            "one group",
        ),
    ],
)
def test_too_few_labels_are_refused_with_the_reason(lines: list[str], message: str, tmp_path: Path) -> None:
    with pytest.raises(TooFewLabelsError, match=message):
        train(lines, tmp_path / "own", say=lambda _: None)
    assert not (tmp_path / "own").exists()


def test_lines_that_cannot_be_used_are_named() -> None:
    good = json.loads(some_lines(1)[0])
    lines = [
        "",
        "{",
        json.dumps(good),
        json.dumps(good),
        json.dumps(good | {"id": "x", "fake": "yes"}),
        json.dumps({"id": 1}),
    ]
    labels, problems = read_labels(lines)
    assert len(labels) == 1
    assert [problem.split(":")[0] for problem in problems] == ["line 2", "line 4", "line 5", "line 6"]


def test_an_unknown_group_is_refused() -> None:
    with pytest.raises(ValueError, match="subject"):
        read_labels([], group="planet")


def test_a_folder_without_a_model_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="molva train"):
        load(tmp_path)
