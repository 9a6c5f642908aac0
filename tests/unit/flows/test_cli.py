"""The command: quick to answer, one line for what went wrong, the promised exit codes."""

import json
import resource
import subprocess
import sys
from collections.abc import Callable
from typing import Any

import pytest

from tasks.errors import EXIT_CODES, DataError, FinetraceError
from tasks.paths import Paths

Command = Callable[..., int]
VERBS = ["run", "plan", "status", "predict", "register", "doctor", "up", "data"]


def test_help_names_every_verb_and_exit_code(finetrace: Command, capsys: pytest.CaptureFixture[str]) -> None:
    assert finetrace("--help") == 0
    shown = capsys.readouterr().out
    assert [verb for verb in VERBS if verb not in shown] == []
    assert [code for code in range(8) if f" {code} " not in shown] == []


@pytest.mark.parametrize("verb", VERBS)
def test_help_of_a_verb_shows_an_example(finetrace: Command, verb: str, capsys: pytest.CaptureFixture[str]) -> None:
    arguments = [verb, "add", "--help"] if verb == "data" else [verb, "--help"]
    assert finetrace(*arguments) == 0
    assert f"Example:  finetrace {verb}" in capsys.readouterr().out


def test_help_takes_less_than_half_a_second_of_cpu() -> None:
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run([sys.executable, "-m", "flows.cli", "--help"], check=True, capture_output=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    assert after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime < 0.5


def test_help_loads_none_of_the_heavy_libraries() -> None:
    heavy = "{'torch', 'prefect', 'mlflow', 'pandas', 'pyarrow', 'pydantic', 'great_expectations', 'numpy'}"
    code = f"import sys, flows.cli; print({heavy} & set(sys.modules))"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "set()\n"


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_shell_completion_is_there(shell: str) -> None:
    import os

    variable = {"_FINETRACE_COMPLETE": f"source_{shell}"}
    code = "import sys; sys.argv = ['finetrace']; from flows.cli import main; main()"
    done = subprocess.run(
        [sys.executable, "-c", code], env={**os.environ, **variable}, capture_output=True, text=True, check=False
    )
    assert "_FINETRACE_COMPLETE" in done.stdout


def test_unknown_verb_is_a_usage_error_with_the_nearest_one(
    finetrace: Command, capsys: pytest.CaptureFixture[str]
) -> None:
    assert finetrace("rnu") == 2
    assert "Did you mean 'run'" in capsys.readouterr().err


def test_unknown_stage_is_a_usage_error_that_names_the_stages(
    finetrace: Command, capsys: pytest.CaptureFixture[str]
) -> None:
    assert finetrace("run", "--until", "trian") == 2
    assert "finetune" in capsys.readouterr().err


def test_every_mistake_in_params_is_told_at_once(
    finetrace: Command, paths: Paths, capsys: pytest.CaptureFixture[str]
) -> None:
    paths.params.write_text(paths.params.read_text().replace("finetune: {}", "finetune: {epochs: -1, sede: 3}"))
    assert finetrace("run") == 2
    told = capsys.readouterr().err
    assert "finetune.epochs" in told
    assert "did you mean 'seed'" in told
    assert "Traceback" not in told


def test_folder_without_params_says_what_to_do(
    finetrace: Command, paths: Paths, capsys: pytest.CaptureFixture[str]
) -> None:
    paths.params.unlink()
    assert finetrace("status") == 2
    assert "params.yaml" in capsys.readouterr().err


@pytest.mark.parametrize("kind", [kind for kind in EXIT_CODES.values() if kind is not FinetraceError])
def test_each_error_has_its_exit_code_and_its_words_on_stderr_alone(
    kind: type[FinetraceError],
    finetrace: Command,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    def fail(*arguments: object, **named: object) -> None:
        raise kind("row 3 is bad")

    monkeypatch.setattr("flows.run.run", fail)
    assert finetrace("run") == kind.exit_code
    told = capsys.readouterr()
    assert told.out == ""
    assert told.err == f"{kind.__name__.removesuffix('Error')}: row 3 is bad\n"


def test_unexpected_error_is_one_line_and_its_traceback_lies_in_a_log(
    finetrace: Command, paths: Paths, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fail(*arguments: object, **named: object) -> None:
        raise ZeroDivisionError("https://ann:hunter22@host")

    monkeypatch.setattr("flows.run.run", fail)
    assert finetrace("run") == 1
    told = capsys.readouterr().err
    assert len(told.splitlines()) == 1
    assert ".finetrace/error.log" in told
    log = (paths.state / "error.log").read_text()
    assert "ZeroDivisionError" in log
    assert "Traceback" in log
    assert "hunter22" not in told + log


def test_debug_shows_the_traceback(
    finetrace: Command, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fail(*arguments: object, **named: object) -> None:
        raise DataError("row 3 is bad")

    monkeypatch.setattr("flows.run.run", fail)
    assert finetrace("run", "--debug") == 4
    assert "Traceback" in capsys.readouterr().err


def test_ctrl_c_is_130_and_says_that_nothing_is_lost(
    finetrace: Command, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def interrupt(*arguments: object, **named: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("flows.run.run", interrupt)
    assert finetrace("run") == 130
    assert "kept" in capsys.readouterr().err


def test_predict_without_texts_says_how(finetrace: Command, capsys: pytest.CaptureFixture[str]) -> None:
    assert finetrace("predict") == 2
    assert "--file" in capsys.readouterr().err


def test_predict_before_there_is_a_model_says_how_to_make_one(
    finetrace: Command, capsys: pytest.CaptureFixture[str]
) -> None:
    assert finetrace("predict", "where is my parcel?") == 4
    assert "finetrace run" in capsys.readouterr().err


def test_plan_before_there_are_rows_makes_them_and_trains_nothing(
    finetrace: Command, paths: Paths, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    ran: list[dict[str, Any]] = []

    def run(_: Paths, **how: Any) -> dict[str, Any]:
        ran.append(how)
        paths.augmented.parent.mkdir(parents=True)
        paths.augmented.touch()
        return {}

    monkeypatch.setattr("flows.run.run", run)
    monkeypatch.setattr("tasks.finetune.plan.make_plan", lambda *_: {"rows": {"train": 1}})
    assert finetrace("plan", "--json") == 0
    printed = capsys.readouterr()
    assert json.loads(printed.out) == {"rows": {"train": 1}}
    assert "finetrace run --until augment" in printed.err
    assert finetrace("plan", "--json") == 0
    assert ran == [{"until": "augment", "force": False}]
