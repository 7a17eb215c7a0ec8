"""Reviews and aggregates from the five kinds of markup, as they should be and as they are."""

from __future__ import annotations

import gzip
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from collectors.platforms.page import inspect, read_page

NOW = datetime(2026, 11, 1, tzinfo=UTC)


def script(text: str) -> str:
    return f'<html><head><script type="application/ld+json">{text}</script></head><body></body></html>'


JSON_LD = script(
    json.dumps(
        {
            "@context": "https://schema.org",
            "@type": "Product",
            "name": "Чайник «Заря»",
            "sku": "Z-7",
            "aggregateRating": {
                "@type": "AggregateRating",
                "ratingValue": "4,6",
                "ratingCount": "1 204",
                "reviewCount": 310,
            },
            "review": [
                {
                    "@type": "Review",
                    "author": {"@type": "Person", "name": "Анна К."},
                    "datePublished": "2026-03-05",
                    "name": "Кипятит быстро",
                    "reviewBody": "Кипятит за две минуты, но крышка люфтит.",
                    "reviewRating": {"@type": "Rating", "ratingValue": 4, "bestRating": 5},
                }
            ],
        }
    )
)
MICRODATA = """<div itemscope itemtype="http://schema.org/Product"><h1 itemprop="name">Чайник «Заря»</h1>
<meta itemprop="sku" content="Z-7">
<div itemprop="aggregateRating" itemscope itemtype="http://schema.org/AggregateRating">
  <span itemprop="ratingValue">4,6</span> (<span itemprop="ratingCount">1 204</span> оценки,
  <span itemprop="reviewCount">310</span> отзывов)</div>
<div itemprop="review" itemscope itemtype="http://schema.org/Review">
  <span itemprop="author" itemscope itemtype="http://schema.org/Person"><span itemprop="name">Анна К.</span></span>
  <time itemprop="datePublished" datetime="2026-03-05">5 марта</time><b itemprop="name">Кипятит быстро</b>
  <span itemprop="reviewRating" itemscope itemtype="http://schema.org/Rating"><meta itemprop="ratingValue" content="4">
  <meta itemprop="bestRating" content="5"></span>
  <p itemprop="reviewBody">Кипятит за две минуты, но крышка люфтит.</p></div></div>"""
RDFA = """<div vocab="http://schema.org/" typeof="Product"><h1 property="name">Чайник «Заря»</h1>
<meta property="sku" content="Z-7">
<div property="aggregateRating" typeof="AggregateRating"><span property="ratingValue">4,6</span>
  <span property="ratingCount">1 204</span> <span property="reviewCount">310</span></div>
<div property="review" typeof="Review"><span property="author" typeof="Person"><span property="name">Анна К.</span></span>
  <time property="datePublished" datetime="2026-03-05">5 марта</time><b property="name">Кипятит быстро</b>
  <span property="reviewRating" typeof="Rating"><meta property="ratingValue" content="4">
  <meta property="bestRating" content="5"></span>
  <p property="reviewBody">Кипятит за две минуты, но крышка люфтит.</p></div></div>"""
REVIEW = {
    "subject": {"id": "Z-7", "name": "Чайник «Заря»", "kind": "product"},
    "author": {"name": "Анна К."},
    "rating": {"value": 4.0, "best": 5.0, "worst": 1.0},
    "title": "Кипятит быстро",
    "text": "Кипятит за две минуты, но крышка люфтит.",
    "published_at": "2026-03-05T00:00:00Z",
}
AGGREGATE = {
    "subject": REVIEW["subject"],
    "rating": {"value": 4.6, "best": 5.0, "worst": 1.0},
    "count": 1204,
    "review_count": 310,
}


@pytest.mark.parametrize(("body", "method"), [(JSON_LD, "json-ld"), (MICRODATA, "microdata"), (RDFA, "rdfa")])
def test_the_three_machine_forms_say_the_same(body: str, method: str):
    page = read_page(body, now=NOW)
    assert page.reviews == (REVIEW,)
    assert page.aggregates == (AGGREGATE,)
    assert (page.method, page.confidence, page.warnings) == (method, 1.0, ())


def test_a_review_in_two_forms_of_markup_counts_once():
    page = read_page(JSON_LD + MICRODATA + RDFA, now=NOW)
    assert page.reviews == (REVIEW,)
    assert page.aggregates == (AGGREGATE,)


