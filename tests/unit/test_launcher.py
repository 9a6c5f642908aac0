"""A pipeline whose training is launched in several processes."""

from pathlib import Path

import pytest
import yaml

from tasks.errors import SetupError
from tasks.launcher import launch_finetune

PIPELINE = (Path(__file__).parents[2] / "dvc.yaml").read_text()


def test_finetune_alone_is_launched_and_one_process_needs_no_launcher() -> None:
    assert launch_finetune(PIPELINE, 1) == PIPELINE
    before, now = (yaml.safe_load(text)["stages"] for text in (PIPELINE, launch_finetune(PIPELINE, 3)))
    command = now["finetune"].pop("cmd")
    assert command.startswith("python -m accelerate.commands.launch")
    assert "--num_processes 3" in command
    assert command.endswith("-m tasks finetune")
    del before["finetune"]["cmd"]
    assert now == before


def test_a_pipeline_that_trains_in_another_way_is_refused() -> None:
    with pytest.raises(SetupError, match="by 2 processes"):
        launch_finetune("stages: {}", 2)
