"""The token by which an answer is tied to the letter it answers.

Our letters carry a token in two places: the address that answers go to (``reply+TOKEN@…``) and their Message-ID
(``molva.TOKEN.…@…`` or ``reply+TOKEN@…``). Mail programs keep the first when a person presses "reply" and the second in
In-Reply-To and References, also when the answer is sent elsewhere. Whether the token is genuine is not decided here.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

_TOKEN = r"[A-Za-z0-9](?:[A-Za-z0-9_-]{4,126})[A-Za-z0-9]"  # noqa: S105  # a pattern, not a secret
_PLUS = re.compile(rf"^[a-z0-9._-]{{1,64}}\+({_TOKEN})@", re.IGNORECASE)
_ID = re.compile(rf"^<?(?:molva[.+]({_TOKEN})(?:\.[^@]*)?|[a-z0-9_-]{{1,64}}\+({_TOKEN}))@", re.IGNORECASE)


def token_of(recipients: Iterable[str], answered: Iterable[str]) -> str | None:
    """The token in the first plus-address, else in the first Message-ID that carries one, else None.

    Args:
        recipients: Addresses that the mail was sent to.
        answered: Message-IDs of In-Reply-To and References, the nearest first.
    """
    for address in recipients:
        found = _PLUS.match(address)
        if found:
            return found.group(1)
    for message_id in answered:
        found = _ID.match(message_id)
        if found:
            return found.group(1) or found.group(2)
    return None
