"""What reading a review costs: sentiment, language, aspects and machine text together, in batches on one core."""

from __future__ import annotations

import time

from molva.evaluate.figures import Figure, Options
from schemas.events import Review, Subject
from streams.enrich import Models, read
from streams.models.risk_rows import rows
from streams.text.analysis import analyse

BATCH = 256


def measure(options: Options) -> list[Figure]:
    """Milliseconds of CPU time a review, over English and Russian reviews alike; the best of three rounds."""
    models = Models.shipped()
    count = 512 if options.quick else 2_048
    texts = [row.text for code in ("en", "ru") for row in rows(code)[:: max(1, len(rows(code)) // (count // 2))]][
        :count
    ]
    reviews = [Review(source="s", subject=Subject(id=f"p{at}"), text=text) for at, text in enumerate(texts)]

    def words() -> None:
        for at in range(0, len(texts), BATCH):
            analyse(texts[at : at + BATCH])

    def moods_and_machines() -> None:
        for at in range(0, len(texts), BATCH):
            batch = reviews[at : at + BATCH]
            models.risk.read(batch, analyse([review.prose for review in batch], expected=models.languages))

    def everything() -> None:
        for at in range(0, len(reviews), BATCH):
            read(reviews[at : at + BATCH], models)

    figures = []
    for name, work, target in (
        ("language, sentiment, aspects, requests: ms a review", words, None),
        ("the same and machine text: ms a review", moods_and_machines, 0.25),
        ("the same and fingerprints: ms a review", everything, None),
    ):
        work()
        best = min(_timed(work) for _ in range(3)) / len(texts) * 1_000
        length = sum(map(len, texts)) / len(texts)
        note = f"{len(texts)} reviews of {length:.0f} characters on average; depends on the machine"
        figures.append(Figure(name, best, target, lower=True, note=note))
    return figures


def _timed(work: object) -> float:
    assert callable(work)
    started = time.process_time()
    work()
    return time.process_time() - started
