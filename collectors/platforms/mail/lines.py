"""The one shape in which a mail body is looked at: lines with what is known of each before any guess is made.

Plain text and HTML both come in as lines, so that the same rules decide for both; HTML only knows more (which lines
stand in a quotation that a mail program made).
"""

from __future__ import annotations

import re

import msgspec

from collectors.platforms.mail.markers import fold, plain

MAX_LINES = 5_000
"""Lines of a body that are looked at; what comes below belongs to the quotation when there is one, else to the text."""

# ">", also behind the initials of whom The Bat! quotes: "AS> text"
_QUOTED = re.compile(r"^[ \t]{0,3}(?:[A-ZА-ЯЁ]{2,3})?(?:&gt;|>|＞)")
_MARKS = re.compile(r"^(?:[ \t]{0,3}(?:[A-ZА-ЯЁ]{2,3})?(?:&gt;|[>＞]))+[ \t]?")
_ADDRESS_END = re.compile(r"<[^<>\s]*@[^<>\s]*$")
_BREAK = re.compile(r"\r\n|\r|\n|\u2028|\u2029")
_ORNAMENT = re.compile(r"^[ >]+[^<>]*<{2,}\s*$")


class Line(msgspec.Struct, frozen=True):
    """One line of a body.

    ``text`` as it came; ``clean`` as it is matched (no quote marks, no ornaments); ``low`` that in lower case;
    ``quoted`` stands in a quotation; ``certain`` a mail program marked the quotation (HTML only); ``mark`` what HTML
    says this line is ("signature", "header": the head of a quotation, "rest": from here on all is quoted).
    """

    text: str
    clean: str
    low: str
    quoted: bool = False
    certain: bool = False
    mark: str = ""

    @property
    def empty(self) -> bool:
        """Whether nothing is on the line but white space and quote marks."""
        return not self.clean


def line(text: str, *, quoted: bool = False, certain: bool = False, mark: str = "") -> Line:
    """Look at one line of text; a leading ``>`` makes it quoted, unless it is an ornament (``>>> now <<<``)."""
    if _QUOTED.match(text) and not _ORNAMENT.match(text):
        clean = plain(_MARKS.sub("", text, count=1))
        return Line(text, clean, fold(clean), quoted=True, certain=certain, mark=mark)
    clean = plain(text)
    return Line(text if clean else "", clean, fold(clean), quoted=quoted, certain=certain, mark=mark)


def split_lines(body: str) -> list[Line]:
    """The lines of a plain text body; white space at the end of an otherwise empty line is dropped.

    What comes below :data:`MAX_LINES` is one more line, whole.
    """
    rows: list[Line] = []
    for text in _BREAK.split(body, maxsplit=MAX_LINES):
        row = line(text)
        if row.quoted and rows and not rows[-1].quoted and _closes_address(rows[-1], row):
            row = Line(text, plain(text), fold(plain(text)))
        rows.append(row)
    return rows


def _closes_address(above: Line, row: Line) -> bool:
    """Whether a line begins with ``>`` only because "<address> wrote:" was wrapped inside the address."""
    if len(row.clean) >= 40 or not row.clean.endswith(":"):
        return False
    return _ADDRESS_END.search(above.clean) is not None or above.low.startswith("mailto:")
