"""Retraining in a clean clone: data before lock, nothing without a change, nothing left over. Stages are fake here."""

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.pipeline
Workspace = Any  # tests/pipeline/conftest.py
HOOK = """\
#!/bin/sh
find '{store}' -type f | wc -l > '{seen}'
"""
"""The remote's pre-receive: how many objects DVC's remote holds when the lock arrives."""


def _git(folder: Path, *arguments: str) -> str:
    identity = ("-c", "user.name=ann", "-c", "user.email=ann@example.org")
    return subprocess.run(
        ["git", *identity, *arguments], cwd=folder, check=True, capture_output=True, text=True
    ).stdout.strip()


@pytest.fixture
def published(fake: Workspace, tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    """The workspace as a clone of a bare repository, with a DVC remote: `workspace.remote`, `.store`, `.seen`."""
    outside = tmp_path_factory.mktemp("outside")
    fake.remote, fake.store, fake.seen = outside / "remote.git", outside / "store", outside / "seen"
    fake.store.mkdir()
    _git(outside, "init", "--quiet", "--bare", "--initial-branch=main", str(fake.remote))
    hook = fake.remote / "hooks" / "pre-receive"
    hook.write_text(HOOK.format(store=fake.store, seen=fake.seen))
    hook.chmod(0o755)
    assert fake.dvc("remote", "add", "--default", "store", str(fake.store)).returncode == 0
    (fake.root / ".gitignore").open("a").write("/home/\n/dvc-site/\n")
    _git(fake.root, "checkout", "--quiet", "-B", "main")
    _git(fake.root, "add", ".")
    _git(fake.root, "commit", "--quiet", "--message", "start")
    _git(fake.root, "remote", "add", "origin", str(fake.remote))
    _git(fake.root, "push", "--quiet", "origin", "main")
    return fake


def _retrain(workspace: Workspace, **extra: str) -> Any:
    return workspace.finetrace("retrain", "--clean-clone", "--until", "evaluate", "--json", **extra)


def _branches(workspace: Workspace) -> list[str]:
    return _git(workspace.remote, "for-each-ref", "--format=%(refname:short)", "refs/heads/retrain").split()


def _has_all_data(workspace: Workspace, branch: str, folder: Path) -> bool:
    """Whether somebody who has the branch and DVC's remote alone gets every output."""
    _git(folder.parent, "clone", "--quiet", "--branch", branch, str(workspace.remote), str(folder))
    pulled = workspace._run([*workspace.command()[:1], "-m", "dvc", "--cd", str(folder), "pull"], {})
    return pulled.returncode == 0 and (folder / "data" / "model" / "content").exists()


def test_data_arrive_before_the_lock_and_the_lock_leads_to_all_of_them(published: Workspace) -> None:
    (published.root / "params.yaml").open("a").write("# not committed: a clean clone does not see it\n")
    done = _retrain(published)
    assert (done.returncode, done.stderr.count("Error")) == (0, 0), done.stderr
    told = json.loads(done.stdout)
    assert _branches(published) == [told["branch"]]
    assert int(published.seen.read_text()) > 0

    message = _git(published.remote, "log", "-1", "--format=%B", told["branch"])
    run = told["branch"].removeprefix("retrain/")
    assert message.splitlines()[-1] == f"Prefect-Flow-Run: {run}"
    changed = _git(published.remote, "diff", "--name-only", "main", told["branch"]).split()
    assert changed == ["data/expectations.json", "dvc.lock"]
    assert _has_all_data(published, told["branch"], published.seen.parent / "other")

    assert not (published.root / "dvc.lock").exists()  # the workspace itself was not touched
    assert not (published.root / ".finetrace" / "clone").exists()

    _git(published.remote, "update-ref", "refs/heads/main", f"refs/heads/{told['branch']}")
    merged = json.loads(_retrain(published).stdout)
    assert (merged["changed"], merged["branch"]) == (False, None)
    assert [each["ran"] for each in merged["stages"]] == [False] * 6


def test_lock_is_not_pushed_when_the_data_cannot_be_and_nothing_is_left_over(published: Workspace) -> None:
    left = published.root / ".finetrace" / "clone"  # as by one that was killed
    (left / "data").mkdir(parents=True)
    published.store.rmdir()
    published.store.write_text("no folder any more")
    done = _retrain(published)
    assert done.returncode == 7
    assert "dvc push failed" in done.stderr
    assert _branches(published) == []
    assert not left.exists()


def test_missing_remote_is_told_with_its_mend(fake: Workspace) -> None:
    done = _retrain(fake)
    assert done.returncode == 7
    assert "no remote 'origin'" in done.stderr
    assert "schedule.remote" in done.stderr