def test_two_short_reviews_with_equal_words_by_different_people_stay_two():
    one = {"@type": "Review", "reviewBody": "Супер", "author": "Оля"}
    page = read_page(script(json.dumps([one, {**one, "author": "Игорь"}])))
    assert [review["author"]["name"] for review in page.reviews] == ["Оля", "Игорь"]


def test_microformats_of_both_generations():
    old = """<div class="hreview"><span class="item"><span class="fn">Кафе «Юг»</span></span>
      <span class="reviewer vcard"><span class="fn">Пётр</span></span><abbr class="dtreviewed" title="2025-02-03">3.2</abbr>
      <span class="rating"><span class="value">3</span> из <span class="best">5</span></span>
      <p class="description">Суп остыл, пока несли.</p></div>"""
    new = """<div class="h-review"><p class="p-item h-card">Кафе «Юг»</p><a class="p-author h-card">Пётр</a>
      <time class="dt-published" datetime="2025-02-03">3.2</time><data class="p-rating" value="3">***</data>
      <div class="e-content"><p>Суп остыл, пока несли.</p></div></div>"""
    first, second = read_page(old), read_page(new)
    assert first.reviews == second.reviews
    assert first.reviews[0] == {
        "subject": {"name": "Кафе «Юг»"},
        "rating": {"value": 3.0, "best": 5.0, "worst": 1.0},
        "author": {"name": "Пётр"},
        "text": "Суп остыл, пока несли.",
        "published_at": "2025-02-03T00:00:00Z",
    }
    assert first.method == "microformats"


def test_an_aggregate_in_microformats():
    page = read_page(
        """<div class="hreview-aggregate"><span class="item"><span class="fn">Юг</span></span><span class="rating">
        <span class="average">8,4</span> of <span class="best">10</span></span> <span class="votes">57</span>
        <span class="count">12</span></div>"""
    )
    assert page.aggregates == (
        {
            "subject": {"name": "Юг"},
            "rating": {"value": 8.4, "best": 10.0, "worst": 1.0},
            "count": 57,
            "review_count": 12,
        },
    )


def test_open_graph_gives_an_aggregate_only_with_scale_or_count():
    head = '<meta property="og:title" content="Юг"><meta property="og:rating" content="4.2">'
    assert read_page(head).aggregates == ()
    page = read_page(
        head + '<meta property="og:rating_scale" content="5"><meta property="og:rating_count" content="9">'
    )
    assert [(a["rating"]["value"], a["count"]) for a in page.aggregates] == [(4.2, 9)]


BROKEN = [
    '"@type": "Review", "author": "Ann", "reviewBody": "Burnt twice", "itemReviewed": {"@type": Product, "name": "Pan"}',
    '{"@type": "Review", "author": "Ann", "reviewBody": "Burnt\n twice",}',
    '{"@type": "Review", "author": "Ann", "reviewBody": "Burnt "twice", sadly"}',
    '<!-- {"@type": "Review", /* c */ "author": "Ann", // d\n "reviewBody": "Burnt twice"} -->',
    '//<![CDATA[\n{"@type": "Review", "author": "Ann", "reviewBody": "Burnt twice"}\n//]]>',
    '{"@type": "Product"}{"@type": "Review", "author": "Ann", "reviewBody": "Burnt twice"};',
    "{'@type': 'Review', 'author': 'Ann', 'reviewBody': 'Burnt twice'}",
    "{&quot;@type&quot;: &quot;Review&quot;, &quot;author&quot;: &quot;Ann&quot;, &quot;reviewBody&quot;: &quot;Burnt twice&quot;}",
    '{"@type": "Review", "author": "Ann", "reviewBody": "Burnt twice", "reviewRating": {"@type": "Rating"',
    '{"@type": "Review", "author": "Ann" "reviewBody": "Burnt twice\\\' as said", "x": NaN}',
]


@pytest.mark.parametrize("text", BROKEN)
def test_invalid_json_ld_is_repaired(text: str):
    page = read_page(script(text))
    assert [review["author"]["name"] for review in page.reviews] == ["Ann"]
    assert page.reviews[0]["text"].startswith("Burnt")


