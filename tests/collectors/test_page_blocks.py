"""Reviews of pages without markup: found by structure, in the styles of many sites, and again by the selectors found.

The pages in tests/collectors/pages are written for this test in the manner of well-known sites; those whose names begin
with ``no_`` hold no reviews.
"""

from __future__ import annotations

import gzip
import json
import re
import time
import tomllib
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from lxml import html
from lxml.cssselect import CSSSelector

from collectors.platforms.page import inspect, read_page
from schemas import wire

PAGES = Path(__file__).parent / "pages"
NOW = datetime(2026, 11, 1, 12, tzinfo=UTC)
WITH = sorted(path.stem for path in PAGES.glob("*.json"))
WITHOUT = sorted(path.stem for path in PAGES.glob("no_*.html"))


def field(review: dict[str, Any], name: str) -> Any:
    match name:
        case "author":
            return review.get("author", {}).get("name")
        case "rating":
            return review.get("rating", {}).get("value")
        case "date":
            return review.get("published_at", "")[:10]
        case "reply":
            return review.get("reply", {}).get("text")
    return review.get(name)


@pytest.mark.parametrize("name", WITH)
def test_every_review_of_a_page_is_read_right(name: str):
    page = read_page((PAGES / f"{name}.html").read_bytes(), now=NOW)
    wanted = json.loads((PAGES / f"{name}.json").read_text("utf-8"))
    assert page.method == "blocks"
    assert [
        {key: field(review, key) for key in want} for review, want in zip(page.reviews, wanted, strict=True)
    ] == wanted


@pytest.mark.parametrize("name", WITH)
def test_the_selectors_that_are_printed_give_the_same_reviews(name: str):
    body = (PAGES / f"{name}.html").read_bytes()
    found = read_page(body, now=NOW)
    again = read_page(body, now=NOW, selectors=found.selectors)
    assert again.reviews == found.reviews
    assert again.method == "selectors"


@pytest.mark.parametrize("name", WITHOUT)
def test_a_page_without_reviews_gives_none(name: str):
    assert read_page((PAGES / f"{name}.html").read_bytes(), now=NOW).reviews == ()


ALONE = [
    "amazon_like",
    "bank_like",
    "bazaarvoice_like",
    "capterra_like",
    "irecommend",
    "judgeme",
    "opencart",
    "table_ru",
]
ALONE += ["tripadvisor_like", "trustradius", "woocommerce_like", "yamarket", "yotpo_like", "zoon"]


@pytest.mark.parametrize("name", ALONE)
def test_a_page_with_one_review_and_a_review_cut_out_of_its_page(name: str):
    body = (PAGES / f"{name}.html").read_text("utf-8")
    want = json.loads((PAGES / f"{name}.json").read_text("utf-8"))[0]
    root = html.document_fromstring(body)
    first, *others = CSSSelector(read_page(body, now=NOW).selectors["review"])(root)
    for other in others:
        other.drop_tree()
    for text in (html.tostring(root, encoding="unicode"), html.tostring(first, encoding="unicode", with_tail=False)):
        (review,) = read_page(text, now=NOW).reviews
        assert {key: field(review, key) for key in want} == want


def test_inspect_prints_the_selectors_ready_for_the_configuration():
    said = inspect((PAGES / "amazon_like.html").read_bytes(), name="a.html", now=NOW)
    written = said["warnings"][-1].partition("selectors = ")[2]
    chosen = tomllib.loads(f"selectors = {written}")["selectors"]
    assert read_page((PAGES / "amazon_like.html").read_bytes(), now=NOW, selectors=chosen).reviews
    assert all(wire.read(review).review.rating for review in said["reviews"])


def test_confidence_is_lower_for_a_single_review_and_for_unrated_ones():
    def sure(name: str) -> float:
        return read_page((PAGES / f"{name}.html").read_bytes(), now=NOW).confidence

    alone = """<title>Lamp</title><div class="customer-review"><b class="author">Ann</b> <i class="date">3 May 2024</i>
        <span class="rating">4/5</span><p>Warm light and a solid foot, would buy it again.</p></div>"""
    assert read_page(alone, now=NOW).reviews[0]["rating"]["value"] == 4
    assert sure("testimonials") < sure("amazon_like")
    assert read_page(alone, now=NOW).confidence < sure("amazon_like")


