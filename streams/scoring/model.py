"""A risk model on disk: one folder with ``model.json``, ``arrays.npz`` (no pickles) and a card for people."""

from __future__ import annotations

import zipfile
import zlib
from pathlib import Path

import msgspec
import numpy as np

from streams.scoring import textmodel, trees
from streams.scoring.textmodel import TextModel
from streams.scoring.trees import Trees
from streams.text.features import Integers

FORMAT = 1


class HeadSettings(msgspec.Struct, frozen=True):
    """A text head: its name, the reason it speaks for, its language, and the line from its score to log-odds.

    It is silent about texts of more than ``longest`` code points, if that is not 0.
    """

    name: str
    reason: str
    language: str | None = None
    slope: float = 1.0
    shift: float = 0.0
    longest: int = 0


class Settings(msgspec.Struct, frozen=True):
    """What ``model.json`` says.

    Attributes:
        name: The model's name, told with its card.
        base: Log-odds of a review of which nothing is known.
        heads: The text heads.
        fused: For each language slope and shift from the heads' summed odds to calibrated log-odds.
        center: Mean log-odds of the words in training; what a text tells is told against it.
        slope: What the trees' score is multiplied with, ``shift`` what is then added, to be calibrated.
        evidence: Weights of streams/scoring/evidence.py.
        medium: Lowest score of the level "medium"; ``high`` likewise.
        format: Version of this layout.
    """

    name: str
    base: float
    heads: tuple[HeadSettings, ...]
    fused: dict[str, tuple[float, float]] = {}
    center: float = 0.0
    slope: float = 1.0
    shift: float = 0.0
    evidence: dict[str, dict[str, float]] = {}
    medium: float = 0.5
    high: float = 0.9
    format: int = FORMAT


class Head(msgspec.Struct, frozen=True):
    """A text head with its weights."""

    settings: HeadSettings
    model: TextModel

    @property
    def name(self) -> str:
        """The head's name, unique in a model."""
        return self.settings.name

    @property
    def reason(self) -> str:
        """The reason that it speaks for."""
        return self.settings.reason

    def log_odds(self, score: float) -> float:
        """What *score* means in log-odds, cut where doubt stays anyway."""
        return max(-30.0, min(30.0, self.settings.slope * score + self.settings.shift))


class Model(msgspec.Struct, frozen=True):
    """A loaded model. ``common`` holds the hashes of the words that stay in skeletons."""

    settings: Settings
    heads: tuple[Head, ...]
    trees: Trees | None
    common: Integers

    @property
    def mark(self) -> float:
        """A number that tells this model's readings from another's."""
        return float(zlib.crc32(msgspec.json.encode(self.settings)))


def load_model(folder: Path) -> Model:
    """Read the model in *folder*.

    Raises:
        ValueError: A file is missing or damaged, or of another version; the message says what to do.
    """
    try:
        settings = msgspec.json.decode((folder / "model.json").read_bytes(), type=Settings)
        with np.load(folder / "arrays.npz", allow_pickle=False) as file:
            arrays = {name: file[name] for name in file.files}
    except (OSError, EOFError, zipfile.BadZipFile, msgspec.DecodeError, ValueError) as error:
        raise ValueError(f"{folder} holds no risk model ({error}): train one with `molva train`") from error
    if settings.format != FORMAT:
        raise ValueError(f"the model in {folder} has format {settings.format}, not {FORMAT}: train it again")
    heads = tuple(Head(head, textmodel.from_arrays(head.name, arrays)) for head in settings.heads)
    return Model(
        settings=settings,
        heads=heads,
        trees=trees.from_arrays("trees", arrays) if "trees/roots" in arrays else None,
        common=arrays.get("common", np.zeros(0, dtype=np.int64)).astype(np.int64),
    )


def save_model(folder: Path, model: Model) -> None:
    """Write *model* to *folder*, which is made if need be."""
    folder.mkdir(parents=True, exist_ok=True)
    arrays = {"common": model.common} | (model.trees.to_arrays("trees") if model.trees else {})
    for head in model.heads:
        arrays |= textmodel.to_arrays(head.name, head.model)
    np.savez_compressed(folder / "arrays.npz", allow_pickle=False, **arrays)
    (folder / "model.json").write_bytes(msgspec.json.format(msgspec.json.encode(model.settings), indent=2) + b"\n")
