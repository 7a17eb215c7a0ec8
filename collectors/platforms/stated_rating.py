"""A rating that somebody states in words: "5", "4/5", "5 звёзд", "★★★★☆", "четыре из пяти", "оценка 4".

Answers by mail and SMS carry no star widget, yet many begin with the number that was asked for. A number is a rating
only when its surroundings say so: a scale, stars, a word such as "rating", or nothing else on its line. Numbers that
count things, name days, hours or prices are left alone, and so is a text that states two different ratings.
"""

from __future__ import annotations

import re
import unicodedata

from schemas.events import Rating

MAX_TEXT = 5_000
"""Code points that are searched."""

_NUMERALS = {
    0: "ноль zero",
    1: "один одна одну единица единицу кол one",
    2: "два две двойка двойку two",
    3: "три тройка тройку троечку three",
    4: "четыре четверка четверку четверочку four",
    5: "пять пятерка пятерку пятерочку five",
    6: "шесть six",
    7: "семь seven",
    8: "восемь eight",
    9: "девять nine",
    10: "десять десятка десятку ten",
}
_WORDS = {word: value for value, words in _NUMERALS.items() for word in words.split()}
_OF_WORDS = {"пяти": 5, "десяти": 10, "ста": 100, "five": 5, "ten": 10, "hundred": 100}
_MARKS = "|".join(word for word in _WORDS if word == "кол" or word.endswith(("ица", "ицу", "ка", "ку")))
_N = r"(?<![\d.,/:+\-№#$€£₽])(?P<n>\d{1,3}(?:[.,]\d{1,2})?)"
_NL = r"(?<![\d.,/+№#$€£₽])(?P<n>\d{1,3}(?:[.,]\d{1,2})?)"
_WORD = rf"(?<!\w)(?P<w>{'|'.join(sorted(_WORDS, key=len, reverse=True))})(?!\w)"
_NW = rf"(?:{_N}|{_WORD})"
_STAR_WORD = (
    r"(?:звезд(?:а|ы|у|очек|очки|очка|очку)?|зірок|зірк[иау]|stars?|sterne?n?|étoiles?|estrellas?|estrelas?|stelle|sterren"
    r"|gwiazd(?:ki|ek|ka)|yıldız|hvězd(?:y|iček|ičky)?)(?!\w)"
)
_POINT_WORD = r"(?:балл(?:а|ов|ами)?|points?|punkte?|puntos|punti|pontos|пункт(?:а|ов))(?!\w)"
_PLACE = (
    r"(?:отел\w*|гостиниц\w*|hotel\w*|resort\w*|hostel\w*|хостел\w*|апартамент\w*|restaurant\w*|ресторан\w*|коньяк\w*"
    r"|cognac|brandy)"
)
_DENIED = re.compile(
    r"(?:(?:\bне|\bnot|\bnever|n't)(?: (?:give|rate|deserve|worth|get|могу|буду|дам|дать|ставлю|поставлю|поставил[аи]?"
    r"|поставить|заслужива\w+|тян\w+ на|стоит))*"
    r"|вместо|instead of|кроме|except|хотел(?:а|и|ось)?(?: бы)?(?: поставить| дать)?"
    r"|could(?: have)?(?: given?| give)?|would have(?: given?)?|should have|was|были? бы|было бы|was going to give"
    r"|ожидал\w*|expected|снима\w+|снял\w*"
    r"|убрал\w*|убавил\w*"
    r"|took(?: off)?|take off|taking off|removed|deduct\w*|lost|до|up to|от|from|minus|минус|меньше"
    r"|less than|более|more than)"
    r"\s(?:it |this |them |you |вам |ей |ему |a |all |все |на )?$"
)
_OTHERS = re.compile(r"^ ?-?(?:reviews?|ratings?|отзыв\w*|оцен\w+)\b")
_CONDITION = re.compile(
    r"^ ?(?:stars?|звезд\w*|/ ?5|/ ?10)?,? (?:but|if|except|however|only|because it|но|если|однако)\b"
)
_AFTER_OK = re.compile(
    r"^\s*(?:$|[^\w\s]|\n|(?:за|по|но|и|а|так|потому|только|если|от|всем|вам|рекоменд\w+|спасибо|отлично|супер|однозначно"
    r"|очень|все|for|because|but|and|would|from|as|if|just|only|to|so|in|on|overall|with|due|recommend\w*|thanks?|great"
    r"|excellent|easily|i|we|the|my|it|und|weil|für|mais|pour|pero|por|звезд\w*|stars?|балл\w*|points?|возможных|possible"
    rf"|максимум)(?!\w)|(?:из-за|так как)(?!\w)|{_STAR_WORD}|{_POINT_WORD})"
)
_COUNTED_AFTER = re.compile(
    r"^\s*(?:%|°|(?:руб|р\.|₽|\$|€|£|usd|eur|rub|тыс|тысяч|k\b|км|м\b|мм|см|кг|г\b|гр|л\b|мл|шт|дн|день|дня|дней|час|мин|сек"
    r"|недел|месяц|год|лет|раз|комнат|человек|людей|товар|заказ|штук|позици|day|hour|min|sec|week|month|year|times?\b|people"
    r"|items?|orders?|rooms?|things?|pieces?|km|kg|cm|mm|gb|mb|of\b|части|часть|доля)\w*)"
)
_DATE_BEFORE = re.compile(
    r"(?:\bon|\bby|\buntil|\bsince|\bdated?|\bfrom|\bto|\bat|\bam|\ble|\bel|\bдо|\bс|\bк|\bот|\bпо|\bчисла?)\s$"
)
_TIME_AFTER = re.compile(r"^\s*(?:в|at|um|à|a las|о)?\s*\d{1,2}[:.]\d\d")

