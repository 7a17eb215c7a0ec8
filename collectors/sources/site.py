"""Reviews on any web page: by its markup, by its structure, or by CSS selectors from the configuration."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from hashlib import blake2b
from typing import Any
from urllib.parse import urldefrag

from msgspec.structs import replace

from collectors import (
    Client,
    InvalidConfig,
    InvalidReview,
    Item,
    LayoutChanged,
    LimitReached,
    Rejected,
    Review,
    collector,
)
from collectors.platforms.page import Page, read_page
from schemas import identity, wire

log = logging.getLogger(__name__)


@collector(channel="site", every="1 hour")
def site(
    client: Client,
    *,
    source: str,
    url: str | tuple[str, ...],
    subject: str | None = None,
    subject_name: str | None = None,
    selectors: dict[str, str] | None = None,
    next: str | None = None,  # noqa: A002 - the word
    empty: str | None = None,
    max_pages: int = 50,
    since: datetime | None = None,
) -> Iterator[Item]:
    """Yield the reviews of one page or of a listing over many pages, in the order in which the site shows them.

    A page on which nothing is found counts as changed, unless it says that it is empty or its markup has an aggregate
    rating and no reviews.

    Args:
        client: Polite HTTP.
        source: The name of this place.
        url: The first page, or several.
        subject: Id of what is reviewed; by default what the page says, else the first page's address.
        subject_name: Its name for people; by default what the page says.
        selectors: CSS selectors by field (review, author, rating, date, title, text, pros, cons, reply, id, url), as
            ``molva inspect page`` prints them; not needed when the page has markup or a plain structure.
        next: CSS selector of the link to the next page; by default found.
        empty: CSS selector of what stands there when there are no reviews; by default recognised by its words.
        max_pages: Pages of one listing that are read at most.
        since: Publication time of the newest review already seen; inclusive.
    """
    chosen = {**(selectors or {}), **({"next": next} if next else {}), **({"empty": empty} if empty else {})}
    counted: Counter[str] = Counter()
    for first in [url] if isinstance(url, str) else url:
        for page in _listing(client, first, chosen, max_pages):
            for review in page.reviews:
                about = {
                    "id": subject or first,
                    "name": subject_name,
                    **({} if subject else review.get("subject") or page.subject),
                }
                item = _item({"source": source, "channel": "site", "url": first, **review, "subject": about})
                yield _numbered(item, counted) if isinstance(item, Review) else item
            if since and _all_older(page, since):
                break


def _listing(client: Client, first: str, chosen: dict[str, str], max_pages: int) -> Iterator[Page]:
    """The pages of one listing. Raises LimitReached when it runs in a circle or is longer than allowed."""
    seen: set[str] = set()
    address: str | None = first
    for number in range(max_pages):
        assert address is not None
        response = client.get(address)
        marks = {urldefrag(address).url, urldefrag(response.url).url, blake2b(response.body).hexdigest()}
        if marks & seen:
            raise LimitReached(f"{address}: page {number + 1} was there before; the listing runs in a circle")
        seen |= marks
        try:
            page = read_page(
                response.body,
                url=response.url,
                content_type=response.content_type,
                selectors=chosen,
                now=datetime.now(UTC),
            )
        except ValueError as error:
            raise InvalidConfig(f"selectors: {error}") from None
        if not page.reviews and not page.empty and number == 0 and page.aggregates and "review" not in chosen:
            # Many products have ratings alone. Had there been reviews before, the whole listing would miss them.
            log.warning("%s: an aggregate rating, but no single reviews", response.url)
        elif not page.reviews and not page.empty:
            raise LayoutChanged(f"{response.url}: no reviews found, and the page does not say that there are none")
        yield page
        address = page.next
        if address is None:
            return
    raise LimitReached(f"{first}: more than {max_pages} pages")


def _item(data: dict[str, Any]) -> Item:
    try:
        return wire.read(data).review
    except InvalidReview as error:
        return Rejected(f"{data['url']}: {error}", repr(data).encode("utf-8", "replace")[:20_000])


def _numbered(review: Review, counted: Counter[str]) -> Review:
    """The review, with an id when it has so little (no author, few words) that every observation would be a new one.

    It is called the first, second, … of its words, rating and day on the listing, so that reading it again tells it as
    seen, and the same words once more are one more review.
    """
    early, late = datetime(1970, 1, 1, tzinfo=UTC), datetime(1970, 1, 2, tzinfo=UTC)
    if identity.review_id(review, observed_at=early) == identity.review_id(review, observed_at=late):
        return review
    day = review.published_at.date().isoformat() if review.published_at else ""
    rating = f"{review.rating.value}/{review.rating.best}" if review.rating else ""
    told = f"{review.subject.id}\0{day}\0{rating}\0{identity.normalise(review.prose)}"
    key = blake2b(told.encode(), digest_size=9).hexdigest()
    counted[key] += 1
    return replace(review, id=f"{key}-{counted[key]}")


def _all_older(page: Page, since: datetime) -> bool:
    """Whether every review of a page with dates is older than *since*: what comes behind is older still."""
    times = [review.get("published_at") for review in page.reviews]
    return bool(times) and all(time is not None and datetime.fromisoformat(time) < since for time in times)
