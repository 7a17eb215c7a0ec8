"""Changed copies are found and decided; common phrases and other people's words are not."""

import sys
from pathlib import Path
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.text.fingerprint import (
    BANDS,
    BINS,
    SIGNATURE_BYTES,
    Fingerprint,
    bin_of,
    fingerprints,
    is_copy,
    shared_band,
    similarity,
)
from streams.text.fold import fold

sys.path.append(str(Path(__file__).parents[2] / "bench"))
from copy_changes import KINDS

STORIES = """\
Ёлку заказали в пятницу, а привезли её только во вторник вечером. Курьер Антон извинился и подарил гирлянду на 40 лампочек. Ставили всей семьёй, кот сразу залез на верхушку. Иголки пока держатся, хотя батарея стоит рядом.
Our flight to Lisbon was delayed by six hours, so the lounge became our second home. Maria at the desk found two vegan sandwiches that were not on the menu. The showers were cold, though. I would still rather wait here than at gate 27 with the pigeons.
Брала пуховик на вырост. Капюшон отстёгивается, но одна кнопка отвалилась через 3 недели. Написала продавцу Ирине, она выслала новую фурнитуру почтой. Рукава длинноваты даже на мой рост.
""".splitlines()


def one_of(text: str) -> Fingerprint:
    found = fingerprints([text])[0]
    assert found is not None
    return found


def found_and_decided(one: Fingerprint, other: Fingerprint) -> bool:
    alike = similarity(one.signature, other.signature)
    return bool(set(one.bands) & set(other.bands)) and is_copy(one.signature, other.signature, alike)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("story", range(len(STORIES)))
def test_a_changed_copy_is_found(story, kind):
    original = one_of(STORIES[story])
    for seed in range(12):
        changed = KINDS[kind](STORIES[story], Random(seed))
        if changed is None:
            assert kind == "yo"  # no letter of an English story is a е
            continue
        assert found_and_decided(original, one_of(changed)), changed


def test_different_stories_are_no_copies():
    prints = [one_of(story) for story in STORIES]
    for i, one in enumerate(prints):
        for other in prints[:i]:
            assert not set(one.bands) & set(other.bands)
            assert similarity(one.signature, other.signature) < 0.15


@pytest.mark.parametrize(
    "phrase",
    [
        "", "!!!", "ok", "Всё отлично", "Great product!", "Всё супер, очень доволен покупкой, рекомендую",
        "Отличное качество, быстрая доставка, спасибо продавцу", "Excellent service, highly recommended!",
        "Good quality, arrived on time, would buy again", "Ужасное обслуживание, не рекомендую никому",
        "Sehr gute Qualität, schnelle Lieferung, gerne wieder", "очень " * 100, "👍" * 500, "a" * 4000,
    ],
)  # fmt: skip
def test_common_and_empty_phrases_have_no_fingerprint(phrase):
    assert fingerprints([phrase]) == [None]


def test_praise_around_a_story_does_not_hide_it():
    story = STORIES[2]
    assert found_and_decided(one_of(story), one_of(f"Всё отлично! {story} Рекомендую всем, спасибо продавцу."))


def test_the_estimate_is_near_the_true_resemblance():
    random = Random(4)
    words = [w for story in STORIES for w in story.split()]
    for _ in range(60):
        base = random.choices(words, k=120)
        other = [random.choice(words) if random.random() < random.choice((0.05, 0.2, 0.5)) else w for w in base]
        one, two = " ".join(base), " ".join(other)
        sets = [{fold(t)[i : i + 5] for i in range(len(fold(t)) - 4)} for t in (one, two)]
        true = len(sets[0] & sets[1]) / len(sets[0] | sets[1])
        assert similarity(one_of(one).signature, one_of(two).signature) == pytest.approx(true, abs=0.19)


def test_signature_and_bands_keep_their_bounds():
    found = one_of(STORIES[0])
    assert len(found.signature) == SIGNATURE_BYTES <= 128
    assert 1 <= len(found.bands) <= BANDS <= 16
    assert all(0 <= band < 2**63 for band in found.bands)
    assert [bin_of(band) for band in found.bands] == sorted({bin_of(band) for band in found.bands})
    assert found.size == len(fold(STORIES[0])) - 4


def test_fingerprints_are_frozen_for_ever():
    """A change of these bytes makes every stored bucket worthless: it needs a new topic, not a new figure here."""
    found = one_of(STORIES[1])
    assert found.signature[:4].hex() == "bd008a00"
    assert [f"{band:016x}" for band in found.bands[:2]] == ["01c2efaa5b4dc06d", "105129cb478a02a3"]
    assert found.signature[-4:].hex() == "d6d7f9c0"


def test_shared_band_is_the_first_bin_in_which_both_agree():
    random = Random(9)
    for kind in ("typos", "cut", "several"):
        for story in STORIES:
            one, other = one_of(story), one_of(KINDS[kind](story, random))
            common = set(one.bands) & set(other.bands)
            assert shared_band(one.signature, other.signature) == min(map(bin_of, common))
    assert shared_band(one_of(STORIES[0]).signature, one_of(STORIES[1]).signature) is None


@given(st.lists(st.sampled_from([*STORIES, "", "короткое", STORIES[0][:60]]) | st.text(max_size=200), max_size=12))
def test_a_fingerprint_does_not_depend_on_its_batch(texts):
    assert fingerprints(texts) == [fingerprints([text])[0] for text in texts]


@given(
    st.binary(min_size=SIGNATURE_BYTES, max_size=SIGNATURE_BYTES),
    st.lists(st.binary(min_size=SIGNATURE_BYTES, max_size=SIGNATURE_BYTES), min_size=1, max_size=5),
)
def test_similarity_is_a_share_and_the_same_both_ways(one, others):
    assert all(0 <= similarity(one, other) <= 1 for other in [*others, one])
    assert all(similarity(one, other) == similarity(other, one) for other in others)


@given(st.text(st.characters(codec=None), max_size=300))
def test_any_text_has_a_fingerprint_or_none(text):
    found = fingerprints([text])[0]
    if found:
        assert similarity(found.signature, found.signature) == 1.0
        assert is_copy(found.signature, found.signature, 1.0)
        assert len(found.signature) == SIGNATURE_BYTES == 4 + 3 * BANDS + BINS // 2


@pytest.mark.parametrize("hostile", ["x" * 1_000_000, "\0" * 1_000_000, "\ud800\udc00 " * 200_000, "аб" * 500_000])
def test_hostile_text_never_raises(hostile):
    assert len(fingerprints([hostile, STORIES[0]])) == 2
