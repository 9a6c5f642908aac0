"""What DVC says → what a person is told."""

import json
from pathlib import Path

import pytest

from flows.processes import child
from flows.processes.child import ChildKilledError
from flows.processes.stages import check_sections, explain, stage_error, state_of
from tasks.errors import BusyError, DataError, FinetraceError, IntegrityError, SettingsError, SetupError
from tasks.files import write_json
from tasks.paths import Paths

# words of DVC 3.67.1
BUSY = "ERROR: failed to reproduce 'a': '/w/o/a' is busy, it is being blocked by:\n  (PID 4321): /usr/bin/dvc repro a"
LOCKED = "ERROR: Unable to acquire lock. Most likely another DVC process is running or was terminated abruptly."
KILLED = (
    "> python -m tasks split\nERROR: failed to reproduce 'split': failed to run: python -m tasks split, exited with -9"
)
FAILED = "KeyError: 'x'\nERROR: failed to reproduce 'split': failed to run: python -m tasks split, exited with 1"
BROKEN_LOCK = "ERROR: Lockfile 'dvc.lock' is corrupted."
BROKEN_RWLOCK = "ERROR: Unable to read RWLock-file '.dvc/tmp/rwlock'. JSON structure is corrupted"
MISSING = "ERROR: failed to reproduce 'ingest': missing data source(s): data/raw/x.csv"


@pytest.mark.parametrize(
    ("output", "kind"),
    [
        (BUSY, BusyError),
        (LOCKED, BusyError),
        (BROKEN_LOCK, IntegrityError),
        (BROKEN_RWLOCK, IntegrityError),
        (MISSING, DataError),
        ("ERROR: something new", SetupError),
        ("", SetupError),
    ],
)
def test_words_of_dvc_become_the_error_they_mean(tmp_path: Path, output: str, kind: type[FinetraceError]) -> None:
    assert type(explain(Paths(tmp_path), output)) is kind


def test_busy_error_names_the_pid_that_dvc_names(tmp_path: Path) -> None:
    assert "4321" in str(explain(Paths(tmp_path), BUSY))


def test_reason_that_the_stage_left_is_told_with_its_own_kind(tmp_path: Path) -> None:
    write_json(Paths(tmp_path).failure("split"), {"exit_code": 4, "message": "row 3 is bad"})
    error = stage_error(Paths(tmp_path), "split", 255, FAILED)
    assert type(error) is DataError
    assert str(error) == "row 3 is bad"


def test_stage_that_a_signal_ended_is_told_apart_from_one_that_failed(tmp_path: Path) -> None:
    assert isinstance(stage_error(Paths(tmp_path), "split", 255, KILLED), ChildKilledError)
    assert type(stage_error(Paths(tmp_path), "split", 255, FAILED)) is FinetraceError


def test_dvc_itself_ended_by_a_signal_is_a_killed_child(tmp_path: Path) -> None:
    assert isinstance(stage_error(Paths(tmp_path), "split", 128 + 9, "Running stage 'split':"), ChildKilledError)


def test_secrets_in_the_words_of_dvc_are_masked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MY_API_TOKEN", "canary-1234")
    told = str(explain(Paths(tmp_path), "ERROR: https://ann:hunter22@host/x refused canary-1234"))
    assert "hunter22" not in told
    assert "canary-1234" not in told


def test_every_section_that_params_lacks_is_named_at_once(tmp_path: Path) -> None:
    (tmp_path / "params.yaml").write_text("base: {id: x}\ningest: {path: y}\nsplit:\nfinetune: {}\n")
    with pytest.raises(SettingsError) as told:
        check_sections(Paths(tmp_path))
    assert [line.strip() for line in str(told.value).splitlines()[1:]] == [
        "problem: {}",
        "validate: {}",
        "split: {}",
        "augment: {}",
        "evaluate: {}",
    ]


def test_status_names_what_changed_for_each_stage_in_order() -> None:
    # printed by dvc status --json (3.67.1)
    status = {
        "split": [{"changed deps": {"params.yaml": {"split": "modified"}}}, "changed command"],
        "ingest": [{"changed deps": {"data/raw/x.csv": "modified"}}, {"changed outs": {"data/y": "deleted"}}],
        "data/raw/x.csv.dvc": [{"changed outs": {"data/raw/x.csv": "modified"}}],
    }
    assert list(state_of(json.dumps(status)).items()) == [
        ("ingest", ["data/raw/x.csv modified", "data/y deleted"]),
        ("split", ["split modified", "changed command"]),
    ]


def test_children_find_this_python_first_and_call_nobody() -> None:
    environment = child.environment({"FINETRACE_FLOW_RUN_ID": "7"})
    assert (Path(environment["PATH"].split(":")[0]) / "python").exists()
    assert environment["DVC_NO_ANALYTICS"] == "1"
    assert environment["FINETRACE_FLOW_RUN_ID"] == "7"
