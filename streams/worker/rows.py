"""Tables of a worker: rows in RocksDB, changes in a changelog topic, and never a row that the changelog lacks.

A change is kept in memory until the changelog's broker has acknowledged it, and only then written to RocksDB. Otherwise
a worker that is killed in between would come back with a row that nobody else can recover: its steps would take the
event for known, change nothing, and the row would be lost when the partition moves on.
"""

from __future__ import annotations

from collections.abc import Iterator, MutableMapping
from typing import TYPE_CHECKING, Any

import msgspec

if TYPE_CHECKING:
    from streams.topology import Table

Key = str | int

MAX_ROW_BYTES = 8_000_000
"""A row's size; the changelog topic takes a little more. The event that would make a larger one is a dead letter."""

_encode = msgspec.msgpack.Encoder().encode


class RowTooLarge(ValueError):  # noqa: N818 - named by what it is
    """A step assigned a row that the changelog does not take."""


class Change(msgspec.Struct, frozen=True, eq=False):
    """A row as it was assigned; ``value`` None takes it away."""

    partition: int
    key: bytes
    value: bytes | None
    epoch: int


class Store:
    """One table over all partitions that this worker owns."""

    def __init__(self, table: Table, faust_table: Any) -> None:
        self.table = table
        self.changelog = faust_table.changelog_topic.get_topic_name()
        self.decode = msgspec.msgpack.Decoder(table.row).decode
        self._data = faust_table.data
        self._pending: dict[tuple[int, bytes], Change] = {}
        self._epoch = 0

    def get(self, partition: int, key: bytes) -> bytes | None:
        """The bytes of a row, or None."""
        if (pending := self._pending.get((partition, key))) is not None:
            return pending.value
        value: bytes | None = self._data._db_for_partition(partition).get(key)
        return value

    def assign(self, partition: int, key: bytes, value: bytes | None) -> Change:
        """Change a row; the caller sends the change to the changelog and reports back by ``landed``."""
        change = Change(partition, key, value, self._epoch)
        self._pending[partition, key] = change
        return change

    def landed(self, change: Change, offset: int, topic_partition: Any) -> None:
        """Write a change that the changelog has at *offset*."""
        if change.epoch != self._epoch:
            return  # partitions were given away since; whoever has them reads the change from the changelog
        database = self._data._db_for_partition(change.partition)
        if change.value is None:
            database.delete(change.key)
        else:
            database.put(change.key, change.value)
        self._data.set_persisted_offset(topic_partition, offset)
        if self._pending.get((change.partition, change.key)) is change:
            del self._pending[change.partition, change.key]

    def forget(self) -> None:
        """Forget changes that have not landed: the partitions are given away or read anew."""
        self._epoch += 1
        self._pending.clear()


class Rows(MutableMapping[Key, Any]):
    """What a step sees of a table while it runs over events of one partition: rows, and its own changes to them."""

    def __init__(self, store: Store, partition: int) -> None:
        self._store = store
        self._partition = partition
        self._changed: dict[Key, Any] = {}
        self._read: dict[Key, Any] = {}

    def __getitem__(self, key: Key) -> Any:
        if key in self._changed:
            row = self._changed[key]
        elif key in self._read:
            row = self._read[key]
        else:
            value = self._store.get(self._partition, _key(key))
            row = self._read[key] = None if value is None else self._store.decode(value)
        if row is None:
            raise KeyError(key)
        return row

    def __setitem__(self, key: Key, row: Any) -> None:
        self._changed[key] = row

    def __delitem__(self, key: Key) -> None:
        self[key]
        self._changed[key] = None

    def __iter__(self) -> Iterator[Key]:
        raise TypeError("a step knows rows by their keys; a partition's rows cannot be listed")

    def __len__(self) -> int:
        raise TypeError("a step knows rows by their keys; a partition's rows cannot be counted")

    def encoded(self) -> list[tuple[bytes, bytes | None]]:
        """The changed rows as bytes; raises RowTooLarge."""
        changes = []
        for key, row in self._changed.items():
            value = None if row is None else _encode(row)
            if value is not None and len(value) > MAX_ROW_BYTES:
                raise RowTooLarge(f"row {key!r} of {self._store.table.name} has {len(value)} bytes")
            changes.append((_key(key), value))
        return changes


def _key(key: Key) -> bytes:
    if isinstance(key, int):
        return key.to_bytes(8, "big", signed=True)
    return key.encode("utf-8", "surrogatepass")
