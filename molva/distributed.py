"""The product on Kafka and Elasticsearch: each function is one service of a deployment, run until it is told to end."""

from __future__ import annotations

import contextlib
import logging
import signal
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from hashlib import blake2b
from types import FrameType

import msgspec
import uvicorn
from fastapi import FastAPI

from collectors.gateway import app as gateway_app
from collectors.runner import Run, Runner
from collectors.scheduler import Scheduler
from indexer.documents import document
from indexer.feed import Feed
from indexer.stores.elasticsearch import ElasticsearchStore
from indexer.stores.elasticsearch import Settings as StoreSettings
from indexer.stores.percolator import Percolator
from indexer.writer import Writer
from molva.bus import KafkaBus, create_topics
from molva.pipeline import CONNECTIONS
from molva.settings import Gateway, Settings, SettingsError, contact_key
from schemas.codec import InvalidEvent, decode
from schemas.connection import Connection
from schemas.records import Record
from schemas.topics import REVIEWS_JUDGED
from streams.worker.health import Page, serve
from streams.worker.settings import WorkerSettings
from streams.worker.supervisor import run as supervise

log = logging.getLogger(__name__)

INDEX_GROUP = "molva-indexer"
"""The consumer group that writes the index."""
ALERT_GROUP = "molva-alerts"
"""The consumer group that matches and mails."""


MAX_SILENCE = 60.0
"""Seconds without a sign of life after which a service is not well."""


def kafka(settings: Settings) -> Connection:
    """Where Kafka is; raises SettingsError when the configuration does not say."""
    if settings.kafka is None:
        raise SettingsError("no Kafka is configured: set [kafka] servers in molva.toml, or MOLVA_KAFKA_SERVERS")
    return settings.kafka


def store(settings: Settings) -> ElasticsearchStore:
    """The index on Elasticsearch; raises SettingsError when the configuration does not say where it is."""
    search = settings.elasticsearch
    if not search.url:
        raise SettingsError(
            "no Elasticsearch is configured: set [elasticsearch] url in molva.toml, or MOLVA_ELASTICSEARCH_URL"
        )
    return ElasticsearchStore(
        StoreSettings(
            url=search.url,
            index=search.index,
            user=search.user or None,
            password=search.password or None,
            ca_file=search.ca_file or None,
        )
    )


def prepare(settings: Settings) -> list[str]:
    """Make the topics, the index and its aliases as this release wants them; say what was made."""
    made = [f"topic {name}" for name in create_topics(kafka(settings))]
    if store(settings).prepare():
        made.append(f"index {settings.elasticsearch.index}")
    return made


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
        _until_told(stopping) as stop,
        KafkaBus(kafka(settings)) as bus,
        Feed(kafka(settings), REVIEWS_JUDGED, INDEX_GROUP) as feed,
    ):
        writer = Writer(feed, target, bury=_bury(bus), stopping=stop.is_set)
        page = Page(health=lambda: _index_health(writer), metrics=lambda: _index_metrics(writer))
        with serve(address, page):
            while not stop.is_set():
                writer.step()


def alert(settings: Settings, *, address: str | None = None, stopping: threading.Event | None = None) -> None:
    """Match judgements with subscriptions and mail the letters until SIGTERM; one such process in a deployment."""
    from molva.alert_service import AlertService  # noqa: PLC0415 - it brings the embedded host's parts
    from molva.embedded import EmbeddedHost  # noqa: PLC0415

    settings.data.mkdir(parents=True, exist_ok=True)
    host = EmbeddedHost(settings.database)
    target = store(settings)
    percolator = Percolator.of(target)
    if percolator is None:
        log.info("this Elasticsearch has no percolator: each subscription is a search of its own")
    with (
        _until_told(stopping) as stop,
        KafkaBus(kafka(settings)) as bus,
        Feed(kafka(settings), REVIEWS_JUDGED, ALERT_GROUP) as feed,
        contextlib.closing(host),
    ):
        service = AlertService(settings, host, target, feed, bus, percolator=percolator)

        def health() -> tuple[bool, str]:
            silent = time.monotonic() - service.beat
            return silent < MAX_SILENCE, f"alerts: {service.raised} raised, {service.sent} sent\n"

        def metrics() -> str:
            return f"molva_alerts_raised_total {service.raised}\nmolva_letters_sent_total {service.sent}\n"

        with serve(address, Page(health=health, metrics=metrics)):
            service.run(stop)


def gather(
    settings: Settings,
    names: Sequence[str] = (),
    *,
    once: bool = False,
    done: Callable[[Run], None] | None = None,
    stopping: threading.Event | None = None,
) -> list[Run]:
    """Collect sources into Kafka, and serve the gateway when one of them is pushed to; until SIGTERM, or once.

    A source's cursor moves when Kafka has acknowledged what came, and a gateway answers then, never before.
    """
    from molva.workspace import Workspace  # noqa: PLC0415 - it brings the embedded host's parts

    workspace = Workspace(settings)
    sources = workspace.sources(names)
    with _until_told(stopping) as stop, KafkaBus(kafka(settings)) as bus:
        runner = Runner(bus, contact_key=contact_key(settings))
        scheduler = Scheduler(sources, runner, workspace.states.of, stop=stop, threads=4, done=done)
        try:
            if once:
                return scheduler.run_once()
            pushed = any(source.collector.pushed for source in sources)
            app = (
                gateway_app(sources, runner, workspace.states.of, proxies=settings.gateway.proxies) if pushed else None
            )
            with _listening(app, settings.gateway):
                scheduler.run_forever()
            return []
        finally:
            workspace.states.close()


