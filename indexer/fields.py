"""The fields of a document, stated once: queries, SQLite, the Elasticsearch mapping, facets and docs read this table.

A document is flat in meaning: ``aspects.name`` holds the names of all aspects, and a query never asks which name
belongs to which sentiment. Both stores answer alike because neither keeps that pairing in its index.
"""

from __future__ import annotations

import difflib
from typing import Literal

import msgspec

Kind = Literal["text", "keyword", "number", "date", "boolean", "stored"]
"""``text`` is analysed (indexer/analysis.py), ``keyword`` is compared whole and by case, ``stored`` is only shown."""


class Field(msgspec.Struct, frozen=True, kw_only=True):
    """One field by its dotted name.

    Args:
        name: As in queries, facets and Kibana; the path in the document.
        kind: How it is indexed.
        many: Whether a document may hold several values.
        exact: A text that is also kept whole as the keyword ``<name>.keyword``, for facets and exact filters.
        facet: Whether the console offers it as a facet.
        whole: For ``number``: whether the values are integers.
        says: What it means, in English, for docs and help.
    """

    name: str
    kind: Kind
    many: bool = False
    exact: bool = False
    facet: bool = False
    whole: bool = False
    says: str = ""

    @property
    def searchable(self) -> bool:
        """Whether a query may name it."""
        return self.kind != "stored"

    @property
    def path(self) -> str:
        """Where the value lies in the document: the name without the suffix of an exact text."""
        return self.name.removesuffix(".keyword")


def _keyword(name: str, says: str, *, many: bool = False, facet: bool = False) -> Field:
    return Field(name=name, kind="keyword", many=many, facet=facet, says=says)


def _text(name: str, says: str, *, many: bool = False, exact: bool = False, facet: bool = False) -> Field:
    return Field(name=name, kind="text", many=many, exact=exact, facet=facet, says=says)


def _number(name: str, says: str, *, many: bool = False, whole: bool = False) -> Field:
    return Field(name=name, kind="number", many=many, whole=whole, says=says)


def _date(name: str, says: str, *, many: bool = False) -> Field:
    return Field(name=name, kind="date", many=many, says=says)


def _boolean(name: str, says: str, *, facet: bool = False) -> Field:
    return Field(name=name, kind="boolean", facet=facet, says=says)


def _stored(name: str, says: str, *, many: bool = False) -> Field:
    return Field(name=name, kind="stored", many=many, says=says)


