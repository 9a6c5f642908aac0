"""What the gate judges by, from tables worked by hand; and what makes two candidates one content."""

from collections.abc import Sequence
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pyarrow as pa

from tasks.register.candidate import Candidate
from tasks.register.evaluation import Evaluation, gather_evidence
from tasks.table import PREDICTIONS
from tasks.targets import LabelTarget
from tasks.tracking.inputs import DataInput
from tests.unit.register.conftest import SLICES

ROWS = [("a", "x", "x"), ("b", "x", "y"), ("c", "y", "y"), ("d", "y", "x")]
"""Text, label, and what the candidate says: right, wrong, right, wrong."""
IN_SLICES = [("short", 0, "a", "x", 1.0), ("typos", 1, "bb", "x", 0.0), ("typos", 2, "cc", "y", 1.0)]
CHAMPION = {"a": "y", "b": "x", "c": "y", "d": "y", "bb": "x", "cc": "y"}
"""What the champion says of each text: wrong, right, right, right; both mistyped ones right."""


def evaluation() -> Evaluation:
    predictions = [
        {"row_id": text, "line": 1, "text": text, "pair": None, "label": label, "predicted": said, "probabilities": []}
        for text, label, said in ROWS
    ]
    slices = [
        {"slice": name, "row": row, "text": text, "pair": None, "label": label, "score": score}
        for name, row, text, label, score in IN_SLICES
    ]
    gain = {"accuracy": {"value": 0.25, "low": -0.5, "high": 1.0}}
    results = {"metrics": {"accuracy": {"value": 0.5}}, "labels": ["x", "y"]}
    results |= {"baselines": [{"name": "majority", "gain": gain}]}
    return Evaluation(
        results,
        pa.Table.from_pylist(predictions, schema=PREDICTIONS),
        pa.Table.from_pylist(slices, schema=SLICES),
    )


def test_the_champion_is_held_against_the_candidate_row_by_row_on_all_rows_labels_and_slices() -> None:
    asked: list[str] = []

    def champion(texts: Sequence[Any]) -> list[str]:
        asked.extend(texts)
        return [CHAMPION[text] for text in texts]

    found = gather_evidence(evaluation(), LabelTarget(), champion, has_champion=True)
    assert found.model.scores.tolist() == [1, 0, 1, 0]
    assert found.champion is not None
    assert found.champion.scores.tolist() == [0, 1, 1, 1]
    assert {name: (rows.model.tolist(), rows.champion.tolist()) for name, rows in found.slices.items()} == {
        "label x": ([1, 0], [0, 1]),
        "label y": ([1, 0], [1, 1]),
        "short": ([1], [0]),
        "typos": ([0, 1], [1, 1]),
    }
    assert asked == ["a", "b", "c", "d", "bb", "cc"]  # each text once
    assert (found.metrics, found.baselines["majority"].low) == ({"accuracy": 0.5}, -0.5)


def test_without_a_champion_there_are_no_slices_to_judge() -> None:
    found = gather_evidence(evaluation(), LabelTarget(), None, has_champion=False)
    assert (found.champion, found.slices) == (None, {})


def test_a_content_is_model_data_settings_that_make_it_and_base() -> None:
    base: Any = SimpleNamespace(sha256="b")
    nothing: Any = None
    data = [DataInput("train", "1" * 32, "training"), DataInput("test", "2" * 32, "testing")]
    raw = DataInput("raw.csv", "3" * 32, "raw")
    settings = {"finetune": {"epochs": 1}, "split": {"val": 0.1}, "register": {"name": "a"}, "evaluate": {"seed": 0}}
    one = Candidate(nothing, base, settings, "m", data, nothing)
    same = [
        replace(one, data=[*reversed(data), raw]),
        replace(one, settings=settings | {"register": {"name": "b"}, "evaluate": {"seed": 1}}),
    ]
    assert {each.content for each in same} == {one.content}
    others: list[Candidate] = [
        replace(one, digest="n"),
        replace(one, data=[data[0], replace(data[1], md5="4" * 32)]),
        replace(one, settings=settings | {"finetune": {"epochs": 2}}),
        replace(one, settings=settings | {"split": {"val": 0.2}}),
        replace(one, base=SimpleNamespace(sha256="c")),
    ]
    assert len({each.content for each in (one, *others)}) == 6
