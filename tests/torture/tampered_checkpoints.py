"""5 and 6: checkpoints whose bytes are not those that were written, or that belong to another training."""

import json
from collections.abc import Callable
from typing import Any

import pyarrow.parquet as pq

from tests.torture.case import Case, require, require_words
from tests.torture.checkpoints import PARTS
from tests.torture.commands import Done
from tests.torture.killed import killed_copy, steps
from tests.torture.place import Place
from tests.torture.workspace import Workspace, flipped


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


def _settings(section: str, **changes: Any) -> Callable[[Workspace], None]:
    return lambda workspace: workspace.set(**{section: changes})


CASES: list[Case] = [
    *(
        Case(5, f"a flipped bit in the checkpoint's {name} is refused by name", 5, _flipped(name, 0.5))
        for name in PARTS
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
        _changed(_settings("finetune", seed=1), "finetune.seed: 0 then, 1 now"),
    ),
    Case(
        6,
        "a checkpoint of other threads is not used, and the difference told",
        0,
        _changed(_settings("base", threads=2), "base.threads: 1 then, 2 now"),
    ),
    Case(
        6,
        "a checkpoint of another version is not used, and the difference told",
        0,
        _changed(_other_version, "version of torch: 1.0 then"),
    ),
]
