"""The services that run until SIGTERM: workers, indexer, matcher, mailer."""

from __future__ import annotations

import contextlib
import logging
import threading

import msgspec

from indexer.feed import Feed
from indexer.stores.percolator import Percolator
from indexer.stores.subscriptions import ElasticsearchSubscriptions
from indexer.writer import Writer
from molva.bus import KafkaBus
from molva.deployment.connections import bury, kafka, store
from molva.deployment.ledger_file import LedgerFile
from molva.deployment.mailing import MailService
from molva.deployment.matching import Matcher
from molva.deployment.serving import alive, until_told
from molva.settings import Settings
from schemas.metrics import ALERTS_RAISED as ALERTS
from schemas.metrics import INDEX_DOCUMENTS, LETTERS_SENT, Sample
from schemas.topics import ALERTS_RAISED, REVIEWS_JUDGED
from streams.worker.health import Page, serve
from streams.worker.settings import WorkerSettings
from streams.worker.supervisor import run as supervise

log = logging.getLogger(__name__)

INDEX_GROUP = "molva-indexer"
"""The consumer group that writes the index."""
MATCH_GROUP = "molva-matcher"
"""The consumer group that raises alerts."""
MAIL_GROUP = "molva-mailer"
"""The consumer group that mails letters."""


def work(settings: Settings, *, workers: int, address: str | None = None) -> int:
    """Run workers until SIGTERM; return the exit code (0, or 77 when a fuse has blown)."""
    return supervise(
        WorkerSettings(
            kafka=kafka(settings),
            folder=str(settings.data / "workers"),
            workers=workers,
            address=address,
            model=str(settings.model_folder) if settings.model_folder else None,
            languages=settings.languages,
        )
    )


def index(settings: Settings, *, address: str | None = None, stopping: threading.Event | None = None) -> None:
    """Write judgements into Elasticsearch until SIGTERM.

    Raises:
        FuseBlown: Elasticsearch refuses too many documents.
    """
    target = store(settings)
    with (
        until_told(stopping) as stop,
        KafkaBus(kafka(settings)) as bus,
        Feed(kafka(settings), REVIEWS_JUDGED, INDEX_GROUP) as feed,
    ):
        writer = Writer(feed, target, bury=bury(bus), stopping=stop.is_set)
        page = Page(health=lambda: _index_health(writer), metrics=lambda: _index_metrics(writer))
        with serve(address, page):
            while not stop.is_set():
                writer.step()


def match(settings: Settings, *, address: str | None = None, stopping: threading.Event | None = None) -> None:
    """Raise alerts for the judgements that subscriptions ask for, until SIGTERM."""
    target = store(settings)
    percolator = Percolator.of(target)
    if percolator is None:
        log.info("this Elasticsearch has no percolator: each subscription is a search of its own")
    with (
        until_told(stopping) as stop,
        KafkaBus(kafka(settings)) as bus,
        Feed(kafka(settings), REVIEWS_JUDGED, MATCH_GROUP) as feed,
    ):
        matcher = Matcher(
            feed,
            target,
            ElasticsearchSubscriptions.of(target),
            bus,
            settle=settings.alerts.settle,
            percolator=percolator,
        )
        page = Page(
            health=lambda: alive("matcher", matcher.beat, f"{matcher.raised} alerts raised"),
            metrics=lambda: [Sample(ALERTS, matcher.raised)],
        )
        with serve(address, page):
            matcher.run(stop)


def mail(settings: Settings, *, address: str | None = None, stopping: threading.Event | None = None) -> None:
    """Mail the letters of alerts until SIGTERM; one such process in a deployment."""
    target = store(settings)
    with (
        until_told(stopping) as stop,
        KafkaBus(kafka(settings)) as bus,
        Feed(kafka(settings), ALERTS_RAISED, MAIL_GROUP) as feed,
        contextlib.closing(LedgerFile(settings.data / "letters.sqlite")) as ledger,
    ):
        mailer = MailService(
            settings,
            feed,
            bus,
            store=target,
            subscriptions=ElasticsearchSubscriptions.of(target),
            ledger=ledger,
        )
        page = Page(
            health=lambda: alive("mailer", mailer.beat, f"{mailer.taken} alerts taken, {mailer.sent} letters sent"),
            metrics=lambda: [Sample(LETTERS_SENT, mailer.sent)],
        )
        with serve(address, page):
            mailer.run(stop)


def _index_health(writer: Writer) -> tuple[bool, str]:
    counts = writer.counts
    return alive("indexer", writer.beat, f"{counts.written} documents written, {counts.retried} tried again")


def _index_metrics(writer: Writer) -> list[Sample]:
    return [Sample(INDEX_DOCUMENTS, value, (name,)) for name, value in msgspec.structs.asdict(writer.counts).items()]
