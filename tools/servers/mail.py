"""Mail on loopback: Dovecot serves a Maildir by IMAP, and an SMTP receiver writes into the same Maildir."""

import grp
import imaplib
import pwd
import shutil
import smtplib
import sys
from pathlib import Path

from tools.servers.fetch import Missing
from tools.servers.places import cache_dir
from tools.servers.processes import State, free_port, give_away, launch, unprivileged

USER, PASSWORD = "molva", "molva"
_DOVECOT = """base_dir = {folder}/base
state_dir = {folder}/state
log_path = /dev/stderr
protocols = imap
listen = 127.0.0.1
ssl = no
disable_plaintext_auth = no
first_valid_uid = 1
first_valid_gid = 1
default_internal_user = {user}
default_login_user = {user}
default_internal_group = {group}
mail_location = maildir:{folder}/maildir
passdb {{
  driver = passwd-file
  args = scheme=PLAIN {folder}/users
}}
userdb {{
  driver = passwd-file
  args = {folder}/users
}}
service imap-login {{
  chroot =
  inet_listener imap {{
    port = {port}
  }}
  inet_listener imaps {{
    port = 0
  }}
}}
service anvil {{
  chroot =
}}
namespace inbox {{
  inbox = yes
}}
"""


def start_imap() -> State:
    """Start Dovecot with an empty Maildir; its state has ``address``, ``user``, ``password`` and ``maildir``.

    Raises:
        Missing: Dovecot is not installed.
    """
    program = shutil.which("dovecot", path="/usr/sbin:/usr/local/sbin:/opt/homebrew/sbin:/usr/bin")
    if program is None:
        raise Missing("Dovecot is not installed (Debian: apt-get install dovecot-imapd)")
    folder = _fresh("imap")
    uid, gid = unprivileged()
    user, group, port = pwd.getpwuid(uid).pw_name, grp.getgrgid(gid).gr_name, free_port()
    (folder / "users").write_text(f"{USER}:{PASSWORD}:{uid}:{gid}::{folder}::\n")
    (folder / "dovecot.conf").write_text(_DOVECOT.format(folder=folder, port=port, user=user, group=group))
    give_away(maildir())
    entry = launch("imap", [program, "-F", "-c", str(folder / "dovecot.conf")], folder=folder)
    return entry | {"address": f"127.0.0.1:{port}", "user": USER, "password": PASSWORD, "maildir": str(maildir())}


def start_smtp() -> State:
    """Start the SMTP receiver; its state has ``address`` and ``maildir``."""
    folder = _fresh("smtp")
    port = free_port()
    maildir()
    receiver = Path(__file__).with_name("receiver.py")
    entry = launch("smtp", [sys.executable, str(receiver), str(port), str(maildir())], folder=folder, plain_user=False)
    return entry | {"address": f"127.0.0.1:{port}", "maildir": str(maildir())}


def maildir() -> Path:
    """Return the Maildir that both servers share, made when it is not there."""
    path = cache_dir() / "run" / "imap" / "maildir"
    for name in ("cur", "new", "tmp"):
        (path / name).mkdir(parents=True, exist_ok=True)
    return path


def imap_ready(entry: State) -> bool:
    """Say whether one can log in."""
    host, _, port = entry["address"].partition(":")
    try:
        with imaplib.IMAP4(host, int(port), timeout=2) as connection:
            return connection.login(entry["user"], entry["password"])[0] == "OK"
    except imaplib.IMAP4.error:
        return False


def smtp_ready(entry: State) -> bool:
    """Say whether the receiver greets."""
    host, _, port = entry["address"].partition(":")
    try:
        with smtplib.SMTP(host, int(port), timeout=2) as connection:
            return connection.noop()[0] == 250
    except smtplib.SMTPException:
        return False


def _fresh(name: str) -> Path:
    folder = cache_dir() / "run" / name
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    return folder
