"""How satisfied a review sounds: negative, neutral, positive, as probabilities.

A linear model for English and one for Russian give the polarity of a text in log-odds; two cuts on that scale, fitted
on sources that the model had not seen, turn it into three probabilities. In other languages the models know little
more than marks and borrowed words, so there the polarity is drawn towards what reviews say on average.
"""

from collections.abc import Sequence
from functools import cache
from pathlib import Path

import msgspec
import numpy as np

from streams.text.features import DENIED, Features, take
from streams.text.language import CYRILLIC, MODELS, UNDECIDED
from streams.text.linear import Floats, HashedLinear

FILES = {"en": "sentiment_en.npz", "ru": "sentiment_ru.npz"}
CALIBRATION_FILE = "sentiment.json"
KINDS = ("char3", "char4", "char5", "word1", "word2", DENIED)
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
        average: Slope times polarity of the average review; where other languages are drawn to.
    """

    slope: float
    negative: float
    positive: float
    average: float


def sentiments(features: Features, languages: Sequence[str], *, models: Path = MODELS) -> list[Sentiment]:
    """Judge each text, its language known; probabilities are rounded to four decimals.

    Args:
        features: Their n-grams, at least of KINDS.
        languages: Code of the language of each text.
        models: Folder of the weights.

    Raises:
        ValueError: The weights cannot be read.
    """
    result = [Sentiment(0.0, 1.0, 0.0)] * features.rows
    russian = np.array([language in CYRILLIC for language in languages], dtype=np.bool_)
    for name, rows in (("en", np.flatnonzero(~russian)), ("ru", np.flatnonzero(russian))):
        if not len(rows):
            continue
        calibration = _calibrations(models / CALIBRATION_FILE)[name]
        trust = np.array([_trust(languages[row]) for row in rows.tolist()])
        scaled = calibration.slope * _model(models / FILES[name]).scores(take(features, rows))[:, 0]
        scaled = trust * scaled + (1.0 - trust) * calibration.average
        for row, found in zip(rows.tolist(), _probabilities(scaled, calibration), strict=True):
            result[row] = found
    return result


def _probabilities(scaled: Floats, calibration: Calibration) -> list[Sentiment]:
    negative = 1.0 / (1.0 + np.exp(np.clip(scaled - calibration.negative, -50, 50)))
    positive = 1.0 / (1.0 + np.exp(np.clip(calibration.positive - scaled, -50, 50)))
    found = []
    for low, high in zip(negative.tolist(), positive.tolist(), strict=True):
        below, above = round(low, 4), round(high, 4)
        found.append(Sentiment(negative=below, neutral=round(max(1.0 - below - above, 0.0), 4), positive=above))
    return found


def _trust(language: str) -> float:
    """How far the models can be believed in a language; signs and emoji (UNDECIDED) are the same in all."""
    if language in FILES or language == UNDECIDED:
        return 1.0
    return 0.5 if language in _NEAR else 0.15


@cache
def _model(path: Path) -> HashedLinear:
    model = HashedLinear.load(path)
    if model.labels != ("polarity",) or not set(model.kinds) <= set(KINDS):
        raise ValueError(f"{path} is not a model of polarity; reinstall or train it again")
    return model


@cache
def _calibrations(path: Path) -> dict[str, Calibration]:
    try:
        found = msgspec.json.decode(path.read_bytes(), type=dict[str, Calibration])
    except (OSError, msgspec.DecodeError) as error:
        raise ValueError(f"{path} cannot be read ({error}); reinstall or train it again") from error
    for name in FILES:
        if name not in found or not found[name].slope > 0 or found[name].negative > found[name].positive:
            raise ValueError(f"{path} holds no sound calibration of {name}; train it again")
    return found
