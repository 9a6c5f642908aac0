"""3 to 7: a training that was killed, and checkpoints that are not what was written."""

import json
import re
import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from tests.torture.case import Case, require, require_words
from tests.torture.commands import Done
from tests.torture.place import Lab, Place
from tests.torture.prepared import trained
from tests.torture.workspace import Workspace, flipped

FINETUNE = {
    "strategy": {"kind": "partial", "layers": 2},
    "epochs": 3,
    "batch_tokens": 64,
    "checkpoint_steps": 4,
    "threads": 1,
    "precision": "float32",
}
KILL_AT = (1, 9, 40)
"""Steps after which the training is killed: in the first epoch before and after a checkpoint, and in a later one."""
PARTS = ("weights.safetensors", "optimizer.safetensors", "random.safetensors", "best.safetensors", "progress.json")
Curve = set[tuple[str, int, float]]
"""Metric, step, value."""


@dataclass(frozen=True)
class Whole:
    """A training that nobody disturbed."""

    report: dict[str, Any]
    curve: Curve
    """What MLflow was told."""


def _untrained(place: Place) -> Workspace:
    workspace = trained(place)
    shutil.rmtree(workspace.root / "data/model")
    (workspace.root / "data/reports/finetune.json").unlink()
    workspace.set(finetune=FINETUNE)
    return workspace


def _whole(lab: Lab) -> Whole:
    def make(place: Place) -> Whole:
        workspace = _untrained(place)
        workspace.stages("finetune")
        return Whole(_report(workspace), _curve(workspace))

    return lab.once("whole_training", make)


def _killed(place: Place, step: int) -> Workspace:
    """A workspace whose training was killed with SIGKILL once it had a checkpoint of at least this step."""
    workspace = _untrained(place)
    _kill_training(workspace, step)
    place.kills = True
    return workspace


def _kill_training(workspace: Workspace, step: int) -> None:
    running = workspace.start("-m", "tasks", "finetune")
    reached = running.wait_until(lambda: [each for each in steps(workspace) if int(each.name[5:]) >= step])
    running.kill()
    done = running.finish()
    require(reached and done.code == 137, f"the training was not killed in time: {done.code}, {done.last_words}")


def killed_copy(place: Place) -> Workspace:
    """A copy of one killed training that has two whole checkpoints."""

    def make(made_in: Place) -> Workspace:
        workspace = _killed(made_in, 40)
        require(len(steps(workspace)) >= 2, "there are fewer than two checkpoints")
        for half in workspace.root.rglob(".tmp-*"):
            shutil.rmtree(half)
        return workspace

    place.kills = True
    return place.copy(place.lab.once("killed_training", make))


def steps(workspace: Workspace) -> list[Path]:
    """Its checkpoints, the newest last."""
    return sorted((workspace.root / "data/checkpoints").glob("*/step-*"))


def _report(workspace: Workspace) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((workspace.root / "data/reports/finetune.json").read_bytes())
    return found


def _curve(workspace: Workspace) -> Curve:
    """Every number by step of the newest run in MLflow."""
    newest = "SELECT run_uuid FROM runs ORDER BY start_time DESC LIMIT 1"
    return set(workspace.query(f"SELECT key, step, value FROM metrics WHERE run_uuid = ({newest})"))  # type: ignore[arg-type]  # noqa: S608


def resume(place: Place, workspace: Workspace, *words: str) -> Done:
    """Train again; the same report to the bit (model digest, history, steps) as if nobody had disturbed it."""

    def differing(one: dict[str, Any], other: dict[str, Any]) -> list[str]:
        return [key for key in one.keys() | other.keys() if one.get(key) != other.get(key)]

    done = workspace.stage("finetune")
    require(done.code == 0, f"cannot go on: {done.last_words}")
    found, due = _report(workspace), _whole(place.lab).report
    require(found == due, f"not as uninterrupted: {', '.join(differing(found, due))}")
    return require_words(done, *words)


def _kill_at(step: int) -> Callable[[Place], Done]:
    return lambda place: resume(place, _killed(place, step), "goes on from step")


def _kill_twice(place: Place) -> Done:
    workspace = _killed(place, 9)
    _kill_training(workspace, 40)
    return resume(place, workspace, "goes on from step")


def _half_saved(place: Place) -> Done:
    workspace = killed_copy(place)
    newest = steps(workspace)[-1]
    for name in ("manifest.json", "random.safetensors"):
        (newest / name).unlink()
    return resume(place, workspace, newest.name, "goes on from step")


def _half_written(place: Place) -> Done:
    """What a kill inside the saving of a checkpoint leaves: a folder that did not get its name yet."""
    workspace = killed_copy(place)
    newest = steps(workspace)[-1]
    half = newest.with_name(f".tmp-4242-step-{int(newest.name[5:]) + 4:08}")
    shutil.copytree(newest, half)
    (half / "manifest.json").unlink()
    return resume(place, workspace, half.name, "goes on from step")


def _killed_in_model(place: Place) -> Done:
    """What a kill inside the saving of the model leaves beside it."""
    workspace = killed_copy(place)
    half = workspace.root / "data/.tmp-4242-model"
    half.mkdir()
    (half / "weights.safetensors").write_bytes(b"half")
    return resume(place, workspace, "goes on from step")


def _lacking(name: str) -> Callable[[Place], Done]:
    def act(place: Place) -> Done:
        workspace = killed_copy(place)
        newest = steps(workspace)[-1]
        (newest / name).unlink()
        return resume(place, workspace, newest.name, name, "goes on from step")

    return act


