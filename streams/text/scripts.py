"""Which writing systems a text uses: most of them name its language, and two choose the model that does."""

from collections.abc import Sequence
from functools import cache

import numpy as np
import numpy.typing as npt

from streams.text.features import LIMIT, Integers
from streams.text.lookalikes import unmixed

LATIN, CYRILLIC, ARABIC, KANA, HAN = "Latin", "Cyrillic", "Arabic", "Kana", "Han"
_RANGES: dict[str, tuple[tuple[int, int], ...]] = {
    LATIN: ((0x41, 0x24F), (0x1E00, 0x1EFF), (0xFF21, 0xFF5A)),
    CYRILLIC: ((0x400, 0x52F), (0x1C80, 0x1C8F), (0xA640, 0xA69F)),
    ARABIC: ((0x600, 0x6FF), (0x750, 0x77F), (0x8A0, 0x8FF), (0xFB50, 0xFDFF), (0xFE70, 0xFEFC)),
    KANA: ((0x3040, 0x30FF), (0x31F0, 0x31FF), (0xFF66, 0xFF9D)),
    HAN: ((0x3400, 0x4DBF), (0x4E00, 0x9FFF), (0xF900, 0xFAFF)),
    "ko": ((0x1100, 0x11FF), (0x3130, 0x318F), (0xAC00, 0xD7AF)),
    "el": ((0x370, 0x3FF), (0x1F00, 0x1FFF)),
    "hy": ((0x530, 0x58F),),
    "he": ((0x590, 0x5FF),),
    "hi": ((0x900, 0x97F),),
    "bn": ((0x980, 0x9FF),),
    "pa": ((0xA00, 0xA7F),),
    "gu": ((0xA80, 0xAFF),),
    "ta": ((0xB80, 0xBFF),),
    "te": ((0xC00, 0xC7F),),
    "kn": ((0xC80, 0xCFF),),
    "ml": ((0xD00, 0xD7F),),
    "si": ((0xD80, 0xDFF),),
    "th": ((0xE00, 0xE7F),),
    "lo": ((0xE80, 0xEFF),),
    "my": ((0x1000, 0x109F),),
    "ka": ((0x10A0, 0x10FF), (0x1C90, 0x1CBF), (0x2D00, 0x2D2F)),
    "am": ((0x1200, 0x137F),),
    "km": ((0x1780, 0x17FF),),
}
SCRIPTS = tuple(_RANGES)
_HEAVY = tuple(SCRIPTS.index(name) for name in (KANA, HAN, "ko"))


def letters(texts: Sequence[str]) -> Integers:
    """Count the letters of each writing system in each text, (rows, SCRIPTS); syllables and ideographs count twice.

    Only the first LIMIT characters are looked at. Letters of other writing systems are not counted.
    """
    pieces = [text if text.isascii() else unmixed(text) for text in (text[:LIMIT] for text in texts)]
    codes = np.frombuffer("".join(pieces).encode("utf-32-le", "surrogatepass"), dtype=np.uint32)
    known = _table()[np.minimum(codes, 0xFFFF)].astype(np.int64)
    rows = np.repeat(np.arange(len(texts)), [len(piece) for piece in pieces])
    width = len(SCRIPTS) + 1
    counts = np.bincount(rows * width + known, minlength=len(texts) * width).reshape(len(texts), width)[:, 1:]
    counts[:, _HEAVY] *= 2
    return counts


@cache
def _table() -> npt.NDArray[np.uint8]:
    table = np.zeros(0x10000, dtype=np.uint8)
    for number, ranges in enumerate(_RANGES.values(), start=1):
        for first, last in ranges:
            table[[code for code in range(first, last + 1) if chr(code).isalpha()]] = number
    return table
