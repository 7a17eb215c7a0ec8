"""What schema.org nodes say, whatever syntax they came in, as reviews and aggregate ratings.

Understands schema.org's Review and AggregateRating with all their subtypes, data-vocabulary.org that came before
them, and the liberties that pages take: strings for objects, lists for one, ``reviews`` for ``review``, ratings as
"4,5", "4.5/5" and "90%", names without ``itemReviewed``.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from collectors.platforms.page import dates, schema_scores
from collectors.platforms.page.model import MAX_LINE, MAX_REVIEWS, MAX_TEXT, Aggregate, Notes, ReviewData
from collectors.platforms.page.nodes import Node, first, many, types, walk, words
from collectors.platforms.page.tree import absolute, one_line

_REVIEW_PROPERTIES = frozenset({"review", "reviews", "resultReview", "hasReview", "userReview"})
_DATES = ("datePublished", "datepublished", "dtreviewed", "dateCreated", "uploadDate", "date", "dateModified")
_ASIDE = frozenset(
    {"isRelatedTo", "isSimilarTo", "itemListElement", "isAccessoryOrSparePartFor", "hasPart", "mentions"}
)


class Found:
    """Reviews and aggregates of a page in document order, with what they are about."""

    def __init__(self) -> None:
        self.reviews: list[ReviewData] = []
        self.aggregates: list[Aggregate] = []
        self.aside: list[Aggregate] = []


def read(roots: list[Node], *, now: datetime, url: str | None, notes: Notes) -> Found:
    """All reviews and aggregates among the nodes; those of products in lists and recommendations come last."""
    found = Found()
    everything = list(walk(list(roots)))
    holders = {id(node): (parent, name) for node, parent, name in everything}
    order = dates.order_of(words(node.get("datePublished"), 100) for node, _, _ in everything[:5000])
    for node, parent, name in everything:
        if len(found.reviews) >= MAX_REVIEWS:
            break
        kinds = types(node)
        subject = _subject_node(node, parent, name)
        if _is_aggregate(node, kinds, name):
            aggregate = schema_scores.aggregate(node, subject, url, notes)
            if aggregate:
                (found.aside if _lies_aside(node, holders) else found.aggregates).append(aggregate)
        elif _is_review(node, kinds, name):
            review = _review(node, subject, now=now, order=order, url=url, notes=notes)
            if review:
                found.reviews.append(review)
        for text in (item for key in ("review", "reviews") for item in many(node.get(key)) if isinstance(item, str)):
            stripped = words(text)
            if len(stripped) >= 20 and " " in stripped:
                found.reviews.append({**schema_scores.about(node, url), "text": stripped})
    found.aggregates += found.aside
    return found


def _is_review(node: Node, kinds: list[str], name: str) -> bool:
    if any(kind.endswith("Review") or kind == "Recommendation" for kind in kinds):
        return True
    if name in _REVIEW_PROPERTIES and (not kinds or "Thing" in kinds or "CreativeWork" in kinds or "Comment" in kinds):
        return True
    return not kinds and ("reviewBody" in node or "reviewRating" in node)


def _is_aggregate(node: Node, kinds: list[str], name: str) -> bool:
    if any(kind.lower().replace("-", "").endswith(("aggregaterating", "reviewaggregate")) for kind in kinds):
        return name != "reviewRating"
    return name in ("aggregateRating", "aggregaterating") and "ratingValue" in node


def _subject_node(node: Node, parent: Node | None, name: str) -> Node | None:
    """What the review or rating is about: what it says itself, else what holds it."""
    for key in ("itemReviewed", "itemreviewed", "about", "item"):
        for item in many(node.get(key)):
            if isinstance(item, dict):
                return item
            if isinstance(item, str) and item and key != "about":
                return {"name": item}
    if parent is None:
        parent = node.get("@parent")
    if parent is not None and name not in ("itemListElement", "@graph", "mainEntity"):
        if any(kind.endswith("Review") for kind in types(parent)):
            return _subject_node(parent, None, "")
        if any(kind in ("WebPage", "WebSite", "ItemList") for kind in types(parent)) and not parent.get("name"):
            return None
        return parent
    return None


def _lies_aside(node: Node, holders: dict[int, tuple[Node | None, str]]) -> bool:
    """Whether the node is held, however far up, by a list or a recommendation of other things."""
    current: Node | None = node
    for _ in range(12):
        if current is None:
            return False
        current, name = holders.get(id(current), (None, ""))
        if name in _ASIDE:
            return True
    return False


def _review(
    node: Node, subject: Node | None, *, now: datetime, order: dates.Order | None, url: str | None, notes: Notes
) -> ReviewData | None:
    review: ReviewData = schema_scores.about(subject, url)
    title, body = _words_of(node)
    fields: dict[str, Any] = {
        "id": _identifier(node),
        "url": absolute(words(node.get("url"), MAX_LINE), url) if node.get("url") else None,
        "author": _author(node),
        "rating": schema_scores.review_rating(node, notes),
        "title": title if title not in (review.get("subject", {}).get("name"), body) else "",
        "text": body,
        "pros": _list_text(first(node, "positiveNotes", "pro", "pros")),
        "cons": _list_text(first(node, "negativeNotes", "contra", "cons")),
        "published_at": _published(node, now, order, notes),
        "language": words(node.get("inLanguage"), 20),
        "reply": _reply(node, now, order),
    }
    if fields["url"] == url:
        fields["url"] = None
    review.update({name: value for name, value in fields.items() if value})
    return review if review.keys() & {"text", "rating", "title", "pros", "cons"} else None


def _words_of(node: Node) -> tuple[str, str]:
    """Title and body. data-vocabulary.org's ``summary`` is either, depending on what else there is."""
    title = one_line(words(first(node, "name", "headline")))
    body = words(first(node, "reviewBody", "reviewbody", "articleBody", "description", "text", "body"))
    summary = words(node.get("summary"))
    if summary and not body:
        return title, summary
    return title or (one_line(summary) if summary != body else ""), body


