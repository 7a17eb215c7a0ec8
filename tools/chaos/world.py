"""What goes in: reviews with copies, edits and withdrawals, in JSON lines, the same for the same seed."""

from __future__ import annotations

import json
import random
from pathlib import Path
from typing import Any

from schemas import wire

_PARTS = (
    ("The kettle", "Чайник", "The hotel", "Номер", "Delivery", "Доставка", "The app", "Приложение"),
    ("broke on the third day", "сломался через день", "was clean and quiet", "порадовал", "took two weeks"),
    ("and nobody answered my letters", "и поддержка молчит", "and the staff were kind", "всем советую", "never again"),
    ("so I asked for my money back", "деньги пока не вернули", "and we will come back", "цена хорошая", "sadly"),
)
_RING = "Absolutely the best purchase of my life, arrived in one day and my entire family is happy, buy it now"


def lines(count: int, seed: int) -> list[dict[str, Any]]:
    """So many observations, about a third of them of reviews seen before."""
    choose = random.Random(seed)
    made: list[dict[str, Any]] = []
    latest: dict[str, dict[str, Any]] = {}
    for number in range(count):
        if latest and choose.random() < 0.35:
            made.append(_again(choose, latest))
        else:
            line = _review(choose, f"r{number}")
            made.append(line)
        latest[made[-1]["id"]] = made[-1]
    return made


def read(path: Path, count: int, seed: int) -> list[dict[str, Any]]:
    """So many observations from a file of reviews, about a third of them of reviews seen before; all when it ends.

    Lines without an id, and those that a collector would refuse, are left out.
    """
    choose = random.Random(seed)
    made: list[dict[str, Any]] = []
    latest: dict[str, dict[str, Any]] = {}
    with path.open(encoding="utf-8") as file:
        rows = (row for row in map(json.loads, file) if row.get("id") and _readable(row))
        while len(made) < count:
            if latest and choose.random() < 0.35:
                made.append(_again(choose, latest))
            elif row := next(rows, None):
                made.append({**row, "id": f"{row['source']}-{row['id']}", "source": "shop"})
            elif latest:
                made.append(_again(choose, latest))
            else:
                break
            latest[made[-1]["id"]] = made[-1]
    return made


def _readable(row: dict[str, Any]) -> bool:
    try:
        wire.read(row)
    except wire.InvalidReview:
        return False
    return True


def _review(choose: random.Random, own_id: str) -> dict[str, Any]:
    ring = choose.random() < 0.05
    text = _RING if ring else f"{' '.join(choose.choice(part) for part in _PARTS)} {choose.randrange(10**6)}"
    return {
        "id": own_id,
        "source": "shop",
        "subject": {"id": f"p{choose.randrange(12)}", "name": "Kettle"},
        "author": {"id": f"u{choose.randrange(200)}"},
        "text": text,
        "rating": {"value": choose.randint(1, 5)},
        "published_at": f"2026-0{choose.randint(1, 9)}-{choose.randint(10, 28)}T{choose.randint(10, 23)}:00:00Z",
    }


def _again(choose: random.Random, latest: dict[str, dict[str, Any]]) -> dict[str, Any]:
    """A review seen again: as it was, edited, or gone."""
    before = latest[choose.choice(list(latest))]
    kind = choose.choice(("same", "edited", "edited", "gone"))
    if kind == "gone" or "text" not in before:
        return {"id": before["id"], "source": "shop", "subject": before["subject"], "withdrawn": True}
    if kind == "same":
        return before
    return {
        **before,
        "text": f"{before['text']} UPDATE {choose.randrange(100)}",
        "rating": {"value": choose.randint(1, 5)},
    }


def write(some: list[dict[str, Any]]) -> str:
    """JSON lines."""
    return "".join(json.dumps(line, ensure_ascii=False) + "\n" for line in some)
