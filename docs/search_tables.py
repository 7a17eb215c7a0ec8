"""Writes the table of fields in docs/search.md from indexer/fields.py; a test holds the page to it.

Run as ``python docs/search_tables.py``.
"""

from __future__ import annotations

from pathlib import Path

from indexer.fields import BY_NAME, FIELDS

PAGE = Path(__file__).parent / "search.md"
BEGIN, END = "<!-- fields: written by docs/search_tables.py -->\n", "<!-- end of fields -->"


def table() -> str:
    """The fields as a Markdown table."""
    rows = ["| field | kind | what it holds |", "|---|---|---|"]
    for field in FIELDS:
        kind = "shown only" if field.kind == "stored" else field.kind
        many = ", several" if field.many else ""
        exact = f"; whole as `{field.name}.keyword`" if f"{field.name}.keyword" in BY_NAME else ""
        rows.append(f"| `{field.name}` | {kind}{many} | {field.says}{exact} |")
    return "\n".join(rows) + "\n"


def page(text: str) -> str:
    """The page's text with the table of now."""
    head, _, rest = text.partition(BEGIN)
    _, _, tail = rest.partition(END)
    return f"{head}{BEGIN}{table()}{END}{tail}"


if __name__ == "__main__":
    PAGE.write_text(page(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
