"""Lays out the sample world: the site is started, the mailbox filled, molva.toml written, a subscription made."""

from __future__ import annotations

import base64
import hmac
import json
import os
import shutil
from datetime import UTC, datetime
from hashlib import sha1
from pathlib import Path

import requests

from indexer.alerts.subscriptions import SubscriptionStore
from molva.settings import load
from molva.workspace import Workspace
from samples import site

FOLDER = Path("var/sample")
TOKEN = "sample-token"  # noqa: S105 - the sample gateway's, known to everybody


def lay() -> Workspace:
    """Begin anew in ``FOLDER`` of the working folder; nothing is collected yet."""
    os.environ.setdefault("MOLVA_SAMPLE_SMS_TOKEN", TOKEN)
    if FOLDER.exists():
        shutil.rmtree(FOLDER)
    _, address = site.start()
    _lay_mailbox(FOLDER / "mailbox")
    workspace = Workspace(load(_configuration(address)))
    with workspace.host.transaction() as connection:
        SubscriptionStore(connection).add(
            query="negative:true AND NOT risk.level:high",
            address="reputation@lounges.example",
            name="Negative feedback",
            created_at=datetime.now(UTC),
        )
    return workspace


def post_messages(workspace: Workspace) -> None:
    """Post the short messages to the gateway as Twilio would, signed."""
    gateway = workspace.settings.gateway
    url = f"http://{gateway.host}:{gateway.port}/sms/sample-sms"
    token = os.environ["MOLVA_SAMPLE_SMS_TOKEN"].encode()
    for number, message in enumerate(json.loads((site.WORLD / "sms.json").read_text(encoding="utf-8"))):
        form = {**message, "To": "+447700900100", "MessageSid": f"SM{number:032d}"}
        signed = url + "".join(name + form[name] for name in sorted(form))
        signature = base64.b64encode(hmac.new(token, signed.encode(), sha1).digest()).decode()
        requests.post(url, data=form, headers={"X-Twilio-Signature": signature}, timeout=10).raise_for_status()


def _configuration(address: str) -> Path:
    """An ordinary molva.toml for the sample world."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    lines = ['folder = "."', "[alerts]", "settle = 1.0"]
    for lounge, name in site.LOUNGES.items():
        lines += [
            f"[sources.{lounge}-lounge]",
            'collector = "site"',
            f'url = "{address}/lounges/{lounge}"',
            f'subject = "{lounge}"',
            f'subject_name = "{name}"',
            'every = "5 seconds"',
            'full_every = "5 seconds"',
            'client = { delay = 0.02, allow_private = ["127.0.0.1"] }',
        ]
    lines += [
        "[sources.sample-mail]",
        'collector = "maildir"',
        'path = "var/sample/mailbox"',
        'subject = "lounges"',
        'subject_name = "All lounges"',
        "[sources.sample-sms]",
        'collector = "sms"',
        'subject = "lounges"',
        'signature = "twilio"',
        'secret = { env = "MOLVA_SAMPLE_SMS_TOKEN" }',
    ]
    path = FOLDER / "molva.toml"
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def _lay_mailbox(folder: Path) -> None:
    for name in ("new", "cur", "tmp"):
        (folder / name).mkdir(parents=True)
    for mail in sorted((site.WORLD / "mails").glob("*.eml")):
        shutil.copy(mail, folder / "new" / mail.stem)
