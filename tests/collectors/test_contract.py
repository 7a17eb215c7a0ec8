"""Every source replays its recorded traffic into the reviews that were agreed on: the contract of a collector."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from collectors import Client, Rating, Review, Subject, collector, contract
from collectors.contract import CHECKS, load

HOME = "https://store.acme.example"
RECORDING = Path(__file__).parent / "recordings" / "acme_store"


@collector(channel="site", every="15 minutes", home=HOME)
def acme_store(client: Client, *, product: str, since: datetime | None = None) -> Iterator[Review]:
    """Yield one product's reviews, newest first, back to *since*."""
    for page in client.pages(f"{HOME}/products/{product}/reviews", next="a[rel=next]"):
        for card in page.all("article.review", empty="p.no-reviews"):
            published = datetime.fromisoformat(card.one("time")["datetime"]).astimezone(UTC)
            if since and published < since:
                return
            yield Review(
                source="acme_store",
                id=card["data-id"],
                subject=Subject(id=product, kind="product"),
                rating=Rating(value=card.one(".stars").number),
                text=card.one(".text").text,
                published_at=published,
            )


test_acme_store = contract.contract(acme_store, RECORDING)


def variant(function, name: str = "acme_store"):
    function.__name__ = name
    return collector(channel="site")(function)


def careless_about_blank_pages(client, *, product: str, since: datetime | None = None):
    """Take a page without reviews for a page without reviews."""
    for page in client.pages(f"{HOME}/products/{product}/reviews", next="a[rel=next]"):
        for card in page.tag.select("article.review"):
            yield Review(source="acme_store", id=card["data-id"], subject=Subject(id=product), text=card.text)


def losing_equal_times(client, *, product: str, since: datetime | None = None):
    """Leave out what was published at the very moment of *since*."""
    for review in acme_store(client, product=product):
        if since is None or review.published_at > since:
            yield review


def under_another_name(client, *, product: str, since: datetime | None = None):
    """Call the source something else."""
    for review in acme_store(client, product=product, since=since):
        yield Review(source="acme", id=review.id, subject=review.subject, text=review.text)


def with_new_ids_each_time(client, *, product: str, since: datetime | None = None):
    """Give ids that change with the text."""
    for review in acme_store(client, product=product, since=since):
        yield Review(source="acme_store", id=review.text, subject=review.subject, text=review.text)


def going_round_in_circles(client, *, product: str, since: datetime | None = None):
    """Follow the next link for ever."""
    url = f"{HOME}/products/{product}/reviews"
    while url:
        page = client.page(url)
        for card in page.all("article.review"):
            yield Review(source="acme_store", id=card["data-id"], subject=Subject(id=product), text=card.text)
        link = page.maybe("a[rel=next]")
        url = link.link if link else None


def deaf_to_refusals(client, *, product: str, since: datetime | None = None):
    """Swallow every error."""
    try:
        yield from acme_store(client, product=product, since=since)
    except Exception:  # noqa: BLE001 - what it is here to show
        return


@pytest.mark.parametrize(
    ("function", "caught"),
    [
        (careless_about_blank_pages, {"does_not_take_a_blank_page_for_no_reviews"}),
        (losing_equal_times, {"resumes_without_loss"}),
        (under_another_name, {"bears_its_own_name"}),
        (with_new_ids_each_time, {"gives_an_edited_review_again"}),
        (going_round_in_circles, {"notices_a_listing_that_runs_in_a_circle"}),
        (
            deaf_to_refusals,
            {
                "obeys_robots_txt",
                "comes_back_when_told",
                "does_not_take_a_blank_page_for_no_reviews",
                "notices_a_listing_that_runs_in_a_circle",
            },
        ),
    ],
)
def test_the_contract_catches(function, caught):
    recorded = load(variant(function), RECORDING)
    failed = set()
    for check in CHECKS:
        try:
            check(recorded)
        except (AssertionError, pytest.fail.Exception):
            failed.add(check.__name__)
    assert caught <= failed
    # Everything else holds but for the golden file, which is that of the good collector.
    assert failed <= caught | {"gives_the_reviews_that_a_person_has_read", "notices_a_listing_that_runs_in_a_circle"}


def test_a_missing_golden_file_is_written_and_fails_so_that_somebody_reads_it(tmp_path):
    for file in RECORDING.iterdir():
        if file.name != "reviews.jsonl":
            (tmp_path / file.name).write_bytes(file.read_bytes())
    golden = CHECKS[0]
    with pytest.raises(pytest.fail.Exception, match="read it, compare it with the page"):
        golden(load(acme_store, tmp_path))
    assert (tmp_path / "reviews.jsonl").read_bytes() == (RECORDING / "reviews.jsonl").read_bytes()
    golden(load(acme_store, tmp_path))
