"""What people see and do on the page, over a real index."""

from __future__ import annotations

import re

import pytest
from fastapi.testclient import TestClient
from msgspec.structs import replace

from console.app import app
from console.reading import difference
from console.texts import TEXTS, Words
from molva.settings import Console
from schemas.events import Reason


@pytest.fixture
def client(backend):
    return TestClient(app(backend), headers={"Accept-Language": "en"})


def test_search_shows_what_matches_with_highlights_and_counts(client):
    page = client.get("/", params={"q": "broke"}).text
    assert "30\u00a0reviews" in page
    assert "<mark>broke</mark>" in page
    assert 'rel="next"' in page


def test_next_page_shows_the_rest(client):
    first = client.get("/", params={"q": "source:amazon"}).text
    follow = re.search(r'rel="next" href="([^"]+)"', first)[1].replace("&amp;", "&")
    second = client.get(follow).text
    ids = [set(re.findall(r'href="/reviews/(\w+)"', page)) for page in (first, second)]
    assert len(ids[0]) == 20
    assert len(ids[1]) == 10
    assert not ids[0] & ids[1]


def test_facets_narrow_and_can_be_taken_back(client):
    page = client.get("/", params={"f": ["source:amazon", "stars:1"]}).text
    assert "6\u00a0reviews" in page
    assert 'aria-label="Active filters"' in page
    back = re.search(r'<a href="([^"]+)"><span class="hidden">Remove the filter</span> Rating', page)[1]
    assert "30\u00a0reviews" in client.get(back.replace("&amp;", "&")).text


def test_values_of_one_facet_are_alternatives(client):
    assert "12\u00a0reviews" in client.get("/", params={"f": ["source:amazon", "stars:1", "stars:2"]}).text


def test_bad_query_is_explained_and_the_box_keeps_it(client):
    answer = client.get("/", params={"q": "strs:5"})
    assert answer.status_code == 400
    assert 'role="alert"' in answer.text
    assert "stars" in answer.text
    assert 'value="strs:5"' in answer.text


def test_trend_has_a_table_for_those_who_cannot_see_it(client):
    page = client.get("/", params={"q": "source:amazon"}).text
    assert 'role="img"' in page
    assert page.count('<rect class="all"') >= 8
    assert "As a table" in page


def test_review_page_tells_trust_versions_and_reply(client, example):
    page = client.get(f"/reviews/{example.review_id}").text
    assert "The text was published before by another author." in page
    assert "62%" in page
    assert "<del>" in page
    assert "<ins>" in page
    assert "Нам очень жаль." in page
    russian = client.get(f"/reviews/{example.review_id}", headers={"Accept-Language": "ru-RU,ru"}).text
    assert "Этот текст раньше опубликовал другой автор." in russian
    assert 'lang="ru"' in russian


def test_going_back_keeps_the_search_and_never_leaves_the_page(client, example):
    path = f"/reviews/{example.review_id}"
    came = client.get(path, headers={"Referer": "http://testserver/?q=broke&f=stars:1"}).text
    assert '<a href="/?q=broke&amp;f=stars:1">' in came
    for elsewhere in ("http://evil.example/?q=1", "http://testserver/letters?q=1", "//[", "javascript:alert(1)"):
        assert '<p class="crumb"><a href="/">' in client.get(path, headers={"Referer": elsewhere}).text


def test_filters_are_named_in_the_readers_language(client):
    page = client.get("/", params={"f": "aspects.name:staff"}, headers={"Accept-Language": "ru"}).text
    assert "О чём: Персонал" in page
    assert "Английский" in client.get("/", headers={"Accept-Language": "ru"}).text


def test_counting_matches_keeps_what_was_typed_and_adds_nothing(client, backend):
    token = form_token(client.get("/subscriptions").text)
    fields = {"token": token, "query": "source:amazon", "address": "a@", "language": "ru", "name": "N1"}
    page = client.post("/subscriptions/preview", data=fields).text
    assert "of the last 30 days match" in page
    assert 'value="a@"' in page
    assert '<option value="ru" selected>' in page
    assert client.post("/subscriptions/preview", data={**fields, "query": "stars:["}).status_code == 400
    assert client.post("/subscriptions/preview", data={**fields, "token": "guessed"}).status_code == 403
    assert not backend.subscriptions()


def test_hostile_text_stays_text(client):
    for path in ("/?q=source:otzovik", f"/reviews/{'f' * 24}"):
        page = client.get(path).text
        assert "<script>alert" not in page
        assert "javascript:alert" not in re.sub(r"<[^>]*>", "", page)
        assert 'href="javascript' not in page
        assert "{{ 7*7 }}" in page


def test_every_answer_forbids_scripts_and_framing(client):
    policy = client.get("/").headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "script-src" not in policy
    assert "frame-ancestors 'none'" in policy


def test_unknown_things_are_a_friendly_404(client):
    for path in ("/reviews/none", "/letters/none", "/unsubscribe/none", "/nowhere"):
        answer = client.get(path)
        assert answer.status_code == 404
        assert "There is nothing here." in answer.text