def replay(settings: Settings, *, progress: Callable[[int], object] = lambda _count: None) -> int:
    """Build the index anew from the log, behind the alias, while searches go on; return how many records it took.

    Records that come meanwhile are the indexer's, which writes into the new index from the first moment.
    """
    target = store(settings)
    created = target.indices.begin()
    done = 0
    with KafkaBus(kafka(settings)) as bus, Feed(kafka(settings), REVIEWS_JUDGED, None) as feed:
        writer = Writer(feed, target, bury=_bury(bus))
        while feed.lag():
            items = feed.poll(seconds=5)
            writer.take(items)
            done += len(items)
            progress(done)
    target.indices.finish(created)
    return done


def reconcile(settings: Settings) -> Iterator[str]:
    """Compare the index with the log, review by review; yield a line for each difference.

    What the indexer has yet to write is a difference too: run it when all is quiet.
    """
    target = store(settings)
    target.refresh()
    wanted: dict[str, tuple[int, bytes]] = {}
    with Feed(kafka(settings), REVIEWS_JUDGED, None) as feed:
        while feed.lag():
            for item in feed.poll(seconds=5):
                with contextlib.suppress(InvalidEvent):
                    event = decode(REVIEWS_JUDGED.name, item.value or b"")
                    wanted[event.review_id] = (item.offset, _digest(document(event)))
    extra = target.count() - len(wanted)
    for ids in _chunks(list(wanted), 1_000):
        found = target.documents(ids)
        for review_id in ids:
            offset, digest = wanted[review_id]
            version, kept = found.get(review_id, (None, {}))
            if version is None:
                yield f"{review_id}: not in the index"
                extra += 1
            elif version != offset:
                yield f"{review_id}: the index has record {version}, the log {offset}"
            elif _digest(kept) != digest:
                yield f"{review_id}: the index has another document for record {offset}"
    if extra:
        yield f"{extra} documents of the index are not in the log: run `molva replay`"


def _digest(found: object) -> bytes:
    return blake2b(msgspec.json.encode(found, order="deterministic"), digest_size=16).digest()


def _chunks(items: Sequence[str], size: int) -> Iterator[Sequence[str]]:
    for start in range(0, len(items), size):
        yield items[start : start + size]


def _bury(bus: KafkaBus) -> Callable[[Sequence[Record]], None]:
    def bury(letters: Sequence[Record]) -> None:
        for letter in letters:
            bus.send(letter)
        bus.flush()

    return bury


def _index_health(writer: Writer) -> tuple[bool, str]:
    silent = time.monotonic() - writer.beat
    counts = writer.counts
    return silent < MAX_SILENCE, (
        f"indexer: {counts.written} documents written, {counts.retried} tried again, at work {silent:.0f} s ago\n"
    )


def _index_metrics(writer: Writer) -> str:
    return "".join(
        f"# TYPE molva_index_{name}_total counter\nmolva_index_{name}_total {value}\n"
        for name, value in msgspec.structs.asdict(writer.counts).items()
    )


@contextlib.contextmanager
def _listening(app: FastAPI | None, gateway: Gateway) -> Iterator[None]:
    """Serve the gateway in a thread while the block runs; raises OSError when its port is taken."""
    if app is None:
        yield
        return
    server = uvicorn.Server(
        uvicorn.Config(
            app,
            host=gateway.host,
            port=gateway.port,
            log_level="warning",
            lifespan="off",
            proxy_headers=False,  # whose X-Forwarded-For is believed, the gateway decides by its own setting
            limit_concurrency=CONNECTIONS,
        )
    )
    thread = threading.Thread(target=server.run, name="gateway", daemon=True)
    thread.start()
    while not server.started:
        if not thread.is_alive():
            raise OSError(f"the gateway cannot listen on {gateway.host}:{gateway.port}: choose another port")
        time.sleep(0.02)
    try:
        yield
    finally:
        server.should_exit = True
        thread.join(30)


@contextlib.contextmanager
def _until_told(given: threading.Event | None) -> Iterator[threading.Event]:
    """An event that SIGTERM and SIGINT set, or the one that the caller sets."""
    if given is not None:
        yield given
        return
    stop = threading.Event()

    def told(number: int, _frame: FrameType | None) -> None:
        log.info("signal %d: ending", number)
        stop.set()

    before = {number: signal.signal(number, told) for number in (signal.SIGTERM, signal.SIGINT)}
    try:
        yield stop
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