_STARS = re.compile(r"[★⭐🌟✭✮✯☆✩][★⭐🌟✭✮✯☆✩\ufe0f\u200d ]{0,40}")
_STAR_NUMBER = re.compile(rf"{_N} ?[★⭐🌟](?! ?[★⭐🌟☆])|(?<![★⭐🌟☆])[★⭐🌟] ?{_N.replace('P<n>', 'P<m>')}(?![\d★])")
_HAN_DIGITS = {"一": 1, "二": 2, "两": 2, "三": 3, "四": 4, "五": 5}
_HAN_STARS = re.compile(
    r"(?<![\d一二三四五])([1-5一二两三四五])[颗つ]?(?:星|つ星)(?!级|級|酒店|ホテル)|星(?:は|が)?([1-5一二三四五])つ?(?!\d)"
)
_NOT_MINE = re.compile(
    r"(?:не|not|n't|would have|could|(?:^|\W)(?:у (?:них|вас)|их|ваш|their|its|your|whose)(?: \w+)?) $"
)
_OF_BEFORE = re.compile(r"(?: из|out of| of| von| sur| su| de| em| z|/) ?$")
_FRACTION = re.compile(rf"{_N} ?[/\\] ?(?P<m>5|10|100)(?![\d/.:]\d|[\d/%])")
_OF = re.compile(
    rf"{_NW} ?(?:-?(?:х|ка|ку))? ?(?:балл\w* |звезд\w* |stars? |points? |\* )?"
    r"(?:из|out of|з|von|sur|su|de|em|av|af|z|of|na|van(?: de)?)"
    rf" (?:возможных |a possible |possible )?(?:(?P<m>5|10|100)(?![\d.,]*\d)|(?P<mw>{'|'.join(_OF_WORDS)})(?!\w))"
)
_FULL_MARKS = r"[満满滿]分(?:は|是|为|為)? ?"
_SCALE_FIRST = re.compile(
    r"(?<![\d.,/])(?P<m>5|10|100) ?(?:üzerinden|点満点中|点満点で|点中|分中) ?"
    r"(?P<n>\d{1,3}(?:[.,]\d{1,2})?)(?![\d.,]*\d)"
    rf"|{_FULL_MARKS}(?P<m2>5|10|100) ?[分点點]?[^\d\n]{{0,6}}(?P<n2>\d{{1,3}}(?:[.,]\d{{1,2}})?) ?[分点點]"
)
"""Languages that say the scale before the number: "5 üzerinden 3", "5点中3点", "满分5分,我给3分"."""
_SCALE_BEHIND = re.compile(
    rf"(?<![\d.,/])(?P<n>\d{{1,3}}(?:[.,]\d{{1,2}})?) ?[分点點] ?[(（,，、 ] ?{_FULL_MARKS}(?P<m>5|10|100)(?!\d)"
)
_STARRED = re.compile(rf"{_NW}(?:-?(?:х|ти|и))?[ -]?{_STAR_WORD}")
_POINTED = re.compile(rf"{_NW} ?{_POINT_WORD}")
_LABEL = re.compile(
    r"(?<!\w)(?:оценк[аиуе]|рейтинг|rating|rate(?: (?:it|this|you|them|us|the \w{1,20}))?(?: as)?(?: an?)?"
    r"|rated(?: it)?|score|grade|bewertung|note|nota|calificación|puntuación|voto|балл|оценива(?:ю|ем)|оценил(?:а|и)?"
    r"|став(?:лю|им)|постав(?:лю|им|ил|ила|или|ьте)|give (?:it|this|you|them|the \w{1,20}|that)(?: an?)?"
    r"|(?:i'd|i would|i|we|i'll) give(?: an?)?|giving(?: \w{1,20})?(?: an?)?|заслуживает|моя|тверд\w{1,4}"
    r"|(?:a )?solid|итого?"
    r"|заслуженн\w{1,4}|оцінк[аиу]|ocen[aęy]|ocena|cijfer|puan[ıi]?m?|nps|评分|打分|評分|評価|평점|별점)"
    r"(?: ?(?:[:=—–-]|is|на|в|как|as|of|an?|моя|мою|вам|общая|за \w{1,20}|по \w{1,20}|ist|est|es|è|é|тверд\w{1,4}))"
    r"{0,3} ?"
    rf"[:\uff1a=—–\"«'(]{{0,2}} ?(?:{_NL}|{_WORD})"
    rf"(?: ?(?:/|из|out of|of|von|sur) ?(?P<m>5|10|100)(?!\d)| ?(?:из|out of) (?P<mw>{'|'.join(_OF_WORDS)})(?!\w))?"
)
_MARKED = re.compile(
    r"(?<!\w)(?:на|тверд\w+|заслуженн\w+|став\w+|постав\w+|оценк\w+|моя|вам|слаб\w+|крепк\w+|жирн\w+)[ :—–-]{1,3}"
    rf"(?P<w>{_MARKS})(?!\w)"
)
_ALONE = re.compile(
    rf"^\W{{0,6}}(?:на )?(?:(?P<n>10|\d(?:[.,]\d{{1,2}})?)|(?P<w>{'|'.join(sorted(_WORDS, key=len, reverse=True))}))"
    r"[+\-]?"
    rf"(?! ?[%$€₽])(?: ?(?:\*|分|с плюсом|с минусом|plus|minus))?\W{{0,12}}$"
)
_LEADING = re.compile(r"^\W{0,4}(?P<n>10|[1-9](?:[.,]\d)?)[+\-]?(?: ?\*)?(?:[,!;:] ?| ?[—–-] |\. )(?=[^\W\d_])")