def test_a_rating_that_only_some_reviews_have_does_not_lose_the_others():
    cards = "".join(
        f'<div class="review"><b class="author">Guest {name}</b><time datetime="2024-05-0{number}">x</time>{stars}'
        f"<p class='text'>The {name} lamp was fine and the delivery quick enough for us.</p></div>"
        for number, (name, stars) in enumerate(
            [("A", "★★★★☆"), ("B", ""), ("C", "<i>★★★☆☆</i>"), ("D", "<i>★☆☆☆☆</i>")], 1
        )
    )
    page = read_page(f"<title>x</title><div>{cards}</div>", now=NOW)
    assert [review["author"]["name"] for review in page.reviews] == ["Guest A", "Guest B", "Guest C", "Guest D"]


def test_configured_selectors_may_ask_for_attributes_and_are_checked():
    body = '<ul><li data-n="5" data-by="Ann">Fine lamp</li><li data-n="2" data-by="Bob">Broke soon</li></ul>'
    chosen = {"review": "li", "rating": "li::attr(data-n)", "author": "li::attr(data-by)"}
    assert [
        (r["author"]["name"], r["rating"]["value"], r["text"]) for r in read_page(body, selectors=chosen).reviews
    ] == [
        ("Ann", 5, "Fine lamp"),
        ("Bob", 2, "Broke soon"),
    ]
    with pytest.raises(ValueError, match="no CSS selector"):
        read_page(body, selectors={"review": "li[["})


STATE = {
    "page": {
        "feedbacks": [
            {
                "id": "f1",
                "text": "Хорошая лампа, беру вторую",
                "productValuation": 5,
                "wbUserDetails": {"name": "Олег"},
                "createdDate": "2024-01-02T10:00:00Z",
                "answer": {"text": "Спасибо за отзыв!"},
            },
            {
                "id": "f2",
                "text": "Не горит",
                "productValuation": 1,
                "wbUserDetails": {"name": "Ира"},
                "createdDate": "2024-01-03",
            },
        ],
        "products": [{"id": 1, "name": "Lamp", "price": 10, "sku": "x", "rating": 4.5}],
    }
}


@pytest.mark.parametrize(
    "script",
    [
        f'<script id="__NEXT_DATA__" type="application/json">{json.dumps(STATE)}</script>',
        f"<script>window.__INITIAL_STATE__ = {json.dumps(STATE)};(function(){{}})()</script>",
        f"<script>window.__APOLLO_STATE__=JSON.parse({json.dumps(json.dumps(STATE))})</script>",
        f"<script>var other = 1; window.__NUXT__={json.dumps(STATE)};</script>",
    ],
)
def test_state_for_the_page_s_own_scripts_is_read_when_markup_has_no_reviews(script: str):
    page = read_page(f"<html><body>{script}</body></html>", now=NOW)
    assert page.method == "embedded-state"
    assert page.reviews[0] == {
        "id": "f1",
        "author": {"name": "Олег"},
        "rating": {"value": 5.0, "best": 5.0, "worst": 1.0},
        "text": "Хорошая лампа, беру вторую",
        "published_at": "2024-01-02T10:00:00Z",
        "reply": {"text": "Спасибо за отзыв!"},
    }
    assert len(page.reviews) == 2


@pytest.mark.parametrize(
    ("body", "address"),
    [
        ('<link rel="next" href="?page=2">', "https://shop.example/r?page=2"),
        ('<a rel="next" href="/r?page=2">more</a>', "https://shop.example/r?page=2"),
        ('<ul class="pagination"><li class="next"><a href="/r?p=2">›</a></li></ul>', "https://shop.example/r?p=2"),
        ('<a href="/r?p=2">Следующая страница →</a>', "https://shop.example/r?p=2"),
        ('<a aria-label="Next page" href="/r?p=2"><svg/></a>', "https://shop.example/r?p=2"),
        (
            '<div class="pager"><a href="/r?p=1">1</a> <b>2</b> <a href="/r?p=3">3</a></div>',
            "https://shop.example/r?p=3",
        ),
        ('<a rel="next" href="https://elsewhere.example/r?page=2">x</a>', None),
        ('<a rel="next" href="javascript:go()">x</a><a href="#">Next</a>', None),
        ('<ul class="pagination"><li class="next disabled"><a href="/r?p=9">Next</a></li></ul>', None),
        ("<p>Nothing</p>", None),
    ],
)
def test_the_next_page_is_found(body: str, address: str | None):
    assert read_page(body, url="https://shop.example/r").next == address


