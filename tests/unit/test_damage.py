"""Bytes that are not what dvc.lock records, however they hide from DVC."""

import json
import os
from pathlib import Path

import pytest
import yaml

from tasks.damage import KnownDigests, drop_damaged_objects, find_damage, refuse_damage
from tasks.digest import md5_of_file
from tasks.dvc_store import md5_of, object_file
from tasks.errors import IntegrityError

OLD = 1_700_000_000_000_000_000


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A file and a folder that stages made, both in the cache, and the data as given."""
    for name, text in (("raw", "given"), ("rows", "rows"), ("model/a", "weights"), ("model/b/c", "config")):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    for name in ("rows", "model/a", "model/b/c"):
        keep(tmp_path, md5_of_file(tmp_path / name), (tmp_path / name).read_bytes())
    listed = [{"md5": md5_of_file(tmp_path / "model" / name), "relpath": name} for name in ("a", "b/c")]
    keep(tmp_path, md5_of(tmp_path / "model"), json.dumps(listed, sort_keys=True).encode())
    params = {"params.yaml": {"ingest": {"path": "raw"}}}
    stages = {
        "ingest": {"deps": [entry(tmp_path, "raw")], "params": params, "outs": [entry(tmp_path, "rows")]},
        "finetune": {"deps": [entry(tmp_path, "rows")], "outs": [entry(tmp_path, "model")]},
    }
    (tmp_path / "dvc.lock").write_text(yaml.safe_dump({"stages": stages}))
    return tmp_path


def entry(root: Path, name: str) -> dict[str, str]:
    return {"path": name, "md5": md5_of(root / name)}


def keep(root: Path, md5: str, content: bytes) -> None:
    file = object_file(root / ".dvc" / "cache", md5)
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(content)


def object_of(root: Path, name: str) -> Path:
    return object_file(root / ".dvc" / "cache", md5_of(root / name))


def test_what_is_as_recorded_is_no_damage_nor_what_is_not_there(root: Path) -> None:
    assert find_damage(root) == []
    object_of(root, "model").unlink()
    object_of(root, "rows").unlink()
    (root / "rows").unlink()
    assert find_damage(root) == []
    (root / "dvc.lock").unlink()
    assert find_damage(root) == []


@pytest.mark.parametrize(
    ("name", "path", "stage"),
    [("rows", "rows", "ingest"), ("model", "model", "finetune"), ("model/b/c", "model/b/c", "finetune")],
)
def test_every_object_of_an_output_is_looked_at_and_only_damaged_ones_are_dropped(
    root: Path, name: str, path: str, stage: str
) -> None:
    file = object_of(root, name)
    file.write_text("damaged")
    [found] = find_damage(root)
    assert (found.stage, found.path, found.file, found.in_cache) == (stage, path, file, True)
    assert find_damage(root, {"ingest", "finetune"} - {stage}) == []
    kept = [each for each in (root / ".dvc").rglob("*") if each.is_file() and each != file]
    drop_damaged_objects(root, {"ingest", "finetune"} - {stage})
    assert file.exists()
    drop_damaged_objects(root, {stage})
    assert not file.exists()
    assert all(each.exists() for each in kept)


def test_output_in_the_workspace_and_data_as_given_are_looked_at_too(root: Path) -> None:
    (root / "model" / "a").write_text("tampered")
    (root / "raw").write_text("other")
    data, model = find_damage(root)
    assert (data.stage, data.path, model.stage, model.path) == ("", "raw", "finetune", "model")
    with pytest.raises(IntegrityError, match=r"^model has .*finetrace run --until finetune --force"):
        refuse_damage([model])
    with pytest.raises(IntegrityError, match=r"^raw has .*dvc add raw"):
        refuse_damage([data])


def old(file: Path, content: str) -> None:
    """Write it with an old time of change."""
    file.write_text(content)
    os.utime(file, ns=(OLD, OLD))


def test_digest_is_remembered_only_while_nothing_touches_the_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file, memory = tmp_path / "rows", tmp_path / "state" / "digests.json"
    memory.parent.mkdir()
    old(file, "good")
    monkeypatch.setattr("tasks.damage._SETTLED_NS", 0)
    known = KnownDigests(memory)
    first = known(file)
    known.save()
    hashed: list[Path] = []

    def count(path: Path) -> str:
        hashed.append(path)
        return md5_of_file(path)

    monkeypatch.setattr("tasks.damage.md5_of_file", count)
    assert KnownDigests(memory)(file) == first
    assert hashed == []
    old(file, "evil")  # as long as before, and its time set back
    assert KnownDigests(memory)(file) != first
    assert hashed == [file]


def test_file_that_changed_just_now_is_hashed_again_next_time(tmp_path: Path) -> None:
    file, memory = tmp_path / "rows", tmp_path / "digests.json"
    file.write_text("rows")
    known = KnownDigests(memory)
    assert known(file) == md5_of_file(file)
    known.save()
    assert not memory.exists()


@pytest.mark.parametrize("content", ["{", "[]", '{"x": 1}'])
def test_memory_that_cannot_be_read_costs_time_alone(tmp_path: Path, content: str) -> None:
    (tmp_path / "rows").write_text("rows")
    (tmp_path / "digests.json").write_text(content)
    assert KnownDigests(tmp_path / "digests.json")(tmp_path / "rows") == md5_of_file(tmp_path / "rows")
