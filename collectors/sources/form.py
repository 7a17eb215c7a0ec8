"""Reviews written into the form on the company's own site."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime

from collectors import Author, InvalidReview, Item, Rating, Received, Review, Subject, collector
from collectors.platforms import problems
from collectors.platforms.body import tree
from schemas import wire

MOST, SHORT = 10_000, 300
"""Characters of a review's text and of any other field."""
_PROSE = ("text", "title", "pros", "cons")
_CONTACT = re.compile(r"[^@\s]{1,64}@[^@\s]{1,190}\.[^@\s.]{2,63}|\+?[\d\s().-]{6,25}")


@collector(channel="form", every=None, gateway={"per_minute": 10})
def form(
    *,
    received: Received | None,
    source: str,
    subject: str | None = None,
    subjects: tuple[str, ...] = (),
    best: float = 5,
    worst: float = 1,
    honeypot: str = "website",
) -> Iterator[Item]:
    """Yield the review in one submission; a submission that fills the honeypot is taken in and forgotten.

    The form's fields: text, rating, title, pros, cons, name, contact, subject, order, token, language, id.

    Args:
        received: The submission.
        source: The label of this form.
        subject: What is reviewed, when the form does not say.
        subjects: What the form may say; anything when empty and no *subject* is set.
        best: The best rating.
        worst: The worst rating.
        honeypot: A field that people do not see and robots fill in.
    """
    if received is None:
        return
    given = _given(received)
    if given.get(honeypot):
        return
    about = given.get("subject") or subject or ""
    wrong = [*_wrong_texts(given)]
    if not about:
        wrong.append(problems.required("subject"))
    elif subjects and about not in subjects:
        wrong.append(problems.unknown_choice("subject"))
    rating = _rating(given.get("rating"), worst, best)
    if given.get("rating") and rating is None:
        wrong.append(problems.not_a_number("rating", worst, best))
    if not rating and not any(given.get(name) for name in _PROSE):
        wrong.append(problems.required("text"))
    contact = given.get("contact") or given.get("email") or given.get("phone")
    if contact and not _CONTACT.fullmatch(contact):
        wrong.append(problems.no_address("contact"))
    if wrong:
        raise problems.InvalidForm(*wrong)
    yield Review(
        source=source,
        id=given.get("id"),
        subject=Subject(id=about),
        author=Author(name=given.get("name"), contact=contact) if given.get("name") or contact else None,
        rating=rating,
        published_at=datetime.fromtimestamp(received.at, UTC),
        title=given.get("title"),
        text=given.get("text", ""),
        pros=given.get("pros"),
        cons=given.get("cons"),
        language=given.get("language"),
        order=given.get("order"),
        token=given.get("token"),
    )


def _given(received: Received) -> dict[str, str]:
    """The fields that are filled in, without control characters."""
    try:
        found = tree(received)
    except InvalidReview:
        found = None
    if not isinstance(found, dict) or not found:
        raise problems.InvalidForm(problems.unreadable())
    plain = {str(name): value for name, value in found.items() if isinstance(value, str | int | float)}
    texts = {name: wire.clean(str(value)).strip() for name, value in plain.items()}
    return {name: text for name, text in texts.items() if text}


def _wrong_texts(given: dict[str, str]) -> Iterator[problems.Problem]:
    for name, text in given.items():
        most = MOST if name in _PROSE else SHORT
        if len(text) > most:
            yield problems.too_long(name[:40], most)


def _rating(text: str | None, worst: float, best: float) -> Rating | None:
    try:
        value = float((text or "").replace(",", "."))
    except ValueError:
        return None
    return Rating(value=value, best=best, worst=worst) if worst <= value <= best else None
