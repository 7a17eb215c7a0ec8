"""A rating that contradicts the words: five stars over a complaint, one star over praise.

Where the stars were bought and the text was not, or the wrong form was filled in, the two disagree
(Ott et al., "Negative deceptive opinion spam", NAACL 2013, and Jindal and Liu, WSDM 2008, use the rating's deviation;
the disagreement of text and stars within one review is used since Shojaee et al. 2015).
"""

from __future__ import annotations

NAME = "rating-mismatch"


def mismatch(stars: float | None, negative: float | None) -> float:
    """How far the rating is from the words, 0 to 1, to two decimals; 0 without a rating or a mood.

    Args:
        stars: 1 to 5.
        negative: Probability that the words are negative, None when it is not known.
    """
    if stars is None or negative is None:
        return 0.0
    return round(abs(negative - (5.0 - stars) / 4.0), 2)
