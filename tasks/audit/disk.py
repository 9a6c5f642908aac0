"""The workspace → what is there of this version, and why it says nothing where it does not"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tasks.audit.git_code import git
from tasks.audit.recorded import read_yaml
from tasks.audit.witnesses import Disk, Unreached
from tasks.dvc_store import md5_of, parts, stages
from tasks.paths import Paths


def read_disk(paths: Paths, lock: Mapping[str, Any], kept: bytes) -> Disk | Unreached:
    """The files that the kept dvc.lock names, as they are in this workspace. kept: the same as bytes."""
    file = paths.root / "dvc.lock"
    if not file.exists():
        return Unreached("the workspace has no dvc.lock")
    text = file.read_bytes()
    here = lock if text == kept else read_yaml(text)
    params = read_yaml(paths.params.read_bytes()) if paths.params.exists() else {}
    if not here or not params:
        return Unreached("dvc.lock or params.yaml cannot be read: it is broken or empty", is_broken=True)
    found = _found(paths.root, lock)
    is_committed = git(paths.root, "show", "HEAD:./dvc.lock") == text
    edited = {name: is_committed for name, stage in stages(lock).items() if stages(here).get(name) != stage}
    return Disk(found, unsettled(lock, found, params, edited), frozenset(edited))


def unsettled(
    lock: Mapping[str, Any], found: Mapping[str, str], params: Mapping[str, Any], edited: Mapping[str, bool]
) -> dict[str, str]:
    """Stage → why the workspace no longer speaks of it.

    lock: kept with the version. found: path → md5 on this disk. edited: stages of which the workspace's dvc.lock says
    otherwise, and whether git has it so, as after a `git checkout`. A stage whose files and settings are all as kept,
    while an uncommitted dvc.lock says otherwise, is not among the told: somebody edited that file.
    """
    told: dict[str, str] = {}
    for name, stage in stages(lock).items():
        changed = [path for of, path, md5 in parts(lock, "deps") if of == name and found.get(path) != md5]
        changed += [] if _params_as(stage, params) else ["params.yaml"]
        whole = all(found.get(path) == md5 for of, path, md5 in parts(lock, "outs") if of == name)
        if changed:
            told[name] = f"{', '.join(sorted(changed)[:2])} changed since"
        elif name in edited and (edited[name] or not whole):
            told[name] = "dvc.lock records another run by now"
    return told


def _params_as(stage: Mapping[str, Any], params: Mapping[str, Any]) -> bool:
    recorded = (stage.get("params") or {}).get("params.yaml") or {}
    return all(params.get(key) == value for key, value in recorded.items())


def _found(root: Path, lock: Mapping[str, Any]) -> dict[str, str]:
    paths = {path for kind in ("deps", "outs") for _, path, _ in parts(lock, kind)}
    return {path: md5 for path in sorted(paths) if (md5 := md5_of(root / path))}
