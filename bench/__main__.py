"""Runs the benches of this folder one after the other: ``python -m bench [--quick] [NAME …]``, as ``make bench`` does.

A bench is a file here with a ``main``. One that fails (data absent, servers not started) does not keep the others from
running; it is named at the end, and the exit code is 1.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent
QUICK = {
    "judge": ("--reviews", "2000", "--repeat", "1"),
    "copies": ("--per-set", "60"),
    "index_sqlite": ("--reviews", "2000"),
    "cluster": ("--reviews", "1000"),
}
"""What makes a bench short, by its name; those not named here are short anyway."""


def benches() -> list[str]:
    """The names of all benches, ``judge`` first."""
    names = [
        path.stem for path in HERE.glob("*.py") if "\ndef main(" in path.read_text("utf-8") and path.stem[0] != "_"
    ]
    return sorted(names, key=lambda name: (name != "judge", name))


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m bench", description="Speed and accuracy beside alternatives.")
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"of {', '.join(benches())}; all by default")
    parser.add_argument("--quick", action="store_true", help="fewer reviews: shows that it runs, not how fast it is")
    options = parser.parse_args()
    if unknown := set(options.names) - set(benches()):
        parser.error(f"no bench named {', '.join(sorted(unknown))}; there are {', '.join(benches())}")
    failed = []
    for name in options.names or benches():
        arguments = QUICK.get(name, ()) if options.quick else ()
        print(f"\n=== bench/{name}.py {' '.join(arguments)}".rstrip(), flush=True)
        begun = time.monotonic()
        # Models multiply small matrices; more threads than one only make the figure depend on the machine.
        alone = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "PYTHONPATH": str(HERE.parent)}
        done = subprocess.run([sys.executable, HERE / f"{name}.py", *arguments], env=os.environ | alone, check=False)
        print(f"=== {name}: {time.monotonic() - begun:.0f} s", flush=True)
        if done.returncode:
            failed.append(name)
    if failed:
        print(f"\nfailed: {', '.join(failed)}", file=sys.stderr)
    return int(bool(failed))


if __name__ == "__main__":
    sys.exit(main())
