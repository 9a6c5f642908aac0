"""dvc.lock and the files it names → what each stage read and wrote, by md5 (DVC's name for it) and sha256 (ours)"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from tasks.digest import digests_of_file, sha256_of_value
from tasks.dvc_store import md5_of_folder
from tasks.files import read_json
from tasks.paths import Paths

_ROWS = ("rows", "rows_in", "rows_out", "quarantined", "train", "val", "test", "added")


def read_stages(paths: Paths) -> list[dict[str, Any]]:
    """Every stage that dvc.lock records: name, command, inputs, outputs, and the rows that its report counts.

    A file that is not on this disk, or not as recorded, has no sha256: nobody could take it.
    """
    lock = paths.root / "dvc.lock"
    recorded = (yaml.safe_load(lock.read_text(encoding="utf-8")) or {}) if lock.exists() else {}
    known: dict[tuple[str, str], dict[str, str]] = {}
    return [
        {
            "name": name,
            "command": stage.get("cmd", ""),
            "inputs": [describe(paths, each, known) for each in stage.get("deps", [])],
            "outputs": [describe(paths, each, known) for each in stage.get("outs", [])],
            "rows": _rows(paths, name),
        }
        for name, stage in recorded.get("stages", {}).items()
    ]


def describe(paths: Paths, recorded: Mapping[str, Any], known: dict[tuple[str, str], dict[str, str]]) -> dict[str, Any]:
    """A file or folder as an in-toto resource. recorded: its entry in dvc.lock. known: digests that were taken."""
    path, md5 = str(recorded["path"]), str(recorded.get("md5", ""))
    if (path, md5) not in known:
        known[path, md5] = {"md5": md5} | _sha256(paths.root / path, md5)
    return {"name": path, "digest": known[path, md5], "annotations": {"bytes": recorded.get("size")}}


def sha256_of_folder(folder: Path) -> str:
    """The digest of a folder: of the names below it, each with its file's sha256."""
    return sha256_of_value({name: sha256 for name, (_, sha256) in folder_digests(folder).items()})


def folder_digests(folder: Path) -> dict[str, tuple[str, str]]:
    """Each file below a folder by its relative name, with its md5 and sha256; Python's own droppings left out."""
    files = (file for file in folder.rglob("*") if file.is_file() and "__pycache__" not in file.parts)
    return {file.relative_to(folder).as_posix(): digests_of_file(file) for file in sorted(files)}


def _sha256(path: Path, md5: str) -> dict[str, str]:
    if path.is_file():
        found, sha256 = digests_of_file(path)
        return {"sha256": sha256} if found == md5 else {}
    if not path.is_dir():
        return {}
    digests = folder_digests(path)
    same = md5_of_folder({name: each[0] for name, each in digests.items()}) == md5
    return {"sha256": sha256_of_value({name: sha256 for name, (_, sha256) in digests.items()})} if same else {}


def _rows(paths: Paths, stage: str) -> dict[str, Any]:
    report = read_json(paths.report(stage)) if paths.report(stage).exists() else {}
    return {name: report[name] for name in _ROWS if isinstance(report.get(name), int | dict)}
