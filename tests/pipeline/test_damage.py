"""A damaged object of DVC's cache: found wherever it hides, and repaired by what the message says. Stages are fake."""

import json
import re
import shlex
from pathlib import Path
from typing import Any

import pytest
import yaml

from tasks.damage import find_damage
from tasks.dvc_store import object_file

pytestmark = pytest.mark.pipeline
Workspace = Any  # tests/pipeline/conftest.py
STAGES = ["ingest", "validate", "split", "augment", "finetune", "evaluate"]
TRAIN, MODEL = "data/split/train.parquet", "data/model"


def flip(file: Path) -> None:
    """One bit of it; it is read-only again afterwards, which is all that DVC looks at."""
    content = bytearray(file.read_bytes())
    content[len(content) // 2] ^= 1
    file.chmod(0o644)
    file.write_bytes(content)
    file.chmod(0o444)


def object_of(root: Path, stage: str, path: str) -> Path:
    lock = yaml.safe_load((root / "dvc.lock").read_text())
    md5 = next(each["md5"] for each in lock["stages"][stage]["outs"] if each["path"] == path)
    return object_file(root / ".dvc" / "cache", md5)


def damage_train(workspace: Workspace) -> None:
    flip(object_of(workspace.root, "split", TRAIN))


def damage_train_and_remove(workspace: Workspace) -> None:
    damage_train(workspace)
    (workspace.root / TRAIN).unlink()


def damage_train_and_check_out(workspace: Workspace) -> None:
    damage_train_and_remove(workspace)
    assert workspace.dvc("checkout", TRAIN).returncode == 0  # DVC hands it out and finds nothing wrong


def damage_list_of_model(workspace: Workspace) -> None:
    flip(object_of(workspace.root, "finetune", MODEL))


def damage_file_of_model(workspace: Workspace) -> None:
    listed = json.loads(object_of(workspace.root, "finetune", MODEL).read_bytes())
    flip(object_file(workspace.root / ".dvc" / "cache", listed[0]["md5"]))


@pytest.mark.parametrize(
    "damage",
    [
        damage_train,
        damage_train_and_remove,
        damage_train_and_check_out,
        damage_list_of_model,
        damage_file_of_model,
    ],
)
def test_damage_stops_the_run_and_is_repaired_as_the_message_says(reproduced: Workspace, damage: Any) -> None:
    root = reproduced.root
    lock, good = (root / "dvc.lock").read_bytes(), reproduced.outputs()
    damage(reproduced)
    done = reproduced.finetrace("run", "--until", "evaluate")
    assert done.returncode == 5
    assert done.stderr.count("\n") == 1
    assert "is damaged" in done.stderr
    advice = re.search(r"finetrace (run --until \w+ --force)", done.stderr)
    assert advice is not None, done.stderr
    assert reproduced.finetrace(*shlex.split(advice[1])).returncode == 0
    assert find_damage(root, STAGES) == []
    done = reproduced.finetrace("run", "--until", "evaluate")
    assert (done.returncode, done.stderr) == (0, "")
    assert (root / "dvc.lock").read_bytes() == lock
    changing = ("timings",)
    assert {n: b for n, b in reproduced.outputs().items() if not any(each in n for each in changing)} == good


@pytest.mark.parametrize("way", ["own copy", "remote"])
def test_data_as_given_that_were_taken_from_a_damaged_object_are_refused_until_they_are_right(
    fake: Workspace, tmp_path: Path, way: str
) -> None:
    root, raw = fake.root, "data/raw/rows.csv"
    right = (root / raw).read_bytes()
    remote = str(tmp_path / "far")
    for command in (["add", raw], ["remote", "add", "--default", "far", remote], ["push"]):
        assert fake.dvc(*command).returncode == 0
    assert fake.finetrace("run", "--until", "ingest").returncode == 0
    md5 = yaml.safe_load((root / f"{raw}.dvc").read_text())["outs"][0]["md5"]
    flip(object_file(root / ".dvc" / "cache", md5))
    (root / raw).unlink()
    assert fake.dvc("checkout", raw).returncode == 0
    for arguments in (["--until", "ingest"], ["--until", "ingest", "--force"]):
        done = fake.finetrace("run", *arguments)
        assert done.returncode == 5
        assert "is damaged" in done.stderr
    removed = re.search(r"rm -r (\S+) (\S+);", done.stderr)
    assert removed is not None
    for name in removed.groups():
        (root / name).unlink()
    if way == "own copy":
        (root / raw).write_bytes(right)
    commands = [["add", raw]] if way == "own copy" else [["fetch", raw], ["checkout", raw]]
    for each in commands:
        assert f"dvc {' '.join(each)}" in done.stderr
        assert fake.dvc(*each).returncode == 0
    assert fake.finetrace("run", "--until", "ingest").returncode == 0
    assert (root / raw).read_bytes() == right
