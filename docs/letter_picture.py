"""Draws docs/images/letter.png: a letter as a reader's mail program shows it, from a made-up review.

Run as ``python docs/letter_picture.py``; needs Debian's chromium. The letter is composed by the product's own code.
"""

from __future__ import annotations

import argparse
import shutil
import sys
import tempfile
from datetime import UTC, datetime
from email import message_from_bytes
from email.headerregistry import Address
from email.policy import default
from pathlib import Path

from playwright.sync_api import sync_playwright

from indexer.alerts.letters import compose
from indexer.alerts.subscriptions import Language, Subscription
from indexer.documents import document
from schemas.events import (
    Author,
    Edit,
    Judgement,
    Negative,
    Rating,
    Reason,
    Review,
    ReviewJudged,
    Risk,
    Sentiment,
    Subject,
    Verification,
)

PICTURE = Path(__file__).parent / "images" / "letter.png"
SEEN = datetime(2026, 11, 3, 10, 12, tzinfo=UTC)

SUBSCRIPTIONS = {
    "en": ("Unhappy guests", "negative:true AND NOT risk.level:high", "en"),
    "ru": ("Недовольные гости", "negative:true AND NOT risk.level:high", "ru"),
}
TEXTS: dict[str, tuple[str, str]] = {
    "en": (
        "Two hours at the gate, and nobody told us why",
        (
            "We sat at the gate for two hours without a word. When I asked the crew, they shrugged and walked away.\n"
            "The seat did not recline and the meal was cold. We paid for extra legroom that was not there, and the "
            "form on the web page answers with an error. I would like my 64 euros back."
        ),
    ),
    "ru": (
        "Два часа у выхода, и никто ничего не объяснил",
        (
            "Два часа просидели у выхода на посадку, и никто не сказал ни слова. Экипаж на вопросы только пожимал "
            "плечами.\nКресло не откидывалось, еда была холодной. За место с увеличенным расстоянием заплатили, а его "
            "не оказалось; форма на сайте выдаёт ошибку. Верните мои 64 евро."
        ),
    ),
}
REASONS = (
    Reason(
        "burst",
        0.9,
        {
            "en": "Seven reviews of this airline came within three hours, on other days there are two.",
            "ru": "За три часа пришло семь отзывов об этой авиакомпании, в другие дни их бывает два.",
        },
    ),
    Reason(
        "detail",
        -1.4,
        {
            "en": "It tells particulars that only somebody who was there would know.",
            "ru": "Рассказаны подробности, которые знает только тот, кто там был.",
        },
    ),
    Reason(
        "author-history",
        -0.6,
        {
            "en": "The author has written eleven other reviews over four years, good ones and bad ones.",
            "ru": "У автора одиннадцать других отзывов за четыре года, хороших и плохих.",
        },
    ),
)


def example(language: Language) -> ReviewJudged:
    """The made-up review."""
    title, text = TEXTS[language]
    return ReviewJudged(
        review_id="5c0ffee5c0ffee5c0ffee5c0",
        version=2,
        outcome="edited",
        first_seen_at=SEEN,
        observed_at=SEEN,
        judged_at=SEEN,
        review=Review(
            source="skypages",
            channel="site",
            url="https://skypages.example/reviews/8812",
            subject=Subject(id="northwind", name="Northwind Air", kind="company"),
            author=Author(id="u7", name="Marta K." if language == "en" else "Марта К."),
            rating=Rating(value=1),
            title=title,
            text=text,
            published_at=SEEN,
        ),
        judgement=Judgement(
            risk=Risk(score=0.1824, level="low", base=-0.4, reasons=REASONS),
            verification=Verification(grade="platform-verified"),
            sentiment=Sentiment(negative=0.96, neutral=0.03, positive=0.01),
            negative=Negative(value=True, probability=0.98),
            language=language,
            language_probability=1.0,
        ),
        history=(Edit(version=1, seen_at=SEEN, changed=("rating",), rating=Rating(value=3)),),
    )


def html(language: Language) -> str:
    """The letter's HTML part."""
    name, query, _ = SUBSCRIPTIONS[language]
    subscription = Subscription(
        id="0011223344556677",
        name=name,
        query=query,
        address="team@northwind.example",
        language=language,
        created_at=SEEN,
        token="example",  # noqa: S106 - a made-up one
    )
    message = compose(
        document(example(language)),
        subscription,
        alert_id="5c0ffee0",
        sender=Address("Molva", addr_spec="molva@northwind.example"),
        console="https://molva.northwind.example",
        now=SEEN,
    )
    part = message_from_bytes(message.as_bytes(), policy=default).get_body(("html",))
    assert part is not None
    return str(part.get_content())


def draw(target: Path, language: Language, *, scheme: str = "light", width: int = 680) -> None:
    """Render the letter at twice the resolution of a plain screen, whole."""
    chromium = shutil.which("chromium")
    if not chromium:
        sys.exit("chromium is not here: apt-get install chromium")
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        page_file = Path(folder) / "letter.html"
        page_file.write_text(html(language), encoding="utf-8")
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        page = browser.new_page(
            viewport={"width": width, "height": 600},
            device_scale_factor=2,
            color_scheme="dark" if scheme == "dark" else "light",
        )
        page.goto(page_file.as_uri())
        page.screenshot(path=str(target), full_page=True)
        browser.close()


def main() -> None:
    """Draw one picture."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--target", type=Path, default=PICTURE)
    arguments.add_argument("--language", choices=("en", "ru"), default="en")
    arguments.add_argument("--scheme", choices=("light", "dark"), default="light")
    arguments.add_argument("--width", type=int, default=680)
    chosen = arguments.parse_args()
    chosen.target.parent.mkdir(parents=True, exist_ok=True)
    draw(chosen.target, chosen.language, scheme=chosen.scheme, width=chosen.width)


if __name__ == "__main__":
    main()
