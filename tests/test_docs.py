"""What README and docs name is there: commands, options, files, tests, targets, variables, metrics, topics, links.

Queries, settings and figures are held by the tests of their own pages: tests/indexer/test_search_page.py,
tests/molva/test_settings.py, tests/molva/test_evaluate.py.
"""

from __future__ import annotations

import os
import re
from functools import cache
from pathlib import Path

import click
import pytest
import typer
from docs_reading import PAGES, ROOT, anchors, calls, code, links, name, tracked

from molva.cli.app import app
from schemas.topics import TOPICS

ROOMS = ("schemas", "collectors", "streams", "indexer", "console", "molva")
FOLDERS = (*ROOMS, "tests", "docs", "bench", "tools", "samples")
USERS_FILES = {
    "molva.toml",
    "molva.sqlite",
    "sources.sqlite",
    "letters.sqlite",
    "labels.jsonl",
    "reviews.jsonl",
    "reviews.csv",
    "FILE.jsonl",
    "LABELS.jsonl",
    "contact.key",
}
"""Files that stand on a user's machine, not in the repository."""

COMMANDS = typer.main.get_command(app)
CONTEXT = click.Context(COMMANDS)
FILES = tracked()
NAMES = {Path(file).name for file in FILES}
CODE = [piece for page in PAGES for piece in code(page)]
PROSE = {name(page): page.read_text(encoding="utf-8") for page in PAGES}


@cache
def source(*folders: str) -> str:
    """All of the repository's code below some folders, as one text."""
    code_files = (file for file in FILES if file.startswith(folders) and file.endswith((".py", ".toml", ".yml")))
    return "\n".join((ROOT / file).read_text(encoding="utf-8") for file in sorted(code_files))


@cache
def options(command: str) -> frozenset[str]:
    """The options of one of Molva's commands."""
    found = COMMANDS.get_command(CONTEXT, command)
    return frozenset({"--help", "-h"} | {one for given in found.params for one in (*given.opts, *given.secondary_opts)})


def named_options(words: list[str]) -> set[str]:
    return {word.split("=")[0].strip("[]().,;:") for word in words if re.match(r"\[?-{1,2}[a-z]", word)}


def test_every_call_of_molva_names_a_command_and_its_options():
    seen, wrong = set(), []
    for piece in CODE:
        for words in calls(piece.text, "molva"):
            if not words or words[0] in {"…", "COMMAND"}:
                continue
            command = words[0]
            if command not in COMMANDS.commands:
                wrong.append(f"{piece.page}: molva {command}")
                continue
            seen.add(command)
            wrong += [f"{piece.page}: molva {command} {o}" for o in named_options(words[1:]) - options(command)]
    assert not wrong
    assert len(seen) > 15, "the pages are read"


def test_every_option_by_itself_is_one_of_some_command():
    known = frozenset().union(*(options(command) for command in COMMANDS.commands))
    alone = {(piece.page, piece.text.split()[0]) for piece in CODE if re.match(r"--?[a-z]", piece.text)}
    tools = source("bench", "tools", "molva/cli")
    assert {(page, option) for page, option in alone if option not in known and f'"{option}"' not in tools} == set()
    assert alone


def test_every_command_is_told_of():
    told = {words[0] for piece in CODE for words in calls(piece.text, "molva") if words}
    assert set(COMMANDS.commands) - told - {"version"} == set()


def test_every_call_of_make_names_a_target():
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    called = {
        (piece.page, word)
        for piece in CODE
        for words in calls(piece.text, "make")
        for word in words
        if re.fullmatch(r"[a-z-]+", word)
    }
    assert {(page, target) for page, target in called if target not in targets} == set()
    assert {target for _, target in called} >= {"run", "test", "servers", "coverage"}


def test_every_python_program_is_there_and_has_the_options():
    wrong, seen = [], 0
    for piece in CODE:
        for words in calls(piece.text, "python"):
            if words[:1] == ["-m"] and words[1:2] in (["pytest"], ["coverage"]):
                continue
            if words[:1] == ["-m"] and len(words) > 1:
                module = words[1].replace(".", "/")
                file = next((f for f in (f"{module}.py", f"{module}/__main__.py") if f in FILES), words[1])
                given = words[2:]
            elif words and words[0].endswith(".py"):
                file, given = words[0], words[1:]
            else:
                continue
            seen += 1
            text = (ROOT / file).read_text(encoding="utf-8") if file in FILES else ""
            wrong += [f"{piece.page}: {file}"] if not text else []
            wrong += [f"{piece.page}: {file} {option}" for option in named_options(given) if f'"{option}"' not in text]
    assert not wrong
    assert seen > 3


