"""Settings: molva.toml and the environment. The only place that reads either.

A value of molva.toml can be overridden by ``MOLVA_<SECTION>_<NAME>`` (``MOLVA_CONSOLE_PORT=9000``; for values outside
a section ``MOLVA_<NAME>``). A secret never stands in the file, only where it is: ``{ env = "NAME" }`` or
``{ file = "PATH" }``.
"""

from __future__ import annotations

import ipaddress
import os
import secrets
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal
from urllib.parse import urlsplit

import msgspec

from collectors import Secret
from schemas.connection import Connection

FILE = "molva.toml"


class SettingsError(Exception):
    """The configuration is wrong; the message says where and what to write instead."""


class Section(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Base of all sections: an unknown name is an error, not a silent default."""


class Console(Section, frozen=True):
    """Where the page is served, and under which address people reach it (for links in letters)."""

    host: str = "127.0.0.1"
    port: int = 8420
    url: str = ""

    @property
    def address(self) -> str:
        """The console's address for links, without a slash at the end."""
        host = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}.get(self.host, self.host)  # noqa: S104 - where nobody can go
        return (self.url or f"http://{host}:{self.port}").rstrip("/")

    @property
    def names(self) -> tuple[str, ...]:
        """Names by which it may be asked for: where only this machine reaches it, its own and that of ``url``."""
        if self.host not in {"127.0.0.1", "localhost"}:
            return ("*",)
        return ("127.0.0.1", "localhost", *filter(None, [urlsplit(self.url).hostname]))


class Gateway(Section, frozen=True):
    """Where requests with SMS, forms and reviews come in.

    Attributes:
        host: Where it listens.
        port: Where it listens.
        url: The address that senders were given, when a proxy stands before it: signatures are made over it.
        proxies: Networks of our own proxies, as in ``10.0.0.0/8``; their X-Forwarded-For is believed.
    """

    host: str = "127.0.0.1"
    port: int = 8421
    url: str = ""
    proxies: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        for network in self.proxies:
            ipaddress.ip_network(network, strict=False)


class Alerts(Section, frozen=True):
    """``settle``: seconds that a judgement rests before it may raise an alert, so that late evidence is in."""

    settle: float = 3.0


class Mail(Section, frozen=True):
    """The SMTP server that letters go through. Without ``host`` they are written into the outbox folder."""

    host: str = ""
    port: int = 587
    security: Literal["starttls", "tls", "none"] = "starttls"
    user: str = ""
    password: str = ""
    sender: str = "Molva <molva@localhost>"


class Search(Section, frozen=True):
    """Elasticsearch, where the distributed host keeps its index."""

    url: str = ""
    index: str = "reviews"
    user: str = ""
    password: str = ""
    ca_file: str = ""


class Kibana(Section, frozen=True):
    """Where Kibana is, which `molva prepare` gives a data view, a search and an overview; without ``url`` nowhere."""

    url: str = ""
    user: str = ""
    password: str = ""
    ca_file: str = ""


class Settings(Section, frozen=True):
    """All settings, with their defaults.

    Attributes:
        folder: Where the database and the outbox live.
        languages: Languages that reviews are expected in (ISO 639-1); empty for any.
        model: A folder that ``molva train`` made; empty for the shipped model.
        kafka: How to reach Kafka, for the distributed host.
        sources: A table for each source: ``collector``, ``every`` and the collector's own options.
        root: The folder that relative paths start from, molva.toml's own.
        missing: Sections whose secret is not there, with what to do about it. Only sources and mail may be so: who
            searches what was collected needs none of their secrets.
    """

    folder: str = "./var"
    languages: tuple[str, ...] = ()
    model: str = ""
    console: Console = Console()
    gateway: Gateway = Gateway()
    alerts: Alerts = Alerts()
    mail: Mail = Mail()
    kafka: Connection | None = None
    elasticsearch: Search = Search()
    kibana: Kibana = Kibana()
    sources: dict[str, dict[str, Any]] = {}
    root: str = "."
    missing: dict[str, str] = {}

    def require(self, *sections: str) -> None:
        """Raise SettingsError when a secret of one of *sections* (``mail``, ``sources.shop``) is not there."""
        for section in sections:
            if section in self.missing:
                raise SettingsError(self.missing[section])

    @property
    def data(self) -> Path:
        """The folder of the database, absolute."""
        return self._path(self.folder)

    @property
    def model_folder(self) -> Path | None:
        """The folder of the model to judge with, None for the shipped one."""
        return self._path(self.model) if self.model else None

    @property
    def database(self) -> Path:
        """The embedded host's file."""
        return self.data / "molva.sqlite"

    @property
    def outbox(self) -> Path:
        """Where letters are written when there is no SMTP server."""
        return self.data / "outbox"

    def _path(self, path: str) -> Path:
        return (Path(self.root) / Path(path).expanduser()).resolve()


