"""``molva forget``: takes a person out of all that is kept."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import msgspec
import typer

from molva.cli.common import WRONG, Config, Json, emit, err, escape, fail, out, settings
from molva.settings import Settings

if TYPE_CHECKING:
    from molva.forget import Found, Person

_PLACES = {
    "judged_again": "reviews of others judged otherwise without them",
    "log": "records of the log",
    "rows": "rows of tables",
    "documents": "documents of the index",
    "alerts": "alerts",
    "letters": "letters in the outbox",
    "subscriptions": "subscriptions",
    "dead_letters": "dead letters",
    "quarantine": "requests in the quarantine",
    "memories": "memories of sources",
}


def forget(
    contact: Annotated[
        str | None, typer.Option(help="An e-mail address or a telephone number of the person.", show_default=False)
    ] = None,
    author: Annotated[
        str | None,
        typer.Option(help="SOURCE/AUTHOR: the author's id, handle or address at a source.", show_default=False),
    ] = None,
    review: Annotated[
        list[str] | None,
        typer.Option(help="The id of a review, Molva's or the source's own; several times.", show_default=False),
    ] = None,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
    config: Config = None,
    json: Json = False,
) -> None:
    """Remove a person, their reviews and all that names them; nothing brings them back."""
    from molva.embedded import FuseBlown
    from molva.forget import erase, find
    from molva.workspace import Workspace

    loaded = settings(config)
    person = _person(loaded, contact, author, review or [])
    workspace = Workspace(loaded)
    try:
        workspace.host.drain()
        if not yes:
            if json:
                fail("with --json say --yes too: nobody can be asked")
            _ask(find(workspace.host, person))
        done = erase(workspace, person)
    except FuseBlown as error:
        fail(str(error), WRONG)
    finally:
        workspace.close()
    counts = msgspec.to_builtins(done)
    if json:
        emit(counts)
    else:
        out.print(f"Removed {done.reviews} reviews.")
        for name, words in _PLACES.items():
            if counts[name]:
                out.print(f"    {counts[name]} {words}")
    if not done.scrubbed:
        err.print(
            "Another process reads the files just now, so deleted bytes may be left in them: end it, and say "
            "`molva forget` once more."
        )
        raise typer.Exit(WRONG)


def _person(loaded: Settings, contact: str | None, author: str | None, reviews: list[str]) -> Person:
    """Whom the options mean; ends when they mean nobody, or when there is nothing to be forgotten from."""
    from molva.forget import Person
    from molva.settings import contact_key
    from schemas.identity import contact_hash

    source, _, own = (author or "").partition("/")
    if not (contact or author or reviews):
        fail("who? Say --contact, --author SOURCE/AUTHOR or --review ID")
    if author and not (source and own):
        fail(f"{author}: write SOURCE/AUTHOR, as in shop/u7")
    if loaded.kafka is not None:
        fail(
            "this works on the embedded product only; how to remove a person from Kafka and Elasticsearch stands in "
            "docs/operations.md, under Forgetting a person"
        )
    if not loaded.database.exists():
        fail(f"nothing was collected in {loaded.data} yet", WRONG)
    return Person(
        contact=contact,
        contact_hash=contact_hash(contact, contact_key(loaded)) if contact else None,
        source=source or None,
        author=own or None,
        reviews=tuple(reviews),
    )


def _ask(found: Found) -> None:
    for one in (states[-1] for states in found.values() if states):
        name = (one.author and (one.author.name or one.author.handle or one.author.id)) or "?"
        err.print(f"    {escape(one.source)}  {escape(name)}  {escape(one.prose[:80])}")
    typer.confirm(
        f"Remove {len(found)} reviews, and all alerts, dead letters and requests that name this person, for good?",
        abort=True,
        err=True,
    )
