"""An HTML body as lines, with the quotations that mail programs mark in their markup.

Flattening first and guessing then would throw away the best evidence there is: Gmail, Apple Mail, Thunderbird, Outlook,
Yahoo, Yandex, Mail.ru, GMX and Proton all wrap what they quote in elements that can be told. What no markup tells is
left to the rules for plain text, which see the same lines.
"""

from __future__ import annotations

import re
from html import unescape

from lxml import etree
from lxml import html as lxml_html

from collectors.platforms.mail.lines import MAX_LINES, Line, line

MAX_HTML = 2_000_000
"""Code points of a body that are parsed."""

_BLOCKS = frozenset(
    {
        "address",
        "article",
        "aside",
        "blockquote",
        "body",
        "caption",
        "center",
        "dd",
        "details",
        "dir",
        "div",
        "dl",
        "dt",
    }
    | {"fieldset", "figure", "footer", "form", "h1", "h2", "h3", "h4", "h5", "h6", "header", "hr", "li", "main", "menu"}
    | {"nav", "ol", "p", "pre", "section", "signature", "table", "tbody", "tfoot", "thead", "tr", "ul"}
)
_SKIPPED = frozenset(
    {"head", "iframe", "link", "meta", "noscript", "object", "script", "style", "svg", "template", "title", "xml"}
)
_QUOTE_CLASS = re.compile(
    r"gmail[_-]quote(?!_attr)|yahoo[_-]quoted|protonmail_quote|tutanota_quote|zmail_extra|moz-forward-container|mail_quote\b"
    r"|quoted_?-?message|ms-outlook-mobile-reference-message|mailru-?_?(?:block)?quote|front-blockquote|bloop_original"
    r"|hs[-_]reply[-_]quote|\bquotedtext\b|\breplyquote\b|\bfreshdesk_quote\b|\bcite-?block\b|\bmoz-email-headers-table\b",
    re.IGNORECASE,
)
_QUOTE_ID = re.compile(
    r"^(?:x_|m_\d+)*(?:OLK_SRC_BODY_SECTION|mail-editor-reference-message-container|yahoo_quoted\w*|isForwardContent|isReplyContent"
    r"|replySplit|reply-intro|QuotedMessage|divtagquoted|ms-outlook-mobile-reference-message)$",
    re.IGNORECASE,
)
_REST_ID = re.compile(
    r"^(?:x_|m_\d+)*(?:divRplyFwdMsg|appendonsend|stopSpelling|ms-outlook-mobile-body-separator-line-reply)$"
)
_HEADER_CLASS = re.compile(
    r"moz-cite-prefix|gmail_attr|gmail_quote_attribution|OutlookMessageHeader|mailru-quote-header", re.IGNORECASE
)
_SIGNATURE = re.compile(
    r"gmail[_-]signature|moz-signature|acompli_signature|protonmail_signature_block|ms-outlook-mobile-signature|tutanota_signature"
    r"|apple-?mail-?signature|^signature$|mail-?ru-?signature|yahoo-signature|mobile_?signature",
    re.IGNORECASE,
)
_OUTLOOK_RULE = re.compile(
    r"border-top: ?(?:solid #?\w+|\d\S* solid|#\w+ [\d.]+pt solid)[^;]*;? ?padding: ?3(?:\.0)?pt 0(?:in|cm|mm|pt)?\b",
    re.IGNORECASE,
)
_BAR = re.compile(r"border-left(?:-width)?: ?(?!none|0)[^;]*(?:px|pt|em|solid)", re.IGNORECASE)
_INDENT = re.compile(
    r"border(?:-left)?: ?(?:none|0)|margin(?:-left)?: ?0 ?(?:px)? 0 ?(?:px)? 0 ?(?:px)? 40px", re.IGNORECASE
)
_HIDDEN = re.compile(r"display: ?none|visibility: ?hidden|mso-hide: ?all", re.IGNORECASE)
_WHITE = re.compile(r"[ \t\r\n\f\u00a0]+")
_TAG = re.compile(r"<[^<>]{0,2000}>")


class _Writer:
    """Collects text into lines as a browser would break them."""

    def __init__(self) -> None:
        self.lines: list[Line] = []
        self.parts: list[str] = []
        self.quoted = self.certain = self.signature = self.header = self.pre = 0
        self.rest = False
        self.rest_told = False

    def break_line(self, *, always: bool = False) -> None:
        """End the line; an empty one only when *always*."""
        text = "".join(self.parts).strip(" ") if not self.pre else "".join(self.parts)
        self.parts = []
        if (not text and not always) or len(self.lines) > MAX_LINES:
            return
        mark = ""
        if self.rest and text and not self.rest_told:
            mark, self.rest_told = "rest", True
        elif self.header and not self.quoted:
            mark = "header"
        elif self.signature:
            mark = "signature"
        self.lines.append(line(text, quoted=bool(self.quoted), certain=bool(self.certain), mark=mark))

    def blank(self) -> None:
        """An empty line, unless there is one."""
        self.break_line()
        if self.lines and not self.lines[-1].empty:
            self.break_line(always=True)

    def write(self, text: str | None) -> None:
        """Add text, with white space collapsed outside of ``pre``."""
        if not text:
            return
        if self.pre:
            first, *others = text.replace("\r\n", "\n").split("\n")
            self.parts.append(first)
            for other in others:
                self.break_line(always=True)
                self.parts.append(other)
            return
        text = _WHITE.sub(" ", text)
        if text.startswith(" ") and (not self.parts or self.parts[-1].endswith(" ")):
            text = text[1:]
        if text:
            self.parts.append(text)


