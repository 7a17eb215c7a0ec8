"""One query syntax for both stores: Lucene's, read into a small tree that each store translates in its own way.

``parse`` does all the thinking (fields, types, dates, words), so a translation only spells nodes out and two
translations of one tree cannot disagree about what was asked.
"""

from indexer.query.reading import both, parse
from indexer.query.tree import (
    And,
    Equals,
    Everything,
    Exists,
    Node,
    Not,
    Nothing,
    Or,
    Phrase,
    Query,
    QueryError,
    Range,
    Wildcard,
)

__all__ = [
    "And",
    "Equals",
    "Everything",
    "Exists",
    "Node",
    "Not",
    "Nothing",
    "Or",
    "Phrase",
    "Query",
    "QueryError",
    "Range",
    "Wildcard",
    "both",
    "parse",
]
