"""One review in the terminal: its headline, and the reasons for its risk in words and bars."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from molva.cli.common import escape, out

RING = "ring"
"""The reason that points at others' reviews of the same subject."""
STYLES = {"low": "green", "medium": "yellow", "high": "bold red", "insufficient": "dim"}
WORDS = {
    "en": {
        "risk": "Risk of being fake",
        "low": "low",
        "medium": "suspicious",
        "high": "high",
        "insufficient": "too little to say",
        "negative": "negative",
        "why": "Why",
        "lower": "lowers the risk",
        "raise": "raises the risk",
        "nothing": "Nothing speaks for or against it.",
        "copies": "Nearly the same text",
        "ring": "Others who reviewed the same subjects, on this one",
        "history": "Earlier versions",
        "changed": "changed",
        "copied": "by another author",
        "syndicated": "by the same author elsewhere",
        "withdrawn": "The source no longer shows this review.",
    },
    "ru": {
        "risk": "Риск подделки",
        "low": "низкий",
        "medium": "подозрительно",
        "high": "высокий",
        "insufficient": "слишком мало данных",
        "negative": "негатив",
        "why": "Почему",
        "lower": "снижает риск",
        "raise": "повышает риск",
        "nothing": "Ничто не говорит ни за, ни против.",
        "copies": "Почти такой же текст",
        "ring": "Другие, кто писал о том же, — здесь",
        "history": "Прежние версии",
        "changed": "изменено",
        "copied": "у другого автора",
        "syndicated": "у того же автора в другом месте",
        "withdrawn": "Источник больше не показывает этот отзыв.",
    },
}


def headline(document: dict[str, Any], language: str = "en") -> str:
    """A line of Rich markup: stars, subject, author, day, risk."""
    words = WORDS.get(language, WORDS["en"])
    stars = document.get("stars")
    shown = "★" * round(stars) + "☆" * (5 - round(stars)) if stars else "·····"
    subject = document.get("subject", {})
    author = document.get("author", {}).get("name") or ""
    level = document["risk"]["level"]
    parts = [
        f"[yellow]{shown}[/]",
        f"[bold]{escape(subject.get('name') or subject.get('id', ''))}[/]",
        escape(author),
        str(document.get("published_at", ""))[:10],
        f"[dim]{escape(document['source'])}[/]",
        f"[{STYLES[level]}]{words[level]} {document['risk']['score']:.2f}[/]",
        f"[red]{words['negative']}[/]" if document.get("negative") else "",
        f"[dim]{document['review_id']}[/]",
    ]
    return "  ".join(" ".join(part.split()) for part in parts if part)


def show(document: dict[str, Any], *, language: str, lookup: Callable[[str], dict[str, Any] | None]) -> None:
    """Print the review, its risk with reasons, its copies, its ring and its history."""
    words = WORDS.get(language, WORDS["en"])
    out.print(headline(document, language))
    for name in ("title", "text", "pros", "cons"):
        if document.get(name):
            out.print(escape(document[name]), style="bold" if name == "title" else None)
    if document.get("withdrawn_at"):
        out.print(words["withdrawn"], style="yellow")
    risk = document["risk"]
    out.print(f"\n[bold]{words['risk']}:[/] [{STYLES[risk['level']]}]{risk['score']:.0%}, {words[risk['level']]}[/]")
    reasons = risk.get("reasons", [])
    out.print(f"[bold]{words['why']}[/]" if reasons else words["nothing"])
    widest = max((abs(reason["contribution"]) for reason in reasons), default=1.0) or 1.0
    for reason in reasons:
        value = reason["contribution"]
        length = max(1, round(12 * abs(value) / widest))
        bar = f"[red]{'█' * length}[/]" if value > 0 else f"[green]{'█' * length}[/]"
        side = words["raise"] if value > 0 else words["lower"]
        text = (
            reason["text"].get(language) or reason["text"].get("en", "")
            if isinstance(reason["text"], dict)
            else reason["text"]
        )
        out.print(f"  {bar}{' ' * (13 - length)}{escape(text)} [dim]({side}, {value:+.2f})[/]")
    if document.get("copies"):
        out.print(f"\n[bold]{words['copies']}[/]")
        for copy in document["copies"]:
            other = lookup(copy["review_id"])
            named = headline(other, language) if other else copy["review_id"]
            out.print(f"  {copy['similarity']:.0%} {words[copy['kind']]}  {named}")
    _ring(reasons, language, lookup)
    if document.get("history"):
        out.print(f"\n[bold]{words['history']}[/]")
        for edit in document["history"]:
            out.print(
                f"  {edit['version']}  {str(edit['seen_at'])[:10]}  {words['changed']}: {', '.join(edit['changed'])}",
                style="dim",
            )
            out.print(f"     {escape(edit.get('text', ''))}", style="dim")


def _ring(reasons: list[dict[str, Any]], language: str, lookup: Callable[[str], dict[str, Any] | None]) -> None:
    """Print the reviews of the same subject that the reason of a ring points at."""
    found = [review_id for reason in reasons if reason["name"] == RING for review_id in reason.get("reviews", ())]
    if found:
        out.print(f"\n[bold]{WORDS.get(language, WORDS['en'])['ring']}[/]")
    for review_id in found:
        other = lookup(review_id)
        out.print(f"  {headline(other, language) if other else review_id}")
