"""The collector for any site, against a real HTTP server."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from collectors import InvalidConfig, LayoutChanged, LimitReached, Review
from collectors.sources.site import site as collect


def listing(numbers: list[int], *, more: str = "") -> bytes:
    cards = "".join(
        f"""<div class="review" itemprop="review" itemscope itemtype="https://schema.org/Review">
        <b itemprop="author">Ann {number}</b><time itemprop="datePublished" datetime="2024-05-{number:02d}">x</time>
        <p itemprop="reviewBody">Lamp number {number} works.</p></div>"""
        for number in numbers
    )
    return f"<html><head><title>Lamps</title></head><body><h1>Lamps Ltd</h1>{cards}{more}</body></html>".encode()


def texts(items: list) -> list[str]:
    return [item.text for item in items if isinstance(item, Review)]


def test_pages_are_followed_to_the_end(site, client):
    site.pages |= {
        "/r": listing([9, 8], more='<a rel="next" href="/r?p=2">Next</a>'),
        "/r?p=2": listing([7]),
    }
    found = list(collect(client(), source="lamps", url=f"{site.url}/r"))
    assert texts(found) == [f"Lamp number {number} works." for number in (9, 8, 7)]
    first = found[0]
    assert (first.source, first.channel, first.author.name) == ("lamps", "site", "Ann 9")
    assert first.subject.name == "Lamps Ltd"
    assert first.published_at == datetime(2024, 5, 9, tzinfo=UTC)


def test_the_configured_subject_counts(site, client):
    site.pages["/r"] = listing([1])
    (found,) = collect(client(), source="lamps", url=f"{site.url}/r", subject="L-1", subject_name="Lamps")
    assert (found.subject.id, found.subject.name) == ("L-1", "Lamps")


def test_a_page_without_reviews_has_changed_unless_it_says_that_it_is_empty(site, client):
    site.pages |= {
        "/gone": b"<h1>Lamps</h1><p>New design!</p>",
        "/none": "<p>Отзывов пока нет</p>".encode(),
        "/own": b"<i id=nix></i>",
    }
    with pytest.raises(LayoutChanged, match="no reviews found"):
        list(collect(client(), source="lamps", url=f"{site.url}/gone"))
    assert list(collect(client(), source="lamps", url=f"{site.url}/none")) == []
    assert list(collect(client(), source="lamps", url=f"{site.url}/own", empty="#nix")) == []


def test_a_page_with_an_aggregate_rating_alone_has_no_reviews_and_says_so(site, client, caplog):
    rating = '{"@type": "Product", "name": "Lamp", "aggregateRating": {"ratingValue": 4.5, "ratingCount": 12}}'
    site.pages["/r"] = f'<h1>Lamp</h1><script type="application/ld+json">{rating}</script>'.encode()
    assert list(collect(client(), source="lamps", url=f"{site.url}/r")) == []
    assert "no single reviews" in caplog.text
    with pytest.raises(LayoutChanged, match="no reviews found"):
        list(collect(client(), source="lamps", url=f"{site.url}/r", selectors={"review": "article"}))


def test_short_reviews_without_an_author_are_told_apart_and_known_again(site, client):
    card = '<div itemscope itemtype="https://schema.org/Review"><p itemprop="reviewBody">{}</p></div>'
    more = '<a rel="next" href="/r?p=2">Next</a>'
    site.pages["/r"] = (card.format("Great!") + card.format("Bad.") + more).encode()
    site.pages["/r?p=2"] = (card.format("Great!") + card.format("So so.")).encode()
    ids = [[item.id for item in collect(client(), source="lamps", url=f"{site.url}/r")] for _ in range(2)]
    assert ids[0] == ids[1]
    assert len(set(ids[0])) == 4
    assert None not in ids[0]


def test_a_listing_that_links_to_itself_ends(site, client):
    site.pages |= {
        "/r": listing([2], more='<a rel="next" href="/r?p=2">Next</a>'),
        "/r?p=2": listing([1], more='<a rel="next" href="/r">Next</a>'),
    }
    found = []
    with pytest.raises(LimitReached, match="circle"):
        found.extend(collect(client(), source="lamps", url=f"{site.url}/r"))
    assert len(site.fetched()) <= 3


def test_no_more_pages_than_allowed_and_none_older_than_since(site, client):
    site.pages |= {
        f"/r?p={n}": listing([20 - n], more=f'<a rel="next" href="/r?p={n + 1}">Next</a>') for n in range(1, 9)
    }
    with pytest.raises(LimitReached, match="more than 3"):
        list(collect(client(), source="lamps", url=f"{site.url}/r?p=1", max_pages=3))
    since = datetime(2024, 5, 18, tzinfo=UTC)
    found = list(collect(client(), source="lamps", url=f"{site.url}/r?p=1", since=since))
    assert [item.published_at.day for item in found] == [19, 18, 17]


def test_configured_selectors_are_used_and_wrong_ones_are_told(site, client):
    site.pages["/r"] = b"<ul><li><b>Ann</b> <q>Fine lamp</q></li></ul><a class=more href='/r2'>w</a>"
    site.pages["/r2"] = b"<ul><li><b>Bob</b> <q>Broke soon</q></li></ul>"
    chosen = {"review": "li", "author": "b", "text": "q"}
    found = list(collect(client(), source="lamps", url=f"{site.url}/r", selectors=chosen, next="a.more"))
    assert [(item.author.name, item.text) for item in found] == [("Ann", "Fine lamp"), ("Bob", "Broke soon")]
    with pytest.raises(InvalidConfig, match="no CSS selector"):
        list(collect(client(), source="lamps", url=f"{site.url}/r", selectors={"review": "li["}))


def test_windows_1251_without_a_declaration(site, client, answering):
    body = listing([1]).decode().replace("works", "работает хорошо, покупкой довольны").encode("cp1251")
    site.pages["/r"] = answering(body, Content_Type="text/html")
    (found,) = collect(client(), source="lamps", url=f"{site.url}/r")
    assert found.text == "Lamp number 1 работает хорошо, покупкой довольны."
