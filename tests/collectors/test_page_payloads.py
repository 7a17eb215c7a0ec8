"""Reviews in the forms in which frameworks write their state, and in attributes."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest

from collectors.platforms.page import payloads, read_page

NOW = datetime(2026, 11, 1, 12, tzinfo=UTC)
ROWS = [
    {"id": 101, "author": "Анна К.", "rating": 5, "createdAt": "2025-03-14", "text": "Доставили быстро, всё целое"},
    {"id": 102, "author": "Пётр", "rating": 2, "createdAt": "2025-03-12", "text": "Привезли не тот размер"},
]


def flattened() -> list[object]:
    """ROWS as Nuxt 3 writes them: every value once, objects hold the places of their parts."""
    flat: list[object] = [["Reactive", 1], {"data": 2}, {"reviews": 3}, []]
    places = []
    for row in ROWS:
        held: dict[str, int] = {}
        places.append(len(flat))
        flat.append(held)
        for key, value in row.items():
            held[key] = len(flat)
            flat.append(value)
    flat[3] = places
    return flat


def cached() -> dict[str, object]:
    """ROWS as Apollo keeps them: authors stand apart."""
    state: dict[str, object] = {"ROOT_QUERY": {"__typename": "Query"}}
    for number, row in enumerate(ROWS):
        state[f"User:{number}"] = {"__typename": "User", "displayName": row["author"]}
        state[f"Review:{number}"] = {**row, "__typename": "Review", "author": {"__ref": f"User:{number}"}}
    return state


STREAM = '5:["$","div",null,' + json.dumps({"reviews": ROWS}, ensure_ascii=False) + "]\n"
FUNCTION = ",".join(
    f"{{id:{row['id']},author:{'c' if row['author'] == 'Пётр' else json.dumps(row['author'])},"
    f'rating:{row["rating"]},createdAt:"{row["createdAt"]}",text:"{row["text"]}",seen:a}}'
    for row in ROWS
)


@pytest.mark.parametrize(
    "body",
    [
        f'<script>window.__NUXT__=(function(a,b,c){{return {{data:[{{feedbacks:[{FUNCTION}]}}]}}}}(false,null,"Пётр"));</script>',
        f'<script type="application/json" id="__NUXT_DATA__">{json.dumps(flattened())}</script>',
        (
            f"<script>self.__next_f.push([1,{json.dumps(STREAM[:90])}])</script>"
            f"<script>self.__next_f.push([1,{json.dumps(STREAM[90:])}])</script>"
        ),
        f"<script>window.__APOLLO_STATE__={json.dumps(cached())}</script>",
        f'<div id="app" data-page="{json.dumps({"props": {"reviews": ROWS}}).replace(chr(34), "&quot;")}"></div>',
        f"<reviews-list :reviews='{json.dumps(ROWS)}'></reviews-list>",
    ],
    ids=["nuxt-function", "nuxt-flat", "next-stream", "apollo", "inertia", "vue"],
)
def test_reviews_in_a_framework_s_state_are_read(body: str) -> None:
    page = read_page(f"<html><body>{body}</body></html>", now=NOW)
    found = [(one["id"], one["author"]["name"], one["rating"]["value"], one["text"]) for one in page.reviews]
    assert found == [(str(row["id"]), row["author"], row["rating"], row["text"]) for row in ROWS]
    assert page.method == "embedded-state"


@pytest.mark.parametrize(
    "value", [[], [[1, 2], 3, 4], {"a": 1}, [["Ref", 0], 1, 2], [{"a": 0}, 1, 2], [{"a": 99}, 1, 2], "x", None]
)
def test_values_of_other_forms_do_no_harm(value: object) -> None:
    payloads.unflattened(value)
    payloads.referenced(value)


def test_json_ld_that_was_written_as_json_twice_is_read() -> None:
    review = {"@context": "https://schema.org", "@type": "Review", "author": "Ann", "reviewBody": "Fine kettle"}
    twice = json.dumps(json.dumps(review))
    page = read_page(f'<script type="application/ld+json">{twice}</script>', now=NOW)
    assert [one["text"] for one in page.reviews] == ["Fine kettle"]


def test_times_in_milliseconds_are_read() -> None:
    rows = [
        {"userName": "Ann", "stars": 5, "createTime": 1_741_953_600_000, "content": "Fine kettle"},
        {"userName": "Bob", "stars": 2, "createTime": 1_741_867_200_000, "content": "Leaks a lot"},
    ]
    page = read_page(f"<script>window.__DATA__={json.dumps({'reviews': rows})}</script>", now=NOW)
    assert [one["published_at"] for one in page.reviews] == ["2025-03-14T12:00:00Z", "2025-03-13T12:00:00Z"]
