"""A finished training's run, filled with everything a person may ask of it later."""

import tempfile
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tasks.digest import sha256_of_value
from tasks.files import read_json, write_json
from tasks.masking import mask_text
from tasks.paths import Paths
from tasks.stages import STAGES
from tasks.tracking.code_identity import CodeIdentity, read_code_identity
from tasks.tracking.flatten import flat_numbers, flat_params
from tasks.tracking.inputs import log_inputs, read_inputs
from tasks.tracking.live import flow_tags
from tasks.tracking.machine import read_environment, read_machine
from tasks.tracking.reach import reporting
from tasks.tracking.store import open_store

ALARMS = "finetrace.alarms"
_COMPLETED = "finetrace.completed"
_PLOT_KINDS = {".svg", ".png", ".html", ".json", ".csv", ".md"}


def complete_run(
    paths: Paths,
    run_id: str,
    *,
    settings: Mapping[str, Any],
    headline: Mapping[str, float],
    tags: Mapping[str, str],
    description: str,
    verdict: Mapping[str, Any],
) -> None:
    """Give the run its final metrics, settings, data, code, machine, seconds, reports and plots.

    settings: all of params.yaml. headline: the metrics to be seen first. verdict: kept as verdict.json. A second call
    with the same content changes nothing. Raises SetupError if the store cannot be used.
    """
    store = open_store(paths)
    code = read_code_identity(paths.root)
    with reporting(store.tracking_uri):
        run = store.client.get_run(run_id)
        content = _content(paths, settings, headline, tags, verdict, code)
        if run.data.tags.get(_COMPLETED) == content:
            return
        _log_params(store.client, run, settings)
        _log_metrics(store.client, run, {**_final_numbers(paths), **headline})
        log_inputs(store.client, run_id, read_inputs(paths, settings.get("ingest", {}).get("path")))
        _log_files(store.client, run_id, paths, settings, verdict, code)
        own = {**_code_tags(run, code), **flow_tags(), **_alarm_tags(paths)}
        all_tags = {**own, **tags, "mlflow.note.content": description}
        _log_tags(store.client, run_id, all_tags | {_COMPLETED: content})


def _content(paths: Paths, settings: Any, headline: Any, tags: Any, verdict: Any, code: CodeIdentity) -> str:
    reports = {name: read_json(paths.report(name)) for name in STAGES if paths.report(name).exists()}
    facts = [reports, _seconds(paths), flat_params(settings), dict(headline), dict(tags), flow_tags()]
    return sha256_of_value([*facts, dict(verdict) | {"created": None}, code.commit, code.diff])


def _final_numbers(paths: Paths) -> dict[str, float]:
    """What the stages reported, as `stage.key`, and what they took."""
    reports = {name: read_json(paths.report(name)) for name in STAGES if paths.report(name).exists()}
    for report in reports.values():
        for logged_by_step in ("history", "monitors"):
            report.pop(logged_by_step, None)
    return flat_numbers(reports) | _seconds(paths)


def _seconds(paths: Paths) -> dict[str, float]:
    taken = {name: read_json(paths.timing(name)) for name in STAGES if paths.timing(name).exists()}
    return {f"{kind}.{name}": value for name, each in taken.items() for kind, value in flat_numbers(each).items()}


def _log_params(client: Any, run: Any, settings: Mapping[str, Any]) -> None:
    """Settings the run does not have yet: MLflow keeps a parameter's first value for ever."""
    from mlflow.entities import Param

    new = [Param(name, value) for name, value in flat_params(settings).items() if name not in run.data.params]
    for start in range(0, len(new), 100):
        client.log_batch(run.info.run_id, params=new[start : start + 100])


def _log_metrics(client: Any, run: Any, numbers: Mapping[str, float]) -> None:
    from mlflow.entities import Metric

    now, known = time.time_ns() // 1_000_000, run.data.metrics
    new = [Metric(name, value, now, 0) for name, value in numbers.items() if known.get(name) != value]
    for start in range(0, len(new), 1_000):
        client.log_batch(run.info.run_id, metrics=new[start : start + 1_000])


def _log_tags(client: Any, run_id: str, tags: Mapping[str, str]) -> None:
    from mlflow.entities import RunTag

    client.log_batch(run_id, tags=[RunTag(name, value[:8_000]) for name, value in tags.items() if value])


def _alarm_tags(paths: Paths) -> dict[str, str]:
    """What the monitors of the training raised, as the training itself says it."""
    report = read_json(paths.report("finetune")) if paths.report("finetune").exists() else {}
    if not report.get("monitors"):
        return {}
    return {ALARMS: ", ".join(dict.fromkeys(str(alarm["name"]) for alarm in report.get("alarms", []))) or "none"}


def _code_tags(run: Any, code: CodeIdentity) -> dict[str, str]:
    """Commit and branch, unless the training itself said them."""
    if "mlflow.source.git.commit" in run.data.tags or not code.commit:
        return {}
    return {
        "mlflow.source.git.commit": code.commit,
        "mlflow.source.git.branch": code.branch,
        "finetrace.git_dirty": str(code.is_dirty).lower(),
    }


def _log_files(client: Any, run_id: str, paths: Paths, settings: Any, verdict: Any, code: CodeIdentity) -> None:
    """Everything worth keeping as a file, gathered in one folder and sent at once."""
    kept = {each.path for each in client.list_artifacts(run_id)}
    with tempfile.TemporaryDirectory(prefix="finetrace-run-") as name:
        folder = Path(name)
        for file in (paths.params, paths.root / "dvc.lock", paths.root / "dvc.yaml", paths.root / "constraints.txt"):
            if file.exists():
                (folder / file.name).write_text(mask_text(file.read_text(encoding="utf-8")), encoding="utf-8")
        write_json(folder / "settings.json", flat_params(settings))
        write_json(folder / "verdict.json", dict(verdict))
        (folder / "environment.txt").write_text(read_environment(), encoding="utf-8")
        if "machine.json" not in kept:
            write_json(folder / "machine.json", read_machine())
        if code.is_dirty and "dirty.diff" not in kept:
            (folder / "dirty.diff").write_text(code.diff, encoding="utf-8")
        _copy_reports(paths, folder)
        client.log_artifacts(run_id, str(folder))


def _copy_reports(paths: Paths, folder: Path) -> None:
    pages = [paths.report_page, paths.validation_page, paths.expectations]
    reports = [paths.report(name) for name in STAGES]
    plots = [file for file in sorted(paths.evaluation.rglob("*")) if file.suffix in _PLOT_KINDS]
    for source, target in [
        *((file, folder / file.name) for file in pages),
        *((file, folder / "reports" / file.name) for file in reports),
        *((file, folder / "evaluation" / file.relative_to(paths.evaluation)) for file in plots),
    ]:
        if source.is_file():
            target.parent.mkdir(parents=True, exist_ok=True)
            text = source.read_bytes()
            target.write_bytes(mask_text(text.decode()).encode() if source.suffix in (".json", ".md") else text)
