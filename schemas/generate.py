"""Writes the JSON Schema of each topic's records to schemas/json/: ``python -m schemas.generate``."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec

from schemas.codec import union
from schemas.topics import TOPICS, Topic

FOLDER = Path(__file__).parent / "json"


def schema(topic: Topic) -> dict[str, Any]:
    """The JSON Schema (draft 2020-12) of the records of *topic*."""
    title = {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": topic.name}
    return {**title, **msgspec.json.schema(union(topic.events))}


def text(topic: Topic) -> str:
    """The schema as it is committed."""
    data = msgspec.json.encode(schema(topic), order="deterministic")
    return msgspec.json.format(data, indent=2).decode() + "\n"


def main() -> None:
    """Write all schemas."""
    FOLDER.mkdir(exist_ok=True)
    for topic in TOPICS:
        (FOLDER / f"{topic.name}.json").write_text(text(topic), encoding="utf-8")


if __name__ == "__main__":
    main()
