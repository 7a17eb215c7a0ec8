"""The erasing itself, over one workspace."""

from __future__ import annotations

from collections.abc import Collection
from contextlib import suppress
from datetime import UTC, datetime

import msgspec

from collectors import forgetting
from indexer.alerts.ledger import Ledger
from indexer.alerts.subscriptions import SubscriptionStore
from indexer.alerts.transports import Outbox
from indexer.stores.sqlite import SqliteStore
from molva.embedded import EmbeddedHost
from molva.forget.person import Person, Traces
from molva.sqlite_tables import scrub
from molva.workspace import Workspace
from schemas import identity
from schemas.codec import InvalidEvent, decode
from schemas.events import DeadLetter, EvidenceFound, Review, ReviewCollected, ReviewWithdrawn
from schemas.topics import REVIEWS_COLLECTED, REVIEWS_JUDGED
from streams.forgetting import left_behind, without
from streams.rows import ReviewRow

Found = dict[str, list[Review]]
"""The person's reviews by id, each in every state that is still kept."""


class Forgotten(msgspec.Struct, kw_only=True):
    """What was removed, by place.

    Attributes:
        reviews: Reviews of the person.
        judged_again: Reviews of others that are judged otherwise without them.
        log: Records of the log.
        rows: Rows of tables that went or were changed.
        documents: Documents of the index.
        alerts: Alerts with their letters, sent or not.
        letters: Files in the outbox.
        subscriptions: Of the contact.
        dead_letters: What could not be processed and names them.
        quarantine: Requests in the quarantine that name them.
        memories: What sources remembered: entries of listings, kept pages, parts of messages.
        scrubbed: Whether the files were written anew without what was deleted; false when somebody else reads them.
    """

    reviews: int = 0
    judged_again: int = 0
    log: int = 0
    rows: int = 0
    documents: int = 0
    alerts: int = 0
    letters: int = 0
    subscriptions: int = 0
    dead_letters: int = 0
    quarantine: int = 0
    memories: int = 0
    scrubbed: bool = True


def find(host: EmbeddedHost, person: Person) -> Found:
    """The reviews of *person*, in tables and log."""
    found: Found = {}
    for review_id, row in host.tables["reviews"].stored():
        if row.review and (person.meant(review_id, row.review.id) or person.wrote(row.review)):
            found.setdefault(review_id, []).append(row.review)
    for value in host.every(REVIEWS_COLLECTED):
        with suppress(InvalidEvent):
            event = decode(REVIEWS_COLLECTED.name, value)
            review = event.review if isinstance(event, ReviewCollected) else None
            own_id = review.id if review else event.id
            if person.meant(event.review_id, own_id) or (review and person.wrote(review)):
                found.setdefault(event.review_id, []).extend([review] if review else [])
    return found


def erase(workspace: Workspace, person: Person) -> Forgotten:
    """Remove the person from everywhere; raises what the host raises, with nothing changed."""
    host, done = workspace.host, Forgotten()
    host.drain()
    with host.transaction() as connection:
        connection.execute("PRAGMA secure_delete = ON")
        host.drain()
        found = find(host, person)
        traces = Traces(person, found, [review for states in found.values() for review in states])
        done.reviews = len(found)
        last = connection.execute("SELECT coalesce(max(n), 0) FROM log").fetchone()[0]
        _withdraw(host, found, traces)
        again = "SELECT count(DISTINCT key) FROM log WHERE n > ? AND topic = ?"
        (judged,) = connection.execute(again, (last, REVIEWS_JUDGED.name)).fetchone()
        done.judged_again = judged - len(_keys(host, found, last))
        done.rows = _tables(host, found, traces)
        done.log = _log(host, found, traces)
        done.documents = SqliteStore(connection).forget(list(found))
        _alerts(workspace, person, found, done)
        done.dead_letters = _dead_letters(host, person, traces)
        host.bar(found)
        own = {(review.source, review.id) for states in found.values() for review in states if review.id}
        done.quarantine, done.memories = forgetting.forget(workspace.states, reviews=own, mentions=traces.named)
    done.scrubbed = scrub(host.connection) and scrub(workspace.states.connection)
    return done