def html_lines(source: str) -> list[Line]:
    """The lines of an HTML body, quotations and signatures marked; never raises."""
    source = source[:MAX_HTML].replace("\x00", "")
    try:
        parser = lxml_html.HTMLParser(encoding="utf-8", huge_tree=True, remove_comments=True, remove_pis=True)
        root = lxml_html.document_fromstring(source.encode("utf-8", "replace"), parser=parser, ensure_head_body=False)
        lines = _walk(root)
    except (etree.LxmlError, ValueError, AssertionError, RecursionError, UnicodeError):
        lines = []
    if not any(not row.empty for row in lines):
        text = unescape(_TAG.sub("\n", source))
        lines = [line(part.strip()) for part in re.split(r"\s*\n\s*", text)]
    return lines


def has_structure(lines: list[Line]) -> bool:
    """Whether the markup itself told where the quotation is."""
    return any(row.certain or row.mark in {"rest", "header"} for row in lines)


def _walk(root: etree._Element) -> list[Line]:
    out = _Writer()
    undo: dict[etree._Element, str] = {}
    skip: etree._Element | None = None
    for event, element in etree.iterwalk(root, events=("start", "end")):
        tag = element.tag if isinstance(element.tag, str) else ""
        if event == "start":
            if skip is not None:
                continue
            if tag in _SKIPPED or _HIDDEN.search(element.get("style") or ""):
                skip = element
                continue
            _open(out, element, tag, undo)
        else:
            if skip is not None and element is not skip:
                continue
            if skip is element:
                skip = None
            else:
                _close(out, element, tag, undo)
            if element is not root:
                out.write(element.tail)
    out.break_line()
    return out.lines


def _open(out: _Writer, element: etree._Element, tag: str, undo: dict[etree._Element, str]) -> None:
    if tag == "br":
        out.break_line(always=True)
    elif tag in _BLOCKS:
        out.break_line()
        if tag == "p" and not _tight(element):
            out.blank()
    elif tag in {"td", "th"}:
        out.write(" ")
    state = _state(element, tag)
    if state:
        out.break_line()
        undo[element] = state
        if "r" in state:
            out.rest = True
        out.quoted += "q" in state
        out.certain += "c" in state
        out.header += "h" in state
        out.signature += "s" in state
    if tag == "pre":
        out.pre += 1
    out.write(element.text)


def _close(out: _Writer, element: etree._Element, tag: str, undo: dict[etree._Element, str]) -> None:
    if tag in _BLOCKS or element in undo:
        out.break_line()
    if tag == "pre":
        out.pre -= 1
    state = undo.pop(element, "")
    out.quoted -= "q" in state
    out.certain -= "c" in state
    out.header -= "h" in state
    out.signature -= "s" in state
    if tag == "p" and not _tight(element):
        out.blank()


def _tight(element: etree._Element) -> bool:
    """Whether a paragraph is but a line: Outlook's, or one without margin."""
    return "MsoNormal" in (element.get("class") or "") or bool(re.search(r"margin: ?0", element.get("style") or ""))


def _state(element: etree._Element, tag: str) -> str:
    """What an element tells by itself: q(uoted), c(ertain), h(eader), s(ignature), r(est of the mail is quoted)."""
    classes, name, style = element.get("class") or "", element.get("id") or "", element.get("style") or ""
    zimbra = tag == "hr" and element.get("data-marker") == "__DIVIDER__"
    if zimbra or (name and _REST_ID.match(name)) or (tag == "div" and _OUTLOOK_RULE.search(style)):
        return "r"
    if tag == "signature" or any(
        _SIGNATURE.search(text) for text in (classes, name, element.get("data-smartmail") or "")
    ):
        return "s"
    if _HEADER_CLASS.search(classes):
        return "h"
    if tag == "blockquote":
        return _blockquote(element, classes, style)
    if (name and _QUOTE_ID.match(name)) or _QUOTE_CLASS.search(classes) or element.get("name") == "quote":
        # Gmail: <div class=gmail_quote> attribution <blockquote>…</blockquote> and, below, what was typed
        return "" if element.find("blockquote") is not None and "forward" not in classes else "qc"
    barred = tag == "div" and _BAR.search(style) and re.search(r"padding|margin", style)
    return "qc" if barred else ""


def _blockquote(element: etree._Element, classes: str, style: str) -> str:
    """A program's quotation, a person's, or Gmail's way to indent."""
    if element.get("type") == "cite" or _QUOTE_CLASS.search(classes) or _BAR.search(style):
        return "qc"
    return "" if _INDENT.search(style) else "q"
