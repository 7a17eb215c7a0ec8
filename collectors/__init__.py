"""All that the author of a collector needs.

A collector is a generator function in a file of the same name; see collectors/sources/ for examples, the shortest
first: ``molva new-collector NAME URL`` writes one.
"""

from __future__ import annotations

from collectors.client import Client, Response
from collectors.errors import (
    Forged,
    InvalidConfig,
    LayoutChanged,
    LimitReached,
    NotFound,
    Refused,
    RetryLater,
)
from collectors.html import Element, Page
from collectors.platforms.page import read_page
from collectors.plugin import Cursor, Hashed, Item, Progress, Received, Rejected, Secret, collector
from schemas.events import Author, Rating, Reply, Review, Subject
from schemas.wire import InvalidReview, Seen

__all__ = [
    "Author",
    "Client",
    "Cursor",
    "Element",
    "Forged",
    "Hashed",
    "InvalidConfig",
    "InvalidReview",
    "Item",
    "LayoutChanged",
    "LimitReached",
    "NotFound",
    "Page",
    "Progress",
    "Rating",
    "Received",
    "Refused",
    "Rejected",
    "Reply",
    "Response",
    "RetryLater",
    "Review",
    "Secret",
    "Seen",
    "Subject",
    "collector",
    "read_page",
]
