"""Every target on every input, measured from a trained model to the page."""

import json
from dataclasses import dataclass
from typing import Any

import pyarrow.parquet as pq
import pytest

from tasks.evaluate import stage
from tasks.evaluate.outputs import SLICES
from tasks.evaluate.settings import EvaluateSettings
from tasks.files import read_json, write_json
from tasks.finetune.settings import FinetuneSettings
from tasks.finetune.stage import run as finetune
from tasks.model.files import load_model
from tasks.model.settings import BaseSettings
from tasks.model.strategies.full import Full
from tasks.paths import Paths
from tasks.problem import ProblemSettings
from tasks.report.metric_names import metric_name
from tasks.table import AUGMENTED, EXTRA, PREDICTIONS, SPLIT, read_table, write_rows
from tasks.targets import TARGETS, LabelTarget, Target
from tasks.targets.label import Abstain
from tasks.texts import texts_of
from tests.conftest import split_rows
from tests.unit.report.test_run_report import Page

FINETUNE = FinetuneSettings(strategy=Full(), epochs=4, batch_tokens=64, learning_rate=1e-3, precision="float32")
KEYS = ("refund", "late", "cancel")
CASES: dict[str, tuple[Target, bool]] = {
    **{f"{kind} of texts": (target(), False) for kind, target in TARGETS.items()},  # type: ignore[call-arg]
    **{f"{kind} of pairs": (target(), True) for kind, target in TARGETS.items() if not target.per_word},  # type: ignore[call-arg]
    "label or none": (LabelTarget(abstain=Abstain(by="coverage", level=0.7)), False),
}


def stored(target: Target, text: str) -> str:
    """What a text's row holds: a key word's label, all its key words, a number, or the place of its key words."""
    words = text.split()
    held = [word for word in words if word in KEYS]
    cell = {
        "label": held[0],
        "labels": json.dumps(held),
        "number": str(len(words) + 5.0 * KEYS.index(held[0])),
        "tags": " ".join(f"B-{word}" if word in KEYS else "O" for word in words),
    }[target.kind]
    return target.canonical_row(text, cell)[1]


@dataclass(frozen=True)
class Measured:
    """A workspace whose model was measured."""

    target: Target
    is_pair: bool
    paths: Paths
    base: BaseSettings
    numbers: dict[str, Any]

    @property
    def results(self) -> dict[str, Any]:
        found: dict[str, Any] = read_json(self.paths.evaluation / "results.json")
        return found

    @property
    def page(self) -> str:
        return (self.paths.evaluation / "report.html").read_text(encoding="utf-8")


@pytest.fixture(scope="module", params=CASES, ids=lambda name: name.replace(" ", "-"))
def measured(
    request: pytest.FixtureRequest, tiny_base: BaseSettings, tmp_path_factory: pytest.TempPathFactory
) -> Measured:
    target, is_pair = CASES[request.param]
    paths = Paths(tmp_path_factory.mktemp("measured"))

    def rows(count: int, start: int, side: str = "any") -> list[dict[str, Any]]:
        made = [row | {"side": side, "label": stored(target, str(row["text"]))} for row in split_rows(count, start)]
        return [row | {"pair": f"help me {str(row['text']).split()[0]}"} for row in made] if is_pair else made

    train = rows(60, 0)
    for path, side in ((paths.train, train), (paths.val, rows(30, 60)), (paths.test, rows(30, 90))):
        write_rows(path, side, SPLIT)
    write_rows(paths.augmented, [row | {"parent_id": row["row_id"], "method": "original"} for row in train], AUGMENTED)
    further = rows(12, 120, f"{EXTRA}shifted") + rows(12, 132, f"{EXTRA}outside")
    write_rows(paths.extra_tests, further, SPLIT)
    problem = ProblemSettings(target=target)  # type: ignore[arg-type]
    write_json(paths.report("finetune"), finetune(paths, finetune=FINETUNE, base=tiny_base, problem=problem))
    settings = EvaluateSettings(resamples=100, worst_errors=3)
    numbers = stage.run(paths, evaluate=settings, base=tiny_base, problem=problem)
    return Measured(target, is_pair, paths, tiny_base, numbers)


def test_every_metric_has_a_value_within_an_interval(measured: Measured) -> None:
    metrics = measured.results["metrics"]
    assert measured.numbers["verdict"] == measured.target.verdict
    assert {measured.target.verdict, measured.target.headline} <= metrics.keys() <= measured.target.metrics.keys()
    assert all(
        each["low"] - 1e-6 <= each["value"] <= each["high"] + 1e-6
        for each in metrics.values()
        if each["low"] is not None
    )
    assert measured.numbers[measured.target.verdict] == metrics[measured.target.verdict]["value"]
    json.dumps(measured.numbers, allow_nan=False)


