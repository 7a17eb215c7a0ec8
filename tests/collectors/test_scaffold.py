"""`molva new-collector` writes a collector, a recording and their agreement that pass the contract as they are."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from collectors import InvalidConfig
from collectors.client import Manners
from collectors.contract import CHECKS, load
from collectors.plugin import Collector
from collectors.scaffold import new_collector

ROOT = Path(__file__).resolve().parents[2]
POLITE = Manners(delay=0.0, allow_private=("localhost",))


def product_page(numbers, following=None) -> bytes:
    reviews = [
        {
            "@type": "Review",
            "@id": f"#r{number}",
            "author": {"@type": "Person", "name": f"Покупатель {number}"},
            "datePublished": f"2026-10-{30 - number:02}",
            "reviewRating": {"@type": "Rating", "ratingValue": number % 5 + 1},
            "reviewBody": f"Подробный отзыв под номером {number}, который что-то говорит",
        }
        for number in numbers
    ]
    data = {"@context": "https://schema.org", "@type": "Product", "name": "Чайник", "review": reviews}
    link = f'<a rel="next" href="{following}">дальше</a>' if following else ""
    return f'<meta charset="utf-8"><script type="application/ld+json">{json.dumps(data)}</script>{link}'.encode()


def card_page(numbers, following=None) -> bytes:
    cards = "".join(
        f'<div class="review-card" id="r{number}"><span class="review-author">Покупатель {number}</span>'
        f'<time class="review-date" datetime="2026-10-{30 - number:02}">{30 - number}.10.2026</time>'
        f'<span class="review-rating" title="{number % 5 + 1} из 5">★</span>'
        f'<p class="review-text">Подробный отзыв под номером {number}, в котором покупатель говорит своё мнение о товаре.</p></div>'
        for number in numbers
    )
    link = f'<a rel="next" href="{following}">дальше</a>' if following else ""
    return f'<!doctype html><meta charset="utf-8"><h1>Чайник</h1><div class="reviews">{cards}</div>{link}'.encode()


@pytest.mark.parametrize("page", [product_page, card_page])
def test_a_new_collector_runs_and_keeps_the_contract(site, tmp_path, page, monkeypatch):
    site.pages |= {"/kettle": page(range(1, 9), "/kettle?p=2"), "/kettle?p=2": page(range(9, 15))}
    written = new_collector(
        "acme_shop", f"{site.url}/kettle", sources=tmp_path, tests=tmp_path / "tests", manners=POLITE
    )
    assert written.reviews == 8
    assert len(written.collector.read_text().splitlines()) < 60
    code = subprocess.run(
        [
            sys.executable,
            "-m",
            "ruff",
            "check",
            "--config",
            str(ROOT / "pyproject.toml"),
            "--ignore=INP001",
            written.collector,
        ],
        capture_output=True,
        text=True,
        check=False,
    )
    assert code.returncode == 0, code.stdout
    monkeypatch.syspath_prepend(str(tmp_path))
    sys.modules.pop("acme_shop", None)
    found = __import__("acme_shop").acme_shop
    sys.modules.pop("acme_shop")
    assert isinstance(found, Collector)
    golden, *others = CHECKS
    with pytest.raises(pytest.fail.Exception, match="read it"):
        golden(load(found, written.recording))
    for check in (golden, *others):
        check(load(found, written.recording))
    lines = [json.loads(line) for line in (written.recording / "reviews.jsonl").read_bytes().splitlines()]
    assert len(lines) == 14
    assert {line["source"] for line in lines} == {"acme_shop"}
    assert all(line["published_at"] and line["rating"] and line["author"]["name"] for line in lines)


def test_a_name_that_is_none_or_taken_is_refused(site, tmp_path):
    with pytest.raises(InvalidConfig, match="small letters"):
        new_collector("Acme-Store", site.url, sources=tmp_path, tests=tmp_path, manners=POLITE)
    (tmp_path / "acme.py").write_text("")
    with pytest.raises(InvalidConfig, match="there already"):
        new_collector("acme", site.url, sources=tmp_path, tests=tmp_path, manners=POLITE)
    assert site.asked == []