def _published(node: Node, now: datetime, order: dates.Order | None, notes: Notes) -> str | None:
    stated = words(first(node, *_DATES), 200)
    moment = dates.parse(stated, now=now, order=order)
    if moment is None and stated:
        notes.add(f"date dropped: {stated[:60]!r} is no date of a review")
    return dates.iso(moment) if moment else None


def _identifier(node: Node) -> str:
    for key in ("identifier", "@id"):
        for value in many(node.get(key)):
            text = one_line(words(value.get("value") if isinstance(value, dict) else value))
            if text and not text.startswith("_:"):
                return text
    return ""


def _author(node: Node) -> dict[str, str]:
    for key in ("author", "reviewer", "creator", "publisher"):
        for value in many(node.get(key)):
            if isinstance(value, str | int):
                name = one_line(words(value))
                if name:
                    return {"url": name} if name.startswith(("http://", "https://")) else {"name": name}
            if not isinstance(value, dict):
                continue
            name = one_line(
                words(value.get("name"))
                or " ".join(filter(None, (words(value.get("givenName")), words(value.get("familyName")))))
            )
            name = name or one_line(words(value.get("alternateName")) or words(value.get("@value")))
            author = {"name": name} if name else {}
            link = absolute(words(value.get("url") or value.get("sameAs"), MAX_LINE), None)
            if link:
                author["url"] = link
            if author:
                return author
    return {}


def _list_text(value: Any) -> str:
    """Positive or negative notes, a line each, from an ItemList, a list or a text."""
    lines: list[str] = []
    for item in many(value)[:100]:
        if isinstance(item, dict) and "itemListElement" in item:
            lines += [
                words(inner.get("item") if isinstance(inner, dict) and "item" in inner else inner)
                for inner in many(item["itemListElement"])[:100]
            ]
        else:
            lines.append(words(item))
    return "\n".join(line for line in lines if line)[:MAX_TEXT]


def _reply(node: Node, now: datetime, order: dates.Order | None) -> dict[str, str]:
    for comment in many(node.get("comment")) + many(node.get("suggestedAnswer")):
        if not isinstance(comment, dict):
            continue
        text = words(comment.get("text")) or words(comment.get("description")) or words(comment.get("commentText"))
        if text:
            reply = {"text": text}
            author = _author(comment).get("name")
            if author:
                reply["author"] = author
            moment = dates.parse(
                words(comment.get("datePublished") or comment.get("dateCreated"), 200), now=now, order=order
            )
            if moment:
                reply["at"] = dates.iso(moment)
            return reply
    return {}
