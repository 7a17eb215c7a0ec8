"""``molva judge``, ``molva inspect`` and ``molva train``: Molva's models on files, without any server or database."""

from __future__ import annotations

import sys
from contextlib import ExitStack
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any, BinaryIO
from urllib.parse import urlsplit

import typer

from molva.cli.common import Json, emit, err, escape, fail, out, progress

STYLES = {"low": "green", "medium": "yellow", "high": "bold red", "insufficient": "dim"}


def judge(
    file: Annotated[str, typer.Argument(help="Reviews as JSON lines; - for standard input.")],
    json: Json = False,
    model: Annotated[
        Path | None, typer.Option(help="A folder made by `molva train`; the shipped model by default.")
    ] = None,
    languages: Annotated[str, typer.Option(help="Languages to expect, as in en,ru; any by default.")] = "",
) -> None:
    """Say of every review whether it is new, a copy, likely fake and why, and negative."""
    from molva.embedded import collector_at_rest
    from molva.judging import judge as judge_lines
    from molva.judging import lines
    from streams.enrich import Models
    from streams.risk import load as load_risk

    try:
        risk = load_risk(model)
    except (OSError, ValueError) as error:
        fail(f"{model} holds no model: {error}")
    models = Models(risk=risk, languages=frozenset(languages.split(",")) if languages else None)
    with ExitStack() as stack:
        stream = _open(file, stack)
        told = stack.enter_context(progress("judging", quiet=json))
        stack.enter_context(collector_at_rest())
        for answer in judge_lines(lines(stream), models=models, progress=told):
            emit(answer) if json else _show(answer)


class Kind(StrEnum):
    """What ``molva inspect`` looks at."""

    text = "text"
    mail = "mail"
    page = "page"


def inspect(
    kind: Annotated[Kind, typer.Argument(help="What to look at.")],
    inputs: Annotated[
        list[str],
        typer.Argument(
            help='text: the text, or - for JSON lines {"text": …}; mail: files or folders; page: files or addresses.'
        ),
    ],
    json: Json = False,
    base: Annotated[str, typer.Option("--url", help="page: the address that a file was saved from.")] = "",
    languages: Annotated[str, typer.Option(help="text: languages to expect, as in en,ru.")] = "",
) -> None:
    """Show what Molva reads in a text, a mail or a page."""
    if kind is Kind.text:
        answers = _texts(inputs, frozenset(languages.split(",")) if languages else None)
    elif kind is Kind.mail:
        answers = _mails(inputs)
    else:
        answers = _pages(inputs, base or None)
    for answer in answers:
        emit(answer) if json else out.print_json(data=answer, ensure_ascii=False)


def train(
    labels: Annotated[Path, typer.Argument(help='Reviews as JSON lines, each with "fake": true or false.')],
    out_folder: Annotated[Path, typer.Option("--out", help="The folder to write the model to.")],
    group: Annotated[str, typer.Option(help="Field by which reviews never straddle a split.")] = "subject",
    json: Json = False,
) -> None:
    """Teach Molva your own kind of fake; `molva judge --model` and the setting `model` use the result."""
    from msgspec import to_builtins

    from streams.training import TooFewLabelsError
    from streams.training import train as train_model

    if not labels.exists():
        fail(f"{labels} does not exist")
    with ExitStack() as stack:
        try:
            told = lambda said: err.print(escape(said), style="dim")  # noqa: E731 - one word for a one-line answer
            report = train_model(_open(str(labels), stack), out_folder, group=group, say=told)
        except (TooFewLabelsError, ValueError) as error:
            fail(str(error))
    if json:
        emit(to_builtins(report))
    else:
        out.print_json(data=to_builtins(report), ensure_ascii=False)
        err.print(f"The model and its card are in {escape(out_folder)}.")


def _open(file: str, stack: ExitStack) -> BinaryIO:
    if file == "-":
        return sys.stdin.buffer
    path = Path(file)
    try:
        if path.suffix == ".gz":
            import gzip

            return stack.enter_context(gzip.open(path, "rb"))  # type: ignore[return-value]
        return stack.enter_context(path.open("rb"))
    except OSError as error:
        fail(f"{file} cannot be read: {error.strerror}")


def _show(answer: dict[str, Any]) -> None:
    name = escape(answer["id"] or "(no id)")
    if answer["outcome"] == "rejected":
        out.print(f"{name}  [red]rejected[/]  {escape(answer['error'])}")
        return
    risk = answer["risk"]
    mood = "  negative" if answer["negative"]["value"] else ""
    out.print(
        f"{name}  {answer['outcome']}  risk [{STYLES[risk['level']]}]{risk['score']:.2f} {risk['level']}[/]{mood}"
    )
    for reason in risk["reasons"]:
        out.print(f"    {reason['contribution']:+.2f}  {escape(reason['text'])}", style="dim")


def _texts(inputs: list[str], expected: frozenset[str] | None) -> Any:
    from schemas import wire
    from streams.text.analysis import inspect as inspect_text

    if inputs != ["-"]:
        return inspect_text([wire.clean(" ".join(inputs))], expected=expected)
    return _text_lines(expected)


def _text_lines(expected: frozenset[str] | None) -> Any:
    from molva.judging import lines
    from schemas import wire
    from streams.text.analysis import inspect as inspect_texts

    batch: list[str] = []
    for line in lines(sys.stdin.buffer):
        try:
            value = wire.parse(line)
            text = value.get("text") if isinstance(value, dict) else None
        except wire.InvalidReview as error:
            err.print(f"[red]molva:[/] a line was left empty: {escape(error)}")
            text = ""
        batch.append(wire.clean(text) if isinstance(text, str) else "")
        if len(batch) == 256:
            yield from inspect_texts(batch, expected=expected)
            batch = []
    yield from inspect_texts(batch, expected=expected)


def _mails(inputs: list[str]) -> Any:
    from collectors.platforms.mail import inspect as inspect_mail

    for path in _files(inputs):
        yield inspect_mail(path)


def _pages(inputs: list[str], base: str | None) -> Any:
    from collectors.platforms.page import inspect as inspect_page

    for name in inputs:
        if name.startswith(("http://", "https://")):
            from collectors import Client
            from collectors.client import Manners

            response = Client(Manners(allow_private=(urlsplit(name).hostname or "",))).get(name)
            yield inspect_page(
                response.body, name=name, url=response.url, content_type=response.headers.get("content-type")
            )
        else:
            for path in _files([name]):
                yield inspect_page(path.read_bytes(), name=str(path), url=base)


def _files(inputs: list[str]) -> Any:
    for name in inputs:
        path = Path(name)
        if path.is_dir():
            yield from sorted(inner for inner in path.rglob("*") if inner.is_file())
        elif path.is_file():
            yield path
        else:
            fail(f"{name} does not exist")
