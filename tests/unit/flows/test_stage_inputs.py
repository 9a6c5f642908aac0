"""A stage does not start on files that are not those that the stages before it made."""

from pathlib import Path

import pytest
import yaml

from flows.processes.stage_inputs import damage_of, refuse_changed_inputs
from tasks.dvc_store import md5_of, object_file
from tasks.errors import IntegrityError
from tasks.paths import Paths

PARAMS = f"""
base: {{id: a/b, revision: {"a" * 40}, sha256: {"a" * 64}}}
ingest: {{path: raw}}
"""


@pytest.fixture
def paths(tmp_path: Path) -> Paths:
    (tmp_path / "rows").write_text("rows")
    (tmp_path / "raw").write_text("raw")
    (tmp_path / "params.yaml").write_text(PARAMS)
    entry = {"path": "rows", "md5": md5_of(tmp_path / "rows")}
    stages = {"split": {"deps": [{"path": "raw", "md5": "0" * 32}], "outs": [entry]}, "finetune": {"deps": [entry]}}
    (tmp_path / "dvc.lock").write_text(yaml.safe_dump({"stages": stages}))
    return Paths(tmp_path)


def test_inputs_as_recorded_are_taken_and_data_as_given_may_change(paths: Paths) -> None:
    refuse_changed_inputs(paths, "split")
    refuse_changed_inputs(paths, "finetune")


def test_changed_input_is_refused_by_name(paths: Paths) -> None:
    (paths.root / "rows").write_text("rowz")
    with pytest.raises(IntegrityError, match=r"^rows has other bytes .*finetrace run --until split --force"):
        refuse_changed_inputs(paths, "finetune")


def test_damaged_object_behind_an_input_is_named(paths: Paths) -> None:
    damaged = object_file(paths.root / ".dvc" / "cache", md5_of(paths.root / "rows"))
    damaged.parent.mkdir(parents=True)
    damaged.write_text("rowz")
    (paths.root / "rows").write_text("rowz")
    with pytest.raises(IntegrityError, match=str(damaged)):
        refuse_changed_inputs(paths, "finetune")


def test_data_as_given_that_were_changed_by_hand_are_taken_and_those_of_a_damaged_object_are_not(paths: Paths) -> None:
    md5 = md5_of(paths.root / "raw")
    (paths.root / "raw.dvc").write_text(yaml.safe_dump({"outs": [{"path": "raw", "md5": md5}]}))
    (paths.root / "raw").write_text("more")
    refuse_changed_inputs(paths, "ingest")
    damaged = object_file(paths.root / ".dvc" / "cache", md5)
    damaged.parent.mkdir(parents=True)
    damaged.write_text("rax")
    with pytest.raises(IntegrityError, match="dvc add raw"):
        refuse_changed_inputs(paths, "ingest")
    (paths.root / "raw").write_text("raw")
    refuse_changed_inputs(paths, "ingest")


def test_input_that_is_not_there_yet_or_a_broken_lock_is_for_dvc_to_tell(paths: Paths) -> None:
    (paths.root / "rows").unlink()
    refuse_changed_inputs(paths, "finetune")
    (paths.root / "dvc.lock").write_text("stages: [")
    refuse_changed_inputs(paths, "finetune")
    assert damage_of(paths, ["split"]) == []
