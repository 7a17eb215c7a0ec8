"""Kibana's saved objects for the index of reviews, as its import takes them.

Panels are Lens charts: each is a set of columns (a count, a mean, the values of a field, days) and how they are drawn.
References between objects are by id, so importing them again replaces what stood there.
"""

from __future__ import annotations

import json
from typing import Any

import msgspec

from indexer.fields import FIELDS

DATA_VIEW = "molva-reviews"
SEARCH = "molva-negative-feedback"
DASHBOARD = "molva-overview"
NEGATIVE = "negative:true"
TIME = "published_at"

_LAYER = "reviews"
_VERSIONS = {"lens": "8.9.0", "search": "10.5.0", "dashboard": "10.2.0"}
"""The layouts in which these are written; a newer Kibana brings them up to its own."""

Column = dict[str, Any]
Saved = dict[str, Any]


class Panel(msgspec.Struct, frozen=True, kw_only=True):
    """One chart of the overview.

    Attributes:
        name: Its id's last part.
        title: What stands over it.
        kind: Lens' name of the visualisation.
        columns: By id, in the order in which they are computed: buckets first.
        drawn: How the columns are drawn, in the visualisation's own words.
        query: What it is about, in KQL; all reviews when empty.
        place: Left, top, width and height on a grid 48 wide.
    """

    name: str
    title: str
    kind: str
    columns: dict[str, Column]
    drawn: dict[str, Any]
    place: tuple[int, int, int, int]
    query: str = ""


def count(label: str, only: str = "") -> Column:
    """How many reviews, or how many of those that a KQL query finds."""
    column = _column(label, "count", "___records___", dataType="number", isBucketed=False, scale="ratio")
    return column | ({"filter": {"query": only, "language": "kuery"}} if only else {})


def mean(label: str, field: str) -> Column:
    """The mean of a number."""
    return _column(label, "average", field, dataType="number", isBucketed=False, scale="ratio")


def days(label: str, field: str = TIME) -> Column:
    """Spans of time, as long as fits the width."""
    params = {"interval": "auto", "includeEmptyRows": True, "dropPartials": False}
    return _column(label, "date_histogram", field, dataType="date", isBucketed=True, scale="interval", params=params)


def top(label: str, field: str, by: str, size: int = 10) -> Column:
    """The values of a field with the highest column *by*."""
    params = {
        "size": size,
        "orderBy": {"type": "column", "columnId": by},
        "orderDirection": "desc",
        "otherBucket": False,
        "missingBucket": False,
        "parentFormat": {"id": "terms"},
    }
    kind = next(one.kind for one in FIELDS if one.path == field.removesuffix(".keyword"))
    data = {"boolean": "boolean", "number": "number"}.get(kind, "string")
    return _column(label, "terms", field, dataType=data, isBucketed=True, scale="ordinal", params=params)


def panels() -> list[Panel]:
    """The charts of the overview: figures, then time, then where the trouble lies."""
    return [
        _figure("reviews", "Reviews", count("Reviews"), 0),
        _figure("negative", "Negative", count("Negative", NEGATIVE), 12),
        _figure("stars", "Mean stars", mean("Mean stars", "stars"), 24),
        _figure("suspicious", "High risk of being fake", count("High risk", "risk.level:high"), 36),
        _bars(
            "trend",
            "Reviews over time, negative and others",
            {"x": days("Published"), "split": top("Negative", "negative", "y", 2), "y": count("Reviews")},
            place=(0, 6, 32, 12),
        ),
        _bars(
            "risk",
            "Risk of being fake",
            {"x": top("Risk", "risk.level", "y", 4), "y": count("Reviews")},
            place=(32, 6, 16, 12),
        ),
        _bars(
            "subjects",
            "Subjects with most negative reviews",
            {"x": top("Subject", "subject.name.keyword", "y"), "y": count("Negative reviews")},
            place=(0, 18, 16, 13),
            query=NEGATIVE,
            lying=True,
        ),
        _bars(
            "aspects",
            "What negative reviews speak of",
            {"x": top("Aspect", "aspects.name", "y"), "y": count("Negative reviews")},
            place=(16, 18, 16, 13),
            query=NEGATIVE,
            lying=True,
        ),
        _table(
            "sources",
            "Sources",
            {
                "source": top("Source", "source", "reviews", 20),
                "reviews": count("Reviews"),
                "negative": count("Negative", NEGATIVE),
                "stars": mean("Mean stars", "stars"),
            },
            place=(32, 18, 16, 13),
        ),
    ]


def saved() -> list[Saved]:
    """All objects but the data view, which has an API of its own; each after those that it refers to."""
    shown = panels()
    return [_search(), *map(_lens, shown), _dashboard(shown)]


