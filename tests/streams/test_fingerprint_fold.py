"""What costs a copier nothing is no difference: case, signs, spaces, accents, look-alike letters."""

import time
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.text.fold import MAX_CODE_POINTS, fold, fold_many


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Отличный ТОВАР", "отличный товар"),
        ("ещё ёлка", "еще елка"),
        ("Супер!!! 😀👍🏽 беру", "супер, беру"),
        ("о т л и ч н о", "отлично"),
        ("оооочень классссно", "очень класно"),
        ("Cafe\u0301 crème", "cafe creme"),
        ("ﬁne ﬂat №5 ½", "fine flat No5 1⁄2"),
        ("𝐠𝐫𝐞𝐚𝐭 𝓼𝓱𝓸𝓹 ｆｕｌｌ Ⓐ", "great shop full a"),
        ("отли\u200bчно\u00ad товар\ufeff", "отлично товар"),
        ("Пришло 25 мая 2024, заплатил 1500", "пришло 3 мая 1999, заплатил 20"),
        ("Straße", "strasse"),
    ],
)
def test_what_costs_nothing_is_no_difference(one, other):
    assert fold(one) == fold(other)


@pytest.mark.parametrize(
    ("honest", "disguised"),
    [
        ("скорость и качество доставки", "cкopocть и кaчecтвo дocтaвки"),
        ("ВСЕМ СОВЕТУЮ ОТЕЛЬ НА МОРЕ", "BCEM COBETYЮ OTEЛЬ HA MOPE"),
        ("excellent phone company", "ехсеllеnt рhоnе соmраny"),
        ("EXCELLENT PHONE", "ЕХСЕLLЕNТ РНОNЕ"),
        ("every photo taken", "ενεry phοtο tαkεη".replace("ν", "v").replace("η", "n")),
        ("дима", "дuмa"),
    ],
)
def test_mixed_alphabets_fold_to_the_same_codes(honest, disguised):
    assert fold(honest) == fold(disguised)


@pytest.mark.parametrize(
    ("one", "other"), [("отличный товар", "ужасный товар"), ("love it", "hate it"), ("这家店很好", "这家店很差")]
)
def test_other_words_stay_other_words(one, other):
    assert fold(one) != fold(other)


def test_nothing_but_signs_folds_to_nothing():
    assert fold("!!! 😀😀 … \u200b\n") == ""
    codes, offsets = fold_many(["", "?", ""])
    assert len(codes) == 0
    assert offsets.tolist() == [0, 0, 0, 0]


@given(st.lists(st.text(st.characters(codec=None), max_size=60), max_size=8))
def test_a_text_folds_alike_in_any_company(texts):
    codes, offsets = fold_many(texts)
    alone = [fold(text) for text in texts]
    together = ["".join(map(chr, codes[offsets[i] : offsets[i + 1]].tolist())) for i in range(len(texts))]
    assert together == alone


@given(st.text(st.characters(codec=None), max_size=200))
def test_any_text_folds_to_letters_without_runs(text):
    folded = fold(text)
    assert len(folded) <= 2 * MAX_CODE_POINTS
    assert all(a != b for a, b in pairwise(folded))


@given(st.text("абвгдежзиклмнопрстуфхцчшщъыьэюя ,.!", max_size=80))
def test_case_and_signs_never_matter(text):
    assert fold(text.upper()) == fold(text) == fold("«" + text.replace(" ", " 🙂 ") + "»")


def test_what_follows_four_thousand_characters_changes_nothing():
    head = "слово за слово " * 300
    assert fold(head[:MAX_CODE_POINTS] + "другое") == fold(head[:MAX_CODE_POINTS] + "ещё " * 250_000)


@pytest.mark.parametrize("hostile", ["a" * 1_000_000, "\0" * 1_000_000, "\ud800" * 1_000_000, "ﷺ" * 1_000_000])
def test_a_megabyte_of_one_line_takes_no_time(hostile):
    fold("warm up")
    start = time.process_time()
    fold(hostile)
    assert time.process_time() - start < 0.5
