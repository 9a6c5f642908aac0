"""Trainings killed with SIGKILL, and what they must come to when they go on."""

import json
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.torture.case import require, require_words
from tests.torture.commands import Done
from tests.torture.invariants import digest_of
from tests.torture.place import Lab, Place
from tests.torture.prepared import trained
from tests.torture.workspace import Workspace

FINETUNE = {
    "strategy": {"kind": "partial", "layers": 2},
    "epochs": 3,
    "batch_tokens": 64,
    "checkpoint_steps": 4,
    "precision": "float32",
}
Curve = set[tuple[str, int, float]]
"""Metric, step, value."""


@dataclass(frozen=True)
class Whole:
    """A training that nobody disturbed."""

    report: dict[str, Any]
    curve: Curve
    """What MLflow was told."""
    weights: str
    """Digest of the weights' file."""


def untrained(place: Place, finetune: dict[str, Any] = FINETUNE) -> Workspace:
    """A workspace that is ready for a training with these settings, and has none."""
    workspace = trained(place)
    shutil.rmtree(workspace.root / "data/model")
    (workspace.root / "data/reports/finetune.json").unlink()
    workspace.set(finetune=finetune)
    return workspace


def whole(lab: Lab) -> Whole:
    def make(place: Place) -> Whole:
        workspace = untrained(place)
        workspace.stages("finetune")
        weights = digest_of(workspace.root / "data/model/weights.safetensors")
        return Whole(report(workspace), curve(workspace), weights)

    return lab.once("whole_training", make)


def killed(place: Place, step: int) -> Workspace:
    """A workspace whose training was killed with SIGKILL once it had a checkpoint of at least this step."""
    workspace = untrained(place)
    kill_training(workspace, step)
    place.kills = True
    return workspace


def kill_training(workspace: Workspace, step: int) -> None:
    running = workspace.start("-m", "tasks", "finetune", umask=0)  # so that checkpoints are closed on purpose
    reached = running.wait_until(lambda: [each for each in steps(workspace) if int(each.name[5:]) >= step])
    running.kill()
    done = running.finish()
    require(reached and done.code == 137, f"the training was not killed in time: {done.code}, {done.last_words}")


def killed_copy(place: Place) -> Workspace:
    """A copy of one killed training that has two whole checkpoints."""

    def make(made_in: Place) -> Workspace:
        workspace = killed(made_in, 40)
        require(len(steps(workspace)) >= 2, "there are fewer than two checkpoints")
        for half in workspace.root.rglob(".tmp-*"):
            shutil.rmtree(half)
        return workspace

    place.kills = True
    return place.copy(place.lab.once("killed_training", make))


def steps(workspace: Workspace) -> list[Path]:
    """Its checkpoints, the newest last."""
    return sorted((workspace.root / "data/checkpoints").glob("*/step-*"))


def report(workspace: Workspace) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((workspace.root / "data/reports/finetune.json").read_bytes())
    return found


def curve(workspace: Workspace) -> Curve:
    """Every number by step of the newest run in MLflow."""
    newest = "SELECT run_uuid FROM runs ORDER BY start_time DESC LIMIT 1"
    return set(workspace.query(f"SELECT key, step, value FROM metrics WHERE run_uuid = ({newest})"))  # noqa: S608


def resume(place: Place, workspace: Workspace, *words: str) -> Done:
    """Train again; the same report to the bit (model digest, history, steps) as if nobody had disturbed it."""

    def differing(one: dict[str, Any], other: dict[str, Any]) -> list[str]:
        return [key for key in one.keys() | other.keys() if one.get(key) != other.get(key)]

    done = workspace.stage("finetune")
    require(done.code == 0, f"cannot go on: {done.last_words}")
    found, due = report(workspace), whole(place.lab).report
    require(found == due, f"not as uninterrupted: {', '.join(differing(found, due))}")
    return require_words(done, *words)
