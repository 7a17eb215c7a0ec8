"""Reply extraction, suite by suite, beside the libraries that people use for it.

    python bench/replies.py [--data FOLDER] [--baselines PYTHON] [--reviews] [--misses]

FOLDER is MOLVA_DATA (default ../shared/data). The libraries (email-reply-parser, mail-parser-reply, talon, quotequail)
are no dependencies of Molva: PYTHON is an interpreter that has them, by default this one; those that it lacks are
left out of the table. Suites disagree on taste (sign-offs, "-Name"), so each is scored by itself.
"""

from __future__ import annotations

import argparse
import gzip
import html
import itertools
import json
import os
import re
import subprocess
import sys
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
BASELINES = ("talon", "email-reply-parser", "mail-parser-reply", "quotequail")
LANGUAGES = ["en", "de", "fr", "it", "nl", "pl", "ja", "sv", "da", "es", "cs", "pt", "ko", "zh", "uk"]

Row = dict[str, Any]


def read_rows(data: Path) -> list[Row]:
    with (data / "C_email_replies" / "reply_pairs.jsonl").open(encoding="utf-8") as lines:
        return [json.loads(line) for line in lines]


# --- the answers of others, in an interpreter that has them --------------------------------------------------------


def baseline(name: str) -> Callable[[str, str], str]:
    """A function of format (text or html) and body; raises ImportError when the library is missing."""
    if name == "talon":
        from talon import quotations  # noqa: PLC0415  # only where it is installed

        return lambda form, body: (
            quotations.extract_from_html(body) if form == "html" else quotations.extract_from_plain(body)
        )
    if name == "email-reply-parser":
        from email_reply_parser import EmailReplyParser  # noqa: PLC0415

        return lambda _form, body: EmailReplyParser.parse_reply(body)
    if name == "mail-parser-reply":
        from mailparser_reply import EmailReplyParser as Multilingual  # noqa: PLC0415

        return lambda _form, body: Multilingual(languages=LANGUAGES).parse_reply(body) or ""
    import quotequail  # noqa: PLC0415

    return lambda form, body: (
        ((quotequail.unwrap_html(body) or {}).get("html_top") or body)
        if form == "html"
        else ((quotequail.unwrap(body) or {}).get("text_top") or body)
    )


def answer(name: str) -> None:
    """Answer the bodies on standard input, a line each; a crash counts as an empty answer."""
    try:
        extract = baseline(name)
    except ImportError:
        return
    for line in sys.stdin:
        form, body = json.loads(line)
        start = time.perf_counter()
        try:
            text = extract(form, body)
        except Exception:  # noqa: BLE001  # whatever they raise is a miss
            text = ""
        print(json.dumps([text, time.perf_counter() - start]))


def ask(name: str, python: str, bodies: list[tuple[str, str]]) -> list[tuple[str, float]] | None:
    """A library's answers and seconds, or None when the interpreter lacks it."""
    sent = "\n".join(json.dumps(body) for body in bodies)
    command = [python, "-W", "ignore", str(Path(__file__)), "--answer", name]
    got = subprocess.run(command, input=sent, capture_output=True, text=True, check=False).stdout
    answers = [tuple(json.loads(line)) for line in got.splitlines() if line.startswith("[")]
    return answers if len(answers) == len(bodies) else None


# --- scoring -------------------------------------------------------------------------------------------------------


def rendered(body: str) -> str:
    """An HTML body's text."""
    from collectors.platforms.mail.html import html_lines  # noqa: PLC0415  # not there in the baselines' interpreter

    return "\n".join(row.text for row in html_lines(body))


def squeezed(text: str) -> str:
    return re.sub(r"\s+", "", html.unescape(text))


def holds(rule: Row, text: str) -> bool:
    wanted = rule["text"]
    return {
        "contains": wanted in text,
        "not_contains": wanted not in text,
        "startswith": text.strip().startswith(wanted),
        "endswith": text.strip().endswith(wanted),
    }[rule["rule"]]


def matches(row: Row, text: str, signature: str) -> bool:
    """Whether an answer is what the suite expects."""
    wanted = row["expected"]
    if row["match"] == "rules":
        return all(holds(rule, text) for rule in wanted)
    if row["match"] == "contains_all":
        return all(re.search(part, text) for part in wanted)
    if row["match"] == "signature_equals":
        return signature.strip() == wanted.strip()
    if row["compare"] == "dom_equivalent":
        return squeezed(text) == squeezed(rendered(wanted))
    if row["compare"] == "ignore_all_whitespace":
        return squeezed(text) == squeezed(wanted)
    return text.strip() == wanted.strip()


def ours(rows: Iterable[Row]) -> tuple[list[tuple[str, str]], float]:
    """Molva's texts and signatures, by the code path of ``molva inspect mail``, and its seconds."""
    from collectors.platforms.mail import inspect  # noqa: PLC0415

    endings = {"text": "txt", "html": "html", "eml": "eml"}
    files = [(row["input"].encode("utf-8", "surrogatepass"), f"mail.{endings[row['format']]}") for row in rows]
    inspect(b"warm-up", "mail.txt")
    start = time.perf_counter()
    found = [inspect(raw, name) for raw, name in files]
    return [(mail["text"], mail["signature"]) for mail in found], time.perf_counter() - start