ODD: list[tuple[dict[str, Any], dict[str, Any]]] = [
    (
        {"@type": "Review", "reviewBody": "x y z", "reviewRating": "4.5/5"},
        {"rating": {"value": 4.5, "best": 5.0, "worst": 1.0}},
    ),
    (
        {"@type": "Review", "reviewBody": "x y z", "reviewRating": {"ratingValue": "90%"}},
        {"rating": {"value": 90.0, "best": 100.0, "worst": 0.0}},
    ),
    ({"@type": ["Thing", "UserReview"], "description": "a &amp;quot;b&amp;quot;<br>c"}, {"text": 'a "b"\nc'}),
    ({"@type": "schema:Review", "schema:reviewBody": {"@value": "ok", "@language": "en"}}, {"text": "ok"}),
    (
        {"@type": "Review", "author": [{"@type": "Person", "name": ["Ann"]}], "reviewBody": "x"},
        {"author": {"name": "Ann"}},
    ),
    ({"@type": "Review", "reviewBody": "x", "datePublished": 1700000000000}, {"published_at": "2023-11-14T22:13:20Z"}),
    (
        {
            "@type": "Review",
            "name": "T",
            "positiveNotes": {"@type": "ItemList", "itemListElement": [{"name": "light"}, {"item": "cheap"}]},
        },
        {"pros": "light\ncheap"},
    ),
    (
        {
            "@type": "Review",
            "reviewBody": "x",
            "comment": {"@type": "Comment", "text": "Sorry!", "author": {"name": "Shop"}},
        },
        {"reply": {"text": "Sorry!", "author": "Shop"}},
    ),
    (
        {
            "@type": "Review",
            "reviewBody": "x",
            "reviewRating": [{"reviewAspect": "Taste", "ratingValue": 1}, {"ratingValue": 5}],
        },
        {"rating": {"value": 5.0, "best": 5.0, "worst": 1.0}},
    ),
]


@pytest.mark.parametrize(("node", "expected"), ODD)
def test_liberties_that_pages_take(node: dict[str, Any], expected: dict[str, Any]):
    (review,) = read_page(script(json.dumps(node)), now=NOW).reviews
    assert expected.items() <= review.items()


def test_references_by_id_and_graphs_are_followed():
    graph = [
        {
            "@id": "#p",
            "@type": "Organization",
            "name": "Acme",
            "aggregateRating": {"@id": "#a"},
            "review": [{"@id": "#r"}],
        },
        {"@id": "#a", "@type": "AggregateRating", "ratingValue": 3.9, "reviewCount": 8},
        {
            "@id": "#r",
            "@type": "Review",
            "reviewBody": "Slow but kind",
            "author": {"@id": "#me"},
            "itemReviewed": {"@id": "#p"},
        },
        {"@id": "#me", "@type": "Person", "name": "Lee"},
    ]
    page = read_page(script(json.dumps({"@context": "https://schema.org", "@graph": graph})))
    assert [(r["author"]["name"], r["subject"]["name"], r["subject"]["kind"]) for r in page.reviews] == [
        ("Lee", "Acme", "company")
    ]
    assert [(a["rating"]["value"], a["count"]) for a in page.aggregates] == [(3.9, 8)]


def test_a_rating_off_its_scale_is_dropped_with_a_warning_and_the_review_stays():
    page = read_page(script('{"@type":"Review","reviewBody":"x y","reviewRating":{"ratingValue":7,"bestRating":5}}'))
    assert "rating" not in page.reviews[0]
    assert any("7" in warning for warning in page.warnings)


def test_what_the_page_is_about_comes_before_what_it_recommends():
    node = {
        "@type": "Product",
        "isRelatedTo": {"@type": "Product", "name": "Other", "aggregateRating": {"ratingValue": 2, "ratingCount": 3}},
        "name": "This",
        "aggregateRating": {"ratingValue": 4, "ratingCount": 5},
    }
    assert [a["subject"]["name"] for a in read_page(script(json.dumps(node))).aggregates] == ["This", "Other"]


def test_reviews_inside_a_product_without_itemprop_know_their_product():
    page = read_page(
        """<div itemscope itemtype="https://schema.org/Product"><span itemprop="name">Pan</span>
        <div itemscope itemtype="https://schema.org/Review"><p itemprop="reviewBody">Sticks.</p></div></div>"""
    )
    assert page.reviews == ({"subject": {"name": "Pan", "kind": "product"}, "text": "Sticks."},)


