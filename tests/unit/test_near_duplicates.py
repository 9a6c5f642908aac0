import random

import numpy as np
import pyarrow as pa
import pytest

from tasks.near_duplicates import jaccard, near_any, near_pairs, normal_forms
from tasks.near_duplicates.similarity import similarities
from tasks.near_duplicates.sketches import band_shape

WORDS = [
    "card",
    "bank",
    "money",
    "refund",
    "order",
    "phone",
    "delivery",
    "street",
    "window",
    "garden",
    "river",
    "pencil",
    "summer",
    "yellow",
    "doctor",
    "train",
]


def sentences(count: int, seed: int = 0) -> list[str]:
    """Distinct random sentences of eight words."""
    draw = random.Random(seed)  # noqa: S311 - test data
    made: dict[str, None] = {}
    while len(made) < count:
        made[" ".join(draw.choices([a + b for a in WORDS for b in ("", "s", "ly", "ing", "less")], k=8))] = None
    return list(made)


def all_near_pairs(texts: list[str], similarity: float) -> list[tuple[int, int]]:
    """By comparing everything with everything, in the order of near_pairs."""
    pairs = np.array([(one, other) for other in range(len(texts)) for one in range(other)])
    return as_tuples(pairs[similarities(pa.array(texts), pairs) >= similarity - 1e-9])


def as_tuples(pairs: np.ndarray) -> list[tuple[int, int]]:
    return [(int(one), int(other)) for one, other in pairs]


@pytest.mark.parametrize(
    ("text", "form"),
    [
        ("Where is my CARD?!", "where is my card"),
        ("  tabs\tand\n\nbreaks ", "tabs and breaks"),
        ("I don't / I don’t", "i dont i dont"),
        ("Straße ﬁn", "strasse fin"),
        ("cafe\u0301", "café"),
        ("zero\u200bwidth \u202eturned", "zerowidth turned"),
        ("100 $ + 5 €", "100 $ + 5 €"),
        ("wait…what", "wait what"),
        ("我的卡在哪里？", "我的卡在哪里"),
        ("?!", "?!"),
        ("", ""),
    ],
)
def test_normal_form_drops_case_punctuation_and_spacing_alone(text: str, form: str) -> None:
    assert normal_forms(pa.array([text])).to_pylist() == [form]


def test_similarity_is_shared_shingles_by_all_shingles() -> None:
    # " abcd ": _ab abc bcd cd_ ; " abce ": _ab abc bce ce_ → 2 shared of 6
    assert jaccard("abcd", "abce") == pytest.approx(2 / 6)


def test_many_pairs_at_once_have_the_similarity_of_one_at_a_time() -> None:
    texts = ["abcd", "abce", "a", "haha", "hahahaha", "", *sentences(20)]
    pairs = np.array([(one, other) for one in range(len(texts)) for other in range(one)])
    expected = [jaccard(texts[one], texts[other]) for one, other in pairs]
    assert similarities(pa.array(texts), pairs) == pytest.approx(expected)


def test_texts_that_differ_in_one_typo_are_near() -> None:
    right = "i would like to know where my new card is now"
    typos = [
        "i would like to know where my nww card is now",
        "i would lke to know where my new card is now",
        "i would like to knoww where my new card is now",
        "i would like to konw where my new card is now",
    ]
    assert as_tuples(near_pairs(pa.array([right, *typos]), 0.8))[:1] == [(0, 1)]
    assert near_any(pa.array(typos), pa.array([right]), 0.8).all()


def test_short_texts_that_differ_in_the_word_that_matters_are_not_near() -> None:
    texts = normal_forms(pa.array(["Where is my card?", "Where is my refund?", "Where is my order?", "Where are you?"]))
    assert as_tuples(near_pairs(texts, 0.8)) == []


def test_texts_shorter_than_a_shingle_match_only_as_a_whole() -> None:
    texts = pa.array(["a", "b", "ab", "ba", "", "abc"])
    assert as_tuples(near_pairs(texts, 0.5)) == []
    assert near_any(pa.array(["A.", "b", "c"]), pa.array(["a", "B!"]), 0.8).tolist() == [True, True, False]


