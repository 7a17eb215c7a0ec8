"""Versioned indices behind two aliases: one that readers ask, one that the writer fills, so that nobody waits.

``NAME`` is the readers' alias and ``NAME-write`` the writer's. A new layout, or a topic made anew, means a new index:
the writer moves there first, then it is filled, then the readers move, then the old index goes.
"""

from __future__ import annotations

import logging
import time
from typing import Any

from indexer.mapping import LAYOUT, mapping, settings, template

log = logging.getLogger(__name__)


class Indices:
    """The indices of one name on one cluster.

    Args:
        client: Elasticsearch's client.
        name: The readers' alias.
        shards: Of an index that is created.
        replicas: Copies of each shard; none can be lost without one.
    """

    def __init__(self, client: Any, name: str = "reviews", *, shards: int = 1, replicas: int = 0) -> None:
        self.client = client
        self.name = name
        self.write_name = f"{name}-write"
        self.shards = shards
        self.replicas = replicas

    def prepare(self) -> bool:
        """Make template, index and aliases if they are not there, and copy an index of an older layout.

        Returns whether anything was changed.
        """
        self.client.indices.put_index_template(
            name=f"{self.name}-molva", **template(self.name, shards=self.shards, replicas=self.replicas)
        )
        current = self.behind(self.name)
        if not current:
            created = self.create()
            self._move({self.name: created, self.write_name: created})
            return True
        layout = (
            self.client.indices.get_mapping(index=current[0])[current[0]]["mappings"].get("_meta", {}).get("layout")
        )
        if layout == LAYOUT:
            return False
        self.copy()
        return True

    def behind(self, alias: str) -> list[str]:
        """The indices behind an alias."""
        if not self.client.indices.exists_alias(name=alias):
            return []
        return sorted(self.client.indices.get_alias(name=alias))

    def create(self) -> str:
        """Create an empty index of today's layout behind no alias; return its name."""
        name = f"{self.name}-{time.strftime('%Y%m%d%H%M%S', time.gmtime())}-{time.time_ns() % 10**6:06d}"
        self.client.indices.create(
            index=name, settings=settings(shards=self.shards, replicas=self.replicas), mappings=mapping()
        )
        return name

    def copy(self) -> str:
        """Copy all documents into an index of today's layout while readers and writer go on; return its name.

        The writer writes into the new index from the first moment, so an older copy never replaces what it wrote:
        documents keep their external versions.
        """
        created = self.begin()
        old = self.behind(self.name)
        self.client.options(request_timeout=86_400).reindex(
            source={"index": old, "size": 1_000},
            dest={"index": created, "version_type": "external"},
            conflicts="proceed",
            refresh=True,
        )
        self.finish(created)
        return created

    def begin(self) -> str:
        """Begin a new index: the writer's alias moves there, readers stay; return its name."""
        created = self.create()
        self._move({self.write_name: created})
        log.info("writing into %s", created)
        return created

    def finish(self, created: str) -> None:
        """Move the readers to a filled index and remove those that they leave."""
        old = [index for index in self.behind(self.name) if index != created]
        self.client.indices.refresh(index=created)
        self._move({self.name: created})
        for index in old:
            self.client.indices.delete(index=index)
        log.info("reading from %s", created)

    def _move(self, aliases: dict[str, str]) -> None:
        """Point aliases at one index each, all in one step."""
        actions: list[dict[str, Any]] = []
        for alias, target in aliases.items():
            actions += [{"remove": {"index": index, "alias": alias}} for index in self.behind(alias) if index != target]
            actions.append({"add": {"index": target, "alias": alias, "is_write_index": True}})
        self.client.indices.update_aliases(actions=actions)
