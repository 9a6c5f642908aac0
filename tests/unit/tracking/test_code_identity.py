import subprocess
from pathlib import Path

import pytest

from tasks.tracking.code_identity import read_code_identity


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    for command in (
        ["init", "-q", "-b", "trunk"],
        ["config", "user.email", "a@b"],
        ["config", "user.name", "a"],
    ):
        subprocess.run(["git", *command], cwd=tmp_path, check=True)
    (tmp_path / "code.py").write_text("x = 1\n")
    subprocess.run(["git", "add", "."], cwd=tmp_path, check=True)
    subprocess.run(["git", "commit", "-qm", "first"], cwd=tmp_path, check=True)
    return tmp_path


def test_a_clean_repository_has_a_commit_and_no_diff(repository: Path) -> None:
    code = read_code_identity(repository)
    assert (len(code.commit), code.branch, code.is_dirty) == (40, "trunk", False)


def test_changed_and_new_files_are_in_the_diff(repository: Path) -> None:
    (repository / "code.py").write_text("x = 2\n")
    (repository / "new.py").write_text("y = 3\n")
    diff = read_code_identity(repository).diff
    assert "+x = 2" in diff
    assert "+y = 3" in diff


@pytest.mark.parametrize("name", [".env", "prod.env", ".env.local", "server.pem", "sub/.env"])
def test_files_of_secrets_are_not_in_the_diff(repository: Path, name: str) -> None:
    (repository / name).parent.mkdir(exist_ok=True)
    (repository / name).write_text("anything canary\n")
    assert "canary" not in read_code_identity(repository).diff


def test_secrets_in_code_are_masked(repository: Path) -> None:
    (repository / "code.py").write_text('api_key = "canary"\n')
    assert "canary" not in read_code_identity(repository).diff


def test_a_large_new_file_is_only_named(repository: Path) -> None:
    (repository / "big.txt").write_text("z" * 300_000)
    diff = read_code_identity(repository).diff
    assert "big.txt" in diff
    assert len(diff) < 1_000


def test_a_binary_new_file_is_only_named_so_that_git_can_apply_the_rest(repository: Path) -> None:
    (repository / "picture.bin").write_bytes(b"a\0b")
    (repository / "new.txt").write_text("new\n")
    diff = read_code_identity(repository).diff
    assert "# new, content not kept: picture.bin\n" in diff
    assert "Binary files" not in diff
    assert "+new" in diff


def test_without_git_the_identity_is_empty(tmp_path: Path) -> None:
    assert read_code_identity(tmp_path).name == "not in git"
