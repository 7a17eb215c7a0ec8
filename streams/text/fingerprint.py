"""Fingerprints of texts: find near-duplicates without comparing everything with everything.

A fingerprint has two parts, both functions of the text alone:

* A **signature** (92 bytes) that estimates how alike two texts are. It is a MinHash (Broder 1997, "On the resemblance
  and containment of documents") of the five-letter windows of the normal form, made in one pass by one permutation
  with 128 bins (Li, Owen & Zhang 2012, "One permutation hashing"), of which four bits are kept (Li & König 2010,
  "b-Bit minwise hashing"). Empty bins stay empty and are left out of the estimate; densification (Shrivastava 2017)
  is needed only where a hash table is keyed by the bins, which is not done here.
* At most 8 **bands**, the keys under which a copy is found. Each is the smallest hash of ten-letter windows in one of
  8 bins. A long window is as selective as a pair of short ones but survives a cut with the probability of a single
  one, so that half of a text still shares a band with the whole, while unrelated texts hardly ever meet. Sixteen would
  find a little more of heavily garbled texts, but each costs a row of a table.

Common wording (``streams.text.phrases``) never makes a band, and the share of a text that is *not* common, its
**mass**, says how much a resemblance means: two reviews of one coffee machine that agree in "отличная кофеварка,
рекомендую" are no copies, two that agree in a story are.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
import numpy as np

from streams.text.fold import MAX_CODE_POINTS, fold_many
from streams.text.phrases import are_common

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

BAND_BITS = 3
BANDS = 1 << BAND_BITS
BINS = 128
SHORT, MIDDLE, LONG = 5, 8, 10
"""Letters of the normal form in a window of the signature, of the table of common wording, of a band."""

_STEP_TO_MIDDLE, _STEP_TO_LONG = MIDDLE - SHORT, LONG - MIDDLE

MIN_SIZE = 20
"""Fewer five-letter windows than this are too short a text to be anybody's."""
MIN_MASS = 8
"""Fewer uncommon eight-letter windows than this are a common phrase."""
MIN_FILLED = 14
"""Fewer filled bins than this are one word over and over: twenty different windows fill eighteen on average."""

