"""Pairs of texts through every stage, from a csv to a registered model that labels pairs; real stages, tiny bases."""

import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from flows.verbs.predictions import predict
from tasks.config import load_config
from tasks.files import read_json
from tasks.model.about import read_about
from tasks.model.settings import BaseSettings
from tasks.paths import Paths
from tasks.pipeline import publish, run_stage
from tasks.register.package import open_package
from tasks.settings import as_dict
from tasks.stages import STAGES
from tasks.table import AUGMENTED, PREDICTIONS, read_table
from tests.conftest import WORDS

pytestmark = pytest.mark.pipeline
ANSWERS = {"yes": "please help", "no": "not broken"}


def pair_rows(count: int) -> str:
    """A csv of different pairs; the second text alone tells the label, by words that stand in no other."""
    draw = random.Random(3)  # noqa: S311 - not a secret
    words = [word for word in WORDS if word not in "please help not broken"]
    lines = [
        f"{' '.join(draw.sample(words, 5))},{' '.join(draw.sample(words, 4))} {ANSWERS[label]},{label}"
        for _ in range(count // 2)
        for label in ANSWERS
    ]
    return "premise,hypothesis,gold\n" + "\n".join(lines) + "\n"


@pytest.mark.parametrize(
    ("kind", "strategy", "more"),
    [
        ("bert", {"kind": "partial", "layers": 1}, {"penalties": [{"kind": "ewc"}, {"kind": "r_drop"}]}),
        ("distilbert", {"kind": "lora"}, {}),
        ("bert", {"kind": "feature_extraction"}, {}),
    ],
    ids=["bert-partial", "distilbert-lora", "bert-feature_extraction"],
)
def test_pairs_go_through_every_stage_to_a_registered_model(
    kind: str,
    strategy: dict[str, Any],
    more: dict[str, Any],
    tiny_bases: Callable[[str], BaseSettings],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name in ("MLFLOW_TRACKING_URI", "MLFLOW_REGISTRY_URI"):
        monkeypatch.delenv(name, raising=False)
    paths = Paths(tmp_path)
    (tmp_path / "rows.csv").write_text(pair_rows(240))
    columns = {"text_column": "premise", "pair_column": "hypothesis", "label_column": "gold"}
    settings = {
        "base": as_dict(tiny_bases(kind)),
        "ingest": {"path": "rows.csv", **columns},
        "augment": {"methods": [{"kind": "word_swap"}], "copies": 1},
        "finetune": {"strategy": strategy, "epochs": 4, "precision": "float32", **more},
        "evaluate": {"resamples": 100},
        "register": {"name": "entailment", "gate": {"max_ece": None, "beats_baseline": "never"}, "resamples": 100},
    }
    paths.params.write_text(yaml.safe_dump(settings))
    config = load_config(paths.params)
    for stage in STAGES:
        run_stage(stage, config, paths)

    assert read_table(paths.augmented, AUGMENTED)["pair"].null_count == 0
    assert read_table(paths.predictions, PREDICTIONS)["pair"].null_count == 0
    assert read_about(paths.model).input.kind == read_json(paths.report("finetune"))["input"] == "pair"
    assert read_json(paths.report("evaluate"))["accuracy"] > 0.9
    assert read_json(paths.report("split"))["leaks"] == {"exact": 0, "normalised": 0, "near": 0}

    verdict = publish(config, paths)
    assert (verdict["passed"], verdict["version"]) == (True, 1), verdict["line"]
    (package,) = [file.parent for file in tmp_path.rglob("finetrace_manifest.json")]
    found = predict(
        open_package(package),
        [("where is my box", "my box is not broken"), ("where is my box", "the card is late please help")],
    )
    assert [each["label"] for each in found] == ["no", "yes"]
    assert found[0]["pair"] == "my box is not broken"
