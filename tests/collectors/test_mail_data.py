"""Real mails of the public data set C: all are answered, and the typed text is found as often as the docs say."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from types import ModuleType

import pytest

from collectors import Rejected, Review
from collectors.platforms.mail import inspect
from collectors.plugin import load

pytestmark = pytest.mark.data

ROOT = Path(__file__).resolve().parent.parent.parent
KINDS = ("reply", "new", "forward", "auto-reply", "bounce")


@pytest.fixture(scope="module")
def bench() -> ModuleType:
    spec = importlib.util.spec_from_file_location("bench_replies", ROOT / "bench" / "replies.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


def files(data_dir: Path) -> list[Path]:
    folder = data_dir / "C_email_replies"
    return sorted(path for path in folder.rglob("*") if path.suffix in {".eml", ".html"})


def test_every_mail_is_answered(data_dir: Path) -> None:
    found = files(data_dir)
    assert found
    for path in found:
        mail = inspect(path)
        assert mail["kind"] in KINDS
        assert 0.0 <= mail["confidence"] <= 1.0


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("auto_reply.eml", "auto-reply"),
        ("auto_reply_with_auto_submitted.eml", "auto-reply"),
        ("non_utf_encoded_mail.eml", "auto-reply"),
        ("bounced_with_no_from.eml", "bounce"),
        ("disposition-notification.eml", "auto-reply"),
        ("welcome_html.eml", "forward"),
        ("mailru_forward.html", "forward"),
        ("mail_with_quote.eml", "reply"),
        ("only_text.eml", "new"),
    ],
)
def test_kinds_of_known_mails(data_dir: Path, name: str, kind: str) -> None:
    [path] = [path for path in files(data_dir) if path.name == name]
    assert inspect(path)["kind"] == kind


def test_typed_text_is_exact_in_most_pairs(data_dir: Path, bench: ModuleType) -> None:
    rows = bench.read_rows(data_dir)
    found, _ = bench.ours(rows)
    right = sum(bench.matches(row, *pair) for row, pair in zip(rows, found, strict=True))
    assert right / len(rows) >= 0.85


def test_a_maildir_of_real_mails_ends_as_reviews_and_rejections(data_dir: Path, tmp_path: Path) -> None:
    mails = [path for path in files(data_dir) if path.suffix == ".eml"]
    (tmp_path / "new").mkdir()
    (tmp_path / "cur").mkdir()
    for number, path in enumerate(mails):
        (tmp_path / "new" / f"{number}.{path.stem}.host").write_bytes(path.read_bytes())
    found = load("collectors.sources.maildir")
    items = list(
        found(source="box", cursor={}, progress=lambda _done, _total: None, path=str(tmp_path), subject="acme")
    )
    reviews = [item for item in items if isinstance(item, Review)]
    rejected = [item for item in items if isinstance(item, Rejected)]
    assert len(items) == len(reviews) + len(rejected) == len(mails)
    assert all(review.text or review.rating for review in reviews)
    assert all(item.reason for item in rejected)
