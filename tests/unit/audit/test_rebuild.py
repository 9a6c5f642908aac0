"""A version's folder is made again from git and hashes, or it is said what is missing."""

import json
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml
from safetensors.numpy import save_file

from tasks.audit.rebuild import rebuild
from tasks.digest import md5_of_file
from tasks.dvc_store import md5_of
from tasks.errors import DataError, FinetraceError, IntegrityError, SetupError
from tasks.lineage.kept import KeptStatement
from tasks.lineage.statement import Facts, make_statement
from tasks.model.weights import digest_of_weights


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A repository with one commit."""
    monkeypatch.setenv("DVC_GLOBAL_CONFIG_DIR", str(tmp_path / "none"))
    folder = tmp_path / "repository"
    (folder / "code").mkdir(parents=True)
    (folder / "code" / "a.py").write_text("a\n")
    (folder / ".gitignore").write_text("/data/\n/.dvc/cache/\n")
    for each in (["init", "-q"], ["add", "."], ["-c", "user.name=a", "-c", "user.email=a@b", "commit", "-qm", "1"]):
        subprocess.run(["git", *each], cwd=folder, check=True)
    return folder


@pytest.fixture
def keep(root: Path, tmp_path: Path) -> Callable[..., KeptStatement]:
    """A function: what stage `learn` read, and files kept → a version's statement."""
    commit = subprocess.run(["git", "rev-parse", "HEAD"], cwd=root, check=True, capture_output=True, text=True)

    def made(
        deps: dict[str, str], commit: str = commit.stdout.strip(), settings: Any = None, **kept: str
    ) -> KeptStatement:
        stages = {"learn": {"deps": [{"path": path, "md5": md5} for path, md5 in deps.items()], "outs": []}}
        texts = {"dvc.lock": yaml.safe_dump({"stages": stages}), "params.yaml": "a: 1\n"}
        texts |= {name.replace("_", "."): text for name, text in kept.items()}
        facts = Facts(
            model={"name": "tiny", "content": "", "digest": "", "package": ""},
            files={},
            settings=settings or {},
            stages=[],
            inputs=[],
            base={"id": "b", "revision": "", "sha256": ""},
            commit=commit,
            invocation={"mlflow_run": "r"},
            results={},
            kept=texts,
        )
        (tmp_path / "kept").mkdir()
        for name, text in texts.items():
            (tmp_path / "kept" / name).write_text(text)
        return KeptStatement(make_statement(facts), "", tmp_path / "kept")

    return made


def put(folder: Path, content: bytes, suffix: str = "") -> str:
    """An object in a cache; its name."""
    (folder / "new").parent.mkdir(parents=True, exist_ok=True)
    (folder / "new").write_bytes(content)
    md5 = md5_of_file(folder / "new") + suffix
    target = folder / "files" / "md5" / md5[:2] / md5[2:]
    target.parent.mkdir(parents=True, exist_ok=True)
    (folder / "new").rename(target)
    return md5


def test_code_comes_from_git_and_data_from_the_cache_by_hash(
    root: Path, tmp_path: Path, keep: Callable[..., KeptStatement]
) -> None:
    cache = root / ".dvc" / "cache"
    rows = put(cache, b"rows")
    folder = put(cache, json.dumps([{"md5": rows, "relpath": "sub/train.csv"}]).encode(), ".dir")
    before = sorted(root.rglob("*"))
    kept = keep({"code": md5_of(root / "code"), "data/raw.csv": rows, "data/set": folder})
    made, lock = rebuild(kept, root, tmp_path / "again")
    assert (
        (made / "data" / "raw.csv").read_bytes()
        == (made / "data" / "set" / "sub" / "train.csv").read_bytes()
        == b"rows"
    )
    assert (made / "params.yaml").read_text() == "a: 1\n"
    assert list(lock["stages"]) == ["learn"]
    assert sorted(root.rglob("*")) == before


def test_changes_that_were_recorded_are_made(root: Path, tmp_path: Path, keep: Callable[..., KeptStatement]) -> None:
    (root / "code" / "a.py").write_text("b\n")
    diff = subprocess.run(["git", "diff", "HEAD"], cwd=root, check=True, capture_output=True, text=True).stdout
    kept = keep({"code": md5_of(root / "code")}, dirty_diff=diff)
    subprocess.run(["git", "checkout", "-q", "."], cwd=root, check=True)
    made, _ = rebuild(kept, root, tmp_path / "again")
    assert (made / "code" / "a.py").read_text() == "b\n"


