"""Each metric is stated once, by the rules of Prometheus, and its values are written so that Prometheus reads them."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.metrics import ALERTS_RAISED, CONSUMER_LAG, METRICS, REVIEWS_COLLECTED, Sample, exposition

ROOT = Path(__file__).resolve().parents[2]
LINE = re.compile(r'(\w+)(?:\{((?:\w+="(?:[^"\\\n]|\\[\\"n])*",?)+)\})? (\S+)')


def test_names_and_kinds_are_as_prometheus_wants_them():
    assert len({metric.name for metric in METRICS}) == len(METRICS)
    for metric in METRICS:
        assert re.fullmatch(r"molva_[a-z_]+", metric.name)
        assert metric.name.endswith("_total") == (metric.kind == "counter")
        assert all(re.fullmatch(r"[a-z_]+", label) for label in metric.labels)


@pytest.mark.parametrize("metric", METRICS, ids=lambda metric: metric.name)
def test_every_metric_is_told_of_with_its_labels(metric):
    labels = ", ".join(f"`{label}`" for label in metric.labels) or "–"
    page = (ROOT / "docs" / "operations.md").read_text(encoding="utf-8")
    assert f"| `{metric.name}` | {metric.kind} | {labels} | {metric.says} |" in page


def test_the_values_of_a_metric_stand_together_behind_what_it_is():
    samples = [
        Sample(REVIEWS_COLLECTED, 3, ("0", "shop", "new")),
        Sample(ALERTS_RAISED, 2.5),
        Sample(REVIEWS_COLLECTED, 1, ("0", "shop", "edited")),
    ]
    assert exposition(samples).splitlines() == [
        "# HELP molva_alerts_raised_total Alerts that were raised",
        "# TYPE molva_alerts_raised_total counter",
        "molva_alerts_raised_total 2.5",
        "# HELP molva_reviews_collected_total Observations, by how they ended",
        "# TYPE molva_reviews_collected_total counter",
        'molva_reviews_collected_total{worker="0",source="shop",outcome="new"} 3',
        'molva_reviews_collected_total{worker="0",source="shop",outcome="edited"} 1',
    ]
    assert exposition([]) == ""
    with pytest.raises(ValueError, match="shorter"):
        exposition([Sample(CONSUMER_LAG, 1, ("0",))])


@given(st.text(), st.floats(allow_nan=False, allow_infinity=False))
def test_any_label_and_value_is_one_line_that_is_read_back(text, value):
    written = exposition([Sample(REVIEWS_COLLECTED, value, ("0", text, "new"))]).split("\n")[2:-1]
    (found,) = (LINE.fullmatch(line) for line in written)
    assert found
    labels = dict(re.findall(r'(\w+)="((?:[^"\\\n]|\\[\\"n])*)"', found[2]))
    said = re.sub(r"\\(.)", lambda match: "\n" if match[1] == "n" else match[1], labels["source"])
    assert said == text
    assert float(found[3]) == pytest.approx(value, rel=1e-4)
