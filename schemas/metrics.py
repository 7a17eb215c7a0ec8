"""Each metric once: its name, what it counts and by which labels; and their values in Prometheus' text format.

Labels are bounded by the configuration: sources, steps, topics, partitions and processes, never ids or texts.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Literal, NamedTuple

import msgspec


class Metric(msgspec.Struct, frozen=True):
    """A metric by its name in Prometheus; a counter only grows while its process lives."""

    name: str
    kind: Literal["counter", "gauge"]
    says: str
    labels: tuple[str, ...] = ()


class Sample(NamedTuple):
    """A value of a metric; ``labels`` are in the metric's order."""

    metric: Metric
    value: float
    labels: Sequence[str] = ()


REVIEWS_COLLECTED = Metric(
    "molva_reviews_collected_total", "counter", "Observations, by how they ended", ("worker", "source", "outcome")
)
STEP_EVENTS = Metric("molva_step_events_total", "counter", "Events that a step has done", ("worker", "step", "topic"))
DEAD_LETTERS = Metric(
    "molva_dead_letters_total", "counter", "Events that could not be processed", ("worker", "stage", "topic")
)
CONSUMER_LAG = Metric(
    "molva_consumer_lag_records", "gauge", "Records that are still to be done", ("worker", "topic", "partition")
)
WORKER_RESTARTS = Metric("molva_worker_restarts_total", "counter", "Times that a worker was started again", ("worker",))
WORKER_READY = Metric("molva_worker_ready", "gauge", "1 while a worker has partitions and works, else 0", ("worker",))
WORKER_CPU = Metric("molva_worker_cpu_seconds", "gauge", "CPU time that a worker's process has used", ("worker",))
COLLECTOR_RUNS = Metric(
    "molva_collector_runs_total", "counter", "Runs of a source, by how they ended", ("source", "ending")
)
INDEX_DOCUMENTS = Metric("molva_index_documents_total", "counter", "Documents, by what became of them", ("outcome",))
ALERTS_RAISED = Metric("molva_alerts_raised_total", "counter", "Alerts that were raised")
LETTERS_SENT = Metric("molva_letters_sent_total", "counter", "Letters that the mail server took")

METRICS: tuple[Metric, ...] = (
    REVIEWS_COLLECTED,
    STEP_EVENTS,
    DEAD_LETTERS,
    CONSUMER_LAG,
    WORKER_RESTARTS,
    WORKER_READY,
    WORKER_CPU,
    COLLECTOR_RUNS,
    INDEX_DOCUMENTS,
    ALERTS_RAISED,
    LETTERS_SENT,
)


def exposition(samples: Iterable[Sample]) -> str:
    """The samples in Prometheus' text format (version 0.0.4), those of a metric together; "" without any."""
    lines: dict[str, list[str]] = {}
    for metric, value, labels in samples:
        head = [f"# HELP {metric.name} {metric.says}", f"# TYPE {metric.name} {metric.kind}"]
        pairs = zip(metric.labels, labels, strict=True)
        text = ",".join(f'{label}="{_escaped(part)}"' for label, part in pairs)
        name = f"{metric.name}{{{text}}}" if text else metric.name
        lines.setdefault(metric.name, head).append(f"{name} {value:g}" if value % 1 else f"{name} {int(value)}")
    return "".join(f"{line}\n" for metric in sorted(lines) for line in lines[metric])


def _escaped(text: str) -> str:
    return text.replace("\\", r"\\").replace('"', r"\"").replace("\n", r"\n")
