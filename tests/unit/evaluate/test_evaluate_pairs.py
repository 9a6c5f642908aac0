"""Measuring a model of pairs: both texts in predictions, slices, errors and the page, and a baseline that reads one."""

from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import pyarrow.parquet as pq
import pytest

from tasks.digest import row_id
from tasks.evaluate import stage
from tasks.evaluate.baselines import OF_PAIRS, BaselineRows, baselines_for
from tasks.evaluate.baselines.second_text import SecondText
from tasks.evaluate.baselines.tfidf_linear import TfidfLinear
from tasks.evaluate.outputs import SLICES
from tasks.evaluate.settings import EvaluateSettings
from tasks.evaluate.slices import SliceRows
from tasks.evaluate.slices.length import cut_by_length
from tasks.evaluate.slices.overlap import cut_by_overlap
from tasks.evaluate.slices.typos import cut_typos
from tasks.files import read_json
from tasks.paths import Paths
from tasks.table import PREDICTIONS, SPLIT, read_table, write_rows
from tasks.targets import LabelTarget
from tasks.texts import Text, texts_of
from tests.unit.evaluate.test_evaluate_stage import BASE

TRAIN: list[Text] = [("a dog runs", "an animal runs"), ("a dog runs", "nobody runs"), ("it rains", "an animal swims"),
                     ("it rains", "nobody swims")]  # fmt: skip
TEST: list[Text] = [("a dog runs fast", "an animal sleeps"), ("a bird sings here", "nobody sings a song here")]
LABELS = ["yes", "no", "yes", "no"]


class Contrary:
    """Reads pairs, and is always sure of the wrong label."""

    labels = ("no", "yes")
    digest = "0" * 64
    target = LabelTarget()
    decision: ClassVar[dict[str, Any]] = {}

    def answers(self, outputs: np.ndarray) -> list[str]:
        return self.target.answers(outputs, self.labels)

    def predict(self, texts: list[Text]) -> np.ndarray:
        assert all(isinstance(text, tuple) for text in texts)
        return np.array([[0.9, 0.1] if "animal" in text[1] else [0.2, 0.8] for text in texts], dtype=np.float32)

    def count_cut(self, texts: list[Text]) -> int:
        return len(texts)


def baseline_rows(train: list[Text] = TRAIN, test: list[Text] = TEST) -> BaselineRows:
    return BaselineRows(
        LabelTarget(), ("no", "yes"), train, LABELS, test, lambda texts: np.zeros((len(texts), 2), np.float32), seed=0
    )


def slice_rows(train: list[Text], test: list[Text]) -> SliceRows:
    return SliceRows(
        train_texts=train, train_groups=[("no",)] * len(train), test_texts=test, test_ids=["i", "j"],
        test_groups=[("no",)] * len(test), groups_are_labels=True, typo_share=0.1, typo_rows=10, seed=0,
    )  # fmt: skip


def test_words_of_both_texts_are_counted_apart() -> None:
    swapped: list[Text] = [("nobody", "a dog"), ("an animal", "it rains")]
    told_by_place: list[Text] = [("nobody", "x"), ("x", "nobody"), ("nobody", "y"), ("y", "nobody")]
    assert TfidfLinear().answers(baseline_rows(test=TEST)) == ["yes", "no"]
    assert TfidfLinear().answers(baseline_rows(told_by_place, [("nobody", "z"), ("z", "nobody")])) == ["yes", "no"]
    assert len(TfidfLinear().answers(baseline_rows(test=swapped))) == 2


def test_the_second_text_alone_is_read_and_nothing_of_the_first() -> None:
    blind: list[Text] = [("nobody nobody", "an animal"), ("an animal", "nobody")]
    assert SecondText().answers(baseline_rows(test=blind)) == ["yes", "no"]
    assert {*OF_PAIRS} <= {*baselines_for(baseline_rows())}
    assert not {*OF_PAIRS} & {*baselines_for(baseline_rows(["a", "b"], ["c"]))}


def test_the_length_of_a_pair_is_that_of_both_texts() -> None:
    short, medium, long = cut_by_length(slice_rows([("x", "y" * n) for n in range(1, 8)], [("x", "y"), ("x" * 9, "y")]))
    assert [short.rows.tolist(), medium.rows.tolist(), long.rows.tolist()] == [[0], [], [1]]


def test_pairs_are_cut_by_the_words_they_share_and_single_texts_are_not() -> None:
    few, many = cut_by_overlap(slice_rows(TRAIN, [("a dog", "it rains"), ("A dog runs.", "a dog")]))
    assert (few.rows.tolist(), many.rows.tolist()) == ([0], [1])
    assert cut_by_overlap(slice_rows(["a", "b"], ["c", "d"])) == []


def test_typos_are_in_both_texts() -> None:
    (piece,) = cut_typos(slice_rows(TRAIN, [("running around", "swimming across")] * 2))
    assert piece.texts is not None
    assert all(one != "running around" and other != "swimming across" for one, other in piece.texts)


@pytest.fixture
def evaluated(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Paths:
    """A workspace in which a model that is always wrong was measured."""
    paths = Paths(tmp_path)
    for path, texts in ((paths.train, TRAIN), (paths.test, TEST * 6)):
        rows: list[dict[str, Any]] = [
            {"row_id": row_id(text[0], label, text[1]), "side": "any", "line": line, "text": text[0], "pair": text[1],
             "label": label, "fold": 0}
            for line, text in enumerate(texts, 2)
            for label in ["yes" if "animal" in text[1] else "no"]
        ]  # fmt: skip
        write_rows(path, rows, SPLIT)
    features = lambda texts, base, paths: np.array([[len(a), len(b)] for a, b in texts], np.float32)  # noqa: E731
    monkeypatch.setattr(stage, "load_model", lambda folder, base, root: Contrary())
    monkeypatch.setattr(stage, "text_features", features)
    stage.run(paths, evaluate=EvaluateSettings(resamples=100), base=BASE)
    return paths


def test_predictions_and_slices_hold_both_texts(evaluated: Paths) -> None:
    assert texts_of(read_table(evaluated.predictions, PREDICTIONS)) == TEST * 6
    slices = pq.read_table(evaluated.evaluation / "slices.parquet")
    assert slices.schema.equals(SLICES)
    assert slices["pair"].null_count == 0


def test_errors_and_the_page_show_both_texts_and_the_baseline_is_measured(evaluated: Paths) -> None:
    results = read_json(evaluated.evaluation / "results.json")
    assert {(each["text"], each["pair"]) for each in results["errors"]} == set(TEST)
    assert all("pair" in near for each in results["errors"] for near in each["nearest"])
    assert "second_text" in [each["name"] for each in results["baselines"]]
    page = (evaluated.evaluation / "report.html").read_text()
    assert "an animal sleeps" in page
    assert "second text alone" in page
