"""How satisfied a review sounds: negative, neutral, positive, as probabilities.

One linear model gives the polarity of a text in log-odds, on one scale for English and Russian; two cuts on that scale,
fitted on sources that the model had not seen, turn it into three probabilities. In other languages it knows little
more than emoticons, marks and borrowed words, so there the polarity is drawn towards what reviews say on average.
"""

from collections.abc import Sequence
from functools import cache

import msgspec
import numpy as np

from streams.text.features import Features
from streams.text.language import MODELS, UNDECIDED
from streams.text.linear import Floats, HashedLinear

FILE, CALIBRATION_FILE = MODELS / "sentiment.npz", MODELS / "sentiment.json"
_TRAINED = frozenset({"en", "ru"})
_NEAR = frozenset({"uk", "be"})  # much of their vocabulary of praise and blame is Russian's too


class Sentiment(msgspec.Struct, frozen=True):
    """Three probabilities that add up to one."""

    negative: float
    neutral: float
    positive: float


class Calibration(msgspec.Struct, frozen=True):
    """Ordinal logistic regression on the polarity.

    Attributes:
        slope: Factor of the polarity.
        negative: The cut below which a text is more likely negative than not, in units of slope times polarity.
        positive: The cut above which it is more likely positive than not.
        average: Polarity of the average review; where other languages are drawn to.
    """

    slope: float
    negative: float
    positive: float
    average: float


def kinds() -> tuple[str, ...]:
    """Kinds of n-gram that the model reads."""
    return _model().kinds


def polarity(features: Features, languages: Sequence[str]) -> Floats:
    """Polarity of each text in log-odds; below 0 it sounds dissatisfied."""
    calibration = _calibration()
    sure = np.array([_trust(language) for language in languages])
    return sure * _model().scores(features)[:, 0] + (1.0 - sure) * calibration.average


def sentiments(polarities: Floats) -> list[Sentiment]:
    """Turn polarities into probabilities, rounded to four decimals."""
    calibration = _calibration()
    scaled = calibration.slope * polarities
    negative = 1.0 / (1.0 + np.exp(np.clip(scaled - calibration.negative, -50, 50)))
    positive = 1.0 / (1.0 + np.exp(np.clip(calibration.positive - scaled, -50, 50)))
    result = []
    for low, high in zip(negative.tolist(), positive.tolist(), strict=True):
        below, above = round(low, 4), round(high, 4)
        result.append(Sentiment(negative=below, neutral=round(max(1.0 - below - above, 0.0), 4), positive=above))
    return result


def _trust(language: str) -> float:
    if language in _TRAINED:
        return 1.0
    if language in _NEAR or language == UNDECIDED:
        return 0.6
    return 0.3


@cache
def _model() -> HashedLinear:
    model = HashedLinear.load(FILE)
    if model.labels != ("polarity",):
        raise ValueError(f"{FILE} is not a model of polarity; reinstall or train it again")
    return model


@cache
def _calibration() -> Calibration:
    try:
        calibration = msgspec.json.decode(CALIBRATION_FILE.read_bytes(), type=Calibration)
    except (OSError, msgspec.DecodeError) as error:
        raise ValueError(f"{CALIBRATION_FILE} cannot be read ({error}); reinstall or train it again") from error
    if not calibration.slope > 0 or calibration.negative > calibration.positive:
        raise ValueError(f"{CALIBRATION_FILE} holds cuts in the wrong order; train it again")
    return calibration