def test_hand_planted_near_duplicates_are_found_among_strangers() -> None:
    texts = sentences(2_000)
    draw = random.Random(1)  # noqa: S311 - test data
    for text in texts[:200]:  # one letter of about fifty changed: similarity at least 47/53 > 0.8
        place = draw.randrange(len(text))
        texts.append(text[:place] + "q" + text[place + 1 :])
    found = set(as_tuples(near_pairs(pa.array(texts), 0.8)))
    assert {(place, 2_000 + place) for place in range(200)} <= found


@pytest.mark.parametrize("similarity", [0.5, 0.7, 0.8, 0.95, 1.0])
def test_nothing_is_found_that_comparing_everything_does_not_find_and_next_to_nothing_is_missed(
    similarity: float,
) -> None:
    texts = sentences(150)
    draw = random.Random(2)  # noqa: S311 - test data
    for _ in range(250):  # texts at all distances
        words = draw.choice(texts).split()
        words[draw.randrange(len(words))] = draw.choice(WORDS)
        texts.append(" ".join(words))
    texts = list(dict.fromkeys(texts))
    expected = all_near_pairs(texts, similarity)
    found = as_tuples(near_pairs(pa.array(texts), similarity))
    assert set(found) <= set(expected)
    assert len(found) >= 0.999 * len(expected)
    assert found == [pair for pair in expected if pair in set(found)], "by the later one, then the earlier"


@pytest.mark.parametrize("similarity", [0.5, 0.6, 0.7, 0.8, 0.9, 0.99, 1.0])
def test_a_pair_just_alike_enough_is_missed_once_in_ten_thousand(similarity: float) -> None:
    bands, rows = band_shape(similarity)
    assert (1 - similarity**rows) ** bands <= 1e-4  # Broder 1997: a key of r hashes agrees with probability s^r
    assert bands * rows <= 128


def test_least_hashes_agree_as_often_as_the_texts_are_alike() -> None:
    from tasks.near_duplicates.sketches import sketch

    one, other = "where is the card that i ordered last week", "where is the card that you ordered last weekend"
    hits = sum((np.equal(*sketch(pa.array([one, other]), 0.5, seed).keys.T)).sum() for seed in range(40))
    bands, rows = band_shape(0.5)
    chance = jaccard(one, other) ** rows
    expected, deviation = 40 * bands * chance, (40 * bands * chance * (1 - chance)) ** 0.5
    assert abs(hits - expected) < 4 * deviation


def test_pairs_among_the_first_texts_stay_when_more_are_appended(monkeypatch: pytest.MonkeyPatch) -> None:
    from tasks.near_duplicates import pairs

    monkeypatch.setattr(pairs, "_PARTNERS", 10_000)  # so that the crowd outgrows its partners
    texts = sentences(100) + [f"order {number} has not arrived yet please help" for number in range(500)]
    few = as_tuples(near_pairs(pa.array(texts[:400]), 0.8))
    more = as_tuples(near_pairs(pa.array(texts), 0.8))
    assert few == [pair for pair in more if pair[1] < 400]
    assert few


def test_a_crowd_of_like_texts_makes_a_bounded_number_of_pairs(monkeypatch: pytest.MonkeyPatch) -> None:
    from tasks.near_duplicates import pairs

    monkeypatch.setattr(pairs, "_PARTNERS", 0)  # as in a large file: 8 partners a band
    crowd = pa.array([f"order {number} has not arrived yet please help" for number in range(1_000)])
    found = near_pairs(crowd, 0.8)
    assert len(found) < 1_000 * 8 * band_shape(0.8)[0] / 4
    assert len(np.unique(found[:, 1])) == 999, "each but the first is near some other"


def test_only_pairs_across_sides_are_given_when_sides_are_told() -> None:
    texts = pa.array(["my card has not arrived yet", "my card has not arived yet", "my card has not arrrived yet"])
    sides = np.array([0, 0, 1], np.int8)
    assert as_tuples(near_pairs(texts, 0.7, sides=sides)) == [(0, 2), (1, 2)]


def test_no_texts_have_no_near_pairs() -> None:
    nothing = pa.array([], pa.string())
    assert near_pairs(nothing, 0.8).shape == (0, 2)
    assert near_any(nothing, pa.array(["a text"]), 0.8).tolist() == []
    assert near_any(pa.array(["a text"]), nothing, 0.8).tolist() == [False]


def test_long_and_short_texts_go_together() -> None:
    long = " ".join(sentences(400))
    texts = pa.array(["short", long, long.replace("card", "cards", 1), "shorts"])
    assert as_tuples(near_pairs(texts, 0.9)) == [(1, 2)]
