"""Text that a machine wrote: which models look for it, and when they may speak.

Two kinds of head read a text. One knows sentences that a small model strings together until they lose the thread
(Salminen et al., "Creating and detecting fake reviews of online products", JRCS 2022), the other the even, complete
and polite prose of models that follow instructions. Words, character n-grams, shapes and skeletons are read by one
linear model each, which is close to the best at this task and needs no other machine
(Solaiman et al., "Release strategies and the social impacts of language models", 2019, section 4).

A head speaks of texts in its own language only: what is rare in one is plain in another.
"""

from __future__ import annotations

NAME = "machine-text"
SURE_LANGUAGE = 0.7
"""From this probability on a text in another language is left alone."""


def heard(language: str, probability: float, text: str) -> str | None:
    """The language of the heads that may read *text*: ``en``, ``ru``, or None when there are none for it.

    A short text whose language is uncertain is read by the heads of its script.
    """
    if language in {"en", "ru"}:
        return language
    if language != "und" and probability >= SURE_LANGUAGE:
        return None
    start = text[:400]
    cyrillic = sum("\u0400" <= character <= "\u04ff" for character in start)
    latin = sum("a" <= character <= "z" or "A" <= character <= "Z" for character in start)
    if not cyrillic and not latin:
        return None
    return "ru" if cyrillic > latin else "en"
