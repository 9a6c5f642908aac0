"""1: a retraining killed at named points, and begun again: one version, the weights of an uninterrupted one"""

# ruff: noqa: S608 - every word of these queries is our own

import hashlib
import shutil
from collections.abc import Callable
from pathlib import Path

from tests.torture.case import Case, require
from tests.torture.commands import Done
from tests.torture.injected import KILL, injected
from tests.torture.invariants import digest_of
from tests.torture.killed import FINETUNE, whole
from tests.torture.place import Place
from tests.torture.prepared import NAME, first_runs, give_pipeline, plain, trained
from tests.torture.workspace import Workspace

VIRGIN = {
    "before DVC has noted ingest": "dvc.dvcfile:Lockfile.dump_stages:before:ingest:1",
    "after ingest": "tasks.ingest.stage:run:after::1",
    "after validate": "tasks.validate.stage:run:after::1",
    "after split": "tasks.split.stage:run:after::1",
    "after augment": "tasks.augment.stage:run:after::1",
}
"""Where a workspace is killed in which nothing was ever made: words → point."""
TRAINING = {
    "in training, before its first checkpoint": "tasks.finetune.checkpoint:Checkpoints.save:before::1",
    "in training, after two checkpoints": "tasks.finetune.checkpoint:Checkpoints.save:after::2",
    "in the saving of the model": "tasks.files:sync:before:-model:1",
    "after training": "tasks.finetune.stage:run:after::1",
    "before DVC has noted the training": "dvc.dvcfile:Lockfile.dump_stages:before:finetune:1",
}
"""Where one is killed that has its rows and no model."""
EVALUATING = {
    "after evaluate": "tasks.evaluate.stage:run:after::1",
}
REGISTERING = {
    "before the package": "tasks.register.package:build_package:before::1",
    "between the package and the version": "tasks.register.version:_log_metrics:after::1",
    "between the version and the ledger's line": "tasks.register.version:_enter:before::1",
    "between the ledger's line and the alias": "tasks.register.version:_set_aliases:before::1",
    "between the alias and the anchor": "tasks.register.version:set_anchor:before::1",
    "between register and its verdict": "tasks.register.version:register_version:after::1",
    "before the model card": "tasks.trace.card.kept:keep_card_of:before::1",
    "after register": "flows.artifacts:write_summary:before::1",
}
"""Where one is killed that has its model and no store."""


def virgin(place: Place) -> Workspace:
    """A workspace in which nothing was ever made."""
    workspace = place.copy(plain(place.lab))
    give_pipeline(workspace)
    return workspace


def _without_model(place: Place) -> Workspace:
    workspace = _without_evaluation(place)
    shutil.rmtree(workspace.root / "data/model")
    (workspace.root / "data/reports/finetune.json").unlink()
    workspace.set(finetune=FINETUNE)
    return workspace


def _without_evaluation(place: Place) -> Workspace:
    workspace = trained(place)
    shutil.rmtree(workspace.root / "data/evaluation")
    (workspace.root / "data/reports/evaluate.json").unlink()
    return workspace


def _plain_digest(place: Place) -> str:
    return first_runs(place.lab).weights


def _trained_digest(place: Place) -> str:
    return whole(place.lab).weights


def _killed_at(
    point: str, prepare: Callable[[Place], Workspace], due: Callable[[Place], str]
) -> Callable[[Place], Done]:
    def act(place: Place) -> Done:
        expected, workspace = due(place), prepare(place)
        place.kills = True
        killed = workspace.finetrace("run", extra=injected(place, "kill", KILL, TORTURE_POINT=point))
        require(killed.code == 137, f"it was not killed: {killed.code}, {killed.last_words}")
        done = workspace.finetrace("run")
        require(done.code == 0, f"it does not go on: {done.code}, {done.last_words}")
        require_one_version(workspace, expected)
        return done

    return act


def require_one_version(workspace: Workspace, weights: str) -> None:
    """One version, one line in the ledger, both aliases, no open run; the weights of an uninterrupted training."""
    file = workspace.root / "data/model/weights.safetensors"
    require(digest_of(file) == weights, "the weights are not those of an uninterrupted training")
    counts = workspace.query("SELECT name, count(*) FROM model_versions GROUP BY name ORDER BY name")
    require(counts == [(NAME, 1), (f"{NAME}.ledger", 1)], f"versions: {counts}")
    aliases = workspace.query(
        f"SELECT alias, version FROM registered_model_aliases WHERE name = '{NAME}' ORDER BY alias"
    )
    require(aliases == [("challenger", 1), ("champion", 1)], f"aliases: {aliases}")
    champion = workspace.champion()
    assert champion is not None
    registered = Path(champion[1], "artifacts/model/weights.safetensors").read_bytes()
    require(hashlib.sha256(registered).hexdigest() == weights, "the version has other weights")
    open_runs = workspace.query("SELECT count(*) FROM runs WHERE status = 'RUNNING'")
    require(open_runs == [(0,)], f"{open_runs[0][0]} runs of MLflow are still open")


CASES: list[Case] = [
    Case(1, f"killed {words}: a second run makes the one version, with the same weights", 0, _killed_at(*how))
    for points, *rest in (
        (VIRGIN, virgin, _plain_digest),
        (TRAINING, _without_model, _trained_digest),
        (EVALUATING, _without_evaluation, _plain_digest),
        (REGISTERING, trained, _plain_digest),
    )
    for words, point in points.items()
    for how in [(point, *rest)]
]
