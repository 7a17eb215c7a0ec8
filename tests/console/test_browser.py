"""The page in a real headless Chromium: keyboard, no JavaScript, narrow screens, hostile text, no complaints."""

from __future__ import annotations

import itertools
import shutil
from types import SimpleNamespace

import pytest
from playwright.sync_api import sync_playwright

pytestmark = pytest.mark.browser

CHROMIUM = shutil.which("chromium")
ARGUMENTS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-sync",
    "--no-first-run",
)
HOSTILE = "f" * 24
PAGES = ("/", "/?q=broke", "/?q=zzzz", "/?q=strs:5", "/subscriptions", "/sources", "/letters", "/nowhere")
OVERFLOW = "document.scrollingElement.scrollWidth - document.documentElement.clientWidth"
UNFOLD = """document.querySelectorAll('details').forEach(one => { one.open = true; });
    document.querySelectorAll('input.toggle').forEach(one => { one.checked = true; });"""
FACTS = """() => {
    const all = chosen => [...document.querySelectorAll(chosen)];
    const pointed = one => one.getAttribute('aria-labelledby') || one.getAttribute('aria-describedby') || one.htmlFor;
    const ids = all('[id]').map(one => one.id);
    return {
        overflow: document.scrollingElement.scrollWidth - document.documentElement.clientWidth,
        headings: all('h1,h2,h3,h4').map(one => +one.tagName[1]),
        unnamed: all('input:not([type=hidden]),select,button,a,img,iframe,svg[role=img]')
            .filter(one => !(one.labels?.length || one.textContent.trim() || one.getAttribute('aria-label')
                || one.title || one.hasAttribute('alt')))
            .map(one => one.outerHTML),
        repeated: ids.filter((id, at) => ids.indexOf(id) < at),
        dangling: all('[aria-labelledby],[aria-describedby],label[for]').map(pointed).filter(id => !ids.includes(id)),
        language: document.documentElement.lang,
    };
}"""


@pytest.fixture(scope="module")
def browser():
    """Debian's Chromium."""
    if not CHROMIUM:
        pytest.skip("NOT TESTED: no chromium is here (apt-get install chromium)")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=list(ARGUMENTS))
        yield browser
        browser.close()


@pytest.fixture
def visit(browser, address):
    """Opens pages in a fresh context; what the browser complained of is in ``said`` and must be nothing at the end."""
    contexts, said = [], []

    def opened(path="/", *, expected=200, **options):
        context = browser.new_context(base_url=address, **{"locale": "en-GB", **options})
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(15_000)
        page.on("console", lambda message: said.append(message.text) if message.type in {"error", "warning"} else None)
        page.on("pageerror", lambda error: said.append(str(error)))
        page.on("requestfailed", lambda request: said.append(f"{request.url}: {request.failure}"))
        assert page.goto(path).status == expected
        return page

    yield SimpleNamespace(open=opened, said=said)
    for context in contexts:
        context.close()
    assert [text for text in said if "400 (Bad Request)" not in text and "404 (Not Found)" not in text] == []


def focused(page):
    return page.evaluate("document.activeElement.outerHTML")


def tab_to(page, wanted, most=60):
    for _ in range(most):
        page.keyboard.press("Tab")
        if wanted in focused(page):
            return
    raise AssertionError(f"{wanted} is not reached by {most} tabs")


def test_keyboard_walk_from_skip_link_to_a_review(visit):
    page = visit.open()
    page.keyboard.press("Tab")
    assert "#content" in focused(page)
    assert page.locator(".skip").bounding_box()["x"] >= 0
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    assert 'name="q"' in focused(page)
    page.keyboard.type("broke AND stars:1")
    page.keyboard.press("Enter")
    page.wait_for_url("**q=broke+AND+stars*")
    first = page.locator(".hit h3 a").first
    name = first.inner_text()
    tab_to(page, first.get_attribute("href"))
    assert page.evaluate("getComputedStyle(document.activeElement).outlineStyle") == "solid"
    page.keyboard.press("Enter")
    page.wait_for_url("**/reviews/*")
    assert page.locator("h1").inner_text() == name
    page.locator(".crumb a").press("Enter")
    page.wait_for_url("**q=broke+AND+stars*")


def test_everything_is_readable_without_javascript(visit, example):
    page = visit.open("/?q=broke", java_script_enabled=False)
    assert page.locator(".hit").count() == 20
    page.locator(".help summary").click()
    assert page.locator(".help dl").is_visible()
    page.locator(".facet a").first.click()
    assert page.locator(".chips").is_visible()
    page.goto(f"/reviews/{example.review_id}")
    for heading in ("How far to trust it", "Versions", "Reply of the company"):
        assert page.get_by_role("heading", name=heading).is_visible()


def test_filters_of_a_phone_open_without_javascript(visit):
    page = visit.open("/", java_script_enabled=False, viewport={"width": 360, "height": 740})
    assert not page.locator(".facet").first.is_visible()
    page.locator("input.toggle").press("Space")
    assert page.locator(".facet").first.is_visible()


