"""The Elasticsearch index: settings and a strict mapping, both made from indexer/fields.py and analysis.py."""

from __future__ import annotations

from hashlib import blake2b
from typing import Any

import msgspec

from indexer.analysis import BREAK, CHARACTERS
from indexer.fields import DEFAULT_FIELDS, FIELDS, Field

ANALYZER = "molva"

_KINDS: dict[str, dict[str, Any]] = {
    "keyword": {"type": "keyword"},
    "number": {"type": "double"},
    "date": {"type": "date", "format": "strict_date_time"},
    "boolean": {"type": "boolean"},
    "text": {"type": "text", "analyzer": ANALYZER},
    # Not even looked into: whatever lies there is kept and shown.
    "stored": {"type": "object", "enabled": False},
}


def analysis() -> dict[str, Any]:
    """The analysis of ``indexer.analysis`` in Elasticsearch's words."""
    return {
        "char_filter": {
            "molva_characters": {"type": "mapping", "mappings": [_mapped(*pair) for pair in CHARACTERS.items()]},
            "molva_break": {"type": "pattern_replace", "pattern": BREAK, "replacement": " "},
        },
        "filter": {
            "molva_russian": {"type": "snowball", "language": "Russian"},
            "molva_english": {"type": "snowball", "language": "English"},
        },
        "analyzer": {
            ANALYZER: {
                "type": "custom",
                "char_filter": ["molva_characters", "molva_break"],
                "tokenizer": "standard",
                "filter": ["lowercase", "molva_russian", "molva_english"],
            }
        },
    }


def properties() -> dict[str, Any]:
    """The mapping's properties: objects by the parts of the fields' names."""
    root: dict[str, Any] = {}
    for field in FIELDS:
        *above, name = field.name.split(".")
        here = root
        for part in above:
            here = here.setdefault(part, {"properties": {}})["properties"]
        here[name] = _property(field)
    return root


def mapping() -> dict[str, Any]:
    """The mapping: strict, so that a field nobody declared is refused instead of guessed."""
    return {"dynamic": "strict", "_meta": {"layout": LAYOUT}, "properties": properties()}


def settings(*, shards: int = 1, replicas: int = 0) -> dict[str, Any]:
    """The settings of a new index."""
    return {
        "number_of_shards": shards,
        "number_of_replicas": replicas,
        "analysis": analysis(),
        "query": {"default_field": list(DEFAULT_FIELDS)},
    }


def template(name: str, *, shards: int = 1, replicas: int = 0) -> dict[str, Any]:
    """The index template for all indices of ``name``, so that one made by hand is like those made by Molva."""
    return {
        "index_patterns": [f"{name}-*"],
        "priority": 500,
        "template": {"settings": settings(shards=shards, replicas=replicas), "mappings": mapping()},
    }


def _property(field: Field) -> dict[str, Any]:
    found = dict(_KINDS[field.kind])
    if field.whole:
        found["type"] = "long"
    if field.exact:
        found["fields"] = {"keyword": {"type": "keyword"}}
    return found


def _mapped(old: str, new: str) -> str:
    return f"{_escaped(old)} => {_escaped(new)}"


def _escaped(text: str) -> str:
    """By code points: the rules trim white space, which combining and invisible characters are near to."""
    return "".join(f"\\u{ord(char):04X}" for char in text)


LAYOUT = blake2b(msgspec.json.encode((analysis(), properties()), order="deterministic"), digest_size=8).hexdigest()
"""Names mapping and analysis; an index of another layout is copied into a new one."""
