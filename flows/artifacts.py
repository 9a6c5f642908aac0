"""What a person sees on the flow run's page: progress, summary, tables, links. Stable keys give each a history."""

import logging
import re
import time
from collections.abc import Mapping
from types import TracebackType
from typing import Any
from uuid import UUID

from prefect.artifacts import (
    create_link_artifact,
    create_markdown_artifact,
    create_progress_artifact,
    create_table_artifact,
    update_progress_artifact,
)

from flows.news import Progress, tell
from flows.redact import redact
from tasks.paths import Paths

_PROGRESS = re.compile(r"progress (\d+(?:\.\d+)?)% ?(.*)")
_EVERY_SECONDS = 2.0


class ProgressBar:
    """A stage's lines, sorted: `progress 40% epoch 2 of 5` moves the bar, all others go to the flow's log."""

    def __init__(self, stage: str, log: logging.Logger | logging.LoggerAdapter[logging.Logger]) -> None:
        self._stage, self._log = stage, log
        self._artifact: UUID | None = None
        self._updated = 0.0

    def __enter__(self) -> "ProgressBar":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._artifact is not None and error is None:
            self._update(100.0)

    def hear(self, line: str) -> None:
        """Take one line of the stage's output."""
        found = _PROGRESS.fullmatch(line.strip())
        if found is None:
            self._log.info("%s", redact(line))
            return
        percent = min(100.0, float(found[1]))
        tell(Progress(self._stage, percent, found[2]))
        if time.monotonic() - self._updated >= _EVERY_SECONDS:
            self._update(percent)

    def _update(self, percent: float) -> None:
        self._updated = time.monotonic()
        if self._artifact is None:
            key = f"{self._stage}-progress"
            self._artifact = create_progress_artifact(percent, key=key, description=f"How far {self._stage} is")  # type: ignore[assignment]
        else:
            update_progress_artifact(self._artifact, percent)


def write_summary(paths: Paths, outcomes: list[dict[str, Any]], verdict: Mapping[str, Any]) -> None:
    """The verdict as markdown, the stages as a table, the report as a link."""
    create_markdown_artifact(summary(verdict), key="retrain-summary", description=redact(str(verdict["line"])))
    rows = [
        {"stage": each["stage"], "run": "made" if each["ran"] else "cached", "seconds": round(each["seconds"], 1)}
        for each in outcomes
    ]
    create_table_artifact(rows, key="retrain-stages", description="Which stages were made again, and how long it took")
    create_link_artifact(paths.report_page.as_uri(), link_text="The report", key="retrain-report")
    if verdict.get("run_url", "").startswith("http"):
        create_link_artifact(verdict["run_url"], link_text="The MLflow run", key="retrain-mlflow-run")


def summary(verdict: Mapping[str, Any]) -> str:
    """The verdict as markdown."""
    return f"# {verdict['line']}\n"