def _withdraw(host: EmbeddedHost, found: Found, traces: Traces) -> None:
    """Take back what others' reviews owe to these."""
    now = datetime.now(UTC)
    rows = host.tables["reviews"]
    gone = []
    for review_id in found:
        row: ReviewRow | None = rows.get(review_id)
        if row and row.review and not row.withdrawn_at:
            at = max(now, row.observed_at or now)
            review = row.review
            gone.append(
                ReviewWithdrawn(
                    review_id=review_id,
                    event_id=identity.event_id(review_id, "forgotten", at),
                    observed_at=at,
                    source=review.source,
                    subject=review.subject,
                    id=review.id,
                )
            )
    host.publish(gone)
    host.drain()
    left = [
        EvidenceFound(review_id=review_id, at=now, items=items)
        for review_id, row in host.tables["reviews"].stored(traces.ids)
        if review_id not in found and (items := left_behind(row, found))
    ]
    host.weigh(left)


def _keys(host: EmbeddedHost, found: Found, after: int) -> set[str]:
    sql = "SELECT DISTINCT key FROM log WHERE n > ? AND topic = ?"
    return {key for (key,) in host.connection.execute(sql, (after, REVIEWS_JUDGED.name))} & found.keys()


def _tables(host: EmbeddedHost, found: Found, traces: Traces) -> int:
    changed = 0
    for name, table in host.tables.items():
        if name == "reviews":
            kept = dict.fromkeys(review_id for review_id in found if review_id in table)
        else:
            kept = {key: without(row, found) for key, row in table.stored(traces.ids)}
        for key, row in kept.items():
            if row is None:
                del table[key]
            else:
                table[key] = row
            if table.full:
                table.flush()
        table.flush()
        changed += len(kept)
    return changed


def _log(host: EmbeddedHost, found: Found, traces: Traces) -> int:
    """Remove the reviews' records, and others' judgements from the time when they spoke of them."""
    connection, numbers = host.connection, []
    newest = "SELECT max(n) FROM log WHERE key = ? AND topic = ?"
    for number, topic, key, value in connection.execute("SELECT n, topic, key, value FROM log"):
        if key in found or traces.ids(value):
            numbers.append((number,))
            stands = connection.execute(newest, (key, topic)).fetchone()[0] == number
            if topic == REVIEWS_JUDGED.name and key not in found and stands:
                raise RuntimeError(
                    f"the judgement of review {key} still speaks of a forgotten one; nothing was changed"
                )
    connection.executemany("DELETE FROM log WHERE n = ?", numbers)
    return len(numbers)


def _alerts(workspace: Workspace, person: Person, found: Collection[str], done: Forgotten) -> None:
    """Remove alerts about the reviews and letters to the person; their files first."""
    connection = workspace.host.connection
    ledger, subscriptions = Ledger(connection), SubscriptionStore(connection)
    address = person.contact.strip() if person.contact and "@" in person.contact else None
    alerts = ledger.concerning(review_ids=found, address=address)
    done.letters = Outbox(workspace.settings.outbox).forget(alerts)
    done.alerts = ledger.forget(alerts)
    done.subscriptions = subscriptions.forget(address) if address else 0


def _dead_letters(host: EmbeddedHost, person: Person, traces: Traces) -> int:
    gone = []
    for number, letter in host.dead_letters(limit=10_000_000):
        texts = (letter.payload, letter.reason.encode(), (letter.traceback or "").encode(), letter.key or b"")
        if _hers(letter, person) or any(traces.named(text) for text in texts):
            gone.append((number,))
    host.connection.executemany("DELETE FROM dead_letters WHERE n = ?", gone)
    return len(gone)


def _hers(letter: DeadLetter, person: Person) -> bool:
    with suppress(InvalidEvent, KeyError):
        event = decode(letter.topic, letter.payload)
        return isinstance(event, ReviewCollected) and (
            person.meant(event.review_id, event.review.id) or person.wrote(event.review)
        )
    return False
