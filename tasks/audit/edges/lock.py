"""The kept dvc.lock ↔ the statement's stages, and each stage's inputs ↔ the outputs that came before"""

from collections.abc import Mapping
from typing import Any

from tasks.audit.edges.edge import Edge, out_of_reach
from tasks.audit.finding import Finding, broken, difference, holds
from tasks.audit.witnesses import Unreached, Witnesses
from tasks.digest import sha256_of_value
from tasks.dvc_store import outputs, parts, stages
from tasks.masking import MASK

MODEL = "artifacts/model/"
"""Where a package holds the folder that training made."""


def check(seen: Witnesses) -> list[Finding]:
    """From the data as given to the model's files, each stage read what an earlier one had written."""
    if isinstance(seen.made, Unreached):
        return out_of_reach("the stages", Unreached("without a statement nobody knows them"))
    stated = {each["name"]: each for each in seen.made.statement.stages}
    if not seen.lock:
        missing = Unreached("no dvc.lock was kept with the version: it was made without DVC")
        return [*out_of_reach("the stages", missing), *_model(seen, stated)]
    found = _as_stated(seen.lock, stated) + _chained(seen.lock)
    return found + _settings(seen.lock, seen.params) + _model(seen, stated)


def _as_stated(lock: Mapping[str, Any], stated: dict[str, Any]) -> list[Finding]:
    wrong = []
    for kind, word in (("deps", "inputs"), ("outs", "outputs")):
        recorded = {(stage, path): md5 for stage, path, md5 in parts(lock, kind)}
        said = {(name, r["name"]): r["digest"].get("md5", "") for name, each in stated.items() for r in each[word]}
        for stage, path in sorted(recorded.keys() | said.keys()):
            ours, theirs = recorded.get((stage, path), ""), said.get((stage, path), "")
            if ours != theirs:
                wrong.append(broken(f"{stage}: {path}", difference(theirs, ours, "the statement", "dvc.lock")))
    return wrong or [holds(f"{len(stages(lock))} stages are in the statement as in dvc.lock")]


def _chained(lock: Mapping[str, Any]) -> list[Finding]:
    made = outputs(lock)
    wrong = [
        broken(f"{stage}: {path}", difference(made[path], md5, "the stage that made it", "the one that read it"))
        for stage, path, md5 in parts(lock, "deps")
        if path in made and made[path] != md5
    ]
    return wrong or [holds("every stage read what the stages before it had made")]


def _settings(lock: Mapping[str, Any], params: Mapping[str, Any]) -> list[Finding]:
    wrong = []
    for name, stage in stages(lock).items():
        for section, value in ((stage.get("params") or {}).get("params.yaml") or {}).items():
            if params.get(section) != value and MASK not in str(params.get(section)):
                wrong.append(
                    broken(f"{name}: settings", f"section {section} is another in params.yaml than in dvc.lock")
                )
    return wrong or [holds("the settings that DVC ran with are those of params.yaml")]


def _model(seen: Witnesses, stated: dict[str, Any]) -> list[Finding]:
    """The folder that training wrote is the one inside the package."""
    assert not isinstance(seen.made, Unreached)
    subject = seen.made.statement.subject
    files = {name.removeprefix(MODEL): sha256 for name, sha256 in subject.items() if name.startswith(MODEL)}
    named = {name: sha256 for name, sha256 in files.items() if name != "manifest.json"}
    said = str(seen.made.statement.model.get("digest", ""))
    found = []
    if files and sha256_of_value(named) != said:
        found.append(broken("the model", difference(said, sha256_of_value(named), "its name", "the list of its files")))
    outs = {r["name"]: r["digest"] for each in stated.values() for r in each["outputs"]}
    trained = outs.get("data/model", {}).get("sha256")
    if trained and trained != sha256_of_value(files):
        found.append(broken("data/model", "training wrote other files than those that were registered"))
    what = "the registered model is the one that training wrote" if trained else "its files give the model's digest"
    return found or [holds(what)]


EDGE = Edge("stages", "stages", check)
