"""Where a worker is in each partition: no record may be passed over.

The topics that workers read have a record at every offset. A gap means that records were fetched and dropped, and a
commit behind it would lose them; Faust takes any gap for records that were compacted away.
"""

from __future__ import annotations

from collections.abc import Hashable


class Places:
    """The next offset of each partition."""

    def __init__(self) -> None:
        self._next: dict[Hashable, int] = {}

    def __contains__(self, partition: Hashable) -> bool:
        return partition in self._next

    def passed_over(self, partition: Hashable, offset: int) -> bool:
        """Move on to behind a record, new or old; true, and nothing moved, when there are records between."""
        due = self._next[partition]
        if offset > due:
            return True
        self._next[partition] = max(due, offset + 1)
        return False

    def begin(self, partition: Hashable, offset: int) -> None:
        """Start, or go on, at an offset."""
        self._next[partition] = offset

    def forget(self) -> None:
        """Partitions are given away."""
        self._next.clear()
