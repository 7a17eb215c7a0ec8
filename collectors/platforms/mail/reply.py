"""What a person typed, told apart from what the mail program put around it.

The rules, in the order in which they act:

1. Quoted lines (``>``, or a quotation in HTML) and heads of quotations ("On … wrote:", header blocks, "Original
   Message") are marked. A head without quote marks below it makes all that follows a quotation.
2. Text below a quotation is typed text. One quotation that a mail program announced is dropped around it; a quotation
   without announcement, or several with answers between them, were left on purpose: they stay, with their marks, as
   far down as something typed follows.
3. Signatures go from the end of what was typed (see ``signature``); sign-off and name stay.
4. Never nothing: when the cuts leave no text although there was some, or a head is doubtful, the whole text is kept
   with a low confidence and a warning.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

import msgspec

from collectors.platforms.mail.attribution import Head, split_glued
from collectors.platforms.mail.headers import find_head
from collectors.platforms.mail.kept import kept_lines, segments
from collectors.platforms.mail.lines import MAX_LINES, Line
from collectors.platforms.mail.signature import (
    Cut,
    find_card,
    find_cut,
    is_program_line,
    signature_block,
    skip_notice,
)

DOUBT = 0.5
"""Below this confidence nothing is cut: the whole text is kept and marked."""

_RULE = re.compile(r"^[-_=—–~*#\s]{3,}$")
_LINK_ONLY = re.compile(r"^\s*<?https?://\S*>?\s*$|^\S*>\s*$")


class Extract(msgspec.Struct, frozen=True):
    """A body taken apart; ``confidence`` (0-1) that ``text`` is exactly what was typed.

    ``answers`` is the text without the quotations that stay between answers, and without a visiting card at its end.
    """

    text: str
    quote: str = ""
    signature: str = ""
    confidence: float = 1.0
    forwarded: bool = False
    warnings: tuple[str, ...] = ()
    answers: str = ""


class _Marked(msgspec.Struct):
    """Lines with a tag each: T typed, E empty, Q quoted, A head of a quotation, R rest below a head, S signature."""

    lines: Sequence[Line]
    tags: list[str]
    confidence: float = 1.0
    forwarded: bool = False
    warnings: list[str] = []
    heads: int = 0
    card: int | None = None


def extract(lines: Sequence[Line], *, forward: bool = False) -> Extract:
    """Take a body's lines apart.

    Args:
        lines: The body, from plain text or HTML.
        forward: The subject says that this is a forwarded mail, so that nothing need have been typed.
    """
    beyond, lines = lines[MAX_LINES:], split_glued(lines[:MAX_LINES])
    marked = _mark(lines, forward=forward)
    _join_lazy_lines(marked)
    kept = _assemble(marked, forward=forward)
    if beyond:
        rest = "\n".join(row.text for row in beyond).rstrip()
        in_quote = bool(marked.tags) and marked.tags[-1] in "QAR"
        kept = msgspec.structs.replace(
            kept,
            text=kept.text if in_quote else f"{kept.text}\n{rest}".strip(),
            answers=kept.answers if in_quote else f"{kept.answers}\n{rest}".strip(),
            quote=f"{kept.quote}\n{rest}" if in_quote else kept.quote,
            warnings=(*kept.warnings, f"only the first {MAX_LINES} lines were looked at"),
        )
    return kept


def _mark(lines: Sequence[Line], *, forward: bool) -> _Marked:
    """Tag every line."""
    marked = _Marked(lines, ["" for _ in lines], warnings=[])
    at, typed, fresh = 0, False, True
    while at < len(lines):
        row = lines[at]
        if row.mark == "rest":
            marked.tags[at:] = ["R"] * (len(lines) - at)
            marked.confidence = min(marked.confidence, 0.97)
            _note_forward(marked, find_head(lines, at), typed=typed)
            break
        if row.quoted or row.mark == "header":
            if fresh and not row.empty:
                fresh = False
                head = find_head(lines, at)
                if not marked.heads:
                    _note_forward(marked, head, typed=typed)
                    marked.heads = 1
                if head and typed and _only_headers(lines, head):
                    marked.tags[at:] = ["R"] * (len(lines) - at)
                    break
            marked.tags[at] = "A" if row.mark == "header" else "Q"
            at += 1
            continue
        fresh = fresh or not row.empty
        if row.empty or row.mark == "signature":
            marked.tags[at] = "E" if row.empty else "S"
            at += 1
            continue
        head = find_head(lines, at)
        if head is None:
            marked.tags[at], typed = "T", True
            at += 1
            continue
        at = _take_head(marked, head, typed=typed, forward=forward)
        typed = typed or "T" in marked.tags[head.start : head.end]
    return marked


def _only_headers(lines: Sequence[Line], head: Head) -> bool:
    """Whether HTML framed a header block alone, so that the quoted mail stands unframed below it."""
    below = next((row for row in lines[head.end :] if not row.empty), None)
    return head.kind == "headers" and lines[head.start].certain and below is not None and not below.quoted


def _note_forward(marked: _Marked, head: Head | None, *, typed: bool) -> None:
    """Remember a forward's announcement; inside a reply's quotation it means nothing."""
    if head and head.forwarded and not (typed and marked.heads):
        marked.forwarded = True


def _take_head(marked: _Marked, head: Head, *, typed: bool, forward: bool) -> int:
    """Tag a head and, when nothing below is marked as quoted, all that follows; returns where to go on."""
    lines, tags = marked.lines, marked.tags
    if head.confidence < DOUBT or (head.confidence < 0.8 and not typed):
        marked.warnings.append("lines that look like a mail's header were kept as text")
        marked.confidence = min(marked.confidence, 0.45)
        tags[head.start : head.end] = ["E" if row.empty else "T" for row in lines[head.start : head.end]]
        return head.end
    if not marked.heads:
        _note_forward(marked, head, typed=typed)
    marked.heads += 1
    _take_rule_above(marked, head.start)
    below = next((i for i in range(head.end, len(lines)) if not lines[i].empty), None)
    tags[head.start : head.end] = ["A"] * (head.end - head.start)
    if below is None or lines[below].quoted or lines[below].mark in {"header", "rest"}:
        marked.confidence = min(marked.confidence, head.confidence)
        return head.end
    if typed or forward or marked.forwarded:
        tags[head.end :] = ["R"] * (len(lines) - head.end)
        marked.confidence = min(marked.confidence, head.confidence)
        return len(lines)
    marked.warnings.append("the text begins with a mail's header: what stands below it was kept")
    marked.confidence = min(marked.confidence, 0.4)
    return head.end


def _take_rule_above(marked: _Marked, start: int) -> None:
    """Count a rule drawn right above a head to the head."""
    above = start - 1
    while above >= 0 and marked.tags[above] == "E":
        above -= 1
    if above >= 0 and marked.tags[above] == "T" and _RULE.match(marked.lines[above].clean):
        marked.tags[above] = "A"


def _join_lazy_lines(marked: _Marked) -> None:
    """Give lines back to a quotation that lost their ``>`` when the quotation was wrapped, or are its long links.

    An answer may stand in the same place. So a line below a finished sentence goes back only when it is the one gap in
    a quotation that has its answer above it or is a forwarded mail, and none below a question.
    """
    lines, tags = marked.lines, marked.tags
    gaps = []
    for at in range(1, len(lines) - 1):
        if tags[at] == "T" and tags[at - 1] == "Q":
            end = next((i for i in range(at + 1, min(at + 3, len(lines))) if tags[i] != "T"), None)
            if end is not None and tags[end] == "Q":
                gaps.append((at, end))
    answered = marked.forwarded or "T" in tags[: tags.index("Q") if "Q" in tags else 0]
    for at, end in gaps:
        above, rest = lines[at - 1], lines[at]
        lower = rest.clean[:1].islower()
        long = len(above.text) >= (55 if lower else 66) and not above.certain
        ended = above.clean.endswith((".", "!", "…", ";"))
        asked = above.clean.endswith(("?", ":"))
        wrapped = long and not asked and (not ended or (answered and (lower or len(gaps) == 1)))
        if wrapped or all(_LINK_ONLY.match(row.text) for row in lines[at:end]):
            tags[at:end] = ["Q"] * (end - at)


def _assemble(marked: _Marked, *, forward: bool) -> Extract:
    """Cut signatures, decide which quotations stay, and join what is left."""
    lines, tags = marked.lines, marked.tags
    typed = segments(tags)
    signature, confidence = "", marked.confidence
    for number, (start, end) in enumerate(typed):
        last = number == len(typed) - 1
        if number == 0:
            skipped = skip_notice(lines[start:end])
            tags[start : start + skipped] = ["S"] * skipped
        if number == 0 or last:
            block = signature_block(lines[start:end])
            cut = find_cut(lines[start:end], may_vanish=number > 0)
            if cut.at < end - start:
                tags[start + cut.at : end] = ["S"] * (end - start - cut.at)
                confidence = min(confidence, cut.confidence)
                marked.warnings += [cut.warning] if cut.warning else []
            signature = signature or _longer(block, lines[start:end], cut)
            card = find_card(lines[start : start + cut.at])
            if last and card is not None:
                marked.card = start + card
                signature = signature or _join(lines, range(marked.card, end))
    framed = "\n".join(row.text for row, tag in zip(lines, tags, strict=True) if tag == "S" and row.mark == "signature")
    if framed and framed not in signature:
        signature = f"{signature}\n{framed}".strip()
    return _finish(marked, signature, confidence, forward=forward)


def _longer(block: str, rows: Sequence[Line], cut: Cut) -> str:
    """The signature as it is told: from the sign-off on, or at least what was cut."""
    gone = "\n".join(row.text for row in rows[cut.at :]).strip()
    return block if len(block) >= len(gone) else gone


def _finish(marked: _Marked, signature: str, confidence: float, *, forward: bool) -> Extract:
    lines, tags = marked.lines, marked.tags
    typed = [i for i, tag in enumerate(tags) if tag == "T"]
    forwarded = marked.forwarded
    warnings = list(dict.fromkeys(marked.warnings))
    if not typed:
        whole = _join(lines, range(len(lines)))
        if not whole:
            return Extract("", confidence=1.0, forwarded=forwarded, warnings=(*warnings, "no text"))
        if forwarded or forward:
            told = (*warnings, "nothing typed above the forwarded mail")
            return Extract("", whole, signature, confidence=0.9, forwarded=True, warnings=told)
        made = [row for row, tag in zip(lines, tags, strict=True) if tag == "S" and not row.empty]
        if made and all(map(is_program_line, made)):
            quoted = _join(lines, [i for i, tag in enumerate(tags) if tag in "QAR"])
            told = (*warnings, "nothing typed but what the mail program added")
            return Extract("", quoted, signature, confidence=0.8, warnings=told)
        told = (*warnings, "the whole text is kept: all of it looks quoted")
        return Extract(whole, "", signature, confidence=0.3, warnings=told, answers=whole)
    keep = kept_lines(lines, tags, typed)
    runs = sum(1 for i in keep if tags[i] == "Q")
    confidence = min(confidence, 0.85) if runs else confidence
    text = _join(lines, keep)
    chosen = set(keep)
    quote = _join(lines, [i for i, tag in enumerate(tags) if i not in chosen and tag in "QAR"])
    # the name stays, what is below it is contact data
    own = [i for i in keep if tags[i] != "Q" and (marked.card is None or i <= marked.card)]
    answers = re.sub(r"\n{3,}", "\n\n", _join(lines, own)) if runs else _join(lines, own)
    return Extract(text, quote, signature, round(confidence, 2), forwarded, tuple(warnings), answers)


def _join(lines: Sequence[Line], indexes: Sequence[int] | range) -> str:
    return "\n".join(lines[i].text for i in indexes).strip()
