"""Weights of evidence of the shipped model, in log-odds; see streams/scoring/evidence.py for what each multiplies.

There are no labels under a free licence for these signs, so they are set by judgement: a copy of a stranger's text is
strong (one takes a review that reads like a person's above even, eight make it high), behaviour is weaker, and a
proven purchase lowers the risk by what the verified flag is worth in the labelled Amazon rows (A5). Fans of one series
and loyal customers of a shop with few products meet as often as a ring does, so a ring by itself makes a review medium
at most, and counts a quarter when times and ratings differ: it is a campaign that brings many within a week.
"""

EVIDENCE: dict[str, dict[str, float]] = {
    "copied-text": {"first": 4.0, "doubling": 0.9, "most": 7.0},
    "subject-burst": {"doubling": 0.3, "most": 1.8},
    "author": {"pace": 0.7, "alike": 2.0, "one_sided": 0.4, "settled": -0.3, "most": 3.0},
    "ring": {
        "pair": 1.5,
        "doubling": 0.3,
        "near": 1.25,
        "not_near": 0.4,
        "alike": 1.2,
        "not_alike": 0.6,
        "most": 3.5,
    },
    "subject": {"distance": 0.2},
    "rating-mismatch": {"slope": 1.6, "from": 0.6},
    "incentive": {"gift": 1.2, "insider": 1.8},
    "verification": {"verified": -1.1, "invited": -2.5},
}
