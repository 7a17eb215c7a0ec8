"""Topics, schemas and examples close on each other: nothing without an owner, nothing orphaned."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from schemas import codec, generate, topics
from schemas.topics import TOPICS

EXAMPLES = Path(codec.__file__).parent / "examples"
FILES = sorted(EXAMPLES.rglob("*.json"))


def test_topic_names_use_hyphens_only():
    for topic in TOPICS:
        assert set(topic.name) <= set("abcdefghijklmnopqrstuvwxyz-")


def test_every_stream_topic_has_the_same_partitions():
    assert topics.PARTITIONS == 8  # fixed at creation: changing it needs new topics and a replay


@pytest.mark.parametrize("topic", TOPICS, ids=lambda topic: topic.name)
def test_generated_schema_is_the_committed_one(topic):
    committed = (generate.FOLDER / f"{topic.name}.json").read_text(encoding="utf-8")
    assert committed == generate.text(topic), "run `python -m schemas.generate` and read the difference"


def test_generating_writes_a_file_for_each_topic(tmp_path, monkeypatch):
    monkeypatch.setattr(generate, "FOLDER", tmp_path / "json")
    generate.main()
    written = {path.name: path.read_text(encoding="utf-8") for path in (tmp_path / "json").iterdir()}
    assert written == {f"{topic.name}.json": generate.text(topic) for topic in TOPICS}


def test_no_schema_is_orphaned():
    assert {path.stem for path in generate.FOLDER.glob("*.json")} == {topic.name for topic in TOPICS}


def test_every_event_of_every_topic_has_an_example_and_no_example_is_orphaned():
    wanted = {(topic.name, event.__name__) for topic in TOPICS for event in topic.events}
    assert {(path.parent.name, path.stem) for path in FILES} == wanted


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_frozen_example_still_decodes_to_the_same_bytes(path):
    frozen = msgspec.json.format(path.read_bytes(), indent=0)
    event = codec.decode(path.parent.name, frozen)
    assert type(event).__name__ == path.stem
    assert msgspec.json.decode(codec.encode(event)) == msgspec.json.decode(frozen)


def test_every_topic_is_keyed_by_a_field_of_its_events():
    for topic in TOPICS:
        for event in topic.events:
            assert topic.key in event.__struct_fields__


def test_every_topic_with_readers_has_an_owner():
    for topic in TOPICS:
        assert topic.owner
        assert topic.readers or topic.name == "orders-placed"
