"""Writes words that mix Latin and Cyrillic letters in one alphabet again ("хoрoший" typed with Latin o).

People type them by mistake and spammers on purpose, and to every model they would be unknown words. A word is only
touched when its letters that exist in one alphabet alone all belong to the same one.
"""

import re

_LATIN, _CYRILLIC = "aceopxykmhtbinACEOPXYKMHTBIN", "асеорхукмнтвіпАСЕОРХУКМНТВІП"
_TO_CYRILLIC = str.maketrans(_LATIN, _CYRILLIC)
_TO_LATIN = str.maketrans(_CYRILLIC, _LATIN)
_MIXED = re.compile(r"[A-Za-z][\u0400-\u04FF]|[\u0400-\u04FF][A-Za-z]")
_WORD = re.compile(r"[A-Za-z\u0400-\u04FF]+")


def unmixed(text: str) -> str:
    """Give *text* with its mixed words in one alphabet; the length stays."""
    return _WORD.sub(_one_alphabet, text) if _MIXED.search(text) else text


def _one_alphabet(match: re.Match[str]) -> str:
    word = match.group()
    if not _MIXED.search(word):
        return word
    only_latin = any(letter < "\u0400" and letter not in _LATIN for letter in word)
    only_cyrillic = any(letter >= "\u0400" and letter not in _CYRILLIC for letter in word)
    if only_latin == only_cyrillic:
        return word
    return word.translate(_TO_LATIN if only_latin else _TO_CYRILLIC)
