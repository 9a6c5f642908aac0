"""A stage does not start on files that are not those that the stages before it made."""

from pathlib import Path

import pytest
import yaml

from flows.processes.stage_inputs import refuse_changed_inputs
from tasks.audit.disk import md5_of
from tasks.errors import IntegrityError
from tasks.paths import Paths


@pytest.fixture
def paths(tmp_path: Path) -> Paths:
    (tmp_path / "rows").write_text("rows")
    (tmp_path / "raw").write_text("raw")
    entry = {"path": "rows", "md5": md5_of(tmp_path / "rows")}
    stages = {"split": {"deps": [{"path": "raw", "md5": "0" * 32}], "outs": [entry]}, "finetune": {"deps": [entry]}}
    (tmp_path / "dvc.lock").write_text(yaml.safe_dump({"stages": stages}))
    return Paths(tmp_path)


def test_inputs_as_recorded_are_taken_and_data_as_given_may_change(paths: Paths) -> None:
    refuse_changed_inputs(paths, "split")
    refuse_changed_inputs(paths, "finetune")


def test_changed_input_is_refused_by_name(paths: Paths) -> None:
    (paths.root / "rows").write_text("rowz")
    with pytest.raises(IntegrityError, match=r"^rows has md5 .*finetrace run --force"):
        refuse_changed_inputs(paths, "finetune")


def test_input_that_is_not_there_yet_or_a_broken_lock_is_for_dvc_to_tell(paths: Paths) -> None:
    (paths.root / "rows").unlink()
    refuse_changed_inputs(paths, "finetune")
    (paths.root / "dvc.lock").write_text("stages: [")
    refuse_changed_inputs(paths, "finetune")