def test_predictions_are_the_answers_of_the_saved_model(measured: Measured) -> None:
    table = read_table(measured.paths.predictions, PREDICTIONS)
    model = load_model(measured.paths.model, measured.base, measured.paths.root)
    outputs = model.predict(texts_of(table))
    assert table["predicted"].to_pylist() == model.answers(outputs)
    assert [len(each) for each in table["probabilities"].to_pylist()] == [
        len(each) for each in measured.target.numbers_behind(outputs)
    ]


def test_baselines_are_measured_by_the_same_metric(measured: Measured) -> None:
    target = measured.target
    names = {each["name"] for each in measured.results["baselines"]}
    expected = {"usual_tag", "frozen_linear"} if target.per_word else {"majority", "tfidf_linear", "frozen_linear"}
    expected |= {"second_text"} if measured.is_pair else set()
    expected |= {"frozen_cosine"} if measured.is_pair and not target.has_classes else set()
    assert names == expected
    for each in measured.numbers["baselines"].values():
        assert each[target.verdict] is not None
        gain = each[f"{target.verdict}_gain"]
        assert gain["value"] == pytest.approx(measured.numbers[target.verdict] - each[target.verdict], abs=2e-6)


def test_slices_hold_the_scores_of_rows_read_as_they_say(measured: Measured) -> None:
    table = pq.read_table(measured.paths.evaluation / "slices.parquet")
    assert table.schema.equals(SLICES)
    names = {each["name"] for each in measured.results["slices"]}
    assert {"short", "typos"} <= names == set(table["slice"].to_pylist())
    model = load_model(measured.paths.model, measured.base, measured.paths.root)
    answers = model.answers(model.predict(texts_of(table)))
    scores = measured.target.score(table["label"].to_pylist(), answers, model.labels).scores
    assert scores == pytest.approx(table["score"].to_numpy(), abs=1e-5)
    assert all(
        each["rows"] < 30
        for each in measured.results["slices"]
        if each["name"] not in ("typos", "short", "medium", "long")
    )


def test_groups_hold_every_test_row_and_the_weakest_is_first(measured: Measured) -> None:
    groups = measured.results["per_group"]
    assert groups
    assert sum(each["test_rows"] for each in groups) >= 30
    weakness = [each["score"] if each.get("f1") is None else each["f1"] for each in groups]
    assert weakness == sorted(weakness)


def test_further_sets_stand_beside_the_test(measured: Measured) -> None:
    assert measured.results["extra"]["shifted"]["rows"] == 12
    value = measured.results["extra"]["shifted"]["metrics"][measured.target.verdict]
    assert measured.numbers["extra"]["shifted"][measured.target.verdict] == value["value"]
    assert "shifted" in Page(measured.page).text


def test_the_page_tells_every_metric_and_loads_nothing(measured: Measured) -> None:
    page = Page(measured.page)
    assert all(each.startswith(("#", "data:")) for each in page.addresses)
    assert {each.removeprefix("#") for each in page.addresses if each.startswith("#")} <= set(page.ids)
    assert len(page.ids) == len(set(page.ids))
    for key in measured.results["metrics"]:
        assert metric_name(type(measured.target), key).title in page.text


def test_measuring_twice_gives_the_same_bytes(measured: Measured) -> None:
    first = {path: path.read_bytes() for path in measured.paths.evaluation.rglob("*") if path.is_file()}
    settings = EvaluateSettings(resamples=100, worst_errors=3)
    stage.run(measured.paths, evaluate=settings, base=measured.base)
    assert first == {path: path.read_bytes() for path in measured.paths.evaluation.rglob("*") if path.is_file()}


def test_rows_outside_of_all_labels_are_told_apart_by_confidence(measured: Measured) -> None:
    outside = measured.results["outside"]
    assert "outside" not in measured.results["extra"]
    assert (outside is not None) == measured.target.has_one_class
    assert outside is None or (outside["rows"] == 12 and 0 <= outside["auroc"] <= 1 and 0 <= outside["answered"] <= 1)


def test_numbers_are_looked_at_range_by_range_and_labels_by_rarity(measured: Measured) -> None:
    names = {each["name"]: each["rows"] for each in measured.results["slices"]}
    ranges = [rows for name, rows in names.items() if name.startswith("range ")]
    assert sum(ranges) == (0 if measured.target.has_classes else 30)
    assert "rare_labels" not in names or measured.target.has_classes


def test_a_model_that_may_abstain_shows_accuracy_by_coverage(measured: Measured) -> None:
    curve = measured.results.get("risk_coverage", [])
    assert bool(curve) == ("coverage" in measured.results["metrics"])
    assert ("Answering only when sure" in Page(measured.page).text) == bool(curve)
    if curve:
        # all rows answered: the share of rows whose most probable label was right and given
        assert curve[-1] == {"coverage": 1.0, "accuracy": measured.numbers["accuracy"]}