def _column(label: str, operation: str, field: str, **rest: Any) -> Column:
    return {"label": label, "customLabel": True, "operationType": operation, "sourceField": field, **rest}


def _figure(name: str, title: str, column: Column, left: int) -> Panel:
    drawn = {"layerId": _LAYER, "layerType": "data", "metricAccessor": "y"}
    return Panel(name=name, title=title, kind="lnsMetric", columns={"y": column}, drawn=drawn, place=(left, 0, 12, 6))


def _bars(
    name: str,
    title: str,
    columns: dict[str, Column],
    *,
    place: tuple[int, int, int, int],
    query: str = "",
    lying: bool = False,
) -> Panel:
    series = "bar_horizontal" if lying else "bar_stacked"
    layer = {"layerId": _LAYER, "layerType": "data", "seriesType": series, "xAccessor": "x", "accessors": ["y"]}
    if "split" in columns:
        layer["splitAccessor"] = "split"
    drawn = {
        "legend": {"isVisible": "split" in columns, "position": "bottom"},
        "valueLabels": "hide",
        "preferredSeriesType": series,
        "layers": [layer],
    }
    return Panel(name=name, title=title, kind="lnsXY", columns=columns, drawn=drawn, place=place, query=query)


def _table(name: str, title: str, columns: dict[str, Column], *, place: tuple[int, int, int, int]) -> Panel:
    drawn = {"layerId": _LAYER, "layerType": "data", "columns": [{"columnId": key} for key in columns]}
    return Panel(name=name, title=title, kind="lnsDatatable", columns=columns, drawn=drawn, place=place)


def _lens(panel: Panel) -> Saved:
    layer = {"columns": panel.columns, "columnOrder": list(panel.columns), "incompleteColumns": {}, "sampling": 1}
    attributes = {
        "title": f"Molva: {panel.title}",
        "visualizationType": panel.kind,
        "state": {
            "datasourceStates": {"formBased": {"layers": {_LAYER: layer}}},
            "visualization": panel.drawn,
            "query": {"query": panel.query, "language": "kuery"},
            "filters": [],
            "internalReferences": [],
            "adHocDataViews": {},
        },
    }
    view = {"type": "index-pattern", "id": DATA_VIEW, "name": f"indexpattern-datasource-layer-{_LAYER}"}
    return _object("lens", f"molva-{panel.name}", attributes, [view])


def _search() -> Saved:
    source = {
        "query": {"query": NEGATIVE, "language": "kuery"},
        "filter": [],
        "indexRefName": "kibanaSavedObjectMeta.searchSourceJSON.index",
    }
    attributes = {
        "title": "Molva: negative feedback",
        "description": "Reviews that are negative by their rating or their text.",
        "columns": ["subject.name", "stars", "title", "text", "risk.level", "source"],
        "sort": [[TIME, "desc"]],
        "grid": {},
        "hideChart": False,
        "isTextBasedQuery": False,
        "timeRestore": False,
        "kibanaSavedObjectMeta": {"searchSourceJSON": json.dumps(source)},
    }
    view = {"type": "index-pattern", "id": DATA_VIEW, "name": "kibanaSavedObjectMeta.searchSourceJSON.index"}
    return _object("search", SEARCH, attributes, [view])


def _dashboard(shown: list[Panel]) -> Saved:
    places = [("lens", f"molva-{panel.name}", panel.place, panel.title) for panel in shown]
    places.append(("search", SEARCH, (0, 31, 48, 18), "Negative feedback"))
    listed, references = [], []
    for kind, key, (left, top_, width, height), title in places:
        listed.append(
            {
                "type": kind,
                "gridData": {"x": left, "y": top_, "w": width, "h": height, "i": key},
                "panelIndex": key,
                "embeddableConfig": {"enhancements": {}},
                "title": title,
                "panelRefName": f"panel_{key}",
            }
        )
        references.append({"type": kind, "id": key, "name": f"{key}:panel_{key}"})
    attributes = {
        "title": "Molva: overview",
        "description": "What customers say: how much, how good, how far to be trusted, and about what.",
        "panelsJSON": json.dumps(listed),
        "optionsJSON": json.dumps({"useMargins": True, "syncColors": False, "hidePanelTitles": False}),
        "timeRestore": True,
        "timeFrom": "now-1y",
        "timeTo": "now",
        "kibanaSavedObjectMeta": {
            "searchSourceJSON": json.dumps({"query": {"query": "", "language": "kuery"}, "filter": []})
        },
    }
    return _object("dashboard", DASHBOARD, attributes, references)


def _object(kind: str, key: str, attributes: dict[str, Any], references: list[dict[str, str]]) -> Saved:
    return {
        "type": kind,
        "id": key,
        "attributes": attributes,
        "references": references,
        "coreMigrationVersion": "8.8.0",
        "typeMigrationVersion": _VERSIONS[kind],
    }
