"""Names of authors out of lines like "Reviewed by Ann from Leeds on 5 May", and the shop's answer out of its box."""

from __future__ import annotations

import re
from collections.abc import Collection
from datetime import UTC, datetime

from collectors.platforms.page import dates, hints
from collectors.platforms.page.tree import Element, attribute, elements, names_of, one_line, text_of, word_set

_PREFIX = re.compile(
    r"^(?:(?:review(?:ed)?|written|posted|submitted|published|added|"
    r"comment(?:ed)?)\s{1,3}(?:on\s{1,3})?(?:by)?\b|by\b|author\b|name\b|from\b|"
    r"автор(?: отзыва)?\b|имя\b|пользователь\b|от\b|von\b|par\b|autor\b|написал(?:а|\(а\))?\b|оставил(?:а|"
    r"\(а\))?\b)[\s:,–—-]{1,5}",
    re.IGNORECASE,
)
_BY = re.compile(r"(?:^|[\s,;·|(])(?:by|от|von|par|por|автор)[\s:]{1,3}(?P<name>[^,;|·()\n]{2,60})", re.IGNORECASE)
_FROM = re.compile(r"\s{1,3}(?:from|из г\.|из города|из|г\.|aus)\s{1,3}[A-ZА-ЯЁÄÖÜ].{0,60}$")
_SAID = re.compile(
    r"\s{0,3}(?:wrote|says|said|writes|пишет|написала?|сказала?|schrieb|a écrit|escribió)\s{0,2}:?$|"
    r"\s{0,2}\((?:\d{1,6}|guest|гость)\)$"
    r"|\s{1,3}(?:on|posted on|dated?|в|le|am|el|em|il|op|w dniu|reviewed|review)$"
    r"|\s{0,3}(?:verified (?:buyer|purchase|customer|"
    r"reviewer)|проверенн\w{2,3} покупател\w)$",
    re.IGNORECASE,
)
_NO_NAMES = word_set(
    "reviewed review posted written submitted published date author name from by on опубликовано добавлено написано "
    "отзыв автор дата имя оставлен more report share"
)
_LABELS = word_set(
    "пользователь автор покупатель имя гость клиент user author reviewer name customer guest by from nutzer auteur"
)
_OFFICE = re.compile(
    r"^(?:магазина|продавца|компании|владельца|администрации|администратора|организации|заведения"
    r"|представителя(?: \w+)?"
    r"|отеля|сервиса|бренда|производителя|поддержки|owner|seller|store|shop|company|manager|management|hotel|business"
    r"|property|developer|support|team|merchant)$",
    re.IGNORECASE,
)
_EDGES = ' \t\n,;:|·•–—-()[]"«»'
NOW = datetime(2100, 1, 1, tzinfo=UTC)


def name_in(text: str) -> str:
    """The name that a short text about an author holds, or the empty string."""
    lines = text.strip().split("\n", 2)
    label = lines[0].strip().lower().rstrip(":") in _LABELS and len(lines) > 1
    first = one_line(lines[1 if label else 0], 200)
    by = _BY.search(first)
    name = by.group("name") if by else first
    for _ in range(3):
        found = dates.find(name, now=NOW)
        if not found or found[1][0] == found[1][1]:
            break
        name = (name[: found[1][0]] + " " + name[found[1][1] :]).strip(_EDGES)
    for _ in range(3):
        shorter = _SAID.sub("", _FROM.sub("", _PREFIX.sub("", name.strip(_EDGES)))).strip(_EDGES)
        if shorter == name:
            break
        name = shorter
    return one_line(name, 100) if any(char.isalnum() for char in name) and name.lower() not in _NO_NAMES else ""


def date_texts(element: Element, *, skip: Collection[Element] = ()) -> list[str]:
    """All that an element says about when: the machine's form first."""
    texts: list[str] = []
    for number, inner in enumerate(elements(element)):
        if number > 20:
            break
        if inner in skip:
            continue
        texts += [
            attribute(inner, name)
            for name in ("datetime", "content", "data-date", "data-time", "data-timestamp", "data-datetime", "title")
            if inner.get(name)
        ]
    shown = one_line(text_of(element, skip=skip, limit=300), 300)
    # A title is often the exact time where the page shows "3 days ago"; but only if it is a time.
    return [text for text in texts if any(char.isdigit() for char in text)] + ([shown] if shown else [])


def reply_of(element: Element, *, now: datetime, order: dates.Order | None) -> dict[str, str] | None:
    """The shop's answer: its words, who signs it and when."""
    found: dict[str, str] = {}
    skip: set[Element] = set()
    for number, inner in enumerate(elements(element)):
        if number > 200:
            break
        if inner is element or inner.getparent() in skip:
            if inner is not element:
                skip.add(inner)
            continue
        shown = one_line(text_of(inner, limit=200), 200)
        if shown and len(shown) <= 120 and _is_around(inner, shown, found, now, order):
            skip.add(inner)
    text = text_of(element, skip=skip)
    first, _, rest = text.partition("\n")
    if rest and hints.REPLY_HEAD.match(first.lower()):
        found.setdefault("author", _who(first))
        text = rest
    return {"text": text, **{name: value for name, value in found.items() if value}} if text else None


def _is_around(element: Element, shown: str, found: dict[str, str], now: datetime, order: dates.Order | None) -> bool:
    """Whether a part of an answer is its date, its signature or a button; what it says goes into *found*."""
    names, low = names_of(element), shown.lower()
    if "at" not in found and (element.tag == "time" or len(shown) <= 60):
        stated = (dates.parse(text, now=now, order=order) for text in date_texts(element) if _mostly_date(text, now))
        moment = next((one for one in stated if one), None)
        if moment:
            found["at"] = dates.iso(moment)
            return True
    if hints.REPLY_HEAD.match(low):
        found["author"] = found.get("author") or _who(shown)
        return True
    if (
        not found.get("author")
        and hints.AUTHOR.search(names)
        and not hints.NOT_AUTHOR.search(names)
        and len(shown) <= 60
    ):
        found["author"] = name_in(shown)
        return True
    return bool(hints.MORE.match(low) or hints.NOISE_LINE.match(low))


def _mostly_date(text: str, now: datetime) -> bool:
    found = dates.find(text, now=now)
    return found is not None and (found[1][1] - found[1][0]) * 2 >= len(text.strip())


def _who(heading: str) -> str:
    """The name after "Response from" or "Ответ": nothing when it is only what the answerer is."""
    match = re.match(
        r"^.{0,40}?(?:response|reply|answer|comment)\s(?:from|by|of)\s(?:the\s)?(.{2,60}?)[\s:,]{0,3}$|"
        r"^(?:официальный )?ответ\s(?:от\s)?(.{2,60}?)[\s:,]{0,3}$",
        heading,
        re.IGNORECASE,
    )
    name = next((group for group in match.groups() if group), "") if match else ""
    if _OFFICE.match(name):
        return ""
    found = dates.find(name, now=NOW)
    return one_line((name[: found[1][0]] if found else name).strip(_EDGES), 100)
