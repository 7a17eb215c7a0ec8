"""Speed and memory of ``molva judge`` on real reviews, beside obsei 1.1.1's own ingest of the same file.

    python bench/judge.py [--reviews 20000] [--repeat 3] [--no-obsei]

Both run as whole processes, started anew each time, on one thread: start and loading of models count. CPU seconds of
the process are what is compared (the clock also measures the neighbours), in turns, and the median counts. Peak memory
at a quarter of the reviews and at all of them says how it grows with each review.

obsei is no dependency of Molva: it is installed into an environment of its own in the user's cache folder.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import subprocess
import sys
import tempfile
import time
import venv
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

from real_reviews import MissingData, write  # beside this file

OBSEI = "obsei==1.1.1"
ONE_THREAD = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
TARGET, GROWTH_TARGET = 1500, 2.0
CONFIG = """\
version: 1
store: {path: obsei.duckdb, unencrypted: true}
pipelines:
  - name: reviews
    sources:
      - key: file
        type: jsonl
        config:
          path: reviews.jsonl
          fields:
            text: [title, text, pros, cons]
            id: id
            created_at: published_at
            rating: rating
            author: author.id
            context: [source, subject.id]
"""
"""The least that obsei's ingest can be told to do: read, redact, compare with what is stored, store. No enricher, no
sink, no encryption; redaction is its default."""


class CannotInstall(RuntimeError):  # noqa: N818 - the name is the message
    """The environment of the alternative cannot be made here."""


@dataclass(frozen=True)
class Run:
    """What one process took: CPU seconds, seconds on the clock, and its peak of memory in kB."""

    cpu: float
    wall: float
    peak: float


def run(command: list[str], *, folder: Path, output: Path) -> Run:
    """Run a process to its end; raises RuntimeError with what it said if it fails."""
    with output.open("wb") as out, (folder / "errors.txt").open("w+b") as errors:
        begun = time.monotonic()
        process = subprocess.Popen(command, cwd=folder, env=os.environ | ONE_THREAD, stdout=out, stderr=errors)
        _, status, used = os.wait4(process.pid, 0)
        wall = time.monotonic() - begun
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode:
            errors.seek(0)
            raise RuntimeError(f"{command[0]} failed: {errors.read()[-2000:].decode(errors='replace')}")
    unit = 1024 if sys.platform == "darwin" else 1
    return Run(used.ru_utime + used.ru_stime, wall, used.ru_maxrss / unit)


def molva(reviews: Path, folder: Path) -> Run:
    """One ``molva judge``; checks that every line was answered."""
    answers = folder / "answers.jsonl"
    program = [sys.executable, "-c", "from molva.cli import main; main()"]
    told = run([*program, "judge", str(reviews), "--json"], folder=folder, output=answers)
    with reviews.open("rb") as asked, answers.open("rb") as got:
        wanted, found = sum(1 for _ in asked), sum(1 for _ in got)
    if wanted != found:
        raise RuntimeError(f"{wanted} reviews, {found} answers")
    return told


def obsei(reviews: Path, folder: Path, program: Path) -> Run:
    """One ``obsei run`` into an empty store; checks that it stored every review that has words."""
    with tempfile.TemporaryDirectory(dir=folder) as name:
        project = Path(name)
        (project / "obsei.yaml").write_text(CONFIG)
        (project / "reviews.jsonl").symlink_to(reviews)
        os.environ["OBSEI_PSEUDONYM_SALT"] = "a salt of the bench, for nobody's secrets"
        told = run([str(program), "run"], folder=project, output=project / "said.txt")
        said = (project / "said.txt").read_text()
    stored = int(re.search(r"stored (\d+)", said)[1])  # type: ignore[index] - if it says nothing, that is an error
    if stored < 0.9 * sum(1 for _ in lines(reviews)):
        raise RuntimeError(f"obsei stored {stored} reviews only: {said}")
    return told


def lines(path: Path) -> Iterator[dict[str, Any]]:
    """The reviews of a file that have words; obsei takes no others."""
    with path.open("rb") as file:
        for line in file:
            review = json.loads(line)
            if any(review.get(name) for name in ("title", "text", "pros", "cons")):
                yield review


def install() -> Path:
    """The program of obsei, installed on the first call; raises CannotInstall."""
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "molva-bench" / OBSEI.replace("==", "-")
    program = cache / "bin" / "obsei"
    if not program.exists():
        print(f"installing {OBSEI} into {cache}", flush=True)
        try:
            venv.create(cache, with_pip=True, clear=True)
            pip = [cache / "bin" / "pip", "install", "--quiet", "--disable-pip-version-check", OBSEI]
            subprocess.run(pip, check=True, capture_output=True, text=True)
        except subprocess.CalledProcessError as error:
            said = (error.stderr or str(error)).strip().splitlines()
            raise CannotInstall(said[-1] if said else str(error)) from None
        except OSError as error:
            raise CannotInstall(str(error)) from None
    return program


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])  # type: ignore[union-attr]
    parser.add_argument("--reviews", type=int, default=20_000)
    parser.add_argument("--repeat", type=int, default=3, help="runs of each, in turns; the median counts")
    parser.add_argument("--no-obsei", action="store_true", help="leave the alternative out")
    options = parser.parse_args()
    program = None
    if not options.no_obsei:
        try:
            program = install()
        except CannotInstall as error:
            print(f"{OBSEI} cannot be installed, so there is no comparison: {error}", file=sys.stderr)
    with tempfile.TemporaryDirectory(prefix="molva-bench-") as name:
        folder = Path(name)
        try:
            count = write(folder / "all.jsonl", options.reviews)
            quarter = write(folder / "quarter.jsonl", options.reviews // 4)
        except MissingData as error:
            print(error, file=sys.stderr)
            return 1
        ours, small, theirs = [], [], []
        for _ in range(options.repeat):
            ours.append(molva(folder / "all.jsonl", folder))
            small.append(molva(folder / "quarter.jsonl", folder))
            if program:
                theirs.append(obsei(folder / "all.jsonl", folder, program))
    report(count, quarter, ours, small, theirs)
    return 0


def report(count: int, quarter: int, ours: list[Run], small: list[Run], theirs: list[Run]) -> None:
    """Print the table."""
    load = os.getloadavg()[0]
    print(f"{count} real reviews, {len(ours)} runs each, one thread, load of the machine {load:.1f}; medians\n")
    print(f"{'':34}{'reviews/s':>10}{'CPU s':>9}{'clock s':>9}{'peak MB':>9}")
    named = [
        ("molva judge", ours, count),
        ("molva judge, a quarter of them", small, quarter),
        ("obsei run", theirs, count),
    ]
    for label, runs, reviews in named:
        if runs:
            cpu, wall, peak = (median(getattr(told, name) for told in runs) for name in ("cpu", "wall", "peak"))
            print(f"{label:34}{reviews / cpu:>10.0f}{cpu:>9.1f}{wall:>9.1f}{peak / 1024:>9.0f}")
    cpu = median(told.cpu for told in ours)
    more = median(big.cpu - little.cpu for big, little in zip(ours, small, strict=True))
    growth = median(big.peak - little.peak for big, little in zip(ours, small, strict=True)) / (count - quarter)
    print(f"\nreviews a CPU second, start included      {count / cpu:8.0f}   target {TARGET}")
    print(f"reviews a CPU second, once it runs        {(count - quarter) / more:8.0f}")
    print(f"kB of memory that one more review takes   {growth:8.2f}   target {GROWTH_TARGET:g}")
    if theirs:
        ratio = median(their.cpu / our.cpu for our, their in zip(ours, theirs, strict=True))
        print(f"times as fast as obsei's ingest           {ratio:8.1f}")


if __name__ == "__main__":
    sys.exit(main())
