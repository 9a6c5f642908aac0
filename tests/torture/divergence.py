"""36, its other half: losses and metrics that are no numbers."""

import json
from collections.abc import Callable, Mapping
from typing import Any

from tests.torture.case import Case, require, require_words
from tests.torture.commands import Done
from tests.torture.place import Place
from tests.torture.prepared import trained
from tests.torture.workspace import Workspace

_SPOIL = """
import hashlib, sys
from safetensors.torch import load_file, save_file
weights = load_file("base/model.safetensors")
name = next(name for name in weights if name.endswith(sys.argv[2]))
weights[name] = weights[name] * 0 + float(sys.argv[1])
save_file(weights, "base/model.safetensors", metadata={"format": "pt"})
print(hashlib.sha256(open("base/model.safetensors", "rb").read()).hexdigest())
"""
STRATEGIES: dict[str, Mapping[str, Any]] = {
    "feature_extraction": {"strategy": {"kind": "feature_extraction"}},
    "partial": {"strategy": {"kind": "partial", "layers": 1}, "epochs": 1},
    "full": {"strategy": {"kind": "full"}, "epochs": 1, "precision": "float32"},
    "lora": {"strategy": {"kind": "lora"}, "epochs": 1},
}


def _spoilt(value: str, finetune: Mapping[str, Any]) -> Callable[[Place], Done]:
    """A base whose weights overflow: the loss is no number from the first step."""

    def act(place: Place) -> Done:
        workspace = trained(place)
        sha256 = workspace.run("-c", _SPOIL, value, "layer.2.output.LayerNorm.weight").stdout.strip()
        workspace.set(base={"sha256": sha256}, finetune=finetune)
        before = {path: path.read_bytes() for path in (workspace.root / "data/model").iterdir()}
        done = workspace.stage("finetune")
        after = {path: path.read_bytes() for path in (workspace.root / "data/model").iterdir()}
        require(after == before, "the model was replaced by a diverged one")
        statuses = workspace.query("SELECT status FROM runs")
        require(statuses == [("FAILED",)], f"MLflow runs: {statuses}")
        require(not workspace.query("SELECT * FROM model_versions"), "a version was made")
        return require_words(done, "loss")

    return act


def _spoilt_metric(value: float) -> Callable[[Place], Done]:
    """The evaluation holds a metric that is no number: the gate must say no."""

    def act(place: Place) -> Done:
        workspace = trained(place)
        file = workspace.root / "data/evaluation/results.json"
        results = json.loads(file.read_bytes())
        results["metrics"]["accuracy"] |= {"value": value}
        file.write_text(json.dumps(results), encoding="utf-8")
        done = workspace.finetrace("register")
        require(_versions(workspace) == 0, "a version was made")
        return require_words(done, "accuracy")

    return act


def _versions(workspace: Workspace) -> int:
    """Of whatever name, and whether or not an alias points to them."""
    if not (workspace.root / "mlflow.db").exists():
        return 0
    return int(workspace.query("SELECT count(*) FROM model_versions")[0][0])


def _below_the_gate(place: Place) -> Done:
    """A model below the gate's threshold is told so, and is no version."""
    workspace = trained(place)
    file = workspace.root / "data/evaluation/results.json"
    results = json.loads(file.read_bytes())
    results["metrics"]["accuracy"] |= {"value": 0.2}
    file.write_text(json.dumps(results), encoding="utf-8")
    done = workspace.finetrace("register")
    require(_versions(workspace) == 0, "a version was made")
    return require_words(done, "accuracy")


CASES: list[Case] = [
    *(
        Case(
            36,
            f"a loss of NaN ({name}) ends the run as FAILED, with no model and no version",
            3,
            _spoilt("nan", finetune),
        )
        for name, finetune in STRATEGIES.items()
    ),
    Case(
        36,
        "an infinite loss ends the run as FAILED, with no model and no version",
        3,
        _spoilt("inf", STRATEGIES["partial"]),
    ),
    Case(36, "a metric of NaN is refused by the gate", 3, _spoilt_metric(float("nan"))),
    Case(36, "an infinite metric is refused by the gate", 3, _spoilt_metric(float("inf"))),
    Case(36, "a metric below the gate's threshold makes no version", 3, _below_the_gate),
]