@pytest.mark.parametrize(
    "words",
    ["There are no reviews yet.", "Отзывов пока нет", "Be the first to review this lamp", "Ваш отзыв будет первым"],
)
def test_a_page_may_say_that_it_is_empty(words: str):
    assert read_page(f"<h1>Lamp</h1><p>{words}</p>").empty
    assert not read_page("<h1>Lamp</h1><p>A lamp with a shade.</p>").empty


@pytest.mark.timeout(60)
@pytest.mark.parametrize(
    "body",
    [
        "<div class=review>★★★★☆ 5 May 2020 " * 20_000,
        "<ul>" + "<li class=review><b>Ann</b> 4/5 <i>3 May 2020</i> <p>nice lamp for the money spent</p></li>" * 5000,
        "<p class=review>" + "a" * 1_000_000,
        "<p class=review>" + "4 out of 5 stars " * 60_000,
        "<div>" * 5000 + "★★★★☆ 3 May 2020 nice lamp for the money" + "</div>" * 5000,
        "<script>window.__STATE__ = " + "[" * 200_000 + "</script>",
        '<script>reviews = {"review":' * 5000,
        "<i class='star-4' style='width:80%'>" * 30_000,
    ],
    ids=range(8),
)
def test_large_and_deep_pages_end_in_time(body: str):
    started = time.process_time()
    json.dumps(read_page(body, now=NOW).reviews).encode()
    assert time.process_time() - started < 20


@pytest.mark.data
def test_a_real_page_of_a_car_dealer(data_dir: Path):
    folder = data_dir / "D_review_pages"
    wanted = json.loads((folder / "expected/dealerrater_2022.json").read_text("utf-8"))
    page = read_page(gzip.decompress((folder / "pages/dealerrater_2022.html.gz").read_bytes()), now=NOW)

    def letters(text: str) -> str:
        return re.sub(r"\W+", "", text)

    assert [(letters(r["text"]), r["author"]["name"], r["rating"]["value"] * 10) for r in page.reviews] == [
        (letters(want["body"]), want["user"], want["rating_0_50"]) for want in wanted
    ]


@pytest.mark.data
@pytest.mark.parametrize(
    ("name", "count", "fields"),
    [
        ("pages/lendingtree_2019_reliance.html.gz", 10, {"author", "rating", "title", "text", "published_at"}),
        ("pages/lendingtree_2019_reliance_pg2.html.gz", 10, {"author", "rating", "title", "text", "published_at"}),
        ("pages/asda_2025_a.html.gz", 10, {"rating", "title", "text", "published_at"}),
        ("pages/asda_2025_b.html.gz", 10, {"rating", "title", "text", "published_at"}),
        ("pages/morrisons_2025_reviews.html", 5, {"author", "rating", "title", "text", "published_at"}),
        (
            "snippets/software_advice_2017.html",
            1,
            {"author", "rating", "title", "text", "pros", "cons", "published_at"},
        ),
    ],
)
def test_real_pages_give_all_their_reviews_with_all_fields(data_dir: Path, name: str, count: int, fields: set[str]):
    page = read_page((data_dir / "D_review_pages" / name).read_bytes(), now=NOW)
    assert len(page.reviews) == count
    assert all(fields <= review.keys() for review in page.reviews)


@pytest.mark.parametrize(
    ("heading", "author"),
    [("Ответ магазина", None), ("Response from the owner", None), ("Reply from Bob", "Bob")],
)
def test_who_answers_is_named_only_by_a_name(heading: str, author: str | None):
    cards = "".join(
        f'<div class="review"><b class="author">Guest {n}</b><span class="date">{n} May 2024</span>'
        f'<span class="rating">{n}/5</span><p class="text">The {n} rooms were clean and quiet enough.</p>'
        f'<div class="answer"><div class="answer-author">{heading}</div><p>Thank you, guest number {n}!</p></div></div>'
        for n in range(1, 5)
    )
    page = read_page(f"<h1>Reviews</h1><div>{cards}</div>", now=NOW)
    assert [review["reply"].get("author") for review in page.reviews] == [author] * 4
    assert page.reviews[0]["reply"]["text"] == "Thank you, guest number 1!"
