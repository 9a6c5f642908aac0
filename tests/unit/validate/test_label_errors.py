import numpy as np
import pytest

from tasks.targets import LabelTarget, Target
from tasks.targets.labels import LabelsTarget, written
from tasks.targets.number import NumberTarget
from tasks.targets.tags import TagsTarget
from tasks.validate.label_errors import LabelErrors, can_have_label_errors, draw_sample, find_label_errors


def clusters(rows: int, seed: int = 0) -> tuple[np.ndarray, list[str]]:
    """Two well parted clouds, "a" around (-3, 0) and "b" around (3, 0)."""
    noise = np.random.default_rng(seed).normal(scale=0.5, size=(2 * rows, 2))
    centres = np.repeat([[-3.0, 0.0], [3.0, 0.0]], rows, axis=0)
    return (centres + noise).astype(np.float32), ["a"] * rows + ["b"] * rows


def find(features: np.ndarray, labels: list[str], seed: int = 0) -> LabelErrors:
    return find_label_errors(features, ["-"] * len(labels), labels, LabelTarget(), seed)


def test_flipped_labels_are_found_and_the_right_ones_suggested() -> None:
    features, labels = clusters(40)
    labels[3], labels[17], labels[50] = "b", "b", "a"
    found = find(features, labels)
    assert {(each.position, each.given, each.suggested) for each in found.suspects} == {
        (3, "b", "a"),
        (17, "b", "a"),
        (50, "a", "b"),
    }
    assert found.looked_at == 80


def test_sound_labels_are_not_suspected() -> None:
    assert find(*clusters(40)).suspects == ()


def test_the_worst_come_first() -> None:
    features, labels = clusters(40)
    labels[3], labels[50] = "b", "a"
    scores = [each.score for each in find(features, labels).suspects]
    assert scores == sorted(scores)
    assert all(0 <= score < 0.5 for score in scores)


def test_labels_with_fewer_rows_than_folds_are_skipped_and_the_positions_still_fit() -> None:
    features, labels = clusters(40)
    rare = np.zeros((4, 2), dtype=np.float32)
    features, labels = np.concatenate([rare, features]), ["rare"] * 4 + labels
    flipped = {9, 14, 21, 30}  # among the first forty after the rare ones: all "a"
    for position in flipped:
        labels[position] = "b"
    found = find(features, labels)
    assert found.skipped == {"rare": 4}
    assert found.looked_at == 80
    assert found.suspects
    assert {each.position for each in found.suspects} <= flipped


@pytest.mark.parametrize("labels", [["a"] * 10, ["a"] * 10 + ["b"] * 4, ["a", "b", "c"]])
def test_with_fewer_than_two_labels_to_compare_nothing_is_looked_at(labels: list[str]) -> None:
    found = find(np.zeros((len(labels), 2), dtype=np.float32), labels)
    assert (found.looked_at, found.suspects) == (0, ())


def test_the_same_seed_gives_the_same_findings() -> None:
    features, labels = clusters(40)
    labels[3] = "b"
    assert find(features, labels, seed=7) == find(features, labels, seed=7)


def test_a_sample_is_bounded_in_order_and_the_same_for_the_same_seed() -> None:
    candidates = np.arange(100, 200)
    sample = draw_sample(candidates, 10, seed=1)
    assert len(sample) == 10
    assert sample.tolist() == sorted(set(sample.tolist()))
    assert sample.tolist() == draw_sample(candidates, 10, seed=1).tolist()
    assert sample.tolist() != draw_sample(candidates, 10, seed=2).tolist()


def test_few_candidates_are_all_in_the_sample() -> None:
    assert draw_sample(np.array([4, 9]), 10, seed=0).tolist() == [4, 9]


def long_texts(rows: int) -> tuple[list[str], list[str]]:
    """Forty words that say nothing, then what the text is about."""
    chance = np.random.default_rng(0)
    noise = [f"word{number}" for number in range(60)]
    about = {"a": ["engine", "wheel", "road"], "b": ["puck", "goal", "ice"]}
    labels = ["a", "b"] * (rows // 2)
    return [" ".join([*chance.choice(noise, 40), *chance.choice(about[label], 6)]) for label in labels], labels


def test_where_the_base_does_not_see_what_a_text_is_about_its_words_rank_the_suspects() -> None:
    texts, labels = long_texts(200)
    flipped = {10, 33, 120, 151, 190}
    for place in flipped:
        labels[place] = "b" if labels[place] == "a" else "a"
    blind = np.random.default_rng(1).normal(size=(200, 8)).astype(np.float32)
    found = find_label_errors(blind, texts, labels, LabelTarget(), seed=0)
    assert found.ranked_by == "tfidf"
    assert found.held_out_loss["tfidf"] < found.held_out_loss["frozen_features"]
    assert {each.position for each in found.suspects[:5]} == flipped


def test_where_the_base_sees_more_its_features_rank_the_suspects() -> None:
    features, labels = clusters(40)
    texts = ["one of them", "another of them"] * 40
    found = find_label_errors(features, texts, labels, LabelTarget(), seed=0)
    assert found.ranked_by == "frozen_features"
    assert set(found.held_out_loss) == {"frozen_features", "tfidf"}


def test_a_label_that_is_missing_or_too_many_is_found_among_several() -> None:
    chance = np.random.default_rng(0)
    carried = chance.random((300, 3)) < 0.4
    features = (np.repeat(carried, 20, axis=1) * 4 + chance.normal(size=(300, 60))).astype(np.float32)
    given, flipped = carried.copy(), {17: 0, 40: 2, 51: 1, 90: 0, 133: 1, 200: 2, 250: 0, 280: 1}
    for row, label in flipped.items():
        given[row, label] ^= True
    targets = [written([name for name, is_ in zip("abc", row, strict=True) if is_]) for row in given]
    found = find_label_errors(features, ["-"] * 300, targets, LabelsTarget(may_be_empty=True), seed=0)
    suspected = {each.position: each.suggested for each in found.suspects[:6]}
    assert len(suspected) == 6
    assert suspected.keys() <= flipped.keys()
    for row, suggested in suspected.items():
        right = [name for name, is_ in zip("abc", carried[row], strict=True) if is_]
        assert suggested == (", ".join(right) or "none of the labels")


@pytest.mark.parametrize(
    ("target", "can"), [(LabelTarget(), True), (LabelsTarget(), True), (NumberTarget(), False), (TagsTarget(), False)]
)
def test_label_errors_are_looked_for_where_rows_name_classes(target: Target, can: bool) -> None:
    assert can_have_label_errors(target) is can
