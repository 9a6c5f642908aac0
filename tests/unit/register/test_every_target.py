"""Every target through the gate: a worse model is told from a better one, and a version answers as it was measured."""

import json
import shutil
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from tasks.evaluate.settings import EvaluateSettings
from tasks.evaluate.stage import run as evaluate
from tasks.files import read_json, write_json
from tasks.finetune.settings import FinetuneSettings
from tasks.finetune.stage import run as finetune
from tasks.lineage.ledger import read_ledger
from tasks.model.strategies.full import Full
from tasks.operations import PromoteSettings
from tasks.problem import ProblemSettings
from tasks.promotion.facts import gather_facts
from tasks.promotion.gate import judge as promotion_judge
from tasks.register.settings import GateSettings, RegisterSettings
from tasks.register.stage import run as register
from tasks.settings import as_dict
from tasks.table import AUGMENTED, PREDICTIONS, SPLIT, read_table, write_rows
from tasks.targets import TARGETS, Target
from tasks.tracking import open_store
from tests.conftest import make_tiny_base, split_rows
from tests.unit.register.conftest import Workspace

KEYS = ("refund", "late", "cancel")
OTHER = {"refund": "late", "late": "cancel", "cancel": "refund"}
EVALUATE = EvaluateSettings(resamples=200)
FINETUNE = FinetuneSettings(strategy=Full(), epochs=6, batch_tokens=64, learning_rate=1e-3, precision="float32")
ALONE = {"min_accuracy": None, "min_macro_f1": None, "max_ece": None, "baseline_tolerance": None}
GATE = GateSettings(**ALONE, beats_baseline="never", min_slice_rows=10)  # the champion decides


def stored(target: Target, text: str, swap: Callable[[str], str]) -> str:
    """What a text's row holds: what is asked of the words of KEYS, each swapped for another to teach nonsense."""
    words = text.split()
    held = [swap(word) for word in words if word in KEYS]
    asked = {
        "label": held[0],
        "labels": json.dumps(held),
        "number": str(len(words) + 5.0 * KEYS.index(held[0])),
        "tags": " ".join(f"B-{swap(word)}" if word in KEYS else "O" for word in words),
    }[target.kind]
    return target.canonical_row(text, asked)[1]


def made(root: Path, template_store: Path, target: Target) -> Workspace:
    """A workspace with rows of this target."""
    from tests.unit.register.conftest import build_workspace

    base = make_tiny_base(root.parent / f"base-{target.kind}")
    workspace = build_workspace(root, template_store, Path(str(base.folder)))
    workspace.base = replace(base, folder="base")  # type: ignore[type-var]
    paths = workspace.paths
    for path, rows in ((paths.val, split_rows(30, 90)), (paths.test, split_rows(120, 120))):
        write_rows(path, [row | {"label": stored(target, str(row["text"]), str)} for row in rows], SPLIT)
    workspace.settings |= {"base": as_dict(workspace.base), "finetune": as_dict(FINETUNE)}
    return workspace


def train(workspace: Workspace, target: Target, *, is_good: bool) -> None:
    """A model that has learned what is asked, or one that has learned nonsense, and its evaluation."""
    paths, swap = workspace.paths, (str if is_good else OTHER.__getitem__)
    rows = [row | {"label": stored(target, str(row["text"]), swap)} for row in split_rows(90)]
    write_rows(paths.train, rows, SPLIT)
    write_rows(paths.augmented, [row | {"parent_id": row["row_id"], "method": "original"} for row in rows], AUGMENTED)
    report = finetune(paths, finetune=FINETUNE, base=workspace.base, problem=ProblemSettings(target=target))
    write_json(paths.report("finetune"), report)
    write_json(paths.report("evaluate"), evaluate(paths, evaluate=EVALUATE, base=workspace.base))


