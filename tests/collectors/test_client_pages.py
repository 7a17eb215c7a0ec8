"""Pages as collectors see them: cards, texts, dates, the next page, and layouts that changed."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from collectors.errors import LayoutChanged, LimitReached

CARD = '<article class="review" id="{0}"><h3>Заголовок {0}</h3><p>Первая<br>вторая <b>строка</b><script>x()</script></p></article>'


def test_pages_follow_the_next_link_to_the_end(site, client):
    site.pages |= {
        "/1": (CARD.format(1) + '<a rel="next" href="/2">дальше</a>').encode(),
        "/2": CARD.format(2).encode(),
    }
    found = [card["id"] for page in client().pages(f"{site.url}/1", next="a[rel=next]") for card in page.all(".review")]
    assert found == ["1", "2"]


def test_text_is_what_a_reader_sees(site, client):
    site.pages["/"] = CARD.format(7).encode()
    card = client().page(f"{site.url}/").one("article")
    assert card.one("p").text == "Первая\nвторая строка"
    assert card.text_of("h3") == "Заголовок 7"
    assert card.text_of("h4") is None
    assert card.one("h3").number == 7


def test_dates_ratings_numbers_and_links_are_read_as_pages_write_them(site, client):
    site.pages["/"] = """
        <time datetime="2026-10-05T10:00:00+03:00">вчера</time> <i class="d">12 мая 2025</i> <i class="none">скоро</i>
        <b class="stars" title="4,5 из 5">★</b> <b class="of10">8/10</b> <b class="row">★★★★☆</b> <b class="no">нет</b>
        <a href=" /next?a=1 ">x</a> <img src="//cdn.example/i.png"> <a class="odd" href="http://[broken">x</a>
        <p data-id="7" class="one two">1 078,5 руб.</p>
    """.encode()
    page = client().page(f"{site.url}/")
    assert page.one("time").time == datetime(2026, 10, 5, 7, tzinfo=UTC)
    assert page.one(".d").time == datetime(2025, 5, 12, tzinfo=UTC)
    assert [(page.one(css).rating.value, page.one(css).rating.best) for css in (".stars", ".of10", ".row")] == [
        (4.5, 5.0),
        (8.0, 10.0),
        (4.0, 5.0),
    ]
    assert page.one("a").link == f"{site.url}/next?a=1"
    assert page.one("img").link == "http://cdn.example/i.png"
    assert page.one(".odd").link is None
    assert (page.one("p")["data-id"], page.one("p")["class"], page.one("p").get("id")) == ("7", "one two", None)
    for wrong in (lambda: page.one(".none").time, lambda: page.one(".no").rating, lambda: page.one(".no").number):
        with pytest.raises(LayoutChanged):
            wrong()
    assert page.one("p").number == 1078.5
    with pytest.raises(LayoutChanged, match="has no attribute 'id'"):
        page.one("p")["id"]


def test_a_selector_that_finds_nothing_is_a_changed_layout_unless_the_page_says_that_it_is_empty(site, client):
    site.pages |= {"/": b"<div>new design</div>", "/empty": b"<p class='none'>No reviews yet</p>"}
    with pytest.raises(LayoutChanged, match=r"nothing matches '.review'"):
        client().page(f"{site.url}/").all(".review", empty="p.none")
    assert client().page(f"{site.url}/empty").all(".review", empty="p.none") == []
    with pytest.raises(LayoutChanged):
        client().page(f"{site.url}/").one("article")


@pytest.mark.parametrize("href", ["#", "#next", "javascript:void(0)", "", "mailto:a@b.example"])
def test_a_next_link_that_leads_nowhere_is_the_end(site, client, href):
    site.pages["/1"] = (CARD.format(1) + f'<a rel="next" href="{href}">2</a>').encode()
    assert len(list(client().pages(f"{site.url}/1", next="a[rel=next]"))) == 1


@pytest.mark.parametrize("second", ["/1", "/1#top", "/3"])
def test_a_listing_that_runs_in_a_circle_is_noticed(site, client, second):
    first = (CARD.format(1) + '<a rel="next" href="/2">2</a>').encode()
    site.pages |= {"/1": first, "/2": (CARD.format(2) + f'<a rel="next" href="{second}">3</a>').encode(), "/3": first}
    with pytest.raises(LimitReached, match="circle"):
        list(client().pages(f"{site.url}/1", next="a[rel=next]"))
    assert len(site.fetched()) <= 3


def test_a_listing_without_end_is_cut(site, client):
    for number in range(20):
        site.pages[f"/{number}"] = f'{number}<a rel="next" href="/{number + 1}">more</a>'.encode()
    with pytest.raises(LimitReached, match="more than 5 pages"):
        list(client(max_pages=5).pages(f"{site.url}/0", next="a[rel=next]"))
    assert len(site.fetched()) == 5


def test_an_empty_page_and_a_page_nested_deep_are_read(site, client):
    site.pages |= {"/empty": b"", "/deep": b"<div>" * 20_000 + b"text"}
    assert client().page(f"{site.url}/empty").text == ""
    assert isinstance(client().page(f"{site.url}/deep").text, str)


def test_json_that_is_none_is_a_changed_layout(site, client):
    site.pages |= {"/": b'{"a": [1, 2]}', "/deep": b"[" * 5_000, "/html": b"<html>"}
    assert client().get(f"{site.url}/").json() == {"a": [1, 2]}
    for path in ("/deep", "/html"):
        with pytest.raises(LayoutChanged):
            client().get(site.url + path).json()
