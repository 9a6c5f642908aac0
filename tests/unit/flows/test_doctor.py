"""The doctor names what is wrong and its mend."""

import json
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from flows.verbs.checks import Check
from flows.verbs.checks.tools import check_command, check_port, check_repository
from flows.verbs.checks.versions import BROKEN_PAIRS, check_lock, check_pair, check_python, installed_versions
from flows.verbs.checks.workspace import check_base, check_dvc_state, check_mlflow_uri, check_settings, check_space
from tasks.paths import Paths
from tasks.tracking import init_store

Command = Callable[..., int]


@pytest.mark.parametrize(
    ("name", "bad"), [("fastapi", "0.165.0"), ("fastapi", "0.154.0"), ("sqlalchemy", "2.1.0"), ("prefect", "3.9.1")]
)
def test_pair_that_is_known_to_break_is_named_with_its_mend(name: str, bad: str) -> None:
    works, why = next((works, why) for each, works, why in BROKEN_PAIRS if each == name)
    check = check_pair(name, works, why, {name: bad})
    assert check.level == "fail"
    assert bad in check.says
    assert check.mend == f"pip install '{name}{works}'"


def test_what_is_installed_here_is_well() -> None:
    found = installed_versions()
    assert [check_pair(*pair, found).level for pair in BROKEN_PAIRS] == ["ok"] * len(BROKEN_PAIRS)


def test_old_python_is_refused() -> None:
    assert check_python((3, 10, 9)).level == "fail"
    assert check_python((3, 11, 0)).level == "ok"


def test_version_that_differs_from_the_lock_is_named(tmp_path: Path) -> None:
    lock = tmp_path / "constraints.txt"
    lock.write_text("# words\nnumpy==1.0\nnot_installed==3\n")
    check = check_lock(lock, installed_versions())
    assert check.level == "warn"
    assert "(lock: 1.0)" in check.says


def test_local_build_of_the_locked_version_is_that_version(tmp_path: Path) -> None:
    lock = tmp_path / "constraints.txt"
    lock.write_text("torch==2.13.0\n")
    assert check_lock(lock, installed_versions() | {"torch": "2.13.0+cpu"}).level == "ok"


def test_package_that_is_missing_is_named(tmp_path: Path) -> None:
    lock = tmp_path / "constraints.txt"
    lock.write_text("")
    there = installed_versions()
    del there["mlflow"]
    check = check_lock(lock, there)
    assert (check.level, check.says) == ("fail", "not installed: mlflow")


def test_mistakes_in_params_are_shown(paths: Paths) -> None:
    paths.params.write_text("base: 3\n")
    check = check_settings(paths)
    assert check.level == "fail"
    assert "base" in check.says


def test_too_few_positions_of_the_base_are_told_before_a_run(paths: Paths) -> None:
    paths.params.write_text(paths.params.read_text().replace("ingest:", "  max_tokens: 600\ningest:", 1))
    check = check_base(paths)
    assert check.level == "fail"
    assert "Set base.max_tokens to 512" in check.says


def test_wrong_digest_of_the_base_shows_both(paths: Paths) -> None:
    right = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
    paths.params.write_text(paths.params.read_text().replace(right, "c" * 64))
    check = check_base(paths)
    assert check.level == "fail"
    assert right in check.says
    assert "c" * 64 in check.says


def test_full_disk_is_told() -> None:
    assert [check_space(free).level for free in (10**8, 10**9, 10**10)] == ["fail", "warn", "ok"]


def test_broken_rwlock_of_dvc_is_found(paths: Paths) -> None:
    assert check_dvc_state(paths).level == "fail"
    (paths.root / ".dvc" / "tmp").mkdir(parents=True)
    assert check_dvc_state(paths).level == "ok"
    (paths.root / ".dvc" / "tmp" / "rwlock").touch()
    assert check_dvc_state(paths).level == "ok"  # the next run drops it
    (paths.root / ".dvc" / "tmp" / "rwlock").write_text('{"a": ')
    check = check_dvc_state(paths)
    assert check.level == "fail"
    assert "rwlock" in check.mend


def test_taken_port_is_told_with_the_option_for_another() -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        check = check_port(other.getsockname()[1], "MLflow")
    assert (check.level, check.mend) == ("warn", "finetrace up --mlflow-port PORT")


def test_tool_that_is_missing_is_told(paths: Paths) -> None:
    assert check_command("x", ["no-such-tool-anywhere"], paths, "Install it.") == Check(
        "x", "fail", "[Errno 2] No such file or directory: 'no-such-tool-anywhere'", "Install it."
    )


def test_folder_outside_git_is_a_warning(paths: Paths) -> None:
    assert check_repository(paths).level == "warn"
    (paths.root / ".git").mkdir()
    assert check_repository(paths).level == "ok"


@pytest.mark.parametrize(("level", "code"), [("ok", 0), ("warn", 0), ("fail", 7)])
def test_exit_code_is_7_only_when_a_check_failed(
    finetrace: Command,
    level: str,
    code: int,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    def one_check(paths: Paths) -> Iterator[Check]:
        yield Check("disk", level, "1 GB free", "Free some.")  # type: ignore[arg-type]

    monkeypatch.setattr("flows.verbs.doctor.run_checks", one_check)
    assert finetrace("doctor", "--json") == code
    assert json.loads(capsys.readouterr().out) == [
        {"name": "disk", "level": level, "says": "1 GB free", "mend": "Free some."}
    ]


@pytest.mark.parametrize("name", ["two words", "prüfung", "100 %"])
def test_folder_in_which_mlflows_own_programs_open_another_database_is_named_with_the_uri_that_works(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    folder = tmp_path / name
    folder.mkdir()
    check = check_mlflow_uri(Paths(folder))
    assert (check.level, check.mend) == ("warn", f"export MLFLOW_TRACKING_URI='sqlite:///{folder}/mlflow.db'")
    monkeypatch.setenv("MLFLOW_TRACKING_URI", f"sqlite:///{folder}/mlflow.db")
    assert check_mlflow_uri(Paths(folder)).level == "ok"


def test_plain_folder_is_no_trouble_for_mlflows_own_programs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    assert check_mlflow_uri(Paths(tmp_path)).level == "ok"


def test_the_uri_that_the_doctor_gives_opens_the_database_and_mlflows_default_does_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By MLflow itself, in a process of its own, as a person would."""
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    folder = tmp_path / "zwei Wörter"
    folder.mkdir()
    init_store(Paths(folder))
    look = "import mlflow; print(mlflow.get_experiment_by_name('finetrace') is not None)"
    export = check_mlflow_uri(Paths(folder)).mend
    for command, expected in ((f"{export}; exec", "True"), ("exec", "False")):
        shell = ["sh", "-c", f'{command} "$0" -c "$1"', sys.executable, look]
        done = subprocess.run(shell, cwd=folder, capture_output=True, text=True, check=True)
        assert done.stdout.strip() == expected
