"""Where Kafka and Elasticsearch are, and how they are made ready."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from indexer.kibana import setup as kibana
from indexer.stores.elasticsearch import ElasticsearchStore
from indexer.stores.elasticsearch import Settings as StoreSettings
from indexer.stores.subscriptions import ElasticsearchSubscriptions
from molva.bus import KafkaBus, create_topics
from molva.settings import Settings, SettingsError
from schemas.connection import Connection
from schemas.records import Record


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
    """Make the topics, the index and its aliases, and what Kibana shows, as this release wants them; say what was made.

    Raises:
        ConnectionError: Elasticsearch or Kibana does not answer, or refuses.
        WrongTopics: Topics are there that do not fit.
    """
    made = [f"topic {name}" for name in create_topics(kafka(settings))]
    target = store(settings)
    if target.prepare():
        made.append(f"index {settings.elasticsearch.index}")
    subscriptions = ElasticsearchSubscriptions.of(target)
    if subscriptions.prepare():
        made.append(f"index {subscriptions.name}")
    if settings.kibana.url:
        at = settings.kibana
        there = kibana.Settings(url=at.url, user=at.user, password=at.password, ca_file=at.ca_file)
        made += [f"{title} in Kibana" for title in kibana.setup(there, settings.elasticsearch.index)]
    return made


def bury(bus: KafkaBus) -> Callable[[Sequence[Record]], None]:
    """Gives dead letters to Kafka, and returns when they are safe."""

    def taken(letters: Sequence[Record]) -> None:
        for letter in letters:
            bus.send(letter)
        bus.flush()

    return taken
