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
from flows.verbs.terminal import metric_lines
from tasks.files import read_json
from tasks.paths import Paths

_PROGRESS = re.compile(r"progress (\d+(?:\.\d+)?)% ?(.*)")
MLFLOW_UP_URL = "http://127.0.0.1:5000"
"""Where `finetrace up` shows MLflow unless told otherwise."""
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
    """The verdict as markdown, the stages as a table, the report and MLflow's run as links."""
    text = summary(verdict, read_json(paths.report("evaluate")))
    create_markdown_artifact(redact(text), key="retrain-summary", description="What the gate said, and why")
    rows = [
        {"stage": each["stage"], "run": "made" if each["ran"] else "cached", "seconds": round(each["seconds"], 1)}
        for each in outcomes
    ]
    create_table_artifact(rows, key="retrain-stages", description="Which stages were made again, and how long it took")
    create_link_artifact(paths.report_page.as_uri(), link_text="The report, on this disk", key="retrain-report")
    create_link_artifact(mlflow_page(verdict["run_url"]), link_text="The run in MLflow", key="retrain-mlflow-run")


def mlflow_page(address: str) -> str:
    """The address of a run in MLflow; where no server is known, the one that `finetrace up` gives it."""
    return address if address.startswith(("http://", "https://")) else f"{MLFLOW_UP_URL}/{address}"


def summary(verdict: Mapping[str, Any], numbers: Mapping[str, Any]) -> str:
    """The verdict, the metrics with their intervals, the rules and the version, as markdown."""
    version = f"{verdict['name']} v{verdict['version']}" if verdict.get("version") is not None else "none"
    marks = {True: "passed", False: "**failed**", None: "off"}
    rules = [
        f"| {cell(each['name'])} | {marks[each['passed']]} | {cell(each['why'])} |" for each in verdict.get("rules", [])
    ]
    return "\n".join(
        [
            f"# Gate {'passed' if verdict['passed'] else 'not passed'}",
            "",
            cell(verdict["line"]),
            "",
            *(f"- {line}" for line in metric_lines(numbers)),
            f"- version: {cell(version)}",
            "",
            "| rule | | why |",
            "|---|---|---|",
            *rules,
            "",
        ]
    )


def cell(value: Any) -> str:
    """A text that is neither markup nor the end of a table's cell."""
    return re.sub(r"([\\`*_{}\[\]<>|#])", r"\\\1", str(value)).replace("\n", " ")
