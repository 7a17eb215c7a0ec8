"""Puts the data view, the search and the overview into Kibana by its public HTTP API."""

from __future__ import annotations

import json
import time
from typing import Any

import msgspec
import requests

from indexer.kibana.objects import DATA_VIEW, TIME, saved

TIMEOUT = 60.0
"""Seconds of a request."""
PAUSE = 3.0
"""Seconds until a Kibana that is still starting is asked again."""


class KibanaError(ConnectionError):
    """Kibana does not answer or refuses; the message says what it said."""


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    """Where Kibana is.

    Attributes:
        url: ``http://host:5601``, with the path of a space if it is another than the default one.
        user: Or empty where Kibana asks for none.
        password: From the environment or a file, never shown.
        ca_file: Certificates that sign the server's.
        patience: Seconds for which it may still be starting.
    """

    url: str
    user: str = ""
    password: str = ""
    ca_file: str = ""
    patience: float = 180.0

    def __repr__(self) -> str:
        return f"Settings(url={self.url!r})"


def setup(settings: Settings, index: str) -> list[str]:
    """Put everything there, in the place of what an earlier call put there; return the titles.

    Raises:
        KibanaError: It does not answer in time, or refuses.
    """
    with requests.Session() as session:
        session.headers["kbn-xsrf"] = "molva"
        if settings.user:
            session.auth = (settings.user, settings.password)
        session.verify = settings.ca_file or True
        view = {"id": DATA_VIEW, "title": index, "name": "Molva: reviews", "timeFieldName": TIME}
        _post(session, settings, "/api/data_views/data_view", json={"data_view": view, "override": True})
        objects = saved()
        lines = "".join(json.dumps(one, ensure_ascii=False) + "\n" for one in objects)
        answer = _post(
            session,
            settings,
            "/api/saved_objects/_import?overwrite=true",
            files={"file": ("molva.ndjson", lines.encode(), "application/ndjson")},
        )
    if not answer.get("success"):
        raise KibanaError(f"Kibana did not take its saved objects: {json.dumps(answer.get('errors', answer))}"[:1_000])
    return [view["name"], *(one["attributes"]["title"] for one in objects if one["type"] != "lens")]


def _post(session: requests.Session, settings: Settings, path: str, **body: Any) -> dict[str, Any]:
    """Post, again and again while Kibana is starting."""
    deadline = time.monotonic() + settings.patience
    while True:
        try:
            answer = session.post(settings.url.rstrip("/") + path, timeout=TIMEOUT, **body)
            said = f"{answer.status_code}: {answer.text}"
            if answer.ok:
                found: dict[str, Any] = answer.json()
                return found
            if answer.status_code != 503:
                raise KibanaError(f"Kibana refuses {path} with {said}"[:1_000])
        except requests.JSONDecodeError as error:
            raise KibanaError(f"what answers at {settings.url} is no Kibana: {error}") from None
        except requests.ConnectionError as error:
            said = str(error)
        except requests.RequestException as error:
            raise KibanaError(f"Kibana cannot be asked: {error}"[:1_000]) from None
        if time.monotonic() > deadline:
            raise KibanaError(f"Kibana does not answer at {settings.url}: {said}"[:1_000])
        time.sleep(PAUSE)
