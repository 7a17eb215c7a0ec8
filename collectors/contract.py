"""What every collector that fetches must do, as one test that a plug-in takes over in one line.

Use it as::

    test_acme_store = contract(acme_store, Path(__file__).parent / "recordings" / "acme_store")

The folder holds a recording (see web/recording.py), ``options.json`` with the collector's configuration and
``reviews.jsonl``, the reviews that a person has looked at. A missing ``reviews.jsonl`` is written and the test fails,
so that somebody reads it. Needs pytest, which comes with ``molva[test]``.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import msgspec
import pytest
from msgspec.structs import replace

from collectors.client import Client, Manners
from collectors.configured import Source
from collectors.cursors import MemoryState
from collectors.errors import LimitReached
from collectors.plugin import Collector
from collectors.publisher import MemoryPublisher
from collectors.runner import Run, Runner
from collectors.web.recording import Replayer, read_recording
from collectors.web.transport import Answer
from schemas import codec, wire
from schemas.events import Review, ReviewCollected
from schemas.topics import REVIEWS_COLLECTED

MOST_REQUESTS = 500
"""Requests of one run; a collector that needs more than a recording holds is going round in circles."""
_QUICK = Manners(delay=0.0, retries=0, backoff=0.0, max_pages=200)
_BLANK_PAGE, _BLANK_JSON = b"<!doctype html><html><head><title></title></head><body></body></html>", b"{}"


class Recorded(msgspec.Struct, frozen=True):
    """A collector with its configuration and the answers that it gets."""

    collector: Collector
    options: dict[str, Any]
    answers: list[Answer]
    folder: Path

    def run(self, answers: Iterable[Answer] | None = None, *, since: datetime | None = None) -> Outcome:
        """Run it on these answers, or those that were recorded; nothing else can be fetched."""
        replayer = _Bounded(self.answers if answers is None else answers)
        publisher, state = MemoryPublisher(), MemoryState()
        if since is not None:
            moment = datetime.now(UTC).isoformat().encode()
            state.apply({"since": since.isoformat().encode(), "full": moment})
        source = Source(name=self.collector.name, collector=self.collector, options=self.options, manners=_QUICK)
        client = Client(_QUICK, transport=replayer)
        run = Runner(publisher, contact_key=b"contract").run(source, state, client=client)
        observed = [event for event in publisher.events if isinstance(event, ReviewCollected)]
        return Outcome(run, observed, [letter.reason for letter in publisher.letters], replayer.asked)


class _Bounded(Replayer):
    """A recording that has enough of being asked after many times its length."""

    def get(self, url: str, headers: Mapping[str, str], *, max_bytes: int) -> Answer:
        if len(self.asked) > MOST_REQUESTS:
            raise LimitReached(f"{url}: the collector asks again and again")
        return super().get(url, headers, max_bytes=max_bytes)


class Outcome(msgspec.Struct, frozen=True):
    """What came of a run."""

    run: Run
    events: list[ReviewCollected]
    rejections: list[str]
    asked: list[str]

    @property
    def reviews(self) -> list[Review]:
        """The reviews, contacts hashed."""
        return [event.review for event in self.events]


def gives_the_reviews_that_a_person_has_read(recorded: Recorded) -> None:
    """The recording gives exactly the golden file."""
    outcome = recorded.run()
    assert outcome.run.ending == "exhausted", outcome.run.why
    assert not outcome.rejections, outcome.rejections
    found = [wire.write_review(review) for review in outcome.reviews]
    golden = recorded.folder / "reviews.jsonl"
    if not golden.exists():
        lines = (json.dumps(review, ensure_ascii=False, sort_keys=True) for review in found)
        golden.write_text("".join(line + "\n" for line in lines), encoding="utf-8")
        pytest.fail(f"wrote {golden}: read it, compare it with the page, and run the test again")
    expected = [json.loads(line) for line in golden.read_bytes().splitlines()]
    assert json.loads(json.dumps(found)) == expected
    assert expected, "a recording without reviews proves nothing"


def bears_its_own_name(recorded: Recorded) -> None:
    """File, function and source share a name, so that a person finds the file of a review."""
    assert {review.source for review in recorded.run().reviews} == {recorded.collector.name}


def round_trips(recorded: Recorded) -> None:
    """Every review survives the topic and the outside shape, and has an id by which it is known again."""
    for event in recorded.run().events:
        assert codec.decode(REVIEWS_COLLECTED.name, codec.encode(event)) == event
        assert wire.read(wire.write_review(event.review)).review == event.review
    ids = [event.review_id for event in recorded.run().events]
    assert ids == [event.review_id for event in recorded.run().events], "another run gives other ids"


def resumes_without_loss(recorded: Recorded) -> None:
    """With ``since`` it gives everything from that moment on, those of the very moment too."""
    everything = recorded.run().events
    for since in sorted({event.review.published_at for event in everything if event.review.published_at}):
        wanted = {event.review_id for event in everything if (event.review.published_at or since) >= since}
        missing = wanted - {event.review_id for event in recorded.run(since=since).events}
        assert not missing, f"since {since} loses {len(missing)} reviews"


def gives_an_edited_review_again(recorded: Recorded) -> None:
    """A review whose text has changed comes again, under the same id."""
    for before in recorded.run().events:
        word = max(re.findall(r"[^\W\d_]{5,}", before.review.text), key=len, default=None)
        changed = [_replace(answer, word, word[::-1]) for answer in recorded.answers] if word else []
        if word is None or changed == recorded.answers:
            continue
        after = {event.review_id: event for event in recorded.run(changed).events}
        assert before.review_id in after, "the edited review has another id"
        assert after[before.review_id].review.text != before.review.text, "the edit is not seen"
        return
    pytest.skip("no review's words stand in the recording as they are")


def notices_a_listing_that_runs_in_a_circle(recorded: Recorded) -> None:
    """A page that leads back to itself ends the run, and the listing does not count as whole."""
    pages = [answer for answer in recorded.answers if _is_page(answer)]
    first = pages[0]
    circle = [replace(answer, status=200, headers=first.headers, body=first.body) for answer in pages]
    outcome = recorded.run(circle)
    assert len(outcome.asked) <= 2 * len(recorded.answers) + 5, "it goes round and round"
    if len(set(outcome.asked) - {url for url in outcome.asked if url.endswith("/robots.txt")}) > 1:
        assert outcome.run.ending != "exhausted", "it takes the circle for the end of the listing"


def obeys_robots_txt(recorded: Recorded) -> None:
    """Where robots.txt forbids everything, nothing but robots.txt is fetched."""
    origins = {urlsplit(answer.url)[:2] for answer in recorded.answers}
    forbidden = [
        Answer(f"{scheme}://{host}/robots.txt", 200, {"content-type": "text/plain"}, b"User-agent: *\nDisallow: /\n")
        for scheme, host in origins
    ]
    outcome = recorded.run([*forbidden, *(answer for answer in recorded.answers if _is_page(answer))])
    assert outcome.run.ending == "refused", outcome.run
    assert all(url.endswith("/robots.txt") for url in outcome.asked), outcome.asked


def comes_back_when_told(recorded: Recorded) -> None:
    """Retry-After ends the run as "retry later", with no further request."""
    busy = [
        replace(one, status=429, headers={"retry-after": "7200"}, body=b"") for one in recorded.answers if _is_page(one)
    ]
    outcome = recorded.run(busy)
    assert outcome.run.ending == "retry later", outcome.run
    assert (outcome.run.retry_after or 0) >= 7200
    assert len([url for url in outcome.asked if not url.endswith("/robots.txt")]) == 1, outcome.asked


def does_not_take_a_blank_page_for_no_reviews(recorded: Recorded) -> None:
    """A page without its content is a changed layout, never "0 reviews"."""
    blank = [_blanked(answer) for answer in recorded.answers]
    outcome = recorded.run(blank)
    assert outcome.run.ending == "layout changed", outcome.run


CHECKS: tuple[Callable[[Recorded], None], ...] = (
    gives_the_reviews_that_a_person_has_read,
    bears_its_own_name,
    round_trips,
    resumes_without_loss,
    gives_an_edited_review_again,
    notices_a_listing_that_runs_in_a_circle,
    obeys_robots_txt,
    comes_back_when_told,
    does_not_take_a_blank_page_for_no_reviews,
)


def contract(collector: Collector, folder: Path) -> Callable[..., None]:
    """The whole contract of a collector that fetches, as a pytest test with one case for each duty.

    Args:
        collector: What is tested.
        folder: Its recording, ``options.json`` and ``reviews.jsonl``.
    """

    @pytest.mark.parametrize("duty", CHECKS, ids=lambda check: check.__name__.replace("_", "-"))
    def test(duty: Callable[[Recorded], None]) -> None:
        duty(load(collector, folder))

    return test


def load(collector: Collector, folder: Path) -> Recorded:
    """The collector with its recording."""
    options: Mapping[str, Any] = json.loads((folder / "options.json").read_text(encoding="utf-8"))
    return Recorded(collector, collector.bind(options), read_recording(folder), folder)


def _is_page(answer: Answer) -> bool:
    return urlsplit(answer.url).path != "/robots.txt"


def _replace(answer: Answer, word: str, other: str) -> Answer:
    body = answer.body.replace(word.encode(), other.encode())
    return replace(answer, body=body.replace(json.dumps(word)[1:-1].encode(), json.dumps(other)[1:-1].encode()))


def _blanked(answer: Answer) -> Answer:
    if not _is_page(answer) or not 200 <= answer.status < 300:
        return answer
    return replace(answer, body=_BLANK_JSON if answer.body[:1] in (b"{", b"[") else _BLANK_PAGE)
