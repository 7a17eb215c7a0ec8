"""Replies by mail from a Maildir, as Postfix, Dovecot or fetchmail leave them; nothing in it is moved or deleted."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from collectors import Cursor, InvalidConfig, Item, Progress, Subject, collector
from collectors.platforms.mail.message import MAX_MAIL
from collectors.platforms.mail.review import mail_item


@collector(channel="email", every="1 minute")
def maildir(
    *, source: str, cursor: Cursor, progress: Progress, path: str, subject: str, subject_name: str | None = None
) -> Iterator[Item]:
    """Yield each mail in new/ and cur/ once; automatic replies and bounces are rejected with their reason.

    Args:
        source: Label of the mailbox.
        cursor: Remembers which mails were read, by the part of their name that never changes.
        progress: Told the mails read, of those that are new.
        path: The Maildir, with its folders new and cur.
        subject: Id of what people write about to this mailbox: a product, a place, the company.
        subject_name: Its name, for people.
    """
    home = Path(path).expanduser()
    if not (home / "new").is_dir() and not (home / "cur").is_dir():
        raise InvalidConfig(f"{path} is no Maildir: it has neither a folder new nor cur")
    present = _present(home)
    waiting = [unique for unique in present if f"mail {unique}" not in cursor]
    for done, unique in enumerate(waiting):
        raw = _read(home, present[unique], unique)
        if raw is not None:
            about = Subject(id=subject, name=subject_name)
            yield mail_item(raw, source=source, subject=about, key=unique)
            cursor[f"mail {unique}"] = b""
        progress(done + 1, len(waiting))
    for key in list(cursor):
        if key.startswith("mail ") and key[5:] not in present:
            del cursor[key]


def _present(home: Path) -> dict[str, Path]:
    """The mails by the unchanging part of their names, oldest first; no drafts, nothing marked as deleted."""
    found: dict[str, Path] = {}
    for folder in ("new", "cur"):
        if not (home / folder).is_dir():
            continue
        for place in (home / folder).iterdir():
            unique, _, flags = place.name.partition(":2,")
            if not place.name.startswith(".") and not set(flags) & {"T", "D"}:
                found[unique] = place
    return dict(sorted(found.items(), key=lambda pair: (_delivered(pair[0]), pair[0])))


def _delivered(unique: str) -> int:
    """The second in which a mail came, by its name; 0 for names of another make."""
    number = re.match(r"\d{1,12}", unique)
    return int(number.group()) if number else 0


def _read(home: Path, place: Path, unique: str) -> bytes | None:
    """The mail's bytes, at most MAX_MAIL; it may have been moved to cur meanwhile, or be gone (None)."""
    for candidate in (place, home / "cur" / place.name, None):
        try:
            with (candidate or _moved(home, unique)).open("rb") as file:
                return file.read(MAX_MAIL)
        except (FileNotFoundError, IsADirectoryError):
            continue
    return None


def _moved(home: Path, unique: str) -> Path:
    """Where the mail lies since it was read in a mail program; a path without a file when it is gone."""
    others = (home / "cur").iterdir() if (home / "cur").is_dir() else iter(())
    return next((other for other in others if other.name.partition(":2,")[0] == unique), home / "cur" / unique)