BAD_DIFF = (
    "diff --git a/code/a.py b/code/a.py\n--- a/code/a.py\n+++ b/code/a.py\n@@ -1 +1 @@\n-token: ***\n+token: ***\n"
)


@pytest.mark.parametrize(
    ("given", "error", "words"),
    [
        ({"dirty_diff": BAD_DIFF}, SetupError, "cannot be applied"),
        ({"params_yaml": "ingest: {url: 'https://***@host/x'}\n"}, SetupError, "masked"),
        ({"dvc_lock": ""}, SetupError, "without DVC"),
        ({"commit": ""}, SetupError, "no git repository"),
        ({"commit": "0" * 40}, SetupError, "git fetch"),
    ],
)
def test_what_cannot_be_made_again_is_told_in_one_line(
    root: Path,
    tmp_path: Path,
    keep: Callable[..., KeptStatement],
    given: dict[str, str],
    error: type[FinetraceError],
    words: str,
) -> None:
    with pytest.raises(error, match=words) as caught:
        rebuild(keep({}, **given), root, tmp_path / "again")
    assert "\n" not in str(caught.value)


def test_data_that_are_nowhere_are_named_with_the_stage_that_read_them(
    root: Path, tmp_path: Path, keep: Callable[..., KeptStatement]
) -> None:
    with pytest.raises(DataError, match=r"data/raw.csv \(read by learn\) with md5 0000"):
        rebuild(keep({"data/raw.csv": "0" * 32}), root, tmp_path / "again")


def test_damaged_cache_object_is_not_taken_for_the_data(
    root: Path, tmp_path: Path, keep: Callable[..., KeptStatement]
) -> None:
    cache = root / ".dvc" / "cache"
    md5 = put(cache, b"rows")
    (cache / "files" / "md5" / md5[:2] / md5[2:]).write_bytes(b"rowz")
    with pytest.raises(DataError, match=r"data/raw.csv"):
        rebuild(keep({"data/raw.csv": md5}), root, tmp_path / "again")


def test_remote_helps_where_the_cache_is_damaged(
    root: Path, tmp_path: Path, keep: Callable[..., KeptStatement]
) -> None:
    cache, remote = root / ".dvc" / "cache", tmp_path / "remote"
    (root / ".dvc").mkdir()
    (root / ".dvc" / "config").write_text(f"[core]\n    remote = a\n['remote \"a\"']\n    url = {remote}\n")
    md5 = put(cache, b"rows")
    assert put(remote, b"rows") == md5
    (cache / "files" / "md5" / md5[:2] / md5[2:]).write_bytes(b"rowz")
    made, _ = rebuild(keep({"data/raw.csv": md5}), root, tmp_path / "again")
    assert (made / "data" / "raw.csv").read_bytes() == b"rows"


def test_folders_list_that_leads_out_of_the_folder_is_not_followed(
    root: Path, tmp_path: Path, keep: Callable[..., KeptStatement]
) -> None:
    cache = root / ".dvc" / "cache"
    listed = json.dumps([{"md5": put(cache, b"evil"), "relpath": "../../../../CANARY"}])
    with pytest.raises(DataError):
        rebuild(keep({"data/set": put(cache, listed.encode(), ".dir")}), root, tmp_path / "again")
    assert not list(tmp_path.rglob("CANARY"))


def test_kept_file_that_is_not_the_one_of_the_statement_is_refused(
    root: Path, tmp_path: Path, keep: Callable[..., KeptStatement]
) -> None:
    kept = keep({})
    (kept.folder / "params.yaml").write_text("a: 2\n")
    with pytest.raises(IntegrityError, match=r"params\.yaml"):
        rebuild(kept, root, tmp_path / "again")


def test_base_in_several_files_is_brought_by_the_digest_of_them_all(
    root: Path, tmp_path: Path, keep: Callable[..., KeptStatement]
) -> None:
    (root / "base").mkdir()
    save_file({"a": np.ones(2, np.float32)}, root / "base" / "model-00001-of-00001.safetensors")
    index = {"weight_map": {"a": "model-00001-of-00001.safetensors"}}
    (root / "base" / "model.safetensors.index.json").write_text(json.dumps(index))
    kept = keep({}, settings={"base": {"folder": "base", "sha256": digest_of_weights(root / "base")}})
    made, _ = rebuild(kept, root, tmp_path / "again")
    assert (made / "base" / "model-00001-of-00001.safetensors").is_file()

    save_file({"a": np.zeros(2, np.float32)}, root / "base" / "model-00001-of-00001.safetensors")
    with pytest.raises(DataError, match="The base is not in"):
        rebuild(kept, root, tmp_path / "once more")