def plain_body(row: Row) -> tuple[str, str]:
    """What the libraries are given: they read no MIME."""
    from collectors.platforms.mail.message import parse  # noqa: PLC0415

    if row["format"] != "eml":
        return row["format"], row["input"]
    bodies = parse(row["input"].encode("utf-8", "surrogatepass")).bodies
    plain = "\n".join(body.plain for body in bodies if body.plain)
    return ("text", plain) if plain else ("html", "\n".join(body.html for body in bodies if body.html))


def forwards(data: Path) -> str:
    """How many forwarded mails are recognised with exactly the text typed above them."""
    from collectors.platforms.mail import read_mail, read_text  # noqa: PLC0415

    with (data / "C_email_replies" / "forward_pairs.jsonl").open(encoding="utf-8") as lines:
        first, *rows = [json.loads(line) for line in lines]
    message, right, all_rows = first["_constants"]["MESSAGE"], 0, 0
    for row in rows:
        if row["test_skips"].get("skipMessage") == "false" or row["body"].startswith(message):
            wanted = message
        elif row["test"] == "testVariant4":
            continue  # replies, not forwards
        else:
            wanted = ""
        all_rows += 1
        body = row["body"].encode()
        mail = (
            read_mail(b"Message-ID: <1@x>\nSubject: %s\n\n" % row["subject"].encode() + body)
            if row["subject"]
            else read_text(row["body"])
        )
        right += mail.kind == "forward" and mail.text == wanted
    return f"{right} of {all_rows}"


def harmless(data: Path) -> str:
    """How many real reviews (data sets B, at most 1,500 of a file) come out whole when read as mails."""
    from collectors.platforms.mail import read_text  # noqa: PLC0415

    whole = all_rows = 0
    for path in sorted(data.glob("B*/*.jsonl.gz")):
        with gzip.open(path, "rt", encoding="utf-8") as lines:
            for line in itertools.islice(lines, 1_500):
                texts = [value for value in json.loads(line).values() if isinstance(value, str)]
                text = max(texts, key=len, default="")
                mail = read_text(text)
                all_rows += 1
                whole += mail.kind == "new" and mail.text.split() == text.split()
    return f"{whole} of {all_rows}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument(
        "--data", type=Path, default=Path(os.environ.get("MOLVA_DATA", ROOT.parent / "shared" / "data"))
    )
    parser.add_argument("--baselines", default=sys.executable, metavar="PYTHON")
    parser.add_argument("--misses", action="store_true", help="print the ids of the rows that are missed")
    parser.add_argument("--reviews", action="store_true", help="also read real reviews as mails: none should be cut")
    parser.add_argument("--answer", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.answer:
        answer(options.answer)
        return
    sys.path.insert(0, str(ROOT))
    rows = read_rows(options.data)
    found, seconds = ours(rows)
    columns = {"molva": [matches(row, *pair) for row, pair in zip(rows, found, strict=True)]}
    speed = {"molva": len(rows) / seconds}
    bodies = [plain_body(row) for row in rows]
    for name in BASELINES:
        answers = ask(name, options.baselines, bodies)
        if answers is None:
            print(f"{name} is not installed for {options.baselines}: left out")
            continue
        texts = [
            rendered(text) if form == "html" else text for (form, _), (text, _) in zip(bodies, answers, strict=True)
        ]
        columns[name] = [matches(row, text, "") for row, text in zip(rows, texts, strict=True)]
        speed[name] = len(rows) / max(1e-9, sum(took for _, took in answers))
    report(rows, columns, speed)
    print(f"\nforwards recognised with exactly the text above them: {forwards(options.data)}")
    if options.reviews:
        print(f"reviews that come out whole when read as mails: {harmless(options.data)}")
    if options.misses:
        print("missed:", *(row["id"] for row, right in zip(rows, columns["molva"], strict=True) if not right))


def report(rows: list[Row], columns: dict[str, list[bool]], speed: dict[str, float]) -> None:
    """Print the table: a suite a line, the share of rows exactly right."""
    print(f"{'suite':36}{'rows':>6}" + "".join(f"{name:>20}" for name in columns))
    for suite in [*sorted({row["suite"] for row in rows}), "all"]:
        chosen = [number for number, row in enumerate(rows) if suite in ("all", row["suite"])]
        shares = (sum(column[number] for number in chosen) / len(chosen) for column in columns.values())
        print(f"{suite:36}{len(chosen):>6}" + "".join(f"{share:>20.3f}" for share in shares))
    print(f"{'mails a second':42}" + "".join(f"{speed[name]:>20.0f}" for name in columns))


if __name__ == "__main__":
    main()