_EMPTY_32 = np.uint32(0xFFFFFFFF)
_EMPTY_64 = np.uint64(0xFFFFFFFFFFFFFFFF)
_CHUNK = 16_384  # code points hashed at a time: the arrays stay in the processor's cache
_DIGEST = 3  # bytes of a band that the signature repeats, so that two signatures tell which bands they share
_HEADER = 4  # bytes: size and mass
_BINS_AT = _HEADER + BANDS * _DIGEST
SIGNATURE_BYTES = _BINS_AT + BINS // 2
_VALUES = 15  # a bin's values 1 to 15; 0 is an empty bin
_LOWEST_BITS = int.from_bytes(b"\x11" * (BINS // 2), "little")

_NO_BAND = bytes(_DIGEST)

# The decision, fitted on pairs of real reviews (bench/copies.py): how alike texts must be that have mass enough, what
# each window missing from that mass adds, what containment takes off, and the least that is ever accepted. The mass is
# taken for at most 0.65 of the size, its usual share in short reviews: in a language that the table of common wording
# does not know, everything looks uncommon.
_ALIKE = 0.42
_FULL_MASS = 28
_PER_MISSING_MASS = 0.017
_MASS_SHARE = 0.65
_CONTAINED = 0.9
_CONTAINED_DISCOUNT = 0.2
_LEAST_ALIKE = 0.36

# Odd multipliers, the fractional parts of the square roots of the first primes as in SHA-2 (nothing up the sleeve).
_LETTERS = np.array(
    [0x6A09E667F3BCC909, 0xBB67AE8584CAA73B, 0x3C6EF372FE94F82B, 0xA54FF53A5F1D36F1, 0x510E527FADE682D1],
    dtype=np.uint64,
)
_JOIN = np.uint64(0x9B05688C2B3E6C1F)
_MIX = np.uint64(0xD6E8FEB86659FD93)
_HALF = np.uint64(32)


class Fingerprint(msgspec.Struct, frozen=True):
    """What a text looks like: ``signature`` (92 bytes), ``bands`` (up to 8 numbers below 2**63), ``size``.

    ``size`` is the number of the text's five-letter windows.
    """

    signature: bytes
    bands: tuple[int, ...]
    size: int


def _mixed(values: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """Spread the entropy of each value over its 64 bits, in place (the finaliser of the generator rrmxmx)."""
    for _ in range(2):
        values ^= values >> _HALF
        values *= _MIX
    values ^= values >> _HALF
    return values


def windows(
    codes: NDArray[np.uint16],
) -> tuple[NDArray[np.uint64], NDArray[np.uint64], NDArray[np.uint64]]:
    """Hash the windows of 5, 8 and 12 codes that start at each position (those at the end reach beyond it)."""
    letters = codes.astype(np.uint64)
    count = len(letters)
    short = letters * _LETTERS[0]
    for step in range(1, SHORT):
        short[: max(0, count - step)] += letters[step:] * _LETTERS[step]
    _mixed(short)
    middle = short * _JOIN
    middle[: max(0, count - _STEP_TO_MIDDLE)] += short[_STEP_TO_MIDDLE:]
    _mixed(middle)
    long = middle * _JOIN
    long[: max(0, count - _STEP_TO_LONG)] += middle[_STEP_TO_LONG:]
    return short, middle, _mixed(long)


def _chunks(texts: Sequence[str]) -> Iterator[Sequence[str]]:
    start = total = 0
    for i, text in enumerate(texts):
        total += min(len(text), MAX_CODE_POINTS)
        if total >= _CHUNK:
            yield texts[start : i + 1]
            start, total = i + 1, 0
    if start < len(texts):
        yield texts[start:]


def fingerprints(texts: Sequence[str]) -> list[Fingerprint | None]:
    """Return the fingerprint of each text, None for one that is too short or nothing but a common phrase.

    Args:
        texts: Any strings; of each the first 4,000 code points count. A fingerprint depends on its text alone, the
            same on every platform; a batch is only faster (some 0.03 ms a review of median length).
    """
    return [found for chunk in _chunks(texts) for found in _fingerprints(chunk)]


def _fingerprints(texts: Sequence[str]) -> list[Fingerprint | None]:
    codes, offsets = fold_many(texts)
    if not len(codes):
        return [None] * len(texts)
    lengths = np.diff(offsets)
    owner = np.repeat(np.arange(len(texts)), lengths)
    left = np.repeat(offsets[1:], lengths) - np.arange(len(codes))
    short, middle, long = windows(codes)

    common = are_common(middle)
    common_long = common.copy()
    common_long[:-_STEP_TO_LONG] &= common[_STEP_TO_LONG:]
    uncommon = np.flatnonzero((left >= MIDDLE) & ~common)
    masses = np.bincount(owner[uncommon], minlength=len(texts))
    sizes = np.maximum(lengths - SHORT + 1, 0)

    whole = np.flatnonzero(left >= SHORT)
    hashes = short[whole]
    minima = np.full(len(texts) * BINS, _EMPTY_32)
    np.minimum.at(
        minima,
        owner[whole] * BINS + (hashes >> np.uint64(57)).view(np.int64),
        (hashes >> np.uint64(16)).astype(np.uint32),
    )
    values = np.where(minima == _EMPTY_32, 0, minima % _VALUES + 1).astype(np.uint8)
    filled = np.count_nonzero(values.reshape(len(texts), BINS), axis=1)
    bins = values[::2] | values[1::2] << 4

    whole = np.flatnonzero((left >= LONG) & ~common_long)
    hashes = long[whole]
    bands = np.full(len(texts) * BANDS, _EMPTY_64)
    np.minimum.at(
        bands, owner[whole] * BANDS + (hashes >> np.uint64(64 - BAND_BITS)).view(np.int64), hashes >> np.uint64(1)
    )

    signatures = np.zeros((len(texts), SIGNATURE_BYTES), dtype=np.uint8)
    signatures[:, 0:2] = sizes.astype("<u2")[:, None].view(np.uint8)
    signatures[:, 2:4] = masses.astype("<u2")[:, None].view(np.uint8)
    # An absent band has the digest 0; a present one has its lowest bit set, and still tells 2**23 bands apart.
    digests = np.where(bands == _EMPTY_64, 0, bands >> np.uint64(8) | np.uint64(1)).astype("<u4")
    signatures[:, _HEADER:_BINS_AT] = (
        digests.view(np.uint8).reshape(len(texts), BANDS, 4)[:, :, :_DIGEST].reshape(len(texts), -1)
    )
    signatures[:, _BINS_AT:] = bins.reshape(len(texts), -1)

    distinctive = (sizes >= MIN_SIZE) & (masses >= MIN_MASS) & (filled >= MIN_FILLED)
    empty = int(_EMPTY_64)
    return [
        Fingerprint(signature.tobytes(), tuple(band for band in row if band != empty), size) if told else None
        for signature, row, size, told in zip(
            signatures, bands.reshape(len(texts), BANDS).tolist(), sizes.tolist(), distinctive.tolist(), strict=True
        )
    ]


def similarity(one: bytes, other: bytes) -> float:
    """Estimate the Jaccard resemblance (0-1) of two texts from their signatures; the standard error is 0.04 or less.

    Of the bins that either text fills, the share that agrees, less what agrees by chance in four bits.
    """
    a = int.from_bytes(one[_BINS_AT:], "little")
    b = int.from_bytes(other[_BINS_AT:], "little")
    filled_a = (a | a >> 1 | a >> 2 | a >> 3) & _LOWEST_BITS
    filled_b = (b | b >> 1 | b >> 2 | b >> 3) & _LOWEST_BITS
    differ = a ^ b
    differ = differ | differ >> 1 | differ >> 2 | differ >> 3
    both = filled_a & filled_b
    both_filled = both.bit_count()
    equal = both_filled - (both & differ).bit_count()
    either_filled = (filled_a | filled_b).bit_count()
    return max(0, _VALUES * equal - both_filled) / ((_VALUES - 1) * max(1, either_filled))


def is_copy(one: bytes, other: bytes, alike: float) -> bool:
    """Decide from two signatures and their ``similarity`` whether one text is a copy of the other.

    The less uncommon wording the poorer text has, the more alike they must be. A text that is nearly contained in the
    other (cut, or with something added) needs less than two that differ on both sides.
    """
    if alike < _LEAST_ALIKE:
        return False
    size, other_size = int.from_bytes(one[0:2], "little"), int.from_bytes(other[0:2], "little")
    mass: float = min(int.from_bytes(one[2:4], "little"), int.from_bytes(other[2:4], "little"))
    contained = alike * (size + other_size) / ((1 + alike) * min(size, other_size))
    mass = min(mass, _MASS_SHARE * min(size, other_size))
    needed = _ALIKE + _PER_MISSING_MASS * max(0, _FULL_MASS - mass)
    if contained >= _CONTAINED:
        needed = max(_LEAST_ALIKE, needed - _CONTAINED_DISCOUNT)
    return alike >= needed


def bin_of(band: int) -> int:
    """Return the bin (0-7) that a band is the minimum of."""
    return band >> (63 - BAND_BITS)


def shared_band(one: bytes, other: bytes) -> int | None:
    """Return the first bin (0-7, see ``bin_of``) in which two signatures have the same band, None without one."""
    for index, start in enumerate(range(_HEADER, _BINS_AT, _DIGEST)):
        digest = one[start : start + _DIGEST]
        if digest == other[start : start + _DIGEST] and digest != _NO_BAND:
            return index
    return None