FIELDS: tuple[Field, ...] = (
    _keyword("review_id", "Molva's id of the review"),
    _number("version", "1 for the review as first seen, one more for each edit", whole=True),
    _keyword("outcome", "what the last observation was: new, edited, updated, unchanged, withdrawn", facet=True),
    _keyword("id", "the source's own id"),
    _keyword("source", "the configured place it was collected from", facet=True),
    _keyword("channel", "site, email, sms, form, file …", facet=True),
    _keyword("url", "where the review stands"),
    _keyword("subject.id", "the source's id of what is reviewed"),
    _text("subject.name", "the name of what is reviewed", exact=True, facet=True),
    _keyword("subject.kind", "product, place, company …", facet=True),
    _keyword("subject.url", "where the subject stands"),
    _keyword("author.id", "the source's id of the author"),
    _text("author.name", "the author's name", exact=True),
    _keyword("author.handle", "the author's handle"),
    _keyword("author.url", "the author's page"),
    _text("author.role", "the author's role"),
    _text("author.company", "the author's company", exact=True),
    _number("rating.value", "the rating as given"),
    _number("rating.best", "the best rating of its scale"),
    _number("rating.worst", "the worst rating of its scale"),
    _number("stars", "the rating mapped to 1-5"),
    _text("title", "the title"),
    _text("text", "the text"),
    _text("pros", "what the author liked"),
    _text("cons", "what the author did not like"),
    _keyword("language", "the language of the text, ISO 639-1", facet=True),
    _number("language_probability", "how sure that language is, 0-1"),
    _date("published_at", "when the review was published"),
    _date("experience_at", "when the author had the experience"),
    _keyword("badges", "marks that the source puts on the review", many=True, facet=True),
    _stored("counters", "likes and other counts of the source, by name"),
    _keyword("order", "the order that the review names"),
    _keyword("token", "the invitation that the review came by"),
    _keyword("thread", "the conversation that the review belongs to"),
    _text("reply.text", "the company's public answer"),
    _text("reply.author", "who answered"),
    _date("reply.at", "when the company answered"),
    _boolean("negative", "whether this is negative feedback", facet=True),
    _number("negative_probability", "how sure that is, 0-1"),
    _number("sentiment.negative", "how likely the text is negative, 0-1"),
    _number("sentiment.neutral", "how likely the text is neutral, 0-1"),
    _number("sentiment.positive", "how likely the text is positive, 0-1"),
    _number("risk.score", "how likely the review is fake, 0-1"),
    _keyword("risk.level", "low, medium, high or insufficient", facet=True),
    _number("risk.base", "log-odds before any reason"),
    _keyword("risk.reasons.name", "the reasons of the risk", many=True, facet=True),
    _number("risk.reasons.contribution", "each reason's part in log-odds", many=True),
    _stored("risk.reasons.text.en", "each reason as an English sentence", many=True),
    _stored("risk.reasons.text.ru", "each reason as a Russian sentence", many=True),
    _keyword("risk.reasons.reviews", "the reviews that the reasons point at", many=True),
    _number("trust", "one less the risk, the weight of its stars in trusted means, 0-1"),
    _keyword("copies.review_id", "reviews with nearly the same text", many=True),
    _keyword("copies.kind", "copied (another author) or syndicated (the same author)", many=True, facet=True),
    _number("copies.similarity", "how alike the texts are, 0-1", many=True),
    _stored("copies.later", "whether the other one came first", many=True),
    _boolean("duplicate", "a syndicated copy whose original stands in the index too", facet=True),
    _keyword("verification.grade", "anonymous, identified, platform-verified, order-matched, invited", facet=True),
    _number("verification.probability", "how sure the match with an order is, 0-1"),
    _keyword("verification.provenance", "by what the author was verified"),
    _keyword("aspects.name", "the sides of the experience that the text speaks of", many=True, facet=True),
    _number("aspects.sentiment", "how each side is judged, from -1 to 1", many=True),
    _stored("aspects.start", "where each aspect begins, in code points of the prose", many=True),
    _stored("aspects.end", "where each aspect ends", many=True),
    _text("requests.text", "wishes in the text", many=True),
    _stored("requests.start", "where each wish begins, in code points of the prose", many=True),
    _stored("requests.end", "where each wish ends", many=True),
    _date("first_seen_at", "when Molva first saw the review"),
    _date("observed_at", "when Molva last saw it change"),
    _date("judged_at", "when it was last judged"),
    _date("withdrawn_at", "when the source was seen without it"),
    _number("history.version", "earlier versions", many=True, whole=True),
    _date("history.seen_at", "when each earlier version was first seen", many=True),
    _keyword("history.changed", "the fields that changed after each earlier version", many=True),
    _stored("history.rating.value", "the earlier ratings", many=True),
    _stored("history.rating.best", "the best rating of the earlier scales", many=True),
    _stored("history.rating.worst", "the worst rating of the earlier scales", many=True),
    _stored("history.title", "the earlier titles", many=True),
    _stored("history.text", "the earlier texts", many=True),
    _stored("history.pros", "what the author had liked", many=True),
    _stored("history.cons", "what the author had not liked", many=True),
)

EXACT: tuple[Field, ...] = tuple(
    Field(name=f"{field.name}.keyword", kind="keyword", facet=field.facet, says=f"{field.says}, whole")
    for field in FIELDS
    if field.exact
)
"""The keywords beside exact texts: ``subject.name.keyword:"Hotel Astoria"`` is the whole name and nothing else."""

BY_NAME: dict[str, Field] = {field.name: field for field in (*FIELDS, *EXACT)}

DEFAULT_FIELDS: tuple[str, ...] = ("title", "text", "pros", "cons")
"""Where words without a field are looked for: what the author wrote. The company's answer is ``reply.text``."""

FACETS: tuple[str, ...] = tuple(
    f"{field.name}.keyword" if field.exact else field.name for field in FIELDS if field.facet
)
"""The facets that the console offers, in the table's order."""

SORTS: tuple[str, ...] = ("published_at", "observed_at", "first_seen_at", "judged_at", "stars", "risk.score")
"""What a search may be sorted by, ascending, or descending with ``-`` before it."""


def parts(prefix: str) -> tuple[str, ...]:
    """The searchable fields under an object's name: ``reply`` has reply.text, reply.author and reply.at."""
    return tuple(field.name for field in FIELDS if field.searchable and field.name.startswith(f"{prefix}."))


def suggest(name: str) -> tuple[str, ...]:
    """Up to three searchable fields whose names are like ``name``, the likeliest first."""
    names = [field.name for field in BY_NAME.values() if field.searchable]
    under = [known for known in names if known.rpartition(".")[2] == name or known.startswith(f"{name}.")]
    return tuple(under or difflib.get_close_matches(name[:100].lower(), names, n=3, cutoff=0.6))[:3]