def load(path: Path | None = None, *, environment: Mapping[str, str] | None = None) -> Settings:
    """The settings of *path*, by default of ./molva.toml if it is there; raises SettingsError.

    Args:
        path: The file; when given it must exist.
        environment: Variables, ``os.environ`` by default.
    """
    environment = os.environ if environment is None else environment
    named = path or (Path(environment["MOLVA_CONFIG"]) if environment.get("MOLVA_CONFIG") else None)
    chosen = named or Path(FILE)
    table: dict[str, Any] = {}
    if chosen.exists():
        try:
            table = tomllib.loads(chosen.read_text(encoding="utf-8"))
        except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
            raise SettingsError(f"{chosen}: {error}") from None
    elif named:
        raise SettingsError(f"{chosen} does not exist: run `molva init` to write one")
    table["root"] = str(chosen.resolve().parent)
    _override(table, environment)
    try:
        return msgspec.convert(_complete(table, environment, chosen), Settings, strict=False)
    except msgspec.ValidationError as error:
        raise SettingsError(f"{chosen}: {error}") from None


def contact_key(settings: Settings, *, environment: Mapping[str, str] | None = None) -> bytes:
    """The secret under which contacts are hashed: MOLVA_CONTACT_KEY, else the file contact.key, made when absent.

    Who loses it can no longer tell that two contacts are one; nothing else is lost.
    """
    given = (os.environ if environment is None else environment).get("MOLVA_CONTACT_KEY")
    if given:
        return given.encode()
    path = settings.data / "contact.key"
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w") as file:
            file.write(secrets.token_hex(32))
    return path.read_bytes().strip()


def _override(table: dict[str, Any], environment: Mapping[str, str]) -> None:
    """Put MOLVA_* variables in the place of the file's values."""
    for field in msgspec.structs.fields(Settings):
        if field.name in {"sources", "root", "missing"}:
            continue
        section = Connection if field.name == "kafka" else field.type
        if isinstance(section, type) and issubclass(section, msgspec.Struct):
            for inner in msgspec.structs.fields(section):
                value = environment.get(f"MOLVA_{field.name}_{inner.name}".upper())
                if value is not None:
                    table.setdefault(field.name, {})[inner.name] = _listed(value, inner.type)
        else:
            value = environment.get(f"MOLVA_{field.name}".upper())
            if value is not None:
                table[field.name] = _listed(value, field.type)


def _listed(value: str, kind: Any) -> str | list[str]:
    """The value of a variable; several are written with commas."""
    if getattr(kind, "__origin__", None) is not tuple:
        return value
    return [part.strip() for part in value.split(",") if part.strip()]


def _complete(table: dict[str, Any], environment: Mapping[str, str], file: Path) -> dict[str, Any]:
    """The table with its secrets in place and, under ``missing``, what the sections lack that can wait for theirs."""
    complete: dict[str, Any] = {}
    missing: dict[str, str] = {}

    def filled(value: Any, section: str = "") -> Any:
        lacks: list[str] = []
        revealed = _revealed(value, environment, file, lacks)
        if lacks and not section:
            raise SettingsError(lacks[0])
        if lacks:
            missing[section] = lacks[0]
        return revealed

    for name, value in table.items():
        if name == "sources" and isinstance(value, dict):
            complete[name] = {source: filled(options, f"sources.{source}") for source, options in value.items()}
        else:
            complete[name] = filled(value, name if name == "mail" else "")
    return complete | {"missing": missing}


def _revealed(value: Any, environment: Mapping[str, str], file: Path, lacks: list[str]) -> Any:
    """The value with every ``{ env = … }`` and ``{ file = … }`` replaced by the secret that it names.

    What is not there becomes an empty secret, and *lacks* gets a sentence about it.
    """
    if isinstance(value, list):
        return [_revealed(item, environment, file, lacks) for item in value]
    if not isinstance(value, dict):
        return value
    if value.keys() == {"env"} and isinstance(value["env"], str):
        if value["env"] not in environment:
            lacks.append(f"{file}: the environment variable {value['env']} is not set; set it to the secret")
        return Secret(environment.get(value["env"], ""))
    if value.keys() == {"file"} and isinstance(value["file"], str):
        path = file.resolve().parent / Path(value["file"]).expanduser()
        try:
            return Secret(path.read_text(encoding="utf-8").strip())
        except (OSError, UnicodeDecodeError) as error:
            lacks.append(f"{file}: the secret's file cannot be read: {error}")
            return Secret("")
    return {name: _revealed(item, environment, file, lacks) for name, item in value.items()}