def test_every_path_is_there():
    pattern = re.compile(rf"(?<![\w./:@~-])(?:\.\./)?((?:{'|'.join(FOLDERS)})/[\w./*-]*)")
    wrong = [
        f"{page}: {path}"
        for page, text in PROSE.items()
        for path in (found.rstrip(".") for found in pattern.findall(re.sub(r"https?://\S+", "", text)))
        if not is_there(path)
    ]
    assert not wrong


def test_every_file_by_its_name_alone_is_there():
    wrong = []
    for piece in CODE:
        if piece.language in {"", "sh"}:
            found = re.findall(
                r"(?<![\w./*-])([\w-]+\.(?:py|md|toml|yml|json|jsonl|npz|sqlite|csv|key))(?![\w./])", piece.text
            )
            wrong += [f"{piece.page}: {file}" for file in found if file not in NAMES | USERS_FILES]
    wrong += [
        f"{page}: {file}"
        for page, text in PROSE.items()
        for file in re.findall(r"(?<![\w/])test_\w+\.py", text)
        if file not in NAMES
    ]
    assert not wrong


def is_there(path: str) -> bool:
    """Whether a path as pages write it (NAME and * stand for anything) is one of the repository's."""
    if path in FILES or f"{path}/" in FILES:
        return True
    wanted = re.escape(path).replace("NAME", r"[\w-]+").replace(r"\*", r"[\w.-]+")
    return any(re.fullmatch(f"{wanted}/?", file) for file in FILES)


def test_every_dotted_name_is_there():
    wrong = []
    settings = set(re.findall(r"^\| `([a-z_.]+)` \|", PROSE["docs/configuration.md"], re.MULTILINE))
    for piece in CODE:
        if piece.language == "" and re.fullmatch(rf"(?:{'|'.join(ROOMS)})(?:\.\w+)+", piece.text):
            *module, last = piece.text.split(".")
            whole, part = "/".join([*module, last]), "/".join(module)
            holder = next((f for f in (f"{part}.py", f"{part}/__init__.py") if f in FILES), None)
            if not (
                {f"{whole}.py", f"{whole}/"} & FILES
                or (holder and re.search(rf"\b{last}\b", (ROOT / holder).read_text(encoding="utf-8")))
                or piece.text in settings | USERS_FILES | {"molva.sources"}  # an entry-point group
            ):
                wrong.append(f"{piece.page}: {piece.text}")
    assert not wrong


def test_every_variable_is_read_somewhere():
    read = source("molva", "tests", "tools", "bench", "docker-compose")
    named = {
        (page, variable) for page, text in PROSE.items() for variable in re.findall(r"\bMOLVA_[A-Z_]+[A-Z]\b", text)
    }
    settings = PROSE["docs/configuration.md"]  # held against the settings by tests/molva/test_settings.py
    assert {(p, v) for p, v in named if v not in read and f"| `{v}` |" not in settings} == set()
    assert len(named) > 30


def test_every_metric_is_counted():
    metrics = {(page, metric) for page, text in PROSE.items() for metric in re.findall(r"\bmolva_\w+", text)}
    assert {(page, metric) for page, metric in metrics if metric not in source(*ROOMS)} == set()
    assert metrics


def test_every_topic_is_one_of_the_table():
    topics = {topic.name for topic in TOPICS} | {topic.dead for topic in TOPICS}
    first = "|".join(sorted({topic.split("-")[0] for topic in topics}))
    named = {
        (piece.page, found)
        for piece in CODE
        if piece.language == ""
        for found in re.findall(rf"^(?:{first})-[a-z-]+$", piece.text)
    }
    assert {(page, topic) for page, topic in named if topic not in topics} == set()
    assert named


def test_every_test_file_says_in_its_first_line_what_it_holds():
    files = [file for file in FILES if re.fullmatch(r"tests/(?:.*/)?test_\w+\.py", file)]
    first = {file: (ROOT / file).read_text(encoding="utf-8").partition("\n")[0] for file in files}
    assert {file: line for file, line in first.items() if not re.match(r'""".{20}', line)} == {}


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_every_link_leads_somewhere(page):
    for link in links(page):
        if not link.startswith(("http://", "https://", "mailto:")):
            path, _, anchor = link.partition("#")
            target = (page.parent / path).resolve() if path else page
            place = os.path.relpath(target, ROOT)
            assert is_there(place), link
            if anchor:
                assert anchor in anchors(target), link
