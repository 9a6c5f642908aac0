"""The version's tags ↔ the statement, the files and the run"""

from typing import Any

from tasks.audit.edges.edge import Edge, out_of_reach
from tasks.audit.finding import Finding, compare
from tasks.audit.witnesses import Made, Unreached, Witnesses
from tasks.register.description import shown
from tasks.register.version import CONTENT
from tasks.tracking import MODEL_DIGEST


def check(seen: Witnesses) -> list[Finding]:
    """What a person reads beside the version is what was made."""
    if isinstance(seen.made, Unreached):
        return out_of_reach("the version's tags", Unreached("without a statement nobody knows what they should be"))
    said = {name: value for name, value in _said(seen, seen.made).items() if value}
    found = {name: value for name, value in seen.registered.tags.items() if name in said}
    return compare(f"{len(said)} tags say the same", said, found, sayer="the statement", finder="the version's tag")


def _said(seen: Witnesses, made: Made) -> dict[str, str]:
    statement = made.statement
    base = statement.settings.get("base", {})
    return {
        MODEL_DIGEST: str(statement.model.get("digest", "")),
        CONTENT: str(statement.model.get("content", "")),
        "base.id": str(base.get("id", "")),
        "base.revision": str(base.get("revision", "")),
        "base.sha256": str(statement.materials.get("base", {}).get("digest", {}).get("sha256", "")),
        "strategy": "" if isinstance(seen.package, Unreached) else seen.package.strategy,
        "prefect.flow_run_id": str(statement.invocation.get("prefect_flow_run", "")),
        **_code(seen, made),
        **_data(statement.materials),
        **_results(statement.results),
    }


def _code(seen: Witnesses, made: Made) -> dict[str, str]:
    """The commit that the training's run names, which may be an earlier one; else the statement's."""
    of_run = {} if isinstance(seen.run, Unreached) else seen.run.tags
    commit = made.statement.commit
    dirty = str("dirty.diff" in made.statement.kept_files).lower() if commit else ""
    return {
        "git.commit": of_run.get("mlflow.source.git.commit", commit),
        "git.dirty": of_run.get("finetrace.git_dirty", dirty),
    }


def _data(materials: dict[str, dict[str, Any]]) -> dict[str, str]:
    with_context = {name: each for name, each in materials.items() if "context" in (each.get("annotations") or {})}
    return {f"data.{each['annotations']['context']}.md5": each["digest"]["md5"] for each in with_context.values()}


def _results(results: dict[str, Any]) -> dict[str, str]:
    metrics = results.get("metrics", {})
    numbers = {name: shown(metrics[name]["value"], 4) for name in results.get("headline", BEFORE) if name in metrics}
    gate = results.get("gate", [])
    off = ", ".join(each["name"] for each in gate if each["passed"] is None)
    passed = all(each["passed"] is not False for each in gate)
    return {**numbers, "gate": "passed" if passed else "failed", "gate.off": off}


BEFORE = ("accuracy", "macro_f1")
"""What versions are tagged with whose statement does not say it: all that were registered before others could be."""
EDGE = Edge("tags", "tags", check)
