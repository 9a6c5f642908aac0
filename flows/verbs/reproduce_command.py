"""`finetrace reproduce`: a version made again, from its commit, its data and its lock"""

import re
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.markup import escape

from flows.processes import child
from flows.processes.interrupt import sigterm_as_interrupt
from flows.redact import redact
from flows.verbs.audit_command import asked_version, open_registry
from flows.verbs.commands import print_json
from flows.verbs.terminal import make_console
from tasks.audit.rebuild import rebuild
from tasks.audit.recorded import read_yaml
from tasks.audit.reproduction import Outcome, Verdict, decide, machine_that_differs, packages_that_differ
from tasks.errors import FinetraceError, IntegrityError
from tasks.files import read_json
from tasks.launcher import launch_finetune
from tasks.lineage.actor import actor
from tasks.lineage.kept import KeptStatement, read_statement
from tasks.lineage.sbom import make_sbom
from tasks.model.manifest import verify_model
from tasks.offline import set_switches
from tasks.paths import Paths
from tasks.tracking.machine import read_machine
from tasks.tracking.store import Store, reporting

REPRODUCED = "reproduced"
"""Tag of a version: the verdict, when, and who."""
_STAGE = re.compile(r"Running stage '(?P<stage>\w+)'")
_DROPPED = ("MLFLOW_", "FINETRACE_", "PREFECT_", "PYTHONPATH", "GIT_")


def reproduce(paths: Paths, address: str | None, *, as_json: bool) -> None:
    """Make a version again and tell what came of it, on the version too. Raises IntegrityError if it differs."""
    console = make_console(stderr=as_json)
    with sigterm_as_interrupt():
        shown, verdict = reproduce_version(paths, address, console.print)
    if as_json:
        print_json({"version": shown, **verdict.as_json()})
    else:
        _print(console, shown, verdict)
    raise_if_different(shown, verdict)


def reproduce_version(paths: Paths, address: str | None, report: Callable[[str], None]) -> tuple[str, Verdict]:
    """A version's address and what came of making it again, which is noted on the version. report: hears each step."""
    set_switches()
    store = open_registry(paths)
    with reporting(store.registry_uri):
        name, version = asked_version(store, paths, address)
        kept = read_statement(store, store.client.get_model_version(name, str(version)))
    with tempfile.TemporaryDirectory(prefix="finetrace-reproduce-") as folder:
        verdict = _made_again(paths, kept, Path(folder).resolve(), report)
    with reporting(store.registry_uri):
        _note(store, paths, name, version, verdict)
    return f"models:/{name}/{version}", verdict


def raise_if_different(shown: str, verdict: Verdict) -> None:
    """Raise IntegrityError that says where, if the version made again is not the one registered."""
    if verdict.word == "differs":
        raise IntegrityError(f"{shown} differs when it is made again: {'; '.join(verdict.where[:3])}.")


def _made_again(paths: Paths, kept: KeptStatement, folder: Path, report: Callable[[str], None]) -> Verdict:
    statement = kept.statement
    report(f"commit   {statement.commit[:10]}{' with changes' if 'dirty.diff' in statement.kept_files else ''}")
    workspace, lock = rebuild(kept, paths.root, folder / "workspace")
    processes = int(statement.invocation.get("processes", 1))
    pipeline = workspace / "dvc.yaml"
    pipeline.write_text(launch_finetune(pipeline.read_text(encoding="utf-8"), processes), encoding="utf-8", newline="")
    packages = packages_that_differ(_text(kept, "sbom.cdx.json"), make_sbom())
    machine = machine_that_differs(statement.invocation.get("machine", {}), read_machine())
    how = f"threads {statement.invocation.get('threads')}" + (f" · processes {processes}" if processes > 1 else "")
    report(f"data     by hash · {len(packages)} packages differ · {how}")
    _repro(workspace, folder, report)
    said = Outcome(lock, str(statement.model["digest"]), _values(statement.results.get("metrics", {})))
    return decide(said, _outcome(Paths(workspace)), packages=packages, machine=machine)


def _text(kept: KeptStatement, name: str) -> str:
    file = kept.folder / name
    return file.read_text(encoding="utf-8") if file.exists() else ""


def _outcome(made: Paths) -> Outcome:
    lock = read_yaml((made.root / "dvc.lock").read_bytes())
    results = read_json(made.evaluation / "results.json")
    return Outcome(lock, verify_model(made.model), _values(results["metrics"]))


def _values(metrics: Mapping[str, Any]) -> dict[str, float | None]:
    return {name: each["value"] for name, each in metrics.items()}


def _repro(workspace: Path, folder: Path, report: Callable[[str], None]) -> None:
    """Every stage, by force: no cache, no run-cache, no store but its own. A line for each as it begins."""
    command = [sys.executable, "-m", "dvc", "repro", "--force", "--no-run-cache", "--no-commit"]
    inherited = {name: value for name, value in child.environment().items() if not name.startswith(_DROPPED)}
    own = {"MLFLOW_TRACKING_URI": f"sqlite:///{folder / 'mlflow.db'}", "DVC_SITE_CACHE_DIR": str(folder / "dvc-site")}
    running = child.start(command, cwd=workspace, env=inherited | own, output=subprocess.PIPE)
    said: list[str] = []
    try:
        assert running.stdout is not None
        for line in child.Lines(running.stdout):
            said.append(line)
            if found := _STAGE.search(line):
                report(f"stage    {found['stage']} …")
        code = running.wait()
    finally:
        child.stop(running)
    if code != 0:
        last = [line for line in said if line.strip()][-3:]
        raise FinetraceError(f"The stages do not run again: {redact(' '.join(last))[:600]}")


def _note(store: Store, paths: Paths, name: str, version: int, verdict: Verdict) -> None:
    """On the version: verdict, day, who."""
    today = datetime.now(UTC).date().isoformat()
    told = f"{verdict.line}, {today}, by {actor(paths.root)}"
    store.client.set_model_version_tag(name, str(version), REPRODUCED, told[:5_000])


def _print(console: Console, address: str, verdict: Verdict) -> None:
    marks = {"identical": "[green]✓[/]", "within tolerance": "[yellow]≈[/]", "differs": "[bold red]✗[/]"}
    console.print(f"{marks[verdict.word]} {escape(address)} made again: {verdict.word}")
    for each in verdict.where:
        console.print(f"    {escape(each)}")
    for each in verdict.environment[:20]:
        console.print(f"  not as it was: {escape(each)}")
    if len(verdict.environment) > 20:
        console.print(f"  … and {len(verdict.environment) - 20} more")
    console.print(f"Noted on the version as its tag `{REPRODUCED}`")