class Story:
    """A worse model is registered, then a better one, which becomes the champion; then the worse one comes again."""

    def __init__(self, root: Path, template_store: Path, target: Target) -> None:
        self.target = target
        self.workspace = made(root / "workspace", template_store, target)
        self.paths = self.workspace.paths
        train(self.workspace, target, is_good=False)
        shutil.copytree(self.paths.data, root / "worse")
        self.first = self.register()
        train(self.workspace, target, is_good=True)
        self.better = self.register()
        assert self.better["passed"], self.better["line"]
        self.measured = read_table(self.paths.predictions, PREDICTIONS)
        self.metrics = read_json(self.paths.evaluation / "results.json")["metrics"]
        self.store = open_store(self.paths)
        self.version = self.store.client.get_model_version("tiny", str(self.better["version"]))
        self.facts = self.asked()
        self.store.client.set_registered_model_alias("tiny", "champion", str(self.better["version"]))
        shutil.rmtree(self.paths.data)
        shutil.copytree(root / "worse", self.paths.data)
        self.worse = self.register()

    def register(self) -> dict[str, Any]:
        settings = RegisterSettings(name="tiny", gate=GATE, resamples=200)
        return register(self.paths, register=settings, base=self.workspace.base, settings=self.workspace.settings)

    def asked(self) -> Any:
        """What a promotion finds out about the better one, asked in clean processes beside the champion."""
        ledger, settings = read_ledger(self.store, self.paths, "tiny"), RegisterSettings(name="tiny", gate=GATE)
        number = int(self.version.version)
        return gather_facts(self.store, self.paths, ledger.chain, number, register=settings, evaluate=EVALUATE)


@pytest.fixture(scope="module", params=list(TARGETS))
def story(request: pytest.FixtureRequest, template_store: Path, tmp_path_factory: pytest.TempPathFactory) -> Story:
    target = TARGETS[request.param]()  # type: ignore[call-arg]
    with pytest.MonkeyPatch.context() as patch:
        for name in ("MLFLOW_TRACKING_URI", "MLFLOW_REGISTRY_URI", "MLFLOW_EXPERIMENT_NAME"):
            patch.delenv(name, raising=False)
        page = "tasks.report.run_report.render_run_report"  # has tests of its own
        patch.setattr(page, lambda paths, verdict: f"<!DOCTYPE html><p>{verdict['line']}</p>")
        return Story(tmp_path_factory.mktemp("story"), template_store, target)


def test_a_better_model_passes_and_its_line_names_the_targets_metric(story: Story) -> None:
    title, better = story.target.metrics[story.target.verdict], story.better
    assert story.first["passed"]  # there is nothing to fall behind
    assert better["passed"], better["line"]
    assert better["champion"]["difference"]["low"] > 0
    assert better["line"].startswith(f"PASS {title} ")
    assert "the best baseline" in better["line"]
    assert "max_ece" not in story.better["line"].split("(off:")[0]
    assert float(story.version.tags[story.target.verdict]) == pytest.approx(
        story.metrics[story.target.verdict]["value"], abs=1e-4
    )


def test_a_worse_model_is_refused_by_the_champion_and_on_slices(story: Story) -> None:
    rules = {each["name"]: each for each in story.worse["rules"]}
    assert story.worse["passed"] is False
    assert rules["champion"]["passed"] is False
    assert rules["champion"]["why"].startswith(f"{story.target.metrics[story.target.verdict]} -")
    assert rules["slices"]["passed"] is False
    assert rules["slices"]["why"].startswith("falls behind the champion on ")


def test_a_version_answers_in_a_clean_process_as_it_was_measured(story: Story) -> None:
    answers, measured = story.facts.answers, story.measured
    given, outputs = answers.of(measured["text"].to_pylist())
    assert answers.own_code
    assert given == measured["predicted"].to_pylist()
    assert np.allclose(
        np.concatenate(story.target.numbers_behind(outputs)), np.concatenate(measured["probabilities"].to_pylist())
    )
    for name, value in story.facts.evidence.metrics.items():
        assert value == pytest.approx(story.metrics[name]["value"], abs=1e-5), name


def test_a_promotion_holds_it_against_the_champion_on_the_targets_groups(story: Story) -> None:
    evidence, groups = story.facts.evidence, story.target.rows_by_group(story.measured["label"].to_pylist())
    assert evidence.slices.keys() >= groups.keys()
    assert evidence.champion.scores.mean() < evidence.model.scores.mean()
    judged = promotion_judge(story.facts, PromoteSettings(), RegisterSettings(name="tiny", gate=GATE))
    assert [each.name for each in judged if each.passed is False] == []
    said = next(each for each in judged if each.name == "as_measured")
    assert said.why.startswith(story.target.metrics[story.target.verdict])


def test_mlflow_serves_the_columns_that_the_signature_names(story: Story, monkeypatch: pytest.MonkeyPatch) -> None:
    import mlflow.pyfunc

    monkeypatch.setattr("sys.path", list(sys.path))  # MLflow puts the package's code there
    model = mlflow.pyfunc.load_model(story.version.source)
    found = model.predict(pd.DataFrame({"text": ["where is my refund", "late  cancel"]}))
    outputs = model.metadata.get_output_schema().input_names()
    assert outputs == list(story.target.answer_types)
    assert set(outputs) <= set(found.columns)
    assert len(found) == 2
    json.dumps(found.to_dict("records"))