def form_token(page):
    return re.search(r'name="token" value="([^"]+)"', page)[1]


def test_subscription_is_added_paused_and_removed(client, backend):
    token = form_token(client.get("/subscriptions").text)
    fields = {"token": token, "query": "stars:1", "address": "a@b.example", "language": "ru", "name": "Плохо"}
    assert "Плохо" in client.post("/subscriptions", data=fields).text
    [one] = backend.subscriptions()
    assert "paused" in client.post(f"/subscriptions/{one.id}/pause", data={"token": token}).text
    assert backend.subscriptions()[0].paused
    client.post(f"/subscriptions/{one.id}/remove", data={"token": token})
    assert not backend.subscriptions()


def test_subscription_with_a_mistake_says_which(client):
    token = form_token(client.get("/subscriptions").text)
    answer = client.post("/subscriptions", data={"token": token, "query": "stars:[", "address": "a@b.example"})
    assert answer.status_code == 400
    assert 'role="alert"' in answer.text


def test_preview_counts_the_last_month(client):
    assert "of the last 30 days match" in client.get("/subscriptions", params={"q": "source:amazon"}).text


def test_forms_from_elsewhere_are_refused(client, backend):
    client.get("/subscriptions")
    for token in ("", "guessed"):
        answer = client.post("/subscriptions", data={"token": token, "query": "stars:1", "address": "a@b.example"})
        assert answer.status_code in {403, 422}
    assert not backend.subscriptions()


def test_unsubscribing_asks_first_and_one_click_works(client, backend):
    one = backend.subscribe(query="stars:1", address="a@b.example", language="en", name="Bad")
    assert "Bad" in client.get(f"/unsubscribe/{one.token}").text
    assert backend.subscriptions()
    assert "no more letters" in client.post(f"/unsubscribe/{one.token}", data={"List-Unsubscribe": "One-Click"}).text
    assert not backend.subscriptions()


def test_sources_tell_what_went_wrong(client):
    page = client.get("/sources").text
    assert "layout changed" in page
    assert "no reviews" in page


def test_api_gives_the_same_as_json(client):
    found = client.get("/api/search", params={"q": "source:amazon", "facet": "stars", "limit": 2}).json()
    assert found["total"] == 30
    assert len(found["reviews"]) == 2
    assert sum(value["count"] for value in found["facets"]["stars"]) == 30
    assert client.get(f"/api/reviews/{found['reviews'][0]['review_id']}").json() == found["reviews"][0]
    assert client.get("/api/search", params={"q": "strs:1"}).status_code == 400
    assert client.get("/api/trend").json()
    assert client.get("/healthz").json() == {"ok": True, "reviews": 32}


def test_language_is_chosen_and_redirects_stay_here(client):
    answer = client.get("/language/ru?back=/sources", follow_redirects=False)
    assert answer.headers["location"] == "/sources"
    assert client.get("/language/ru?back=//evil.example", follow_redirects=False).headers["location"] == "/"
    assert "Источники" in client.get("/sources").text


def test_both_languages_have_every_text():
    assert all(len(texts) == 2 and all(texts) for texts in TEXTS.values())


@pytest.mark.parametrize(
    ("number", "said"), [(1, "1 отзыв"), (3, "3 отзыва"), (11, "11 отзывов"), (1234, "1 234 отзыва")]
)
def test_russian_plurals(number, said):
    assert Words("ru").count(number, "review").replace("\u00a0", " ") == said


def test_difference_is_by_word_and_escaped():
    assert str(difference("good <b> coffee", "bad <b> coffee")) == "<del>good</del><ins>bad</ins> &lt;b&gt; coffee"


def test_review_page_names_the_company_of_a_ring(backend, example, tmp_path):
    own, company = type(backend)(tmp_path / "index.sqlite"), "e" * 24
    ring = Reason("ring", 2.0, {"en": "At least 1 other author", "ru": "Ещё не меньше 1 автора"}, (company,))
    risk = replace(example.judgement.risk, reasons=(ring,))
    other = replace(example, review_id=company, review=replace(example.review, id="e", title="In company"))
    one = replace(example, judgement=replace(example.judgement, risk=risk, copies=()))
    own.index.write([(1, one), (2, other)])
    page = TestClient(app(own), headers={"Accept-Language": "en"}).get(f"/reviews/{example.review_id}").text
    assert f'href="/reviews/{company}" dir="auto">In company</a>' in page[page.index('id="ring"') :]


def test_a_page_of_this_machine_answers_to_no_other_name(backend):
    own = TestClient(app(backend, hosts=Console(url="https://reviews.acme.example").names))
    for host in ("127.0.0.1:8420", "localhost:8420", "reviews.acme.example"):
        assert own.get("/", headers={"Host": host}).status_code == 200
    assert own.get("/api/search", headers={"Host": "rebound.example"}).status_code == 400
    anywhere = TestClient(app(backend, hosts=Console(host="0.0.0.0").names))
    assert anywhere.get("/", headers={"Host": "reviews.acme.example"}).status_code == 200
