"""One training among several: its name, its request, what came of it."""

import shutil
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tasks.config import Config
from tasks.digest import code_digest, sha256_of_file, sha256_of_value
from tasks.files import read_json, write_json
from tasks.paths import Paths
from tasks.problem import ProblemSettings
from tasks.settings import as_dict
from tasks.stages import TRAINING_STAGE
from tasks.trials.place import TrialPaths, trials_folder


@dataclass(frozen=True)
class Trial:
    """A training that is named by everything its result depends on: who asks for the same gets what is there."""

    finetune: Mapping[str, Any]
    base: Mapping[str, Any]
    rows: Mapping[str, str]
    """sha256 of the train and the val rows' files."""
    cpu_seconds: float | None = None
    """Where a clock ends it."""
    problem: Mapping[str, Any] = field(default_factory=lambda: as_dict(ProblemSettings()))

    @property
    def name(self) -> str:
        """16 letters."""
        return sha256_of_value({**vars(self), "code": code_digest(TRAINING_STAGE, "tasks/trials")})[:16]

    def paths(self, paths: Paths, *, sees_test: bool = False) -> TrialPaths:
        """Where its files lie in a workspace."""
        return TrialPaths(paths.root, trials_folder(paths) / self.name, sees_test)

    def request(self, paths: Paths, kind: str = "train", **more: Any) -> Path:
        """Write down what is asked of the process that will do it; the file."""
        asked = {"kind": kind} | {key: value for key, value in vars(self).items() if key != "rows"}
        file = self.paths(paths).folder / f"{kind}.json"
        write_json(file, asked | more)
        return file

    def result(self, paths: Paths, *, with_model: bool) -> dict[str, Any] | None:
        """What came of it, if it is finished; None also if its model is asked for and gone."""
        place = self.paths(paths)
        if not place.result.exists() or (with_model and not place.model.is_dir()):
            return None
        found: dict[str, Any] = read_json(place.result)
        return found

    def drop_model(self, paths: Paths) -> None:
        """Remove the model; its numbers stay."""
        shutil.rmtree(self.paths(paths).model, ignore_errors=True)


def make_trial(config: Config, rows: Mapping[str, str], cpu_seconds: float | None = None) -> Trial:
    """The trial of these settings."""
    return Trial(as_dict(config.finetune), as_dict(config.base), rows, cpu_seconds, as_dict(config.problem))


def rows_digests(paths: Paths) -> dict[str, str]:
    """The sha256 of the files that trials learn and are scored on."""
    return {"train": sha256_of_file(paths.augmented), "val": sha256_of_file(paths.val)}
