"""What Kibana is given: by its public API, whole, and over fields that the index can count and average."""

from __future__ import annotations

import json
import os
import time

import pytest
from kibana_server import Kibana

from indexer.kibana.objects import DASHBOARD, DATA_VIEW, SEARCH, panels, saved
from indexer.kibana.setup import KibanaError, Settings, setup
from indexer.stores.elasticsearch import ElasticsearchStore
from indexer.stores.elasticsearch import Settings as StoreSettings


def test_everything_is_put_there_and_again_in_its_place(monkeypatch):
    monkeypatch.setattr("indexer.kibana.setup.PAUSE", 0.01)
    with Kibana() as kibana:
        kibana.starting = 3
        titles = setup(Settings(url=kibana.url), "reviews")
        assert titles == ["Molva: reviews", "Molva: negative feedback", "Molva: overview"]
        assert kibana.views[DATA_VIEW]["title"] == "reviews"
        assert kibana.views[DATA_VIEW]["timeFieldName"] == "published_at"
        first = dict(kibana.objects)
        assert setup(Settings(url=kibana.url), "reviews") == titles
        assert kibana.objects == first
        known = {*kibana.objects, *(("index-pattern", key) for key in kibana.views)}
        for one in kibana.objects.values():
            assert {(ref["type"], ref["id"]) for ref in one["references"]} <= known


def test_refusals_are_told(monkeypatch):
    monkeypatch.setattr("indexer.kibana.setup.PAUSE", 0.01)
    with Kibana() as kibana:
        kibana.errors = [{"id": "molva-trend", "error": {"type": "unsupported_type"}}]
        with pytest.raises(KibanaError, match="unsupported_type"):
            setup(Settings(url=kibana.url), "reviews")
        with pytest.raises(KibanaError, match="404"):
            setup(Settings(url=f"{kibana.url}/s/none"), "reviews")
        kibana.starting = 10_000
        with pytest.raises(KibanaError, match="not ready"):
            setup(Settings(url=kibana.url, patience=0.05), "reviews")
    with pytest.raises(KibanaError, match="does not answer"):
        setup(Settings(url=kibana.url, patience=0.05), "reviews")


def test_the_overview_shows_every_panel_without_overlap():
    objects = {(one["type"], one["id"]): one for one in saved()}
    board = objects["dashboard", DASHBOARD]
    shown = json.loads(board["attributes"]["panelsJSON"])
    names = {ref["name"]: (ref["type"], ref["id"]) for ref in board["references"]}
    assert {names[f"{one['panelIndex']}:{one['panelRefName']}"] for one in shown} == objects.keys() - {
        ("dashboard", DASHBOARD)
    }
    assert ("search", SEARCH) in names.values()
    cells = set()
    for one in shown:
        at = one["gridData"]
        assert at["x"] + at["w"] <= 48
        mine = {(x, y) for x in range(at["x"], at["x"] + at["w"]) for y in range(at["y"], at["y"] + at["h"])}
        assert not cells & mine
        cells |= mine


def test_charts_draw_the_columns_that_they_have():
    for panel in panels():
        text = json.dumps(panel.drawn)
        for column in panel.columns:
            assert f'"{column}"' in text
        for column in panel.columns.values():
            by = column.get("params", {}).get("orderBy", {}).get("columnId")
            assert by is None or by in panel.columns


@pytest.mark.servers
@pytest.mark.filterwarnings("ignore:Elasticsearch built-in security")
def test_every_field_can_be_counted_or_averaged_by_the_index(servers):
    name = f"test-{os.getpid()}-{time.time_ns()}"
    store = ElasticsearchStore(StoreSettings(url=servers("elasticsearch")["address"], index=name))
    store.prepare()
    client = store.indices.client
    known = client.field_caps(index=name, fields="*")["fields"]
    client.indices.delete(index=store.indices.behind(name))
    client.indices.delete_index_template(name=f"{name}-molva")
    used = {one["sourceField"] for panel in panels() for one in panel.columns.values()} - {"___records___"}
    assert used
    for field in used:
        assert all(kind["aggregatable"] for kind in known[field].values()), field
    (search,) = (one for one in saved() if one["type"] == "search")
    assert set(search["attributes"]["columns"]) <= known.keys()
