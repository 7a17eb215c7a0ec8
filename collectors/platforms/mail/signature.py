"""Where a typed text stops being a text: signature delimiters, device lines, disclaimers, contact data.

A sign-off with its name ("Regards, Roman") is something a person typed and stays in the text; what a program put
there (device lines, blocks below ``-- ``, legal notices, mailing-list footers) goes. The block as a whole, sign-off
included, is told as the mail's signature.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache

import msgspec

from collectors.platforms.mail.lines import Line
from collectors.platforms.mail.markers import alternatives, phrases

_DELIMITERS = {"--", "—", "–", "__"}
_RULE = re.compile(r"^\W{0,2}(?:[-_=—–~*.•·#+]{2,}|(?:[-_=~*.•·] ){2,200}[-_=~*.•·])\W{0,2}$")
_CONTACT = re.compile(
    r"@[\w-]+\.\w|https?://|www\.\w|(?<![\d])\+?\(?\d[\d ().\-–]{6,40}\d"
    r"|(?<!\w)(?:тел|моб|phone|tel|mobile|fax|cell|факс|телефон|skype|telegram)\b"
)
_LIST = re.compile(r"mailing list|mailman/listinfo|@lists?\.|groups\.google\.com|googlegroups|yahoogroups")
_DEVICE = re.compile(  # what names a device or a mail program
    r"iphone|ipad|ipod|android|samsung|galaxy|huawei|xiaomi|redmi|\bhonor\b|\bpoco\b|realme|nokia|\bhtc\b|xperia"
    r"|\bsony\b|motorola|\bmoto\b"
    r"|blackberry|\bwiko\b|pixel|oneplus|outlook|hotmail|\bmail\b|\bgmail\b|inbox|mailbox|yahoo|\baol\b|windows|\bmac\b|macbook|phone|fon\b|mobil"
    r"|handheld|tablet|\bhandy\b|téléphone|tel[eé]fon|móvil|dispositivo|cellulare|телефон|смартфон|планшет|устройств|\bпочт|мобильн"
    r"|яндекс|yandex|mail\.ru|рамблер|proton|thunderbird|\bgmx\b|web\.de|\bspark\b|airmail|mailspring|nylas|\bapp\b|\bdevice\b|wireless"
    r"|typeapp|verizon|t-mobile|at&t|\b[45]g\b|\blte\b|\btreo\b|\bpalm\b|\bedge\b|приложен|додатк|пристро|iphonu|myphone|手机|手機|ポスト|スマート|bluemail|poczta|самсунг|网易|邮箱|小米|华为"
)
_EXCUSE = re.compile(
    r"excuse|brevity|typo|autocorrect|auto-correct|pardon|forgive|опечат|краткост|tippfehler|fautes|errores"
)
_MOBILE = re.compile(r"^[^\W\d_]{2,20} from (?:my |a )?(?:mobile|phone|cell|iphone)$")
_PROGRAM = re.compile(
    r"^(?:sent (?:from|via|with|using)|отправлено (?:от|из|через)) (?:front|hey|blue|superhuman(?: \w+)?|bluemail)$"
)
_UNNAMED = re.compile(r"^sent from (?:my|a|an|the) (?:[^\s,.!?;]+ ?){1,6}$")
_OUTSIDE = re.compile(
    r"external|outside|sender|attachment|links?\b|внешн|отправител|вложени|ссылк|сторонн|зовнішн|extern|absender|anhäng|expéditeur"
    r"|pièces jointes|remitente|adjuntos"
)
_LEGAL = re.compile(
    r"confiden|privileg|intended|recipient|disclos|unauthori|virus|environment|print|конфиденц|адресат|получател|предназнач|вирус"
    r"|оферт|печат|природ|одержувач|vertraul|empfänger|viren|adressat|destinat|addetto|riservat|diffus|vertrouwel|ontvanger"
    r"|geadresseerd|poufn|adresat|wirus|důvěrn|příjemc|dôvern|konfidenti|mottag|fortrolig|modtag|luottamuks|vastaanott|bizalmas"
    r"|címzett|gizli|alıcı|εμπιστευτ|παραλήπτ|povjerljiv|поверител|konfidentsiaal|保密|机密|机構|機密"
)
_LINK = re.compile(r"[<\[(]?(?:https?://|www\.)[^\s>\])]*[>\])]?")
_LEAD = re.compile(r"^[^\w]+")
_NAME = re.compile(r"^[^\W\d_][\w.'’-]*(?: [\w.'’-]+){0,3}[.,]?$")
_DASH_NAME = re.compile(r"^\s*[-–—~/]{1,2} ?([^\W\d_]+(?:[ .'’-]{1,2}[^\W\d_]+){0,3})\.?\s*$")
_POSTSCRIPT = re.compile(r"^(?:p\.? ?s\.?|з\.? ?ы\.?|постскриптум)(?:[\s:.,]|$)")
_DASHES = re.compile(r"^\s*[-–—]{1,}\s*$")
MAX_TAIL = 30
"""Lines of a signature at most; below a longer one the delimiter is taken for a rule within the text."""


class Cut(msgspec.Struct, frozen=True):
    """From which line on a segment is no longer typed text, and how sure that is (0-1)."""

    at: int
    confidence: float = 1.0
    warning: str = ""


@lru_cache(maxsize=1)
def _patterns() -> dict[str, re.Pattern[str]]:
    return {
        "device": re.compile(rf"^(?:{alternatives(phrases('sent_from'))})(?P<rest>.*)$"),
        "device_end": re.compile(rf"(?:{alternatives(phrases('sent_from_end'))})[.!]?$"),
        "disclaimer": re.compile(rf"^[\W_]{{0,20}}(?:{alternatives(phrases('disclaimer'))})"),
        "footer": re.compile(rf"^[\W_]{{0,20}}(?:{alternatives(phrases('footer'))})"),
        "external": re.compile(rf"^\W{{0,6}}(?:{alternatives(phrases('external'))})"),
        "signoff": re.compile(
            rf"^\W{{0,2}}(?:{alternatives(phrases('signoff'))})"
            rf"(?:[\s,.!\-–—:;)]*$|\s?[,!.\-–—]\s?[^\W\d_][\w .'’-]{{0,30}}$)"
        ),
    }


def is_device_line(row: Line) -> bool:
    """Whether a mail program wrote this line about itself ("Sent from my iPhone", "Отправлено из Почты Mail.ru")."""
    low = _LEAD.sub("", _LINK.sub("", row.low)).strip(" .*_]>)")
    if not (6 if low.isascii() else 3) < len(low) <= 160 or len(low.split()) > 14:
        return False
    if _MOBILE.match(low) or _PROGRAM.match(low):
        return True
    found = _patterns()["device"].match(low)
    if found:
        rest = found.group("rest")
        if _UNNAMED.match(low) and not row.low.endswith((".", "!", "?")):
            return True
        # the device is named before the sentence goes on: "Sent from my desk, it is easier than my phone" is typed
        named = _DEVICE.search(low[: found.start("rest")] + rest.split(",")[0])
        return named is not None and (not re.search(r"[.!?;] \w", rest) or _EXCUSE.search(rest) is not None)
    return bool(_patterns()["device_end"].search(low)) and bool(_DEVICE.search(low))


def is_program_line(row: Line) -> bool:
    """Whether no person typed this line: a device line, or one that HTML marks as signature."""
    return row.mark == "signature" or is_device_line(row)


def is_signoff(row: Line) -> bool:
    """Whether the line is a closing formula, alone or with a name behind it."""
    return len(row.low) <= 60 and bool(_patterns()["signoff"].match(row.low))


def skip_notice(rows: Sequence[Line]) -> int:
    """How many lines at the top are a gateway's warning about outside senders, a device line or PGP's; 0 for none."""
    index = next((i for i, row in enumerate(rows) if not row.empty), len(rows))
    if index == len(rows):
        return 0
    if is_device_line(rows[index]):
        end = index + 1
    elif rows[index].low.startswith("-----begin pgp signed message"):
        end = next((i for i in range(index, len(rows)) if rows[i].empty), index)
    elif _patterns()["external"].match(rows[index].low):
        end = next((i for i in range(index, len(rows)) if rows[i].empty), len(rows))
        if not _OUTSIDE.search(" ".join(row.low for row in rows[index:end][:8])):
            return 0
    else:
        return 0
    return end if any(not row.empty for row in rows[end:]) else 0


def find_cut(rows: Sequence[Line], *, may_vanish: bool = False) -> Cut:
    """From where on *rows* are signature, device line, disclaimer or footer.

    Args:
        rows: One segment of typed lines.
        may_vanish: The segment stands below a quotation, so that all of it may be a signature.
    """
    cut = Cut(len(rows))
    for _ in range(6):
        again = _one_cut(rows[: cut.at], may_vanish=may_vanish)
        if again is None:
            break
        cut = Cut(again.at, min(cut.confidence, again.confidence), again.warning or cut.warning)
    return cut


def _one_cut(rows: Sequence[Line], *, may_vanish: bool) -> Cut | None:
    """The first line from which on all is signature, device line, disclaimer or footer."""
    filled = [i for i, row in enumerate(rows) if not row.empty]
    fenced = False
    if filled and all(is_program_line(rows[i]) for i in filled):
        return Cut(0, 0.9)
    for position, index in enumerate(filled):
        if rows[index].clean.startswith("```"):
            fenced = not fenced
        if fenced or (position == 0 and not may_vanish):
            continue
        cut = _cut_here(rows, index, filled[position + 1 :][: MAX_TAIL + 1])
        if cut is not None:
            return cut
    return _contact_block(rows, filled)


def _cut_here(rows: Sequence[Line], index: int, below: Sequence[int]) -> Cut | None:
    """Whether the cut comes at line *index*; *below* are the filled lines under it, one more than a tail may have."""
    row, tail = rows[index], [rows[i] for i in below]
    if row.mark == "signature":
        return Cut(index, 0.95)
    if is_device_line(row):
        if len(tail) > 4 and not any(_is_notice(tail[i:]) for i in range(len(tail))):
            return Cut(index, 0.7, "text below a device line was taken for a quotation")
        return Cut(index, 0.97)
    if len(tail) > MAX_TAIL:
        return None
    mark = row.text.strip()
    cut = None
    if mark in _DELIMITERS:
        cut = Cut(index, 0.95)
    elif _is_notice([row, *tail]):
        cut = Cut(_above_rule(rows, index), 0.9)
    elif _RULE.match(row.clean) and len(tail) <= 15 and _footer(rows[:index], tail):
        cut = Cut(index, 0.85)
    return cut


def _is_notice(rows: Sequence[Line]) -> bool:
    """Whether these lines begin with a mailing list's footer, or with a disclaimer and speak as lawyers do."""
    if _patterns()["footer"].match(rows[0].low):
        return True
    return bool(_patterns()["disclaimer"].match(rows[0].low)) and bool(
        _LEGAL.search(" ".join(row.low for row in rows[:6]))
    )