@pytest.fixture(scope="module")
def seen(browser, address, example, alerted):
    """What a walk over every page on a Russian reader's phone finds, by path; everything that folds is unfolded."""
    context = browser.new_context(base_url=address, locale="ru", viewport={"width": 360, "height": 740})
    page, found = context.new_page(), {}
    for path in (*PAGES, *alerted, f"/reviews/{example.review_id}", f"/reviews/{HOSTILE}"):
        page.goto(path)
        page.evaluate(UNFOLD)
        found[path] = page.evaluate(FACTS)
    yield found
    context.close()


def test_no_page_scrolls_sideways_on_a_phone(seen):
    assert {path: facts["overflow"] for path, facts in seen.items() if facts["overflow"] > 0} == {}


def test_headings_go_down_a_step_at_a_time(seen):
    for path, facts in seen.items():
        levels = facts["headings"]
        assert levels[0] == 1, path
        assert levels.count(1) == 1, path
        assert all(after - before <= 1 for before, after in itertools.pairwise(levels)), (path, levels)


@pytest.mark.parametrize("fault", ["unnamed", "repeated", "dangling"])
def test_controls_have_names_and_ids_meet(seen, fault):
    assert {path: facts[fault] for path, facts in seen.items() if facts[fault]} == {}


def test_pages_say_in_which_language_they_are(seen):
    assert {facts["language"] for facts in seen.values()} == {"ru"}


def test_hostile_text_stays_inside_its_place(visit, address):
    page = visit.open(f"/reviews/{HOSTILE}", viewport={"width": 800, "height": 600})
    assert page.evaluate(OVERFLOW) <= 0
    sheet = page.locator(".sheet").first.bounding_box()
    for place in (".sheet h1", ".sheet .prose", ".byline"):
        box = page.locator(place).first.bounding_box()
        assert sheet["x"] <= box["x"]
        assert box["x"] + box["width"] <= sheet["x"] + sheet["width"] + 1
    before, after = page.locator(".byline > span").nth(0), page.locator(".byline > span").last
    assert before.bounding_box()["x"] <= after.bounding_box()["x"]
    assert page.locator("script").count() == 0
    assert all(
        url.startswith(address) for url in page.evaluate("performance.getEntries().map(e => e.name)") if ":" in url
    )


def test_language_is_switched_and_kept(visit):
    page = visit.open("/?q=broke")
    page.get_by_role("link", name="Русский").click()
    page.wait_for_function("document.documentElement.lang == 'ru'")
    assert page.get_by_role("searchbox").input_value() == "broke"
    page.goto("/sources")
    assert page.get_by_role("heading", name="Источники").is_visible()
    assert page.get_by_text("разметка изменилась").is_visible()


def test_subscription_is_made_by_keyboard(visit, backend):
    page = visit.open("/subscriptions")
    tab_to(page, 'name="query"')
    page.keyboard.press("Control+A")
    page.keyboard.type("stars:1 AND broke")
    page.keyboard.press("Tab")
    page.keyboard.type("team@shop.example")
    page.keyboard.press("Tab")
    page.keyboard.type("Broken things")
    tab_to(page, "formaction")
    page.keyboard.press("Enter")
    page.get_by_role("status").wait_for()
    assert "of the last 30 days match" in page.get_by_role("status").inner_text()
    assert page.locator("[name=address]").input_value() == "team@shop.example"
    assert not backend.subscriptions()
    page.locator("[name=name]").press("Enter")
    page.locator(".rows strong").wait_for()
    [one] = backend.subscriptions()
    assert (one.query, one.address, one.language) == ("stars:1 AND broke", "team@shop.example", "en")
    page.get_by_role("button", name="Remove Broken things").press("Enter")
    page.get_by_text("There are no subscriptions yet.").wait_for()
    assert not backend.subscriptions()


def test_mistake_in_the_query_is_told_beside_it(visit):
    page = visit.open("/?q=strs:5", expected=400)
    box = page.get_by_role("searchbox")
    assert box.get_attribute("aria-describedby") == page.get_by_role("alert").get_attribute("id")
    assert box.input_value() == "strs:5"
    assert page.locator(".help dl").is_visible()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_page_follows_the_scheme_of_the_reader(visit, scheme):
    page = visit.open("/", color_scheme=scheme)
    ground = page.evaluate("getComputedStyle(document.body).backgroundColor")
    red = int(ground.partition("(")[2].partition(",")[0])
    assert red < 40 if scheme == "dark" else red > 220


def test_chart_stays_in_its_picture_at_every_width(visit):
    page = visit.open("/?q=source:amazon")
    for width in (360, 700, 1280):
        page.set_viewport_size({"width": width, "height": 800})
        chart = page.locator(".chart").bounding_box()
        for label in page.locator(".chart text").all():
            if label.is_visible():
                box = label.bounding_box()
                assert box["x"] >= chart["x"] - 1
                assert box["x"] + box["width"] <= chart["x"] + chart["width"] + 1


def test_letter_is_shown_in_a_frame_that_runs_nothing_and_opens_links_in_a_tab(visit, alerted, address):
    page = visit.open(alerted[0])
    assert "allow-scripts" not in page.locator("iframe").get_attribute("sandbox")
    letter = page.frame_locator("iframe")
    assert letter.get_by_text("It broke").first.is_visible()
    with page.expect_popup() as opened:
        letter.get_by_role("link", name="Open in Molva").click()
    assert opened.value.evaluate("document.querySelector('h1').innerText") == "Coffee maker 0"
