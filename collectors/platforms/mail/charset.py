"""Bytes of a mail into text when the label lies: UTF-8 called Latin-1, windows-1251 called Latin-1, no label at all.

A label is believed when the bytes agree with it. Cyrillic gives itself away: in the one-byte encodings nearly every
letter is a high byte, while Western languages have a few among many ASCII letters; which Cyrillic encoding it is, the
frequency of its commonest letters tells. Japanese and Chinese without a label are known by kana and by the commonest
signs.
"""

from __future__ import annotations

import codecs
import re

_ALIASES = {
    **dict.fromkeys(("ansi_x3.4", "ansi"), "cp1252"),
    **dict.fromkeys(("default", "x-unknown", "unknown-8bit", "unknown", "8bit", "binary", "utf8mb4"), "utf-8"),
    **dict.fromkeys(("utf-8-mac", "unicode", "x-user-defined"), "utf-8"),
    **dict.fromkeys(("windows1251", "win-1251", "win1251", "x-cp1251", "cp-1251"), "cp1251"),
    **dict.fromkeys(("koi8", "x-koi8-r"), "koi8-r"),
    **dict.fromkeys(("iso-8859-8-i", "iso-8859-8-e"), "iso-8859-8"),
    **dict.fromkeys(("x-sjis", "shift_jis"), "cp932"),
    **dict.fromkeys(("ks_c_5601-1987", "ks_c_5601", "euc-kr"), "cp949"),
    **dict.fromkeys(("gb2312", "gbk", "x-gbk"), "gb18030"),
    "cp-850": "cp850",
    "iso-2022-jp": "iso2022_jp_ext",
    "unicode-1-1-utf-7": "utf-7",
    "x-mac-cyrillic": "mac-cyrillic",
    "x-x-big5": "big5",
    **dict.fromkeys(("windows-874", "tis-620", "iso-8859-11"), "cp874"),
}
_WESTERN = {"cp1252", "iso8859-1", "iso8859-15", "latin_1", "ascii", "cp1250", "iso8859-2"}
_MARKS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))
_WIDE = {
    "gb18030",
    "big5",
    "cp932",
    "cp949",
    "euc_jp",
    "euc_kr",
    "shift_jis",
    "iso2022_jp_ext",
    "utf-16",
    "utf-16-le",
    "utf-16-be",
    "utf-7",
}
_KANA = re.compile("[\u3041-\u30fe]")
_HAN = re.compile(
    "[的一是不了在人有我他这這中大来來上个個们們到说說好很没沒也就您谢謝西服务務质質量价價下次还還都可以货貨東东店家快]"
)
_LATIN_AND_CYRILLIC = re.compile(r"[a-z][а-яёіїє]|[а-яёіїє][a-z]", re.IGNORECASE)
_SURE_UTF8 = 12
_CYRILLIC = ("cp1251", "koi8-r", "cp866", "iso8859-5")
_COMMON = "оеаинтсрвл"
_CLEAN = re.compile(r"[^a-z0-9_.:-]")
_SAMPLE = 20_000


def codec_name(label: str | None) -> str | None:
    """Python's name of the encoding that *label* means, or None for an unknown one."""
    if not label:
        return None
    name = _CLEAN.sub("", label.lower().strip().removeprefix("3d").strip("\"'"))
    try:
        return codecs.lookup(_ALIASES.get(name, name)).name
    except (LookupError, ValueError):
        return None


def _high_letters(data: bytes) -> float:
    """The share of high bytes among all letters of *data*."""
    high = sum(1 for byte in data if byte >= 0x80)
    low = sum(1 for byte in data if 65 <= byte <= 90 or 97 <= byte <= 122)
    return high / (high + low) if high else 0.0


def _guess_cyrillic(data: bytes) -> str:
    """The Cyrillic encoding under which the commonest letters of Russian come out most often, in lower case."""
    scores = {}
    for name in _CYRILLIC:
        text = data.decode(name, "replace")
        scores[name] = sum(text.count(letter) for letter in _COMMON) - 3 * text.count("�")
    return max(scores, key=lambda name: scores[name])


