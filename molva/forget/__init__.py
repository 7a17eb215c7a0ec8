"""Takes a person out of all that the embedded product keeps: what they said, what follows from it, what was told of it.

What others' reviews owe to theirs is taken back first, as if they had been withdrawn; then every row, record, document,
alert and letter goes, and the files are written anew, so that not even deleted bytes remain. All of the database
changes in one transaction; files beside it go before it commits, so after a kill the same call finds everybody again.
"""

from __future__ import annotations

from molva.forget.erasing import Forgotten, Found, erase, find
from molva.forget.person import SHORTEST, Person

__all__ = ["SHORTEST", "Forgotten", "Found", "Person", "erase", "find"]
