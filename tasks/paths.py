"""Every file of a workspace, in the order it is made."""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Paths:
    """Where things lie below a workspace's root (the folder that holds params.yaml)."""

    root: Path

    @property
    def params(self) -> Path:
        return self.root / "params.yaml"

    @property
    def data(self) -> Path:
        return self.root / "data"

    # what the stages make, in order; each is a DVC output
    @property
    def ingested(self) -> Path:
        """Rows as read: tasks.table.INGESTED."""
        return self.data / "ingested" / "rows.parquet"

    @property
    def validated(self) -> Path:
        """Rows that passed: tasks.table.INGESTED."""
        return self.data / "validated" / "rows.parquet"

    @property
    def quarantine(self) -> Path:
        """Rows that did not, each with its reasons: tasks.table.QUARANTINE."""
        return self.data / "validated" / "quarantine.parquet"

    @property
    def label_errors(self) -> Path:
        """All rows whose label is likely wrong, worst first, as CSV."""
        return self.data / "validated" / "label_errors.csv"

    @property
    def expectations(self) -> Path:
        """The Great Expectations suite, as readable JSON."""
        return self.data / "expectations.json"

    @property
    def train(self) -> Path:
        return self.data / "split" / "train.parquet"

    @property
    def val(self) -> Path:
        return self.data / "split" / "val.parquet"

    @property
    def test(self) -> Path:
        return self.data / "split" / "test.parquet"

    @property
    def extra_tests(self) -> Path:
        """Rows of all further test sets, without rows if there are none: tasks.table.read_extra_tests."""
        return self.data / "split" / "extra_tests.parquet"

    @property
    def augmented(self) -> Path:
        """Train rows and what was made of them: tasks.table.AUGMENTED."""
        return self.data / "augmented" / "train.parquet"

    @property
    def model(self) -> Path:
        """The fine-tuned model's folder; see tasks.model.files."""
        return self.data / "model"

    @property
    def predictions(self) -> Path:
        """One row per test row with its probabilities: tasks.table.PREDICTIONS."""
        return self.evaluation / "predictions.parquet"

    @property
    def evaluation(self) -> Path:
        """What the report shows beside metrics: plots' data, errors, slices."""
        return self.data / "evaluation"

    @property
    def reports(self) -> Path:
        return self.data / "reports"

    def report(self, stage: str) -> Path:
        """The stage's numbers, as JSON."""
        return self.reports / f"{stage}.json"

    @property
    def report_page(self) -> Path:
        """The one page for people."""
        return self.reports / "report.html"

    @property
    def validation_page(self) -> Path:
        return self.reports / "validation.html"

    # what helps and can be thrown away
    @property
    def cache(self) -> Path:
        """Features and hidden states of frozen layers."""
        return self.data / "cache"

    @property
    def checkpoints(self) -> Path:
        return self.data / "checkpoints"

    @property
    def state(self) -> Path:
        """Locks, logs, servers' files: never data."""
        return self.root / ".finetrace"

    def failure(self, stage: str) -> Path:
        """Why the stage's last run failed, for whoever started it through DVC."""
        return self.state / "failures" / f"{stage}.json"

    def timing(self, stage: str) -> Path:
        """What the stage's last run took; not an output, since it differs each time."""
        return self.state / "timings" / f"{stage}.json"
