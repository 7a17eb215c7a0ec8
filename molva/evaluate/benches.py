"""What the scripts in bench/ measure by themselves: copies, replies by mail and pages, read from what they print.

They lie beside the packages in the repository, so these measurements need a clone.
"""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

from collectors.platforms.mail import inspect
from molva.evaluate.figures import Figure, Options
from molva.evaluate.judged import there
from streams.models.data import folder

BENCH = Path(__file__).resolve().parents[2] / "bench"
_NUMBER = re.compile(r"-?\d[\d,]*(?:\.\d+)?")


def printed(script: str, *arguments: str) -> list[str]:
    """The lines that a script prints; raises RuntimeError when it is not there or fails."""
    path = BENCH / script
    if not path.exists():
        raise RuntimeError(f"bench/{script} is only in a clone of the repository")
    command = [sys.executable, str(path), *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=BENCH.parent)  # noqa: S603 - our own script
    if done.returncode:
        last = (done.stderr or done.stdout).strip().splitlines()[-1:]
        raise RuntimeError(f"bench/{script} ended with {done.returncode}: {''.join(last)[:300]}")
    return done.stdout.splitlines()


def numbers(lines: list[str], label: str) -> list[float]:
    """The numbers in the line that begins with *label*, behind it; raises LookupError without such a line."""
    for line in lines:
        if line.strip().startswith(label):
            return [float(found.replace(",", "")) for found in _NUMBER.findall(line.strip()[len(label) :])]
    raise LookupError(f"no line begins with {label!r}")


def copies(options: Options) -> list[Figure]:
    """Near-duplicates among real reviews, changed in ten ways."""
    measured = there("datasketch")
    lines = printed("copies.py", "--per-set", "40" if options.quick else "300", *([] if measured else ["--only-molva"]))
    figures = []
    for label, name, target, quoted in (("F1", "F1", 0.985, 0.928), ("precision", "precision", 0.995, 0.993)):
        found = numbers(lines, label)
        figures.append(Figure(f"copies: {name}", found[0], target, found[1] if measured else quoted, not measured))
    start = next(at for at, line in enumerate(lines) if line.startswith("recall by kind"))
    for line in lines[start + 1 :]:
        if not line.startswith("  "):
            break
        kind, *shares = line.split()
        baseline = float(shares[1]) if measured else {"cut": 0.71, "mixed_alphabets": 0.0}.get(kind)
        label = f"copies, recall: {kind.replace('_', ' ')}"
        note, quoted_here = f"{shares[-1]} pairs", not measured and baseline is not None
        figures.append(Figure(label, float(shares[0]), 0.95, baseline, quoted_here, note=note))
    figures.append(Figure("pairs among common short phrases", _pairs(lines), 0, lower=True, places=0))
    for label in ("B3 repeated texts", "B6 repeated texts", "B7 repeated texts", "F9 clusters"):
        found = numbers(lines, label + ":")
        figures.append(Figure(f"natural copies: {label}", found[0] / max(found[1], 1), note=f"of {found[1]:.0f} pairs"))
    speed = numbers(lines, "molva:")[0]
    theirs = numbers(lines, "datasketch:")[0] if measured else 785
    note = "depends on the machine; the target is five times the baseline"
    figures.append(
        Figure("copies: reviews/s on one core", speed, 5 * theirs, theirs, not measured, places=0, note=note)
    )
    return figures


def _pairs(lines: list[str]) -> float:
    return numbers(lines, "common phrases, each by 20 authors:")[0]


QUOTED_REPLIES = 0.69


def replies(options: Options) -> list[Figure]:
    """Replies by mail, exact, by suite; and whether every mail is answered."""
    lines = printed("replies.py", "--data", str(folder()), "--baselines", options.baselines)
    head = next(at for at, line in enumerate(lines) if line.startswith("suite"))
    libraries = lines[head].split()[3:]
    figures: list[Figure] = []
    for line in lines[head + 1 :]:
        if line.startswith("mails a second"):
            break
        suite, count, *shares = line.split()
        ours, *theirs = map(float, shares)
        best = max(theirs, default=None)
        note = f"{count} mails"
        if best is not None:
            note += f"; baseline: {libraries[theirs.index(best)]}, the best of {len(libraries)}"
        if suite == "all":
            base = best if best is not None else QUOTED_REPLIES
            figures.insert(0, Figure("replies exact, all suites", ours, 0.85, base, best is None, note=note))
        else:
            figures.append(Figure(f"replies exact: {suite}", ours, best, best, note=note))
    return [*figures, *_mails()]


def _mails() -> list[Figure]:
    """Every raw mail of the data sets is answered; those that programs sent are told apart."""
    paths = sorted((folder() / "C_email_replies").rglob("*.eml"))
    answered, automatic, right = 0, 0, 0
    failed = []
    for path in paths:
        try:
            kind = inspect(path.read_bytes(), path.name)["kind"]
        except Exception as error:  # noqa: BLE001 - that nothing is raised is what is measured
            failed.append(f"{path.name}: {type(error).__name__}")
            continue
        answered += 1
        if re.search("auto_reply|autoreply|bounce", path.name):
            automatic += 1
            right += kind in {"auto-reply", "bounce"}
    note = f"{len(paths)} mails{'; ' + ', '.join(failed[:3]) if failed else ''}"
    figures = [Figure("raw mails answered without a crash", answered / max(1, len(paths)), 1.0, note=note)]
    if automatic:
        note = f"{right} of {automatic}, those whose file name says so"
        figures.append(Figure("auto-replies and bounces recognised", right / automatic, 0.95, note=note))
    return figures


_OF = re.compile(r"^(?P<name>.+?) +(?P<right>[\d.]+) of (?P<count>[\d.]+).*?\((?P<share>[\d.]+)\)(?P<rest>.*)$")
PAGE_TARGETS = (
    ("recipe pages: aggregate", 1.0),
    ("pages with review items", 1.0),
    ("schema.org examples", 1.0),
    ("real pages without markup: reviews found", 0.9),
    ("real pages without markup: with every field", 0.8),
    ("car dealer", 0.8),
    ("written pages: reviews", None),
)


def pages(_: Options) -> list[Figure]:
    """Reviews and aggregates in recorded pages, with and without markup."""
    figures = []
    for line in printed("pages.py"):
        if not (match := _OF.match(line)):
            continue
        count = float(match["count"])
        if not count:
            continue
        target = next((value for name, value in PAGE_TARGETS if match["name"].startswith(name)), None)
        beside = re.search(r"twenty lines ([\d.]+) of", match["rest"])
        baseline = float(beside[1]) / count if beside else None
        note = f"{match['right']} of {match['count']}" + ("; baseline: extruct and twenty lines" if beside else "")
        figures.append(Figure(match["name"], float(match["right"]) / count, target, baseline, note=note))
    if not figures:
        raise LookupError("bench/pages.py printed no figure")
    return figures
