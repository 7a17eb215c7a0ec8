"""Which words of a text stand under a negation: "good" in "not very good at all", "советую" in "никому не советую".

A negation reaches a few words on, to the next mark of punctuation or to a word that turns the sense, whichever comes
first; so words keep their meaning behind "but" (the window of Das and Chen, "Yahoo! for Amazon", Management Science
2007, cut short as in Councill et al., "What's great and what's not", 2010). English and Russian, in one list: the
words of one are none of the other's.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Integers = npt.NDArray[np.int64]
Words = npt.NDArray[np.uint64]
Flags = npt.NDArray[np.bool_]

REACH = 5
"""Words on that a negation reaches."""
TURNS = frozenset(["но", "а", "зато", "хотя", "однако", "but", "however", "although", "though", "yet", "while"])
"""Words behind which a new thought begins, often to the contrary."""
_NEGATORS = (
    "not no never cannot without hardly barely scarcely nothing nobody none neither nor nowhere lacks lacking "
    "ain't aint isnt arent wasnt werent dont doesnt didnt cant couldnt wont wouldnt shouldnt havent hasnt hadnt "
    "не ни нет нету без никогда никак нельзя нисколько ничуть ничего никто"
)
NEGATORS = frozenset(_NEGATORS.split())
_SHORTENED = np.array([ord(letter) for letter in "n't"], dtype=np.uint64)
_MARKS = np.array([ord(mark) for mark in ".,;:!?()…"], dtype=np.uint64)


def under(tokens: Words, codes: Words, firsts: Integers, rows: Integers, *, negators: Words, turns: Words) -> Flags:
    """Whether each token stands under a negation.

    Args:
        tokens: The tokens' hashes, all rows one after the other.
        codes: The code points of all tokens.
        firsts: Where each token starts in *codes*.
        rows: The first token of each row, and one past the last token.
        negators: Hashes of NEGATORS, sorted.
        turns: Hashes of TURNS, sorted.
    """
    if not len(tokens):
        return np.zeros(0, dtype=np.bool_)
    places = np.arange(len(tokens))
    ends = np.append(firsts[1:], len(codes))
    negates = np.isin(tokens, negators)
    long = np.flatnonzero(ends - firsts > len(_SHORTENED))
    tails = codes[ends[long, None] + np.arange(-len(_SHORTENED), 0)]
    negates[long[(tails == _SHORTENED).all(axis=1)]] = True
    stops = np.isin(codes[firsts], _MARKS) | np.isin(tokens, turns)
    last_negation = np.maximum.accumulate(np.where(negates, places, -1))
    last_stop = np.maximum.accumulate(np.where(stops, places, -1))
    row_start = np.repeat(rows[:-1], np.diff(rows))
    reached = (last_negation >= row_start) & (last_negation > last_stop) & (places - last_negation <= REACH)
    return np.asarray(reached & ~negates)