def test_itemref_brings_in_what_stands_elsewhere():
    page = read_page(
        """<div id="late"><span itemprop="reviewBody">Good pan</span></div>
        <div itemscope itemtype="https://schema.org/Review" itemref="late"><span itemprop="author">Ann</span></div>"""
    )
    assert page.reviews == ({"author": {"name": "Ann"}, "text": "Good pan"},)


HOSTILE = [
    script("[" * 5000 + "]" * 5000),
    script('{"review":' * 5000 + "1" + "}" * 5000),
    script('{"@type":"Review","reviewBody":"x","datePublished":"9999-12-31","reviewRating":{"ratingValue":NaN}}'),
    script('{"@type":"Review","reviewBody":"x","reviewRating":{"ratingValue":' + "9" * 5000 + "}}"),
    script('{"@id":"a","@type":"Review","reviewBody":"x","itemReviewed":{"@id":"a"}}'),
    script("{" * 100_000),
    script('"' * 100_000),
    script('{"a":"' + "\\" * 99_999),
    script("/*" * 100_000),
    "<div itemscope itemprop=review>" * 3000,
    "<div typeof=Review property=review>" * 3000,
    "<p>" + "x" * 1_000_000,
    "\0<html>\0",
    "<p itemscope itemtype='http://schema.org/Review'><span itemprop=reviewBody>\ud800 ok",
    "",
    "<!-- -->",
]


@pytest.mark.timeout(20)
@pytest.mark.parametrize("body", HOSTILE, ids=range(len(HOSTILE)))
def test_hostile_pages_are_survived(body: str):
    page = read_page(body)
    json.dumps(inspect(body, name="x"), allow_nan=False).encode()
    assert all("rating" not in review for review in page.reviews)


def test_inspect_has_exactly_the_promised_fields():
    said = inspect(JSON_LD, name="page.html", url="https://shop.example/p/7", now=NOW)
    assert list(said) == ["input", "reviews", "aggregates", "warnings"]
    assert said["input"] == "page.html"
    assert said["reviews"] == [{"source": "shop.example", "channel": "site", **REVIEW}]


@pytest.mark.data
def test_aggregates_of_real_recipe_pages(data_dir: Path):
    folder = data_dir / "D_review_pages"
    wanted = [json.loads(line) for line in (folder / "expected/recipes_ratings.jsonl").read_text("utf-8").splitlines()]
    for row in wanted[::3]:  # all of them: bench/pages.py
        path = folder / row["file"]
        body = path.read_bytes() if path.exists() else gzip.decompress(path.with_name(path.name + ".gz").read_bytes())
        first = read_page(body).aggregates[0]
        # The expected values lie on a scale up to five whatever the page says.
        stars = first["rating"]["value"] * 5 / first["rating"]["best"]
        assert (round(stars, 2), first["count"]) == (pytest.approx(row["ratings"], abs=0.006), row["ratings_count"]), (
            row["file"]
        )


@pytest.mark.data
def test_review_items_of_real_pages_are_all_found(data_dir: Path):
    folder = data_dir / "D_review_pages"
    for line in (folder / "MANIFEST.jsonl").read_text("utf-8").splitlines():
        row = json.loads(line)
        if row["review_items"]:
            assert len(read_page((folder / row["file"]).read_bytes()).reviews) == row["review_items"], row["file"]


@pytest.mark.data
def test_schema_org_examples_give_the_same_reviews_in_all_forms(data_dir: Path):
    compared = 0
    for line in (data_dir / "D_review_pages/schemaorg_examples.jsonl").read_text("utf-8").splitlines():
        row = json.loads(line)
        if "ClaimReview" in row["types"]:
            continue  # its two forms name the author and the claim differently
        forms = [read_page(row[form]).reviews for form in ("jsonld", "microdata", "rdfa") if len(row[form]) > 80]
        said = [
            [(r.get("author", {}).get("name"), r.get("rating"), r.get("text"), r.get("published_at")) for r in form]
            for form in forms
        ]
        assert all(form == said[0] for form in said), row["types"]
        compared += len(said) == 3 and bool(said[0])
    assert compared >= 4
