"""a candidate and its verdict → the statement that travels with its version"""

import os
import platform
from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from importlib import metadata
from typing import Any

from tasks.files import read_json
from tasks.lineage.materials import describe, read_stages
from tasks.lineage.picture import PICTURE_FILE, draw
from tasks.lineage.sbom import make_sbom
from tasks.lineage.statement import Facts, Statement, make_statement
from tasks.masking import mask_text, mask_values
from tasks.paths import Paths
from tasks.register.candidate import Candidate
from tasks.register.description import spoken_of
from tasks.register.rules import Outcome
from tasks.tracking.machine import read_machine

_KEPT = ("params.yaml", "dvc.yaml", "dvc.lock", "constraints.txt")


def state(
    candidate: Candidate,
    *,
    name: str,
    run_id: str,
    package: str,
    files: Mapping[str, str],
    line: str,
    outcomes: Sequence[Outcome],
) -> tuple[Statement, dict[str, str]]:
    """The statement, and the files that are kept beside it. package, files: the digest of the version's files, and of
    each; line: the verdict."""
    kept = _kept_files(candidate)
    facts = Facts(
        model={"name": name, "content": candidate.content, "digest": candidate.digest, "package": package},
        files=files,
        settings=mask_values(candidate.settings),
        stages=read_stages(candidate.paths),
        inputs=_inputs(candidate),
        base={
            "id": candidate.base.id,
            "revision": candidate.base.revision,
            "sha256": candidate.base.sha256,
        },
        commit=candidate.code.commit,
        invocation=_invocation(candidate, run_id),
        results={
            "line": line,
            "metrics": candidate.evaluation.metrics,
            "extra": candidate.evaluation.extra,
            "headline": spoken_of(candidate.target),
            "gate": [asdict(each) for each in outcomes],
        },
        kept=kept,
    )
    kept = kept | {PICTURE_FILE: draw(facts)}
    return make_statement(replace(facts, kept=kept)), kept


def _inputs(candidate: Candidate) -> list[dict[str, Any]]:
    known: dict[tuple[str, str], dict[str, str]] = {}
    return [
        describe(candidate.paths, {"path": each.name, "md5": each.md5}, known)
        | {"annotations": {"context": each.context, "rows": each.rows}}
        for each in candidate.data
    ]


def _kept_files(candidate: Candidate) -> dict[str, str]:
    """What the making can be repeated from, secrets masked."""
    files = (candidate.paths.root / name for name in _KEPT)
    kept = {file.name: mask_text(file.read_text(encoding="utf-8")) for file in files if file.exists()}
    if candidate.code.is_dirty:
        kept["dirty.diff"] = candidate.code.diff
    return kept | {"sbom.cdx.json": make_sbom()}


def _invocation(candidate: Candidate, run_id: str) -> dict[str, Any]:
    return {
        "mlflow_run": run_id,
        "prefect_flow_run": os.environ.get("FINETRACE_FLOW_RUN_ID", ""),
        "machine": read_machine(),
        "threads": candidate.base.threads,
        "processes": _processes(candidate.paths),
        "branch": candidate.code.branch,
        "python": platform.python_version(),
        "finetrace": metadata.version("finetrace"),
    }


def _processes(paths: Paths) -> int:
    """How many trained together."""
    report = paths.report("finetune")
    return int(read_json(report).get("processes", 1)) if report.exists() else 1
