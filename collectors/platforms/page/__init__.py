"""Reviews out of web pages, whatever form the page gives them in.

``read_page`` takes the bytes of a page and returns its reviews, aggregate ratings and the next page; ``inspect`` is
the same in the shape that ``molva inspect page`` prints.
"""

from __future__ import annotations

from collectors.platforms.page.model import Aggregate, Page, ReviewData
from collectors.platforms.page.read import inspect, read_page

__all__ = ["Aggregate", "Page", "ReviewData", "inspect", "read_page"]
