"""Matcher and mailer on a real Kafka and a real Elasticsearch: one letter for what a subscription asks for."""

from __future__ import annotations

import re
import threading
import time
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from msgspec.structs import replace
from smtp_receiver import Receiver
from worker_cluster import Cluster

from indexer.alerts.ledger import Ledger
from indexer.feed import Feed
from molva import reading
from molva.bus import KafkaBus
from molva.deployment import connections, services
from molva.deployment.ledger_file import LedgerFile
from molva.kafka_letters import retry, unsettled
from molva.settings import Mail, load
from schemas import codec
from schemas.codec import decode, encode
from schemas.records import Record
from schemas.topics import ALERTS_RAISED

pytestmark = [pytest.mark.servers, pytest.mark.filterwarnings("ignore:Elasticsearch built-in security")]
EXAMPLE = Path(codec.__file__).parent / "examples" / "reviews-judged" / "ReviewJudged.json"


@pytest.fixture
def deployment(servers, tmp_path):
    """Settings of a deployment of its own, made ready; gone after the test."""
    cluster = Cluster(servers("kafka")["address"], tmp_path)
    settings = load(
        environment={
            "MOLVA_FOLDER": str(tmp_path / "var"),
            "MOLVA_KAFKA_SERVERS": cluster.connection.servers,
            "MOLVA_KAFKA_PREFIX": cluster.connection.prefix,
            "MOLVA_ELASTICSEARCH_URL": servers("elasticsearch")["address"],
            "MOLVA_ELASTICSEARCH_INDEX": f"{cluster.connection.prefix}reviews",
            "MOLVA_ALERTS_SETTLE": "0.2",
        }
    )
    connections.prepare(settings)
    yield settings
    cluster.remove()
    store = connections.store(settings)
    store.indices.client.indices.delete(
        index=[*store.indices.behind(store.indices.name), f"{store.indices.name}-subscriptions"]
    )
    store.indices.client.indices.delete_index_template(name=f"{store.indices.name}-molva")


@contextmanager
def running(settings, *names):
    """Run services in threads while the block runs."""
    stop = threading.Event()
    with ExitStack() as stack:
        for name in names:
            thread = threading.Thread(target=getattr(services, name), args=(settings,), kwargs={"stopping": stop})
            thread.start()
            stack.callback(thread.join, 30)
        stack.callback(stop.set)
        yield


def judgement(number, *, negative=True, **changes):
    """The judgement of a review that was just seen."""
    example = decode("reviews-judged", re.sub(rb"\n *", b"", EXAMPLE.read_bytes()))
    now = datetime.now(UTC)
    judged = example.judgement
    return replace(
        example,
        review_id=f"{number:024x}",
        version=1,
        first_seen_at=now,
        observed_at=now,
        judged_at=now,
        withdrawn_at=None,
        review=replace(example.review, id=f"n{number}"),
        judgement=replace(judged, negative=replace(judged.negative, value=negative)),
        history=(),
        **changes,
    )


def publish(settings, *events):
    with KafkaBus(settings.kafka) as bus:
        bus.publish(events)
        bus.flush()


def letters(settings):
    return sorted(settings.outbox.glob("*.eml"))


def wait_for(condition, patience=60):
    deadline = time.monotonic() + patience
    while not condition():
        assert time.monotonic() < deadline, "not in time"
        time.sleep(0.1)


def subscribe(settings):
    with reading.subscriptions(settings) as kept:
        return kept.add(
            query="negative:true", address="team@example.com", created_at=datetime.now(UTC) - timedelta(minutes=1)
        )


def raised(settings):
    """Every alert in Kafka, in the order of the partitions."""
    found = []
    with Feed(settings.kafka, ALERTS_RAISED, None) as feed:
        while feed.lag():
            found += [decode(ALERTS_RAISED.name, item.value) for item in feed.poll(seconds=1)]
    return found


def test_a_review_is_told_of_once_however_often_its_services_are_started(deployment):
    subscription = subscribe(deployment)
    first, praise = judgement(1), judgement(2, negative=False)
    with running(deployment, "index", "match", "mail"):
        publish(deployment, first, praise)
        wait_for(lambda: letters(deployment))
        publish(deployment, replace(first, judged_at=datetime.now(UTC), outcome="updated"))
        publish(deployment, judgement(3))
        wait_for(lambda: len(letters(deployment)) == 2)
    (one, other) = raised(deployment)
    assert {one.subscription_id, other.subscription_id} == {subscription.id}
    assert {one.review_id, other.review_id} == {f"{1:024x}", f"{3:024x}"}
    again = judgement(1)
    with running(deployment, "index", "match", "mail"):  # a new matcher remembers nothing of what was raised
        publish(deployment, again, judgement(4))
        wait_for(lambda: len(letters(deployment)) == 3)
    assert len({alert.alert_id for alert in raised(deployment)}) == 3
    assert len(letters(deployment)) == 3


def test_a_subscription_is_ended_by_its_letter(deployment):
    subscription = subscribe(deployment)
    with running(deployment, "index", "match", "mail"):
        publish(deployment, judgement(1))
        wait_for(lambda: letters(deployment))
        with reading.subscriptions(deployment) as kept:
            assert kept.unsubscribe(subscription.token) == subscription
        publish(deployment, judgement(2))
        time.sleep(2)
    assert len(letters(deployment)) == 1


def test_bytes_that_are_no_alert_are_one_dead_letter_and_the_rest_is_mailed(deployment):
    subscribe(deployment)
    with KafkaBus(deployment.kafka) as bus:
        bus.send(Record(ALERTS_RAISED.name, b"x", b"\x00no alert"))
        bus.flush()
    with running(deployment, "index", "match", "mail"):
        publish(deployment, judgement(1))
        wait_for(lambda: letters(deployment))
    (dead,) = unsettled(deployment.kafka)
    assert (dead.letter.stage, dead.letter.payload) == ("mailer", b"\x00no alert")


def test_a_letter_that_was_refused_goes_out_when_its_alert_is_given_back(deployment):
    subscribe(deployment)
    with running(deployment, "index", "match"):
        publish(deployment, judgement(1))
        wait_for(lambda: raised(deployment))
    (alert,) = raised(deployment)
    path = deployment.data / "letters.sqlite"
    ledger = LedgerFile(path)
    with ledger.transaction() as connection:
        Ledger(connection).record([alert])
        Ledger(connection).dead(alert.alert_id, "550 no such user", datetime.now(UTC))
    ledger.close()
    with KafkaBus(deployment.kafka) as bus:
        bus.send(Record(ALERTS_RAISED.name, alert.subscription_id.encode(), encode(alert)))
        bus.flush()
    with running(deployment, "mail"):
        wait_for(lambda: letters(deployment))


def test_a_letter_that_the_mail_server_refused_comes_home_by_retry(deployment):
    subscribe(deployment)
    with Receiver(rcpt={"team@example.com": "550 no such user"}) as server:
        server_of = Mail(host="127.0.0.1", port=server.port, security="none")
        settings = replace(deployment, mail=server_of)
        with running(settings, "index", "match", "mail"):
            publish(settings, judgement(1))
            wait_for(lambda: list(unsettled(settings.kafka)))
            (dead,) = unsettled(settings.kafka)
            assert dead.letter.stage == "mailer"
            assert "550" in dead.letter.reason
            assert server.letters == []
            server.rcpt.clear()
            assert retry(settings.kafka) == (1, 0)
            wait_for(lambda: server.letters)
    assert len(server.letters) == 1
    assert list(unsettled(deployment.kafka)) == []