_TRAILING = re.compile(
    r"\w{4,}[»\"')]?[,.!;…]+ (?:[—–-] )?(?P<n>10|[1-5])(?:[+!.]{0,3})$|\w{4,} [—–-] (?P<m>10|[1-5])[+!.]{0,3}$"
)
_SHORT = 80


def stated_rating(text: str) -> Rating | None:
    """The one rating that *text* states, with its scale, or None.

    Without a stated scale a number up to 5 is on 1-5, one from 6 to 10 on 1-10. Two different ratings are none.
    """
    text = _prepare(text)
    if not text:
        return None
    for group in (_labelled, _scaled):
        found = group(text)
        if found:
            return found[0] if len({(r.value, r.best) for r in found}) == 1 else None
    return _alone(text)


def _prepare(text: str) -> str:
    text = text[:MAX_TEXT].replace("\u20e3", "").replace("’", "'").replace("\r\n", "\n").replace("\r", "\n")
    text = text.lower().replace("ё", "е")
    text = "".join(
        str(unicodedata.digit(c)) if c.isdigit() and not c.isascii() and unicodedata.digit(c, -1) >= 0 else c
        for c in text
    )
    return re.sub(r"[ \t\u00a0\u202f]{1,}", " ", text.replace("\ufe0f", "")).strip()


def _value(found: re.Match[str]) -> float:
    groups = found.groupdict()
    number, word = groups.get("n"), groups.get("w")
    return float(number.replace(",", ".")) if number else float(_WORDS[word or "ноль"])


def _best(found: re.Match[str]) -> float | None:
    groups = found.groupdict()
    if groups.get("m"):
        return float(groups["m"])
    return float(_OF_WORDS[groups["mw"]]) if groups.get("mw") else None


def _rating(value: float, best: float | None) -> Rating | None:
    """A rating on the stated scale, or on 1-5 or 1-10 by its size."""
    if best is None:
        best = 5.0 if 1 <= value <= 5 else 10.0
    if not 0 <= value <= best:
        return None
    return Rating(value=value, best=best, worst=0.0 if value < 1 or best > 10 else 1.0)


def _denied(text: str, found: re.Match[str]) -> bool:
    """Whether the words around say that this is not the rating given: "not 5 stars", "would be 5 stars, but …"."""
    before, after = text[max(0, found.start() - 60) : found.start()], text[found.end() : found.end() + 30]
    if _DENIED.search(before):
        return True
    if _OTHERS.match(after) and re.search(r"\b(?:the|these|those|all|other|see|saw|many|some)(?: \w{1,12})? $", before):
        return True
    return bool(
        _CONDITION.match(after) and re.search(r"(?:would|could|might|can be|'d|\bбы)\b", f"{before}{found.group()}")
    )


