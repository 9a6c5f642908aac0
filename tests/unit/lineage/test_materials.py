"""What dvc.lock names is described by both digests, and only if the bytes are those."""

import json
from functools import partial
from hashlib import md5 as hashlib_md5
from pathlib import Path

import yaml

from tasks.digest import md5_of_file, sha256_of_file
from tasks.dvc_store import md5_of
from tasks.files import write_json
from tasks.lineage.materials import read_stages, sha256_of_folder
from tasks.paths import Paths

md5 = partial(hashlib_md5, usedforsecurity=False)


def make(root: Path) -> Paths:
    (root / "data" / "model").mkdir(parents=True)
    (root / "data" / "raw.csv").write_text("text,label\n")
    (root / "data" / "model" / "a.txt").write_text("a")
    (root / "data" / "model" / "b.txt").write_text("b")
    paths = Paths(root)
    write_json(paths.report("finetune"), {"rows": {"train": 3}, "history": [1, 2]})
    raw = {"path": "data/raw.csv", "md5": md5_of_file(root / "data" / "raw.csv"), "size": 11}
    model = {"path": "data/model", "md5": md5_of(root / "data" / "model"), "nfiles": 2}
    stage = {"cmd": "python -m tasks finetune", "deps": [raw], "outs": [model]}
    (root / "dvc.lock").write_text(yaml.safe_dump({"stages": {"finetune": stage}}))
    return paths


def test_files_and_folders_have_both_digests_and_the_report_its_rows(tmp_path: Path) -> None:
    [stage] = read_stages(make(tmp_path))
    assert (stage["name"], stage["command"], stage["rows"]) == (
        "finetune",
        "python -m tasks finetune",
        {"rows": {"train": 3}},
    )
    raw = tmp_path / "data" / "raw.csv"
    assert stage["inputs"][0]["digest"] == {"md5": md5_of_file(raw), "sha256": sha256_of_file(raw)}
    assert stage["outputs"][0]["digest"]["sha256"] == sha256_of_folder(tmp_path / "data" / "model")


def test_a_file_that_is_not_as_recorded_or_not_there_has_no_sha256(tmp_path: Path) -> None:
    paths = make(tmp_path)
    (tmp_path / "data" / "raw.csv").write_text("other")
    (tmp_path / "data" / "model" / "b.txt").unlink()
    [stage] = read_stages(paths)
    assert list(stage["inputs"][0]["digest"]) == ["md5"]
    assert list(stage["outputs"][0]["digest"]) == ["md5"]
    (tmp_path / "data" / "raw.csv").unlink()
    assert list(read_stages(paths)[0]["inputs"][0]["digest"]) == ["md5"]


def test_a_folder_has_the_md5_of_the_list_that_dvc_writes(tmp_path: Path) -> None:
    """The form of DVC's .dir objects: a JSON list of md5 and relpath, sorted by relpath."""
    (tmp_path / "sub").mkdir()
    for name in ("b", "a", "sub/c"):
        (tmp_path / name).write_text(name)
    listed = [{"md5": md5(name.encode()).hexdigest(), "relpath": name} for name in ("a", "b", "sub/c")]
    assert md5_of(tmp_path) == md5(json.dumps(listed).encode()).hexdigest() + ".dir"


def test_what_python_leaves_behind_is_no_part_of_a_folder(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text("a")
    before = sha256_of_folder(tmp_path)
    (tmp_path / "__pycache__").mkdir()
    (tmp_path / "__pycache__" / "a.pyc").write_text("x")
    assert sha256_of_folder(tmp_path) == before


def test_without_dvc_there_are_no_stages(tmp_path: Path) -> None:
    assert read_stages(Paths(tmp_path)) == []
