"""``molva doctor``: looks at everything that has to be right, and says of each part what to do if it is not."""

from __future__ import annotations

import shutil
import smtplib
import sqlite3
from collections.abc import Callable
from pathlib import Path

import msgspec
import requests

from collectors.plugin import discover
from collectors.runner import status
from molva.settings import Settings, SettingsError
from molva.workspace import Workspace, models
from schemas.connection import Connection
from schemas.events import Rating, Review, Subject
from streams.enrich import read

LEAST_FREE = 1_000_000_000
"""Bytes that the data folder's disk should have."""


class Check(msgspec.Struct, frozen=True):
    """One thing that was looked at."""

    name: str
    ok: bool
    said: str
    advice: str = ""


def checks(settings: Settings) -> list[Check]:
    """All checks, in the order in which a person would mend what they find."""
    found = [
        _guarded("data folder", lambda: _data(settings.data)),
        _guarded("models", lambda: _models(settings)),
        _guarded("database", lambda: _database(settings)),
        _guarded("collectors", _collectors),
        _guarded("sources", lambda: _sources(settings)),
        _guarded("mail", lambda: _mail(settings)),
    ]
    if kafka := settings.kafka:
        found.append(_guarded("kafka", lambda: _kafka(kafka)))
    if settings.elasticsearch.url:
        found.append(_guarded("elasticsearch", lambda: _elasticsearch(settings)))
    if settings.kibana.url:
        found.append(_guarded("kibana", lambda: _kibana(settings)))
    return found


def _guarded(name: str, look: Callable[[], tuple[bool, str, str]]) -> Check:
    try:
        return Check(name, *look())
    except (OSError, ValueError, SettingsError, sqlite3.Error) as error:
        return Check(name, ok=False, said=str(error))


def _data(folder: Path) -> tuple[bool, str, str]:
    folder.mkdir(parents=True, exist_ok=True)
    free = shutil.disk_usage(folder).free
    return free > LEAST_FREE, f"{folder}, {free / 1e9:.1f} GB free", "free some disk space, or set folder in molva.toml"


def _models(settings: Settings) -> tuple[bool, str, str]:
    review = Review(
        source="doctor", subject=Subject(id="p"), text="Отличный сервис, рекомендую!", rating=Rating(value=5)
    )
    analysis = read([review], models(settings))[0].analysis
    which = settings.model or "the shipped ones"
    return analysis.language == "ru", f"{which} read a test review", "install Molva again, or train the model again"


def _database(settings: Settings) -> tuple[bool, str, str]:
    if not settings.database.exists():
        return True, "nothing collected yet", ""
    with sqlite3.connect(f"file:{settings.database}?mode=ro", uri=True) as connection:
        said = connection.execute("PRAGMA quick_check(1)").fetchone()[0]
        dead = connection.execute("SELECT count(*) FROM dead_letters").fetchone()[0]
    connection.close()
    if said != "ok":
        return False, said, "restore the file from a backup, or remove it and collect again"
    return True, f"{settings.database.stat().st_size / 1e6:.1f} MB, {dead} dead letters (see `molva dead-letters`)", ""


def _collectors() -> tuple[bool, str, str]:
    found = discover()
    said = "; ".join(found.problems) or ", ".join(sorted(found.collectors))
    return not found.problems, said, "mend or uninstall that plug-in"


def _sources(settings: Settings) -> tuple[bool, str, str]:
    workspace = Workspace(settings)
    sources = workspace.sources()
    broken = []
    for source in sources:
        last, _ = status(workspace.states.of(source.name))
        if last is not None and not last.ok:
            broken.append(f"{source.name}: {last.ending}")
    workspace.close()
    if not sources:
        return (
            False,
            "none is configured",
            "add a table [sources.NAME] to molva.toml; `molva sources --available` helps",
        )
    return not broken, "; ".join(broken) or f"{len(sources)} configured", "`molva sources` says what went wrong"


def _mail(settings: Settings) -> tuple[bool, str, str]:
    mail = settings.mail
    if not mail.host:
        return True, f"no server is set: letters are written to {settings.outbox}", ""
    advice = "check the settings under [mail]"
    try:
        server: smtplib.SMTP = (
            smtplib.SMTP_SSL(mail.host, mail.port, timeout=10)
            if mail.security == "tls"
            else smtplib.SMTP(mail.host, mail.port, timeout=10)
        )
        with server:
            code, _ = server.noop()
    except smtplib.SMTPException as error:
        return False, str(error), advice
    return code == 250, f"{mail.host}:{mail.port} answers", advice


def _kafka(connection: Connection) -> tuple[bool, str, str]:
    from molva.bus import missing_topics  # noqa: PLC0415 - a client that other checks do without

    missing = missing_topics(connection)
    if missing:
        return False, f"{connection.servers} answers, and lacks {', '.join(missing)}", "run `molva prepare`"
    return True, f"{connection.servers} answers, and has all topics", ""


def _elasticsearch(settings: Settings) -> tuple[bool, str, str]:
    from molva.deployment.connections import store  # noqa: PLC0415 - a client that other checks do without

    try:
        count = store(settings).count()
    except ConnectionError as error:
        advice = "start it, check the settings under [elasticsearch], and run `molva prepare`"
        return False, f"{settings.elasticsearch.url}: {error}", advice
    return True, f"{settings.elasticsearch.url} answers, and has {count} reviews", ""


def _kibana(settings: Settings) -> tuple[bool, str, str]:
    at = settings.kibana
    login = (at.user, at.password) if at.user else None
    answer = requests.get(f"{at.url.rstrip('/')}/api/status", auth=login, verify=at.ca_file or True, timeout=10)
    return answer.ok, f"{at.url} answers {answer.status_code}", "check the settings under [kibana]"