def _labelled(text: str) -> list[Rating]:
    """Ratings behind a word that announces one: "оценка 4", "I give it a 9"."""
    kept = []
    for found in _LABEL.finditer(text):
        after = text[found.end() :]
        if _COUNTED_AFTER.match(after) or not (_best(found) or _AFTER_OK.match(after)):
            continue
        value = _value(found)
        before = text[max(0, found.start() - 40) : found.start()]
        unsaid = _denied(text, found) or _NOT_MINE.search(before) or re.match(r" on (?!the whole|balance)", after)
        if unsaid or (value > 10 and not _best(found)):
            continue
        kept.append(_rating(value, _best(found)))
    kept += [_rating(_value(found), None) for found in _MARKED.finditer(text) if not _denied(text, found)]
    return [rating for rating in kept if rating]


def _scaled(text: str) -> list[Rating]:
    """Ratings that carry their scale: stars, fractions, "4 из 5", "3 stars", "9 баллов"."""
    kept = _starred_signs(text)
    for found in _FRACTION.finditer(text):
        before, after = text[max(0, found.start() - 12) : found.start()], text[found.end() :]
        if not (_DATE_BEFORE.search(before) or _TIME_AFTER.match(after) or _COUNTED_AFTER.match(after)):
            kept.append(_rating(_value(found), _best(found)))
    for found in _OF.finditer(text):
        after = text[found.end() :]
        if _AFTER_OK.match(after) and not _COUNTED_AFTER.match(after):
            kept.append(_rating(_value(found), _best(found)))
    for found in _SCALE_FIRST.finditer(text):
        value, best = found.group("n") or found.group("n2"), found.group("m") or found.group("m2")
        kept.append(_rating(float(value.replace(",", ".")), float(best)))
    kept += [_rating(_value(found), _best(found)) for found in _SCALE_BEHIND.finditer(text)]
    for found in _STARRED.finditer(text):
        value, around = (
            _value(found),
            (text[max(0, found.start() - 30) : found.start()], text[found.end() : found.end() + 20]),
        )
        hotel = (
            _OF_BEFORE.search(around[0])
            or re.search(rf"{_PLACE}(?: \w+)? ?[-—(]? ?$", around[0])
            or re.match(rf"[ -]?\w{{0,12}} ?{_PLACE}", around[1])
        )
        if (
            1 <= value <= 5
            and not hotel
            and not _denied(text, found)
            and not re.match(r" ?(?:из|out of|of) ", around[1])
        ):
            kept.append(_rating(value, 5.0))
    for found in _POINTED.finditer(text):
        value, after = _value(found), text[found.end() :]
        if (
            1 <= value <= 10
            and re.match(r"^\s*(?:$|[.,;:!?)\n]|за |из )", after)
            and not _denied(text, found)
            and not re.match(r" ?(?:из|out of) ", after)
            and not _OF_BEFORE.search(text[max(0, found.start() - 10) : found.start()])
        ):
            kept.append(_rating(value, None))
    return [rating for rating in kept if rating]


def _starred_signs(text: str) -> list[Rating | None]:
    """Ratings drawn in stars, counted ("★★★☆☆", "4★", "★4") or named in Chinese or Japanese ("五星", "星5つ")."""
    numbers = [found.group("n") or found.group("m") for found in _STAR_NUMBER.finditer(text)]
    kept = [_rating(float(number.replace(",", ".")), 5.0) for number in numbers]
    if not kept:
        kept = [_star_run(found.group()) for found in _STARS.finditer(text)]
    for found in _HAN_STARS.finditer(text):
        sign = found.group(1) or found.group(2)
        kept.append(_rating(float(_HAN_DIGITS.get(sign) or sign), 5.0))
    return kept


def _star_run(run: str) -> Rating | None:
    filled = sum(run.count(star) for star in "★⭐🌟✭✮✯")
    empty = sum(run.count(star) for star in "☆✩")
    total = filled + empty
    if not filled or total > 10 or (empty and total not in {5, 10}):
        return None
    return Rating(value=float(filled), best=5.0 if total <= 5 else 10.0, worst=1.0)


def _alone(text: str) -> Rating | None:
    """A number that is the whole text, its first or last line, or stands before the first word: "5, всё супер"."""
    lines = [row.strip() for row in text.split("\n") if row.strip()]
    for row in (lines[0], lines[-1]):
        found = _ALONE.match(row) if len(row) <= 40 else None
        if found:
            return _rating(_value(found), None)
    found = _LEADING.match(lines[0])
    listed = re.search(r"(?:^|[\n.;!?]) ?2[.)] ", text[1:])
    if found and not listed and not _COUNTED_AFTER.match(lines[0][found.end() :]):
        return _rating(_value(found), None)
    trailing = _TRAILING.search(text) if len(lines) == 1 and len(text) <= _SHORT else None
    return _rating(float(trailing.group("n") or trailing.group("m")), None) if trailing else None
