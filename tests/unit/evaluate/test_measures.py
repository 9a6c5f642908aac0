"""Every metric against numbers worked by hand or given by scikit-learn, and the bootstrap against the metrics."""

import numpy as np
import pytest
from scipy.stats import norm
from sklearn.metrics import f1_score, log_loss, matthews_corrcoef, top_k_accuracy_score

from tasks.evaluate.lean_import import evaluate
from tasks.evaluate.measures import compare, with_intervals
from tasks.evaluate.metric import TargetMetrics, compute_metrics
from tasks.scoring.bootstrap import Draws, bootstrap, interval, resample_weights
from tasks.scoring.calibration import calibration_bin
from tasks.scoring.classification import Scored, headline_statistics, score, top_ks
from tasks.targets import LabelTarget

DRAWS = Draws(resamples=400, confidence=0.95, seed=0)


@pytest.fixture
def four_rows():
    """Three right, one wrong; confidences 0.8, 0.6, 0.6 and 0.9."""
    probabilities = np.array([[0.8, 0.1, 0.1], [0.2, 0.6, 0.2], [0.6, 0.3, 0.1], [0.05, 0.05, 0.9]], dtype=np.float32)
    return score(probabilities, np.array([0, 1, 1, 2]))


def metrics_of(scored, cache):
    """As the stage computes them: by `evaluate`, from answers as tables keep them."""
    names = [f"{number:02}" for number in range(scored.label_count)]
    truth, answers = ([names[number] for number in numbers] for numbers in (scored.truth, scored.guess))
    return compute_metrics(truth, answers, cache, target=LabelTarget(), classes=names, outputs=scored.probabilities)


def random_rows(rows=300, labels=7, seed=1):
    generator = np.random.default_rng(seed)
    truth = generator.integers(0, labels, rows)
    logits = generator.normal(size=(rows, labels))
    logits[np.arange(rows), truth] += 1.5
    odds = np.exp(logits)
    return score((odds / odds.sum(axis=1, keepdims=True)).astype(np.float32), truth)


def test_metrics_are_what_is_worked_by_hand(four_rows, tmp_path):
    found = metrics_of(four_rows, tmp_path)
    assert found["accuracy"] == 0.75
    assert found["macro_f1"] == pytest.approx((2 / 3 + 2 / 3 + 1) / 3)
    assert found["weighted_f1"] == pytest.approx((2 / 3 + 2 * 2 / 3 + 1) / 4)
    assert found["log_loss"] == pytest.approx(-(np.log(0.8) + np.log(0.6) + np.log(0.3) + np.log(0.9)) / 4, rel=1e-6)
    # Gorodkin: (3·4 - (2·1 + 1·2 + 1·1)) / sqrt((16 - 6)(16 - 6))
    assert found["mcc"] == pytest.approx((12 - 5) / 10)
    # bins of width 1/15: 0.8 and 0.9 alone, the two 0.6 together, of which one is right
    assert found["ece"] == pytest.approx((0.2 + abs(1.2 - 1) + 0.1) / 4, abs=1e-6)


def test_calibration_is_measured_in_fifteen_bins(tmp_path):
    """0.62 and 0.68 lie in two bins of 1/15, (9/15, 10/15] and (10/15, 11/15], and would lie in one of a tenth."""
    scored = score(np.array([[0.62, 0.38], [0.68, 0.32]], dtype=np.float32), np.array([0, 1]))
    assert metrics_of(scored, tmp_path)["ece"] == pytest.approx((0.38 + 0.68) / 2, abs=1e-6)
    assert headline_statistics(scored)(np.ones((1, 2)))["ece"][0] == pytest.approx((0.38 + 0.68) / 2, abs=1e-6)


def test_a_bin_of_the_calibration_error_includes_its_upper_border():
    """Of four bins 0.75 lies with 0.7 in the third."""
    assert calibration_bin(np.array([0.75, 0.7, 0.76, 0.0]), bins=4).tolist() == [2, 2, 3, 0]


def test_metrics_agree_with_scikit_learn(tmp_path):
    scored = random_rows()
    found = metrics_of(scored, tmp_path)
    truth, guess, given = scored.truth, scored.guess, scored.probabilities
    assert found["macro_f1"] == pytest.approx(f1_score(truth, guess, average="macro"))
    assert found["weighted_f1"] == pytest.approx(f1_score(truth, guess, average="weighted"))
    assert found["mcc"] == pytest.approx(matthews_corrcoef(truth, guess))
    assert found["top3"] == pytest.approx(top_k_accuracy_score(truth, given, k=3))
    assert found["top5"] == pytest.approx(top_k_accuracy_score(truth, given, k=5))
    assert found["log_loss"] == pytest.approx(log_loss(truth, given), rel=1e-5)


def test_labels_that_do_not_occur_count_for_nothing(tmp_path):
    scored = Scored(np.array([0, 1, 1]), np.array([0, 1, 2]), label_count=9)
    macro = (1 + 2 / 3 + 0) / 3  # of the labels 0, 1 and 2
    assert metrics_of(scored, tmp_path)["macro_f1"] == pytest.approx(macro)
    assert headline_statistics(scored)(np.ones((1, 3)))["macro_f1"][0] == pytest.approx(macro)


