"""Reads Markdown pages as far as their truth can be tested: code, links, headings."""

from __future__ import annotations

import re
import shlex
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parents[1]
PAGES = (ROOT / "README.md", ROOT / "CHANGELOG.md", *sorted((ROOT / "docs").glob("**/*.md")))

_FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_INDENTED = re.compile(r"(?:(?<=\n\n)|\A)(?: {4}.*\n)+", re.MULTILINE)
_INLINE = re.compile(r"(?<!`)(`+)(.+?)\1(?!`)", re.DOTALL)
_LINK = re.compile(r"\]\(([^)\s]+)\)")
_HEADING = re.compile(r"^#+ +(.+)$", re.MULTILINE)


class Code(NamedTuple):
    """A piece of code on a page: a line of a block, or a span within a sentence."""

    page: str
    language: str
    text: str


def name(page: Path) -> str:
    """The page's path in the repository."""
    return page.relative_to(ROOT).as_posix()


def code(page: Path) -> Iterator[Code]:
    """Every line of code on a page."""
    text = page.read_text(encoding="utf-8")
    for language, block in _FENCE.findall(text):
        for line in block.splitlines():
            yield Code(name(page), language, line)
    prose = _FENCE.sub("", text)
    for block in _INDENTED.findall(prose):
        for line in block.splitlines():
            yield Code(name(page), "sh", line.strip())
    for _, span in _INLINE.findall(_INDENTED.sub("", prose)):
        yield Code(name(page), "", " ".join(span.split()))


def blocks(page: Path, language: str) -> list[str]:
    """The fenced blocks of one language."""
    return [block for found, block in _FENCE.findall(page.read_text(encoding="utf-8")) if found == language]


def links(page: Path) -> list[str]:
    """What a page links to."""
    return _LINK.findall(_FENCE.sub("", page.read_text(encoding="utf-8")))


def anchors(page: Path) -> set[str]:
    """The names by which a page's headings can be linked to, as GitHub makes them."""
    headings = _HEADING.findall(_FENCE.sub("", page.read_text(encoding="utf-8")))
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def tracked() -> set[str]:
    """All files of the repository, and all their folders with a slash at the end."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        check=True,
        capture_output=True,
        text=True,
    )
    files = set(listed.stdout.splitlines())
    return files | {f"{folder.as_posix()}/" for file in files for folder in Path(file).parents if folder.name}


def calls(line: str, program: str) -> Iterator[list[str]]:
    """The words behind each call of a program in a line of shell, up to where the call ends."""
    try:
        words = shlex.split(line.replace("`", " "), comments=True)
    except ValueError:  # an apostrophe in a sentence
        words = line.split()
    for place, word in enumerate(words):
        if word == program or word.endswith(f"/{program}"):
            end = next((n for n in range(place + 1, len(words)) if words[n] in {"|", "||", "&&", ";", ">", "&"}), None)
            yield words[place + 1 : end]
