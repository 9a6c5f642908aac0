"""a candidate → the tags, the origin and the links that its version shows"""

import os
from collections.abc import Mapping

from tasks.register.candidate import Candidate
from tasks.register.description import Identity, shown, spoken_of
from tasks.register.gate import is_passed
from tasks.register.rules import Outcome
from tasks.tracking import MODEL_DIGEST, Store, mask_url
from tasks.tracking.live import flow_tags

_VIEW = "workflowType=machine_learning"
"""Else MLflow opens its pages for chat programs."""


def version_tags(store: Store, run_id: str, candidate: Candidate, outcomes: list[Outcome]) -> dict[str, str]:
    """What a person filters by in the registry; the code is the one that the training's run names, if it does."""
    of_run = store.client.get_run(run_id).data.tags
    code, metrics = candidate.code, candidate.evaluation.metrics
    tags: dict[str, str] = {
        "gate": "passed" if is_passed(outcomes) else "failed",
        "gate.off": ", ".join(each.name for each in outcomes if each.passed is None),
        MODEL_DIGEST: candidate.digest,
        "strategy": candidate.strategy,
        "base.id": candidate.base.id,
        "base.revision": candidate.base.revision,
        "base.sha256": candidate.base.sha256,
        "git.commit": of_run.get("mlflow.source.git.commit", candidate.code.commit),
        "git.dirty": of_run.get("finetrace.git_dirty", str(code.is_dirty).lower() if code.commit else ""),
        **{f"data.{each.context}.md5": each.md5 for each in candidate.data},
        **{name: shown(metrics[name]["value"], 4) for name in spoken_of(candidate.target)},
        **flow_tags(),
    }
    return {name: value for name, value in tags.items() if value}


def run_address(store: Store, run_id: str) -> str:
    """The run's page: whole where a server is known, else what follows the address that `finetrace up` gives."""
    server = mask_url(store.tracking_uri).rstrip("/") + "/" if store.tracking_uri.startswith("http") else ""
    return f"{server}#/experiments/{store.experiment_id}/runs/{run_id}?{_VIEW}"


def identity(candidate: Candidate, tags: Mapping[str, str]) -> Identity:
    code = tags.get("git.commit", "not in git") + ("+ (changed)" if tags.get("git.dirty") == "true" else "")
    base = f"{candidate.base.id}@{candidate.base.revision[:10]}"
    return Identity(candidate.digest, base, candidate.base.sha256, candidate.strategy, code, candidate.data)


def links(store: Store, run_id: str) -> dict[str, str]:
    """Relative addresses work on whichever port the pages are served."""
    run = f"#/experiments/{store.experiment_id}/runs/{run_id}"
    found = {"training run": f"{run}?{_VIEW}", "report": f"{run}/artifacts/report.html?{_VIEW}"}
    flow_run = os.environ.get("FINETRACE_FLOW_RUN_URL", "")
    if flow_run.startswith(("http://", "https://")):
        found["Prefect flow run"] = flow_run
    return found
