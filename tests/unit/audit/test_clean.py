"""No false alarm, wherever one looks from; and a version made again, from any clone."""

import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from unittest.mock import patch

import pytest

from flows.verbs.audit_command import audit
from flows.verbs.reproduce_command import REPRODUCED, reproduce
from tasks.audit.gather import Asked
from tasks.audit.page import render_audit
from tasks.audit.verify import audit_version, resolve
from tasks.errors import IntegrityError, SettingsError, SetupError
from tasks.paths import Paths
from tests.audited import NAME, Audited
from tests.torture.fuzz import look
from tests.torture.mutations import changed

CHAMPION = f"models:/{NAME}@champion"


@pytest.fixture
def clone(audited: Audited, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Paths:
    """Another clone of the repository, with the same tracking server and the same cache, and nothing else."""
    subprocess.run(["git", "clone", "-q", str(audited.paths.root), str(tmp_path / "clone")], check=True)
    monkeypatch.setenv("MLFLOW_TRACKING_URI", f"sqlite:///{audited.paths.root / 'mlflow.db'}")
    cache = audited.paths.root / ".dvc" / "cache"
    (tmp_path / "clone" / ".dvc" / "config.local").write_text(f"[cache]\n    dir = {cache}\n")
    shutil.copytree(audited.paths.root / "base", tmp_path / "clone" / "base")
    return Paths(tmp_path / "clone")


@pytest.fixture
def outputs(audited: Audited, tmp_path: Path) -> Iterator[Path]:
    """What the stages will make when they run again."""
    shutil.copytree(audited.paths.data, tmp_path / "made" / "data")
    with patch.dict(os.environ, {"AUDITED_OUTPUTS": str(tmp_path / "made"), "COLUMNS": "200"}):
        yield tmp_path / "made"


def test_another_clone_with_the_same_server_has_no_alarm(audited: Audited, clone: Paths) -> None:
    report = audit_version(audited.store, clone, NAME, 2, Asked())
    assert report.worst == []
    found = {each.name: {finding.mark for finding in each.findings} for each in report.answers}
    assert found["package"] == found["code"] == found["cache"] == {"holds"}
    assert found["workspace"] == found["flow"] == {"unreached"}


def test_cache_that_was_cleared_is_no_alarm(audited: Audited, tmp_path: Path) -> None:
    cache = audited.paths.root / ".dvc" / "cache"
    cache.rename(tmp_path / "cache")
    try:
        assert look(audited).worst == []
        cache.mkdir()
        assert look(audited).worst == []
        cache.rmdir()
    finally:
        (tmp_path / "cache").rename(cache)


def test_dvc_lock_that_is_committed_later_is_no_alarm(audited: Audited) -> None:
    root = audited.paths.root
    who = ["-c", "user.name=a", "-c", "user.email=a@b"]
    subprocess.run(["git", *who, "commit", "-qam", "later"], cwd=root, check=True)
    try:
        subprocess.run(["git", "add", "dvc.lock"], cwd=root, check=True)
        subprocess.run(["git", *who, "commit", "-qm", "and the lock"], cwd=root, check=True)
        assert look(audited).worst == look(audited, 1).worst == []
    finally:
        subprocess.run(["git", "reset", "-q", "HEAD~2"], cwd=root, check=True)


def test_whole_command_tells_in_json_on_a_page_and_by_its_end(
    audited: Audited, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    page, how = tmp_path / "audit.html", {"fetch": False, "require_signature": True, "as_json": True}
    audit(audited.paths, None, every=True, html=page, **how)
    told = json.loads(capsys.readouterr().out)
    assert told["clean"]
    assert [each["version"] for each in told["versions"]] == [f"models:/{NAME}/1", f"models:/{NAME}/2"]
    assert "nothing is broken" in page.read_text()
    sql = "UPDATE model_version_tags SET value = '0.9999' WHERE name = ? AND version = 1 AND key = 'accuracy'"
    with changed(audited, "model_version_tags", sql, NAME), pytest.raises(IntegrityError, match="/1: tags: accuracy"):
        audit(audited.paths, f"models:/{NAME}/1", every=False, html=None, **how)


def test_page_escapes_what_it_tells(audited: Audited) -> None:
    sql = "UPDATE model_version_tags SET value = '<script>alert(1)</script>' WHERE name = ? AND key = 'base.id'"
    with changed(audited, "model_version_tags", sql, NAME):
        page = render_audit([look(audited)])
    assert "<script>" not in page
    assert "&lt;script&gt;" in page


def test_picture_lies_with_the_version_and_its_description_shows_it(audited: Audited) -> None:
    version = audited.store.client.get_model_version(NAME, "2")
    digest = version.tags["finetrace.statement"][:16]
    address = f"get-artifact?path=lineage/{digest}/lineage.svg&run_uuid={version.run_id}"
    assert version.description.split("\n\n")[2] == f"![lineage]({address})"
    lineage = Path(audited.paths.root / "mlartifacts" / version.run_id / "artifacts" / "lineage" / digest)
    assert (lineage / "lineage.svg").read_text().startswith("<svg xmlns=")


@pytest.mark.parametrize("address", ["models:/tiny", "models:/tiny/9", "models:/none@champion", "models:/a/b/1"])
def test_what_is_no_version_is_told_in_one_line(audited: Audited, address: str) -> None:
    with pytest.raises(SettingsError):
        resolve(audited.store, address)


def test_version_made_again_from_another_clone_is_identical_and_says_so(
    audited: Audited, clone: Paths, outputs: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    reproduce(clone, CHAMPION, as_json=True)
    assert json.loads(capsys.readouterr().out)["verdict"] == "identical"
    assert audited.store.client.get_model_version(NAME, "2").tags[REPRODUCED].startswith("identical, 20")
    assert look(audited).worst == []
    assert not list(clone.root.glob("data/model"))


def test_version_that_comes_out_otherwise_is_told_where(audited: Audited, clone: Paths, outputs: Path) -> None:
    (outputs / "data" / "validated" / "rows.parquet").write_bytes(b"other rows")
    with pytest.raises(IntegrityError, match=r"data/validated/rows.parquet \(validate\)"):
        reproduce(clone, CHAMPION, as_json=True)
    assert audited.store.client.get_model_version(NAME, "2").tags[REPRODUCED].startswith("differs: ")


def test_commit_that_is_not_here_is_told_before_anything_is_made(
    audited: Audited, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MLFLOW_TRACKING_URI", f"sqlite:///{audited.paths.root / 'mlflow.db'}")
    subprocess.run(["git", "init", "-q", str(tmp_path / "other")], check=True)
    with pytest.raises(SetupError, match="git fetch"):
        reproduce(Paths(tmp_path / "other"), CHAMPION, as_json=True)