def test_one_impossible_row_leaves_log_loss_finite(tmp_path):
    scored = score(np.array([[1, 0], [0, 1]], dtype=np.float32), np.array([1, 1]))
    assert metrics_of(scored, tmp_path)["log_loss"] == pytest.approx(-np.log(np.finfo(np.float32).eps) / 2)


def test_top_k_is_measured_only_where_it_says_something():
    assert [top_ks(count) for count in (3, 4, 5, 6)] == [[], [3], [3], [3, 5]]


def test_the_metric_is_one_of_hugging_face_evaluate(tmp_path):
    assert isinstance(TargetMetrics(cache_dir=str(tmp_path)), evaluate.Metric)


def test_statistics_of_unresampled_rows_are_the_metrics(tmp_path):
    scored = random_rows()
    found = metrics_of(scored, tmp_path)
    plain = headline_statistics(scored)(np.ones((1, len(scored.truth))))
    assert set(plain) == {"accuracy", "macro_f1", "weighted_f1", "mcc", "top3", "top5", "log_loss", "ece"}
    assert {name: value[0] for name, value in plain.items()} == pytest.approx({name: found[name] for name in plain})


def test_statistics_of_a_resample_are_those_of_the_rows_drawn():
    scored = random_rows(rows=40)
    drawn = np.array([3] * 5 + [7] * 15 + list(range(20)))
    again = score(scored.probabilities[drawn], scored.truth[drawn])
    weights = np.bincount(drawn, minlength=40)[None, :].astype(float)
    resampled, direct = headline_statistics(scored)(weights), headline_statistics(again)(np.ones((1, 40)))
    assert {name: value[0] for name, value in resampled.items()} == pytest.approx(
        {name: value[0] for name, value in direct.items()}
    )


def test_resamples_do_not_depend_on_how_they_are_blocked(monkeypatch):
    whole = np.concatenate(list(resample_weights(50, DRAWS)))
    monkeypatch.setattr("tasks.scoring.bootstrap.CELLS", 7 * 50)
    assert np.array_equal(whole, np.concatenate(list(resample_weights(50, DRAWS))))
    assert whole.shape == (400, 50)
    assert (whole.sum(axis=1) == 50).all()
    # each row is drawn once a resample on average: 400 times in all, with a binomial standard deviation of 20
    assert whole.sum(axis=0) == pytest.approx(np.full(50, 400), abs=100)


def test_interval_is_the_percentiles_between_the_tails():
    assert interval(np.arange(101.0), 0.9) == pytest.approx((5, 95))
    assert interval(np.array([1.0, np.nan, 3.0]), 0.5) == pytest.approx((1.5, 2.5))


def test_interval_of_accuracy_is_about_the_normal_one(tmp_path):
    scored = random_rows(rows=2000)
    measured = with_intervals(metrics_of(scored, tmp_path), scored, Draws(4000, 0.95, 0))["accuracy"]
    share = measured["value"]
    half = norm.ppf(0.975) * np.sqrt(share * (1 - share) / 2000)  # the binomial's normal approximation
    assert measured["low"] == pytest.approx(share - half, abs=0.002)
    assert measured["high"] == pytest.approx(share + half, abs=0.002)


def test_same_seed_gives_the_same_interval_and_another_does_not(tmp_path):
    scored = random_rows()
    found = metrics_of(scored, tmp_path)
    assert with_intervals(found, scored, DRAWS) == with_intervals(found, scored, DRAWS)
    assert with_intervals(found, scored, DRAWS) != with_intervals(found, scored, Draws(400, 0.95, 1))


def test_a_system_compared_with_itself_differs_by_exactly_nothing():
    scored = random_rows()
    _, gain = compare(scored, scored, LabelTarget(), DRAWS)
    assert all(each == {"value": 0, "low": 0, "high": 0} for each in gain.values())


def test_gain_is_paired_and_so_narrower_than_the_two_intervals():
    model = random_rows(rows=500)
    guess = model.guess.copy()
    guess[:10] = (model.truth[:10] + 1) % 7
    own, gain = compare(model, Scored(model.truth, guess, 7), LabelTarget(), DRAWS)
    lost = (model.guess[:10] == model.truth[:10]).sum() / 500
    assert gain["accuracy"]["value"] == pytest.approx(lost)
    assert gain["accuracy"]["low"] >= 0
    assert gain["accuracy"]["high"] - gain["accuracy"]["low"] < own["accuracy"]["high"] - own["accuracy"]["low"]


def test_lower_log_loss_is_a_gain():
    model = random_rows()
    worse = score(np.full_like(model.probabilities, 1 / 7), model.truth)
    assert compare(model, worse, LabelTarget(), DRAWS)[1]["log_loss"]["low"] > 0


def test_bootstrap_names_each_statistic_once_per_resample():
    found = bootstrap(lambda weights: {"rows": weights.sum(axis=1)}, 10, DRAWS)
    assert found["rows"].tolist() == [10] * 400
