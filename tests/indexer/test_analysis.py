"""Text becomes the same words for documents, queries and highlights, whatever it holds."""

from __future__ import annotations

import itertools
import threading
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from indexer import analysis


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Отличный отель, отличная кухня", ["отличн", "отел", "отличн", "кухн"]),
        ("Hotels were clean", ["hotel", "were", "clean"]),
        ("ёлка ЕЛКА е\u0308лка", ["елк", "елк", "елк"]),
        ("за\u0301мок пло\u00adхо", ["замок", "плох"]),
        ("мои\u0306", ["мо"]),
        ("плохо.Не берите:нет т.е.", ["плох", "не", "бер", "нет", "т", "е"]),
        ("v2.0 3,5 1'000 4.5.", ["v2.0", "3,5", "1'000", "4.5"]),
        ("don't don’t 'quoted'", ["don't", "don't", "quot"]),
        ("wi-fi a/b foo_bar __", ["wi", "fi", "a", "b", "foo_bar"]),
        ("😡😡 👨‍👩‍👧 🇷🇺 5️⃣", ["😡", "😡", "👨‍👩‍👧", "🇷🇺", "5️⃣"]),
        ("漢字 カタカナ", ["漢", "字", "カタカナ"]),
        ("İSTANBUL ΟΔΟΣ", ["istanbul", "οδοσ"]),
        ("!!! … — \x00\x01", []),
        ("", []),
    ],
)
def test_words_of_a_text(text, words):
    assert analysis.words(text) == words


def test_forms_of_a_word_are_one_word():
    for forms in ("обслуживание обслуживания обслуживанием", "отличный отличная отличные", "room rooms", "Ёж еж"):
        assert len(set(analysis.words(forms))) == 1, forms


@given(st.text(max_size=200))
def test_any_text_has_the_same_words_with_and_without_places(text):
    spans = list(analysis.spans(text))
    assert [word.stem for word in spans] == analysis.words(text)
    for word, after in itertools.pairwise(spans):
        assert 0 <= word.start < word.end <= after.start <= len(text)


@given(st.text("абвёЁ.:'’_ ,;019azé-!", max_size=60))
def test_short_way_and_long_way_give_the_same_words(text):
    assert analysis._SIMPLE.fullmatch(text)
    short = [word for word in analysis._SIMPLE_WORD.findall(text) if word.strip("_")]
    assert short == analysis._WORD.findall(text)


@given(st.text(max_size=80), st.text(max_size=80))
def test_words_of_two_lines_are_the_words_of_each(one, two):
    assert analysis.words(f"{one}\n{two}") == analysis.words(one) + analysis.words(two)


@pytest.mark.parametrize(
    "unit", ["a", "a'", "1,", "_", "_é", "\u200d", "👨\u200d", "\u0301", "\x00", "漢", "1\ufe0f", "\ud800", "é'"]
)
def test_a_megabyte_of_anything_takes_seconds_at_most(unit):
    text = (unit * 1_000_000)[:1_000_000]
    begun = time.process_time()
    found = analysis.words(text)
    assert time.process_time() - begun < 20
    assert all(len(word) <= analysis.MAX_WORD for word in found)


def test_threads_stem_without_disturbing_each_other():
    texts = [f"отличные гостиницы {number} running hotels" for number in range(300)]
    expected = [analysis.words(text) for text in texts]
    wrong = []

    def run():
        wrong.extend(text for text, words in zip(texts, expected, strict=True) if analysis.words(text) != words)

    threads = [threading.Thread(target=run) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []
