"""Draws docs/images/console.png: the page as a reader sees it, over the sample world.

Run as ``python docs/console_picture.py``; needs Debian's chromium. The sample site, mailbox and short messages go
through the ordinary collectors and pipeline in a folder of their own, so nothing of the working data is touched.
"""

from __future__ import annotations

import argparse
import os
import shutil
import sys
import tempfile
import time
from pathlib import Path

from playwright.sync_api import sync_playwright

from molva.pipeline import Pipeline
from molva.web import console_app
from molva.workspace import Workspace

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))  # samples/ is not installed

from samples import laying  # noqa: E402 - found by the line above

PICTURE = Path(__file__).parent / "images" / "console.png"
PAGES = {
    "search": "/?q=staff&sort=-risk.score",
    "ring": "risk.reasons.name:copied-text AND risk.level:high",
    "edited": "outcome:edited",
    "subscriptions": "/subscriptions",
    "sources": "/sources",
    "letters": "/letters",
}
"""What can be drawn: a path, or a query for the review whose page it is."""
HOST, PATIENCE = "127.0.0.1", 60.0


def collect(port: int) -> tuple[Pipeline, Workspace]:
    """Collect, judge and alert on the sample world in the current folder, twice, and serve the page."""
    workspace = laying.lay()
    pipeline = Pipeline(workspace, workspace.sources())
    pipeline.serve(console_app(workspace, pipeline.alerting), host=HOST, port=port, name="page")
    pipeline.start()
    laying.post_messages(workspace)
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline and not pipeline.failure:
        store = workspace.store()
        if all(store.search(query, limit=0).total for query in (PAGES["ring"], PAGES["edited"], "channel:sms")):
            return pipeline, workspace
        time.sleep(0.5)
    pipeline.finish()
    sys.exit(f"the sample world did not come out in {PATIENCE:.0f} s: {pipeline.failure or 'no ring or no edit'}")


def draw(target: Path, address: str, *, scheme: str, width: int, height: int, language: str) -> None:
    """Take the picture of one page at the resolution of a plain screen."""
    chromium = shutil.which("chromium")
    if not chromium:
        sys.exit("chromium is not here: apt-get install chromium")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox", "--disable-gpu"])
        page = browser.new_page(
            viewport={"width": width, "height": height},
            color_scheme="dark" if scheme == "dark" else "light",
            locale=language,
        )
        page.goto(address)
        page.screenshot(path=str(target))
        browser.close()


def main() -> None:
    """Draw one picture."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--target", type=Path, default=PICTURE)
    arguments.add_argument("--page", choices=PAGES, default="search")
    arguments.add_argument("--language", choices=("en", "ru"), default="en")
    arguments.add_argument("--scheme", choices=("light", "dark"), default="light")
    arguments.add_argument("--width", type=int, default=1280)
    arguments.add_argument("--height", type=int, default=1000)
    arguments.add_argument("--port", type=int, default=8429)
    chosen = arguments.parse_args()
    target = chosen.target.resolve()
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        pipeline, workspace = collect(chosen.port)
        path = PAGES[chosen.page]
        if not path.startswith("/"):
            path = f"/reviews/{workspace.store().search(path, limit=1).hits[0].document['review_id']}"
        try:
            draw(
                target,
                f"http://{HOST}:{chosen.port}{path}",
                scheme=chosen.scheme,
                width=chosen.width,
                height=chosen.height,
                language=chosen.language,
            )
        finally:
            pipeline.finish()
            workspace.close()
            os.chdir(ROOT)


if __name__ == "__main__":
    main()
