"""What is said of a trained model: figures and phrases to who trained it, and no person's words in what is kept."""

from __future__ import annotations

from streams.training.figures import Figures
from streams.training.report import Report, summary, write_cards

FIGURES = Figures(
    auc=0.91,
    auc_folds=(0.9, 0.92),
    auprc=0.88,
    accuracy=0.83,
    precision_5=0.97,
    precision_10=0.95,
    calibration_error=0.031,
)
REPORT = Report(
    name="shop",
    labels=200,
    fake=80,
    groups=12,
    group="subject",
    columns="rating.stars, author.count",
    figures=FIGURES,
    telling={"rating.stars": 0.42},
    fake_phrases=("best shop ever",),
    genuine_phrases=("the second one broke",),
    problems=("line 7: no text", "line 9: no subject"),
)


def test_who_trains_reads_figures_phrases_and_the_first_problem():
    said = summary(REPORT)
    for words in ("200 labels (80 fake) from 12 groups (subject)", "AUC 0.91", "calibration error 0.031", "0.97"):
        assert words in said
    for words in ("rating.stars 0.42", "best shop ever", "the second one broke", "2 lines not used", "line 7: no text"):
        assert words in said
    assert "not used" not in summary(Report(**{**_fields(REPORT), "problems": ()}))


def test_cards_hold_the_figures_and_nobodys_words(tmp_path):
    write_cards(tmp_path, REPORT)
    kept = "".join(path.read_text(encoding="utf-8") for path in tmp_path.iterdir())
    assert {path.name for path in tmp_path.iterdir()} == {"card.json", "card.md"}
    assert "0.91" in kept
    assert "40%" in kept, "the share of fakes that its scores are calibrated for"
    assert "best shop ever" not in kept
    assert "the second one broke" not in kept


def _fields(report: Report) -> dict[str, object]:
    return {name: getattr(report, name) for name in Report.__struct_fields__}
