import numpy as np
import pytest

from tasks.targets import LabelTarget
from tasks.validate.label_errors import LabelErrors, draw_sample, find_label_errors


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
