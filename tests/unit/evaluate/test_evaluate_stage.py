"""The stage from files to files, with a stand-in for the model."""

import json
from typing import ClassVar

import numpy as np
import pyarrow.parquet as pq
import pytest

from tasks.digest import row_id
from tasks.errors import DataError, GateError
from tasks.evaluate import stage
from tasks.evaluate.baselines import baselines_for
from tasks.evaluate.outputs import SLICES
from tasks.evaluate.settings import EvaluateSettings
from tasks.files import write_json
from tasks.model.settings import BaseSettings
from tasks.paths import Paths
from tasks.table import PREDICTIONS, SPLIT, read_table, write_rows
from tasks.targets import LabelTarget

BASE = BaseSettings(id="a/base", revision="0" * 40, sha256="0" * 64)
WORDS = {"refund": "money", "card": "plastic", "parcel": "post", "login": "account"}
LABELS = tuple(sorted(set(WORDS.values())))


class WordModel:
    """Says the label whose word it finds; 'wrong' in a text leads it astray."""

    labels = LABELS
    digest = "d" * 64
    output = None
    target = LabelTarget()
    decision: ClassVar[dict] = {}

    def answers(self, outputs):
        return self.target.answers(outputs, self.labels, self.decision)

    def predict(self, texts):
        if self.output is not None:
            return np.full((len(texts), len(LABELS)), self.output, dtype=np.float32)
        probabilities = np.full((len(texts), len(LABELS)), 0.05, dtype=np.float32)
        for row, text in enumerate(texts):
            found = next((label for word, label in WORDS.items() if word in text), LABELS[0])
            shift = 1 if "wrong" in text else 0
            probabilities[row, (LABELS.index(found) + shift) % len(LABELS)] = 0.85
        return probabilities

    def count_cut(self, texts):
        return sum(len(text.split()) > 3 for text in texts)


def word_features(texts, base, paths, per_word=False):
    return np.array([[text.count(word) + 0.01 for word in WORDS] for text in texts], dtype=np.float32)


def make_rows(path, *templates):
    texts = [
        (f"{template} {word} {number}", label)
        for word, label in WORDS.items()
        for number, template in enumerate(templates)
    ]
    rows = [
        {"row_id": row_id(text, label), "side": "any", "line": line, "text": text, "label": label, "fold": 0}
        for line, (text, label) in enumerate(texts, start=2)
    ]
    write_rows(path, rows, SPLIT)


@pytest.fixture
def workspace(tmp_path, monkeypatch):
    paths = Paths(tmp_path)
    make_rows(paths.train, "about my", "the", "please help with a very long story of", "hello")
    make_rows(paths.test, "where is the", "any news on my old", "wrong")
    model = WordModel()
    monkeypatch.setattr(stage, "load_model", lambda folder, base, root: model)
    monkeypatch.setattr(stage, "text_features", word_features)
    return paths, model


def evaluate(paths, **changes):
    return stage.run(paths, evaluate=EvaluateSettings(resamples=100, **changes), base=BASE)


def test_evaluating_gives_metrics_baselines_and_slices(workspace):
    numbers = evaluate(workspace[0])
    assert numbers["rows"] == 12
    assert numbers["texts_cut"] == {"test": 8, "max_tokens": 128}
    assert numbers["accuracy"] == pytest.approx(8 / 12, abs=1e-6)
    assert numbers["intervals"]["accuracy"]["low"] < 8 / 12 < numbers["intervals"]["accuracy"]["high"]
    assert set(numbers["baselines"]) == {"majority", "tfidf_linear", "frozen_linear"}
    assert numbers["baselines"]["majority"]["accuracy"] == 0.25
    assert numbers["baselines"]["frozen_linear"]["accuracy"] == 1
    assert numbers["baselines"]["frozen_linear"]["accuracy_gain"]["value"] == pytest.approx(-4 / 12, abs=1e-6)
    assert numbers["slices"]["typos"]["rows"] == 12
    json.dumps(numbers, allow_nan=False)


def test_each_test_row_gets_its_prediction_in_order(workspace):
    paths, _ = workspace
    evaluate(paths)
    table, test = read_table(paths.predictions, PREDICTIONS), read_table(paths.test, SPLIT)
    assert table["row_id"].to_pylist() == test["row_id"].to_pylist()
    assert table["predicted"][0].as_py() == "money"
    assert table["probabilities"][0].as_py() == pytest.approx([0.05, 0.85, 0.05, 0.05])


