"""The evaluation's table says what was missed and by how much, and reads the scripts of bench/ as they print."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec
import pytest

from molva.evaluate import benches, registry
from molva.evaluate.figures import Figure, Measurement, Options
from molva.evaluate.judged import judgements, part, scores
from molva.evaluate.table import Result, markdown, text
from molva.evaluate.trained import CASES

QUIET = Options(say=lambda _: None)


def result(*figures: Figure, error: str = "") -> Result:
    return Result(Measurement("copies", "Copies", "How.", lambda _: []), list(figures), error)


@pytest.mark.parametrize(
    ("figure", "missed"),
    [
        (Figure("a", 0.90, 0.95), 0.05),
        (Figure("a", 0.95, 0.95), None),
        (Figure("a", 0.02, 0.01, lower=True), 0.01),
        (Figure("a", 0.01, 0.01, lower=True), None),
        (Figure("a", None, 0.5), None),
        (Figure("a", 0.1), None),
    ],
)
def test_a_figure_knows_by_how_much_it_misses(figure: Figure, missed: float | None) -> None:
    assert figure.missed == (None if missed is None else pytest.approx(missed))


def test_the_page_tells_first_what_was_missed() -> None:
    page = markdown(
        [result(Figure("recall | cuts", 0.9, 0.95), Figure("F1", 0.99, 0.985), Figure("rings", None, 0.9, note="none"))]
    )
    before, _, tables = page.partition("## Copies")
    assert "Of 3 figures with a target, 1 reach it." in before
    assert "recall \\| cuts: 0.900, target ≥ 0.950, missed by 0.050" in before
    assert "- rings: none" in before
    assert "| F1 | 0.990 |" in tables


def test_a_page_of_some_measurements_names_the_others() -> None:
    page = markdown([result(Figure("F1", 0.99))], registry.MEASUREMENTS)
    assert "Not measured when this page was written: Replies by mail, Pages, Language," in page
    assert "Not measured when" not in markdown([result(Figure("F1", 0.99))])


def test_a_tiny_miss_is_not_printed_as_none() -> None:
    assert "missed by < 0.001" in markdown([result(Figure("x", 0.94999, 0.95))])


def test_quoted_baselines_are_marked_and_measured_ones_are_not() -> None:
    shown = text([result(Figure("a", 1, baseline=0.5, quoted=True), Figure("b", 1, baseline=0.5))])
    first, second = (line for line in shown.splitlines() if line.startswith(("  a", "  b")))
    assert "0.500 quoted" in first
    assert "quoted" not in second


def test_what_was_tried_is_told_of_missed_figures_only() -> None:
    missed, met = Figure("F5 product sentences, en, kept-out fifth", 0.90, 0.95), Figure("A3: calibration", 0.03, 0.05)
    page = markdown([result(missed, msgspec.structs.replace(met, lower=True))])
    told = page[page.index("## What was tried") :]
    assert "F5 product sentences, en, kept-out fifth" in told
    assert "A3" not in told[: told.index("\n## ")]
    assert "What was tried" not in markdown([result(Figure("F5 product sentences", 0.99, 0.95))])


def test_a_measurement_that_fails_does_not_end_the_others(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(_: Options) -> list[Figure]:
        raise LookupError("nothing printed")

    made = (
        Measurement("one", "One", "", broken),
        Measurement("two", "Two", "", lambda _: [Figure("x", 1.0)]),
    )
    monkeypatch.setattr(registry, "MEASUREMENTS", made)
    first, second = registry.run(QUIET)
    assert first.error == "LookupError: nothing printed"
    assert second.figures == [Figure("x", 1.0)]
    assert "Could not be measured" in markdown([first])


def test_an_interrupted_run_goes_on_where_it_was(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    calls: list[str] = []

    def measure(name: str) -> list[Figure]:
        calls.append(name)
        if name == "two" and len(calls) == 2:
            raise LookupError("interrupted")
        return [Figure(name, 0.5, 0.4, note="как есть")]

    made = tuple(Measurement(name, name, "", lambda _, name=name: measure(name)) for name in ("one", "two"))
    monkeypatch.setattr(registry, "MEASUREMENTS", made)
    first = list(registry.run(QUIET, kept=tmp_path))
    second = list(registry.run(QUIET, kept=tmp_path))
    assert [found.error for found in first] == ["", "LookupError: interrupted"]
    assert calls == ["one", "two", "two"]
    assert [found.figures for found in second] == [[Figure(n, 0.5, 0.4, note="как есть")] for n in ("one", "two")]


def test_unknown_measurements_are_named() -> None:
    with pytest.raises(ValueError, match=r"no measurement is called nonsense: choose among copies"):
        list(registry.run(QUIET, ["nonsense"]))


PRINTED = {
    "copies.py": """