def decode(data: bytes, label: str | None = None) -> tuple[str, str]:
    """Decode *data*; returns the text (without NUL bytes) and a warning, or "" when the label held.

    Never raises; what cannot be decoded becomes U+FFFD.
    """
    text, warning = _decode(data, codec_name(label), label)
    return text.replace("\x00", ""), warning


def _decode(data: bytes, name: str | None, label: str | None) -> tuple[str, str]:
    for mark, codec in _MARKS:
        if data.startswith(mark):
            return data.decode(codec, "replace"), ""
    told = f"labelled {label}" if label else "without a label"
    if name is None or name == "utf-8" or name in _WESTERN:
        return _unclaimed(data, name, told)
    if _is_utf8(data, at_least=_SURE_UTF8 if name in _WIDE else 2):
        return data.decode("utf-8"), f"text {told} is UTF-8"
    if name in {"cp1251", "koi8-r"} and _high_letters(data[:_SAMPLE]) > 0.5:
        guess = _guess_cyrillic(data[:_SAMPLE])
        if guess != name and _clearly(data[:_SAMPLE], guess, name):
            return data.decode(guess, "replace"), f"text {told} is {guess}"
    return _strictly(data, name, told)


def _unclaimed(data: bytes, name: str | None, told: str) -> tuple[str, str]:
    """Text whose label says little: none, UTF-8, or the Western one that many programs write without looking."""
    if data.isascii() and b"\x1b$B" in data:
        return data.decode("iso2022_jp_ext", "replace"), f"text {told} is iso-2022-jp"
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError:
        return _not_utf8(data, name, told)
    return text, "" if name in {None, "utf-8"} or data.isascii() else f"text {told} is UTF-8"


def _strictly(data: bytes, name: str, told: str) -> tuple[str, str]:
    """By the label, else as UTF-8, else by the label with gaps."""
    for codec, warning in ((name, ""), ("utf-8", f"text {told} is UTF-8")):
        try:
            return data.decode(codec), warning
        except (UnicodeError, ValueError, LookupError):
            continue
    return data.decode(name, "replace"), f"text {told} has broken characters"


def _is_utf8(data: bytes, *, at_least: int) -> bool:
    """Whether *data* holds this many high bytes or more and all of them form UTF-8, which hardly happens by chance."""
    if sum(1 for byte in data[:_SAMPLE] if byte >= 0x80) < at_least:
        return False
    try:
        data.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def _guess_wide(data: bytes) -> str | None:
    """The Japanese or Chinese encoding under which *data* reads as such text, or None."""
    for name, common in (("cp932", _KANA), ("euc_jp", _KANA), ("gb18030", _HAN), ("big5", _HAN)):
        try:
            text = codecs.getincrementaldecoder(name)().decode(data)  # a sample may end within a character
        except UnicodeDecodeError:
            continue
        wide = sum(1 for letter in text if letter >= "\u3000")
        if wide and len(common.findall(text)) >= 0.25 * wide:
            return name
    return None


def _clearly(data: bytes, guess: str, name: str) -> bool:
    """Whether *guess* gives twice as many common lower-case letters as the label's encoding."""
    ours, theirs = data.decode(guess, "replace"), data.decode(name, "replace")
    return sum(map(ours.count, _COMMON)) > 2 * sum(map(theirs.count, _COMMON))


def _not_utf8(data: bytes, name: str | None, told: str) -> tuple[str, str]:
    text = data.decode("utf-8", "replace")
    if name == "utf-8" and text.count("�") * 20 < sum(1 for byte in data if byte >= 0x80):
        return text, f"text {told} has broken characters"
    if _high_letters(data[:_SAMPLE]) > 0.5:
        wide = _guess_wide(data[:_SAMPLE]) if name in {None, "utf-8"} else None
        guess = wide or _guess_cyrillic(data[:_SAMPLE])
        decoded = data.decode(guess, "replace")
        if wide or 2 * len(_LATIN_AND_CYRILLIC.findall(decoded)) <= len(decoded.split()):
            return decoded, f"text {told} is {guess}"
    western = name if name in _WESTERN and name != "ascii" else "cp1252"
    warning = "" if western == name else f"text {told} was read as {western}"
    return data.decode(western, "replace"), warning
