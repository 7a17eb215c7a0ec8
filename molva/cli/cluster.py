"""The commands of the distributed product: ``molva prepare``, ``gather``, ``worker``, ``index``, ``match`` and more."""

from __future__ import annotations

import logging
import sys
from typing import TYPE_CHECKING, Annotated

import typer

from molva.cli.common import WRONG, Config, Json, emit, err, escape, fail, out, settings
from molva.settings import Settings, SettingsError

if TYPE_CHECKING:
    from collectors.runner import Run

Health = Annotated[
    str | None, typer.Option("--health", help="Where /health and /metrics are served, HOST:PORT.", show_default=False)
]


def _logged(config: Config) -> Settings:
    """The settings, with the log on standard error: these commands run as services."""
    logging.basicConfig(level=logging.INFO, stream=sys.stderr, format="%(asctime)s %(levelname)s %(name)s %(message)s")
    for noisy in ("kafka", "elastic_transport"):
        logging.getLogger(noisy).setLevel(logging.WARNING)
    return settings(config)


def prepare(config: Config = None, json: Json = False) -> None:
    """Make Kafka's topics and Elasticsearch's index as this release wants them; run it before all others."""
    from kafka.errors import KafkaError

    from molva.bus import WrongTopics
    from molva.deployment import connections

    try:
        made = connections.prepare(_logged(config))
    except SettingsError as error:
        fail(str(error))
    except (KafkaError, ConnectionError, WrongTopics) as error:
        fail(str(error), WRONG)
    if json:
        emit({"made": made})
        return
    err.print(f"Made {escape(', '.join(made))}." if made else "Everything is there.")


def gather(
    names: Annotated[list[str] | None, typer.Argument(help="Sources; all by default.", show_default=False)] = None,
    config: Config = None,
    once: Annotated[bool, typer.Option("--once", help="Run every source once and end.")] = False,
    health: Health = None,
    json: Json = False,
) -> None:
    """Collect into Kafka; runs until it is told to end."""
    from molva.deployment import gathering

    def done(run: Run) -> None:
        counts = {name: getattr(run, name) for name in ("seen", "published", "rejected", "withdrawn")}
        if json:
            emit({"source": run.source, "ok": run.ok, "ending": run.ending, **counts, "why": run.why})
        else:
            told = ", ".join(f"{value} {name}" for name, value in counts.items() if value)
            out.print(f"{escape(run.source)}: {escape(run.ending)}, {told or 'nothing new'}")

    try:
        runs = gathering.gather(_logged(config), names or (), once=once, address=health, done=done)
    except (SettingsError, OSError) as error:
        fail(str(error))
    if not all(run.ok for run in runs):
        raise typer.Exit(WRONG)


def worker(
    config: Config = None,
    workers: Annotated[int, typer.Option(help="Processes.", min=1)] = 1,
    health: Health = None,
) -> None:
    """Identify, enrich and judge: Faust workers on Kafka, each started again when it ends."""
    from molva.deployment import services

    try:
        code = services.work(_logged(config), workers=workers, address=health)
    except SettingsError as error:
        fail(str(error))
    raise typer.Exit(code)


def index(config: Config = None, health: Health = None) -> None:
    """Write judgements into Elasticsearch, as they come."""
    from indexer.writer import FuseBlown
    from molva.deployment import services

    try:
        services.index(_logged(config), address=health)
    except SettingsError as error:
        fail(str(error))
    except FuseBlown as error:
        fail(str(error), WRONG)


def gateway(
    names: Annotated[list[str] | None, typer.Argument(help="Sources; all by default.", show_default=False)] = None,
    config: Config = None,
    health: Health = None,
) -> None:
    """Take SMS, forms and reviews that are posted into Kafka; runs until it is told to end."""
    from molva.deployment import gathering

    try:
        gathering.gateway(_logged(config), names or (), address=health)
    except (SettingsError, OSError) as error:
        fail(str(error))


def match(config: Config = None, health: Health = None) -> None:
    """Raise alerts for the judgements that subscriptions ask for."""
    from molva.deployment import services

    try:
        services.match(_logged(config), address=health)
    except SettingsError as error:
        fail(str(error))


def mail(config: Config = None, health: Health = None) -> None:
    """Mail the letters of alerts; run one of it."""
    from molva.deployment import services

    try:
        services.mail(_logged(config), address=health)
    except SettingsError as error:
        fail(str(error))


def replay(config: Config = None, json: Json = False) -> None:
    """Build Elasticsearch's index anew from Kafka, while searches go on."""
    from molva.deployment import rebuilding

    try:
        count = rebuilding.replay(_logged(config))
    except SettingsError as error:
        fail(str(error))
    if json:
        emit({"records": count})
    else:
        err.print(f"The new index has taken {count} records.")


def reconcile(config: Config = None, json: Json = False) -> None:
    """Compare Elasticsearch's index with Kafka; prints every difference, and ends with 1 when there is one."""
    from molva.deployment import rebuilding

    count = 0
    try:
        for difference in rebuilding.reconcile(_logged(config)):
            count += 1
            emit({"difference": difference}) if json else out.print(escape(difference))
    except SettingsError as error:
        fail(str(error))
    if count:
        raise typer.Exit(WRONG)
    err.print("Index and log agree.")


def dead_letters(action: str, loaded: Settings, *, json: bool) -> None:
    """``molva dead-letters`` where Kafka is configured."""
    from molva import kafka_letters
    from molva.deployment.connections import kafka

    if action == "retry":
        done, kept = kafka_letters.retry(kafka(loaded))
        emit({"retried": done, "left": kept}) if json else out.print(f"{done} retried, {kept} dead letters are left.")
        return
    if action not in {"list", "show"}:
        fail(f"{action}: say list, show or retry")
    for one in kafka_letters.unsettled(kafka(loaded)):
        letter, payload = one.letter, one.letter.payload.decode("utf-8", "replace")
        if json:
            row = {"place": one.place, "stage": letter.stage, "source": letter.source, "topic": letter.topic}
            row |= {"reason": letter.reason, "died_at": letter.died_at.isoformat()}
            emit(row | ({"payload": payload, "traceback": letter.traceback} if action == "show" else {}))
        else:
            where = f"{letter.died_at:%Y-%m-%d %H:%M}  {escape(letter.stage)}  {escape(letter.source or '')}"
            out.print(f"[bold]{escape(one.place)}[/]  {where}  {escape(letter.reason)}")
            if action == "show":
                out.print(escape(payload), style="dim")
