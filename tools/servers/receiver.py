"""An SMTP server that writes each letter into a Maildir; started with a port and the folder."""

import asyncio
import os
import signal
import sys
import time
from pathlib import Path

from aiosmtpd.smtp import SMTP, Envelope, Session


class MaildirHandler:
    """Writes letters as any delivery agent does: whole in tmp/, then moved to new/, owned by the folder's owner."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.count = 0

    async def handle_DATA(self, _server: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802 - their name
        """Keep one letter with its envelope in two headers; answer only when it is on disk."""
        self.count += 1
        name = f"{time.time():.6f}.{os.getpid()}_{self.count}.molva"
        owner = self.folder.stat()
        head = f"X-Envelope-From: {envelope.mail_from}\r\nX-Envelope-To: {', '.join(envelope.rcpt_tos)}\r\n"
        content = envelope.content if isinstance(envelope.content, bytes) else (envelope.content or "").encode()
        temporary = self.folder / "tmp" / name
        with temporary.open("wb") as out:
            out.write(head.encode("utf-8", "surrogateescape") + content)
            out.flush()
            os.fsync(out.fileno())
        if os.geteuid() == 0:
            os.chown(temporary, owner.st_uid, owner.st_gid)
        temporary.rename(self.folder / "new" / name)
        return "250 kept"


async def main(port: int, folder: Path) -> None:
    """Serve until SIGTERM."""
    loop = asyncio.get_running_loop()
    handler = MaildirHandler(folder)
    server = await loop.create_server(lambda: SMTP(handler, enable_SMTPUTF8=True), "127.0.0.1", port)
    done = asyncio.Event()
    loop.add_signal_handler(signal.SIGTERM, done.set)
    await done.wait()
    server.close()


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]), Path(sys.argv[2])))
