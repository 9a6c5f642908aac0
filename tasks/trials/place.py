"""Where a trial's files lie: what it makes in a folder of its own, what it reads in the workspace."""

from dataclasses import dataclass
from pathlib import Path

from tasks.paths import Paths
from tasks.stages import STAGES

_OWN = [each.name for each in STAGES.values() if each.makes != "rows"]


@dataclass(frozen=True)
class TrialPaths(Paths):
    """The workspace's rows and caches; model, checkpoints and reports apart.

    There is no test side, unless `sees_test`: whatever asked for it would find no file. Nothing is linked or copied:
    a stage that is given these paths reads the workspace and writes into `folder`.
    """

    folder: Path
    sees_test: bool = False

    @property
    def test(self) -> Path:
        return super().test if self.sees_test else self.folder / "no-test-side-in-a-trial.parquet"

    @property
    def model(self) -> Path:
        return self.folder / "model"

    @property
    def evaluation(self) -> Path:
        return self.folder / "evaluation"

    @property
    def checkpoints(self) -> Path:
        return self.folder / "checkpoints"

    @property
    def answers(self) -> Path:
        """The val rows' targets and the model's answers to them."""
        return self.folder / "val.json"

    @property
    def result(self) -> Path:
        """What came of the training; written last: with it, the trial is finished."""
        return self.folder / "result.json"

    def report(self, stage: str) -> Path:
        return self.folder / "reports" / f"{stage}.json" if stage in _OWN else super().report(stage)

    def failure(self, stage: str) -> Path:
        return self.folder / "failures" / f"{stage}.json"

    def timing(self, stage: str) -> Path:
        return self.folder / "timings" / f"{stage}.json"


def trials_folder(paths: Paths) -> Path:
    """Where all trials of a workspace lie, each under its name; it can be thrown away."""
    return paths.data / "trials"
