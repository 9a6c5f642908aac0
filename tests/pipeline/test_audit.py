"""`finetrace audit` after a real run: nothing doubted; a flipped cache object named, with its stage, by exit 5."""

import json
import re
import shutil
from pathlib import Path

import pytest
import yaml

from tests.pipeline.conftest import RealRun, Workspace

pytestmark = pytest.mark.pipeline
ADDRESS = "models:/wishes@champion"


@pytest.fixture(scope="module")
def registered(real_run: RealRun) -> Workspace:
    """The workspace of the real run."""
    assert real_run.done.returncode == 0, real_run.done.stderr
    return real_run.workspace


def test_clean_version_is_found_clean_edge_by_edge(registered: Workspace, tmp_path: Path) -> None:
    done = registered.finetrace("audit", ADDRESS, "--html", str(tmp_path / "audit.html"), "--json")
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    broken = [each for version in told["versions"] for edge in version["edges"] for each in edge["findings"]
              if each["mark"] == "broken"]  # fmt: skip
    assert broken == []
    edges = {edge["edge"]: {each["mark"] for each in edge["findings"]} for edge in told["versions"][0]["edges"]}
    for name in ("package", "kept", "tags", "ledger", "inputs", "stages", "base", "cache", "workspace", "flow"):
        assert edges[name] == {"holds"}, name
    assert "<svg" in (tmp_path / "audit.html").read_text()


def test_flipped_cache_object_is_named_with_its_stage(registered: Workspace) -> None:
    lock = yaml.safe_load((registered.root / "dvc.lock").read_text())
    md5 = next(each["md5"] for each in lock["stages"]["split"]["outs"] if each["path"].endswith("train.parquet"))
    file = registered.root / ".dvc" / "cache" / "files" / "md5" / md5[:2] / md5[2:]
    whole = file.read_bytes()
    file.chmod(0o644)
    file.write_bytes(whole[:-1] + bytes([whole[-1] ^ 1]))
    file.chmod(0o444)
    try:
        done = registered.finetrace("audit")
    finally:
        file.chmod(0o644)
        file.write_bytes(whole)
        file.chmod(0o444)
    assert done.returncode == 5
    assert re.search(rf"✗ data/split/train.parquet \(split\): .*{md5}", done.stdout)
    assert done.stderr.startswith("Integrity: models:/wishes/1: DVC cache: data/split/train.parquet (split)")
    assert len(done.stderr.strip().splitlines()) == 1


def test_keys_are_made_shown_and_trusted(registered: Workspace, tmp_path: Path) -> None:
    shutil.copy(registered.root / "params.yaml", tmp_path)
    there = Workspace(tmp_path, {**registered.environment, "HOME": str(tmp_path / "home")})
    assert there.finetrace("keys", "new").returncode == 0
    again = there.finetrace("keys", "new")
    assert again.returncode == 2
    assert "is there already" in again.stderr
    shown = json.loads(there.finetrace("keys", "show", "--json").stdout)
    assert shown["trusted"] == [shown["key"]]
    (tmp_path / "ada.pem").write_text(shown["public"])
    trusted = there.finetrace("keys", "trust", "ada.pem")
    assert f"infra/keys/{shown['key'][:16]}.pem" in trusted.stdout
    private = there.finetrace("keys", "trust", str(tmp_path / "home" / ".config" / "finetrace" / "signing.pem"))
    assert private.returncode == 2
    assert "private key" in private.stderr