def _above_rule(rows: Sequence[Line], index: int) -> int:
    """*index*, or the index of the rule drawn right above it."""
    above = index - 1
    while above > 0 and rows[above].empty:
        above -= 1
    return above if above > 0 and _RULE.match(rows[above].clean) else index


def _contact(tail: Sequence[Line]) -> bool:
    return any(_CONTACT.search(row.low) or _LIST.search(row.low) for row in tail)


def _footer(above: Sequence[Line], tail: Sequence[Line]) -> bool:
    """Whether what stands below a rule is a footer: contact data, or short lines below a sign-off."""
    if any(_RULE.match(row.clean) for row in tail[:-1]) and not _contact(tail):
        return False
    if not tail:
        return True
    if _contact(tail):
        return len(tail) <= 10 and sum(len(row.clean) for row in tail) <= 500
    brief = len(tail) <= 4 and all(len(row.clean) <= 40 and not row.clean.endswith((".", "!", "?")) for row in tail)
    if brief and (_is_name(tail[0]) or is_signoff(tail[0])):
        return True
    last = [row for row in above if not row.empty][-3:]
    return any(is_signoff(row) for row in last) and all(len(row.clean) <= 90 for row in tail)


def _contact_block(rows: Sequence[Line], filled: Sequence[int]) -> Cut | None:
    """Contact data below "Regards, / Name": sign-off and name stay."""
    for position in range(max(2, len(filled) - 10), len(filled)):
        name = rows[filled[position - 1]]
        rest = [rows[i] for i in filled[position:]]
        if is_signoff(rows[filled[position - 2]]) and _NAME.match(name.clean) and not is_signoff(name):
            short = all(len(row.clean) <= 90 for row in rest)
            return Cut(filled[position], 0.85) if short and _contact(rest) else None
    return None


