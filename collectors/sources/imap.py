"""Replies by mail from an IMAP mailbox, read only: no flag is set, nothing is moved or deleted."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Literal

from collectors import Cursor, Item, Progress, Secret, Subject, collector
from collectors.platforms.mail.mailbox import Mailbox
from collectors.platforms.mail.review import mail_item


@collector(channel="email", every="2 minutes")
def imap(
    *,
    source: str,
    cursor: Cursor,
    progress: Progress,
    host: str,
    user: str,
    password: Secret,
    subject: str,
    subject_name: str | None = None,
    folder: str = "INBOX",
    after: date | None = None,
    security: Literal["tls", "starttls", "none"] = "tls",
    port: int | None = None,
    ca_file: str | None = None,
) -> Iterator[Item]:
    """Yield each mail of a folder once; automatic replies and bounces are rejected with their reason.

    When the server has renumbered the folder (another UIDVALIDITY), all of it is read again; the Message-ID tells
    that they are the same reviews.

    Args:
        source: Label of the mailbox.
        cursor: Remembers the folder's UIDVALIDITY and the last UID read.
        progress: Told the mails read, of those that are new.
        host: The server's name.
        user: The account.
        password: Its password.
        subject: Id of what people write about to this mailbox: a product, a place, the company.
        subject_name: Its name, for people.
        folder: The folder, as people write it.
        after: Mails that came before this day are left out.
        security: How the connection is secured; none only within one machine.
        port: By default 993 for tls, else 143.
        ca_file: Certificates to trust, when the server's is not signed by a public authority.
    """
    about = Subject(id=subject, name=subject_name)
    with Mailbox(host, user, password, security=security, port=port, ca_file=ca_file) as mailbox:
        validity = mailbox.open(folder)
        if cursor.get("uidvalidity") != validity:
            cursor["uidvalidity"], cursor["uid"] = validity, b"0"
        uids = mailbox.newer(int(cursor["uid"]), since=after)
        for done, uid in enumerate(uids):
            raw = mailbox.fetch(uid)
            if raw is not None:
                yield mail_item(raw, source=source, subject=about, key=f"{folder} {uid}")
            cursor["uid"] = str(uid).encode()
            progress(done + 1, len(uids))
