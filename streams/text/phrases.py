"""Which wording is common: a frozen table, so that "всё отлично, рекомендую" is nobody's property.

How rare a wording is must not depend on what this process has seen (two hosts would disagree), so the table is made
once by ``streams/models/train_common_phrases.py`` and shipped. It holds 24-bit hashes of windows of eight letters of
the normal form (``streams.text.fold``) that many unrelated reviews share; no text can be read back from it.
"""

from __future__ import annotations

import functools
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

TABLE = Path(__file__).parent.parent / "models" / "common_phrases.npz"
HASH_BITS = 24


def pack(hashes: NDArray[np.uint32]) -> NDArray[np.uint8]:
    """Turn 24-bit hashes into the set's bits (2 MB), eight to a byte."""
    unpacked = np.zeros(1 << HASH_BITS, dtype=np.uint8)
    unpacked[hashes] = 1
    return np.packbits(unpacked, bitorder="little")


@functools.cache
def bits() -> NDArray[np.uint8]:
    """The shipped table as a set of bits (2 MB)."""
    with np.load(TABLE, allow_pickle=False) as stored:
        return pack(np.cumsum(stored["steps"], dtype=np.uint32))


def are_common(windows: NDArray[np.uint64]) -> NDArray[np.bool_]:
    """Tell of each 64-bit hash of an eight-letter window whether many reviews have it (1 % are told so wrongly)."""
    short = windows >> np.uint64(64 - HASH_BITS)
    found: NDArray[np.uint8] = bits()[(short >> np.uint64(3)).view(np.int64)]
    found >>= (short & np.uint64(7)).astype(np.uint8)
    found &= np.uint8(1)
    return found.view(np.bool_)
