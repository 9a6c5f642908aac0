import random

import numpy as np
import pyarrow as pa
import pytest

from tasks.split.dealing import ASIDE, TEST, TRAIN, VAL, deal, draw, settle
from tasks.split.plan import plan_split
from tasks.split.settings import SplitSettings
from tasks.split.shares import share_deviations

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
]


def messages(count: int, seed: int) -> list[str]:
    """Random sentences; a third are earlier ones again, with a letter changed, shouted, or as they are."""
    chance = random.Random(seed)  # noqa: S311 - test data
    made: list[str] = []
    while len(made) < count:
        text = " ".join(chance.choices(WORDS, k=chance.randint(3, 8)))
        if made and chance.random() < 0.35:
            old = chance.choice(made)
            place = chance.randrange(len(old))
            text = chance.choice([old, old.upper() + "!", old[:place] + "x" + old[place + 1 :]])
        made.append(text)
    return made


def sides_of(texts: list[str], settings: SplitSettings | None = None) -> list[int]:
    is_test = np.zeros(len(texts), np.bool_)
    return plan_split(pa.array(texts), is_test, settings or SplitSettings(val=0.3, test=0.3)).sides.tolist()


@pytest.mark.parametrize("seed", range(6))
def test_rows_keep_their_side_when_the_data_grow(seed: int) -> None:
    chance = random.Random(seed)  # noqa: S311 - test data
    texts = messages(400, seed)
    border = chance.randint(50, 350)
    before, old, added = sides_of(texts[:border]), texts[:border], texts[border:]
    assert sides_of(texts)[:border] == before
    chance.shuffle(added)
    assert sides_of(old + added)[:border] == before, "whatever the order of what is added"
    assert {TRAIN, VAL, TEST} <= set(before)


@pytest.mark.parametrize("seed", range(3))
def test_near_duplicates_are_never_on_two_sides(seed: int) -> None:
    from tasks.split.leakage import count_leaks

    texts = messages(400, seed)
    sides = np.array(sides_of(texts))
    parts = [pa.array([text for text, side in zip(texts, sides, strict=True) if side == s]) for s in (1, 2, 4)]
    assert count_leaks(parts, 0.8) == {"exact": 0, "normalised": 0, "near": 0}


def test_a_text_follows_its_earlier_near_duplicates() -> None:
    sides = np.array([TRAIN, VAL, VAL], np.uint8)
    assert settle(sides, np.array([[0, 2]])).tolist() == [TRAIN, VAL, TRAIN]


def test_a_text_near_to_two_sides_is_set_aside_and_binds_no_later_one() -> None:
    sides = np.array([TRAIN, VAL, TEST, TEST], np.uint8)
    assert settle(sides, np.array([[0, 2], [1, 2], [2, 3]])).tolist() == [TRAIN, VAL, ASIDE, TEST]


def test_a_text_that_moved_takes_later_ones_along() -> None:
    sides = np.array([TRAIN, VAL, TEST], np.uint8)
    assert settle(sides, np.array([[0, 1], [1, 2]])).tolist() == [TRAIN, TRAIN, TRAIN]


def test_a_row_between_two_sides_goes_nowhere() -> None:
    # the middle text is near both ends (0.8 or more), which are not near each other
    start = "please tell me where the new card is that you sent to me"
    middle = start + " today early"
    end = middle + " on monday"
    texts = pa.array([start, end, middle])
    for number in range(20):
        plan = plan_split(texts, np.zeros(3, np.bool_), SplitSettings(key=str(number)))
        if plan.sides[0] != plan.sides[1]:
            break
    assert plan.set_aside.tolist() == [False, False, True]
    assert plan.sides[2] == ASIDE


def test_another_key_is_another_split() -> None:
    texts = messages(100, 0)
    assert sides_of(texts, SplitSettings(key="a")) != sides_of(texts, SplitSettings(key="b"))


def test_a_draw_depends_on_text_and_key_alone() -> None:
    # hashlib.blake2b of "card" under the blake2b-256 of "k", first 53 bits of 64
    import hashlib

    secret = hashlib.blake2b(b"k", digest_size=32).digest()
    digest = hashlib.blake2b(b"card", digest_size=8, key=secret).digest()
    expected = (int.from_bytes(digest, "big") >> 11) / 2**53
    assert draw(pa.array(["other", "card"]), "k")[1] == expected


def test_a_share_for_test_takes_no_row_from_val() -> None:
    drawn = np.array([0.0, 0.09, 0.1, 0.29, 0.31, 0.99])
    assert deal(drawn, val=0.1, test=0).tolist() == [VAL, VAL, TRAIN, TRAIN, TRAIN, TRAIN]
    assert deal(drawn, val=0.1, test=0.2).tolist() == [VAL, VAL, TEST, TEST, TRAIN, TRAIN]


def test_shares_are_off_as_the_binomial_says() -> None:
    # 400 labels × 100 texts of their own: z has mean square 1, and its mean over 400 the deviation sqrt(2 / 400) = 0.07
    texts = pa.array([f"text {number}" for number in range(40_000)])
    sides = deal(draw(texts, "key"), val=0.15, test=0.2).reshape(400, 100)
    counts = {name: (sides == bit).sum(axis=1) for name, bit in (("train", TRAIN), ("val", VAL), ("test", TEST))}
    labels = [str(number) for number in range(400)]
    told = share_deviations(
        counts, labels, {"val": 0.15, "test": 0.2}, {side: int(n.sum()) for side, n in counts.items()}
    )
    for name, asked in (("val", 0.15), ("test", 0.2)):
        assert told[name]["root_mean_square_z"] ** 2 == pytest.approx(1, abs=4 * 0.0708)
        # of 40,000: within 4 × sqrt(p (1 - p) / 40000)
        assert told[name]["got"] == pytest.approx(asked, abs=4 * (asked * (1 - asked) / 40_000) ** 0.5)


def test_the_label_farthest_off_is_told_with_its_deviation() -> None:
    counts = {"train": np.array([80, 60]), "val": np.array([0, 0]), "test": np.array([20, 40])}
    told = share_deviations(counts, ["good", "bad"], {"val": 0.0, "test": 0.2}, {"train": 140, "val": 0, "test": 60})
    assert told == {
        "test": {
            "asked": 0.2,
            "got": 0.3,  # 60 of 200
            "largest_deviation": 0.2,  # 40 of 100, not 20
            "largest_deviation_stratum": "bad",
            "largest_deviation_expected_sd": 0.04,  # sqrt(0.2 × 0.8 / 100)
            "root_mean_square_z": 3.5355,  # sqrt((0² + 5²) / 2)
        }
    }