def test_slices_keep_the_texts_that_the_model_read(workspace):
    paths, _ = workspace
    evaluate(paths)
    table = pq.read_table(paths.evaluation / "slices.parquet")
    assert table.schema.equals(SLICES)
    typos = [each for each in table.to_pylist() if each["slice"] == "typos"]
    texts = read_table(paths.test, SPLIT)["text"].to_pylist()
    assert len(typos) == 12
    assert all(each["text"] != texts[each["row"]] for each in typos)


def test_worst_errors_name_the_nearest_train_rows(workspace):
    paths, _ = workspace
    evaluate(paths, worst_errors=3, nearest_rows=2)
    errors = json.loads((paths.evaluation / "results.json").read_text())["errors"]
    assert len(errors) == 3
    assert all("wrong" in error["text"] for error in errors)
    assert all(len(error["nearest"]) == 2 for error in errors)
    assert all(near["label"] == error["actual"] for error in errors for near in error["nearest"])


def test_baselines_learn_from_train_rows_and_are_asked_the_test_rows(workspace, monkeypatch):
    paths, _ = workspace
    given = []
    monkeypatch.setattr(stage, "baselines_for", lambda rows: given.append(rows) or baselines_for(rows))
    evaluate(paths)
    train, test = (read_table(file, SPLIT) for file in (paths.train, paths.test))
    assert given[0].train_texts == train["text"].to_pylist()
    assert given[0].train_labels == train["label"].to_pylist()
    assert given[0].test_texts == test["text"].to_pylist()


def test_baselines_learn_from_no_more_rows_than_allowed(workspace):
    paths, _ = workspace
    evaluate(paths, baseline_rows=10)
    results = json.loads((paths.evaluation / "results.json").read_text())
    assert (results["baseline_train_rows"], results["train_rows"]) == (10, 16)
    assert "10 of 16" in (paths.evaluation / "report.html").read_text()


def test_plots_are_lists_that_dvc_reads(workspace):
    paths, _ = workspace
    write_json(paths.report("finetune"), {"history": [{"epoch": 1, "train_loss": 0.5}]})
    evaluate(paths)
    folder = paths.evaluation / "plots"
    confusion = json.loads((folder / "confusion.json").read_text())
    assert len(confusion) == 12
    assert confusion[0] == {"actual": "money", "predicted": "money"}
    assert json.loads((folder / "learning.json").read_text()) == [{"epoch": 1, "train_loss": 0.5}]
    assert set(json.loads((folder / "reliability.json").read_text())[0]) == {"accuracy", "confidence", "rows"}


def test_evaluating_twice_gives_the_same_bytes(workspace):
    paths, _ = workspace
    evaluate(paths)
    first = {path: path.read_bytes() for path in paths.evaluation.rglob("*") if path.is_file()}
    evaluate(paths)
    assert first == {path: path.read_bytes() for path in paths.evaluation.rglob("*") if path.is_file()}
    assert {path.name for path in first} >= {"predictions.parquet", "results.json", "slices.parquet", "report.html"}


@pytest.mark.parametrize("output", [np.nan, np.inf])
def test_output_that_is_not_finite_fails_and_writes_nothing(workspace, output):
    paths, model = workspace
    model.output = output
    with pytest.raises(GateError, match="12 of 12 test rows"):
        evaluate(paths)
    assert not paths.evaluation.exists()


def test_a_test_label_that_the_model_never_saw_is_named(workspace):
    paths, model = workspace
    model.labels = (*LABELS[:2], "other", "another")
    with pytest.raises(DataError, match=r"train\.parquet.*'plastic' and 1 more"):
        evaluate(paths)


def test_a_test_side_without_rows_is_refused(workspace):
    paths, _ = workspace
    write_rows(paths.test, [], SPLIT)
    with pytest.raises(DataError, match=r"test\.parquet has no rows"):
        evaluate(paths)


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("confidence", 0.6),
        ("seed", 1),
        ("typo_share", 0.9),
        ("typo_rows", 10),
        ("baseline_rows", 10),
        ("worst_errors", 1),
        ("nearest_rows", 1),
    ],
)
def test_every_setting_changes_what_is_written(workspace, key, value):
    paths, _ = workspace
    evaluate(paths)
    results, slices = (
        (paths.evaluation / "results.json").read_bytes(),
        (paths.evaluation / "slices.parquet").read_bytes(),
    )
    evaluate(paths, **{key: value})
    after = (paths.evaluation / "results.json").read_bytes(), (paths.evaluation / "slices.parquet").read_bytes()
    # the settings themselves stand in results.json, so look at what came of them
    assert _without(results, key) != _without(after[0], key) or slices != after[1]


def _without(results, key):
    found = json.loads(results)
    found.pop(key, None)
    return found