def _all_lacking(place: Place) -> Done:
    workspace = killed_copy(place)
    for step in steps(workspace):
        (step / "optimizer.safetensors").unlink()
    done = resume(place, workspace, *(step.name for step in steps(workspace)), "optimizer.safetensors")
    require("goes on" not in done.stderr, "it went on from a checkpoint without its optimizer")
    return done


def _flipped(name: str, place_in_file: float) -> Callable[[Place], Done]:
    def act(place: Place) -> Done:
        workspace = killed_copy(place)
        newest = steps(workspace)[-1]
        with flipped(newest / name, place_in_file):
            done = workspace.stage("finetune")
        require(not (workspace.root / "data/model").exists(), "a model was made of it")
        return require_words(done, "CKPT_HASH_MISMATCH", newest.name, name)

    return act


def _added(place: Place) -> Done:
    workspace = killed_copy(place)
    newest = steps(workspace)[-1]
    (newest / "extra.safetensors").write_bytes(b"not ours")
    return require_words(workspace.stage("finetune"), "CKPT_HASH_MISMATCH", "extra.safetensors")


def _changed(change: Callable[[Workspace], None], *differences: str) -> Callable[[Place], Done]:
    """After the change the checkpoint must not be used, and the differences must be listed."""

    def act(place: Place) -> Done:
        workspace = killed_copy(place)
        change(workspace)
        done = workspace.stage("finetune")
        require("goes on" not in done.stderr, "it went on from a checkpoint of another training")
        return require_words(done, "is not used", *differences)

    return act


def _drop_row(workspace: Workspace) -> None:
    path = workspace.root / "data/augmented/train.parquet"
    pq.write_table(pq.read_table(path).slice(1), path)


def _other_version(workspace: Workspace) -> None:
    """The killed training seems to have run under another torch."""
    folder = steps(workspace)[0].parent
    fingerprint = json.loads((folder / "fingerprint.json").read_bytes())
    (folder / "fingerprint.json").write_text(json.dumps(fingerprint | {"version of torch": "1.0"}), encoding="utf-8")
    folder.rename(folder.with_name("0" * 16))


def _settings(**changes: Any) -> Callable[[Workspace], None]:
    return lambda workspace: workspace.set(finetune=changes)


def _same_curve(place: Place) -> Done:
    """MLflow's numbers after a resume are those of the same steps, uninterrupted; the killed run is closed."""
    workspace = killed_copy(place)
    done = resume(place, workspace)
    wrong = _curve(workspace) - _whole(place.lab).curve
    require(not wrong, f"{len(wrong)} numbers in MLflow are others: {sorted(wrong)[:3]}")
    require(_curve(workspace), "MLflow knows no numbers of the resumed run")
    statuses: Sequence[tuple[Any, ...]] = workspace.query("SELECT status FROM runs ORDER BY start_time")
    require(statuses == [("FAILED",), ("FINISHED",)], f"runs are {statuses}")
    return done


def _same_report(place: Place) -> Done:
    workspace = killed_copy(place)
    done = resume(place, workspace)
    losses = [epoch["train_loss"] for epoch in _report(workspace)["history"]]
    step = re.search(r"goes on from step (\d+)", done.stderr)
    require(step is not None and len(losses) == 3, f"{done.last_words}, losses {losses}")
    return done


CASES: list[Case] = [
    *(
        Case(
            3,
            f"a training killed after a checkpoint of step {step} or later goes on to the same bits",
            0,
            _kill_at(step),
        )
        for step in KILL_AT
    ),
    Case(3, "a training killed twice goes on to the same bits", 0, _kill_twice),
    Case(3, "a half-saved newest checkpoint is passed over by name, and the one before it used", 0, _half_saved),
    Case(3, "a checkpoint killed in the writing is passed over by name and removed", 0, _half_written),
    Case(3, "what a kill in the saving of the model leaves is removed by the next run", 0, _killed_in_model),
    *(
        Case(
            4, f"a checkpoint without its {name} is passed over by name, and the one before it used", 0, _lacking(name)
        )
        for name in PARTS
    ),
    Case(4, "if every checkpoint lacks its optimizer the training starts over, and says so", 0, _all_lacking),
    *(
        Case(5, f"a flipped bit in the checkpoint's {name} is refused by name", 5, _flipped(name, 0.5))
        for name in PARTS
    ),
    Case(
        5,
        "a flipped bit in the header of the checkpoint's weights is refused by name",
        5,
        _flipped("weights.safetensors", 0.0),
    ),
    Case(
        5, "a flipped bit that breaks the checkpoint's manifest is refused by name", 5, _flipped("manifest.json", 0.0)
    ),
    Case(5, "a file added to the checkpoint is refused by name", 5, _added),
    Case(6, "a checkpoint of other data is not used, and the difference told", 0, _changed(_drop_row, "train rows: ")),
    Case(
        6,
        "a checkpoint of another seed is not used, and the difference told",
        0,
        _changed(_settings(seed=1), "finetune.seed: 0 then, 1 now"),
    ),
    Case(
        6,
        "a checkpoint of other threads is not used, and the difference told",
        0,
        _changed(_settings(threads=2), "finetune.threads: 1 then, 2 now"),
    ),
    Case(
        6,
        "a checkpoint of another version is not used, and the difference told",
        0,
        _changed(_other_version, "version of torch: 1.0 then"),
    ),
    Case(7, "the report after a resume is the uninterrupted one, train loss included", 0, _same_report),
    Case(7, "what MLflow knows of a resumed training are the uninterrupted numbers", 0, _same_curve),
]
