"""Reviews as lines through the very code of ``molva judge``, and what the baselines say of the same texts."""

from __future__ import annotations

import importlib.util
import json
import zlib
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy import sparse
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score

from molva.judging import judge
from streams.enrich import Models
from streams.training.figures import measure

Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]
Row = dict[str, Any]


def lines(rows: Sequence[Row]) -> list[bytes]:
    """Reviews as JSON lines."""
    return [json.dumps(row, ensure_ascii=False).encode("utf-8", "replace") for row in rows]


def judgements(rows: Sequence[Row], models: Models | None = None) -> list[Row]:
    """What ``molva judge`` answers to *rows*, judged together; raises ValueError when it rejects one."""
    answers = list(judge(lines(rows), models=models))
    for answer in answers:
        if "error" in answer:
            raise ValueError(f"review {answer['id']} was rejected: {answer['error']}")
    return answers


def scores(answers: Sequence[Row]) -> Floats:
    """The ``risk.score`` of each answer."""
    return np.array([answer["risk"]["score"] for answer in answers], dtype=np.float64)


def auc(truth: Flags, found: Floats) -> float:
    """Area under the ROC curve."""
    return float(roc_auc_score(truth, found))


def ranked(truth: Flags, found: Floats) -> str:
    """Average precision, and the share of fakes at the top of the list that a person would look at first."""
    figures = measure(found, truth, [])
    return f"average precision {figures.auprc:.3f}, fakes among the 5 % of highest risk {figures.precision_5:.0%}"


def part(group: object, parts: int = 3) -> int:
    """Which of *parts* a group is in: always the same, whatever the order of rows."""
    return zlib.crc32(str(group).encode("utf-8", "replace")) % parts


def plain_model(train: Sequence[str], fake: Flags, test: Sequence[str]) -> Floats:
    """The baseline: log-odds by TF-IDF of words (1-2) and letters (2-5) with logistic regression."""
    words = TfidfVectorizer(ngram_range=(1, 2), min_df=2, sublinear_tf=True)
    letters = TfidfVectorizer(analyzer="char_wb", ngram_range=(2, 5), min_df=3, sublinear_tf=True)
    known = sparse.hstack([words.fit_transform(train), letters.fit_transform(train)]).tocsr()
    model = LogisticRegression(C=10, solver="liblinear").fit(known, fake)
    asked = sparse.hstack([words.transform(test), letters.transform(test)]).tocsr()
    return np.asarray(model.decision_function(asked), dtype=np.float64)


def there(package: str) -> bool:
    """Whether a baseline's package can be imported."""
    return importlib.util.find_spec(package) is not None