recall by kind of change                   molva    datasketch    pairs
  typos                                    0.997         0.912    2,040
  mixed_alphabets                          0.999         0.000    1,940
precision                                 0.9991        0.9934
recall                                    0.9901        0.8712
F1                                        0.9945        0.9283

B3 repeated texts: 84 of 84 pairs found, 3 near-duplicates more
B6 repeated texts: 1,000 of 1,250 pairs found, 12 near-duplicates more
B7 repeated texts: 5 of 5 pairs found, 0 near-duplicates more
F9 clusters: 90 of 100 pairs found; 7 have too little text
common phrases, each by 20 authors: 2 pairs (none wanted)

molva: 6,012 reviews/s on one core, fingerprints and pairs
datasketch: 785 reviews/s on one core, fingerprints and pairs
""",
    "pages.py": """
recipe pages: aggregate rating and count                   9 of 10 (0.900)   extruct and twenty lines 8 of 10
written pages without reviews: none found                  3 of 3 (1.000)
CPU time a page: median 12 ms, slowest 80 ms, 70 pages
""",
}


@pytest.fixture
def scripts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(benches, "printed", lambda script, *_: PRINTED[script].splitlines())
    monkeypatch.setattr(benches, "there", lambda _: True)


@pytest.mark.usefixtures("scripts")
def test_copies_are_read_from_what_the_script_prints() -> None:
    figures = {figure.name: figure for figure in benches.copies(QUIET)}
    assert (figures["copies: F1"].value, figures["copies: F1"].baseline) == (0.9945, 0.9283)
    assert figures["copies: precision"].value == 0.9991
    assert figures["copies, recall: mixed alphabets"].value == 0.999
    assert figures["copies, recall: mixed alphabets"].note == "1,940 pairs"
    assert figures["natural copies: B6 repeated texts"].value == 0.8
    assert figures["pairs among common short phrases"].missed == 2
    assert figures["copies: reviews/s on one core"].target == 5 * 785


@pytest.mark.usefixtures("scripts")
def test_pages_are_read_from_what_the_script_prints() -> None:
    recipes, written = benches.pages(QUIET)
    assert (recipes.value, recipes.baseline, recipes.target) == (0.9, 0.8, 1.0)
    assert (written.name, written.value) == ("written pages without reviews: none found", 1.0)


def test_scores_come_from_the_judge() -> None:
    rows: list[dict[str, Any]] = [
        {"id": "r1", "source": "s", "subject": "p", "text": "Батарея держит день, кнопка иногда залипает."},
        {"id": "r2", "source": "s", "subject": "p", "text": "Screen arrived cracked and nobody answers my mails."},
    ]
    found = scores(judgements(rows))
    assert len(found) == 2
    assert all(0 < score < 1 for score in found)
    with pytest.raises(ValueError, match="r3 was rejected"):
        judgements([*rows, {"id": "r3", "source": "s", "subject": "p"}])


@pytest.mark.data
@pytest.mark.parametrize("name", CASES)
@pytest.mark.usefixtures("data_dir")
def test_subjects_do_not_straddle_the_split(name: str) -> None:
    sides: dict[str, set[int]] = {}
    for tested, row in CASES[name].rows():
        sides.setdefault(row["subject"]["id"], set()).add(tested)
    assert all(len(side) == 1 for side in sides.values())
    parts = {side for found in sides.values() for side in found}
    assert len(parts) > 1
    assert parts.issuperset(CASES[name].turns)


def test_groups_always_fall_into_the_same_part() -> None:
    assert [part(name) for name in ("p1", "p2", "p3", "гостиница")] == [
        part(name) for name in ("p1", "p2", "p3", "гостиница")
    ]
    assert {part(number) for number in range(60)} == {0, 1, 2}