def find_card(rows: Sequence[Line]) -> int | None:
    """The line of a name that closes the text over contact data, in a paragraph of its own, without any sign-off.

    Nothing but the layout tells such a visiting card from typed lines, so it is told as signature and left in the text.
    """
    filled = [i for i, row in enumerate(rows) if not row.empty]
    for position in range(max(1, len(filled) - 9), len(filled) - 1):
        index = filled[position]
        rest = [rows[i] for i in filled[position + 1 :]]
        if rows[index - 1].empty and _is_name(rows[index]) and _contact(rest) and all(map(_is_card_line, rest)):
            return index
    return None


def _is_name(row: Line) -> bool:
    words = row.clean.rstrip(".,").split()
    return 0 < len(words) <= 4 and all(_capital(word) for word in words) and not is_signoff(row)


def _capital(word: str) -> bool:
    """Whether a word begins with a capital, or with a letter of a script that has none."""
    return word[0].isalpha() and not word[0].islower()


def _is_card_line(row: Line) -> bool:
    return len(row.clean) <= 60 and not row.clean.endswith((".", "!", "?", ";"))


def signature_block(rows: Sequence[Line]) -> str:
    """The block with which a text closes, from its sign-off, dash or device line on; "" when there is none.

    Only the last twelve lines count, never the first one, and nothing above a long line (over 70 code points).
    """
    filled = [i for i, row in enumerate(rows) if not row.empty]
    candidates = filled[1:][-12:]
    long = [i for i in candidates if len(rows[i].clean) > 70 and not _is_notice([rows[i]])]
    short = [i for i in candidates if not long or i > long[-1]]
    start = next((i for i in short if _closes(rows[i])), None)
    if start is None:
        return ""
    end = next((i for i in filled if i > start and _POSTSCRIPT.match(rows[i].low)), len(rows))
    return "\n".join(row.text for row in rows[start:end]).strip()


def _closes(row: Line) -> bool:
    """Whether a signature may begin on this line."""
    if row.mark == "signature" or is_signoff(row) or _DASHES.match(row.text) or is_device_line(row):
        return True
    name = _DASH_NAME.match(row.text)
    return name is not None and name.group(1)[0].isupper()
