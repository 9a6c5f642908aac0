"""What is not held shows as not held, and everything is counted."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.torture import invariants
from tests.torture.case import Case, NotHeldError
from tests.torture.cases import CASES
from tests.torture.commands import MARKER, Done
from tests.torture.place import Lab, Place
from tests.torture.runner import Result, choose, run_case, run_cases


def ended(code: int = 0, stderr: str = "") -> Done:
    """A command that ended so."""
    return Done("stage", code, "", stderr, cpu_seconds=0.1, peak_megabytes=10.0, pid=1)


def tried(tmp_path: Path, exit_code: int | None, act: Callable[[Place], Done]) -> Result:
    """The result of one case."""
    return run_case(Case(26, "a sentence", exit_code, act), 0, Lab(tmp_path))


def test_case_that_does_as_it_should_is_held(tmp_path: Path) -> None:
    assert tried(tmp_path, 4, lambda _: ended(4, "DataError: rows.csv:3: two fields; mend the row\n")).why == ""


def test_another_exit_code_is_not_held(tmp_path: Path) -> None:
    assert "exit 1, not 4" in tried(tmp_path, 4, lambda _: ended(1, "DataError: rows.csv: no; mend it\n")).why


def test_exit_code_without_its_line_is_not_held(tmp_path: Path) -> None:
    assert "0 lines on stderr begin with Data" in tried(tmp_path, 4, lambda _: ended(4, "it broke\n")).why


def test_line_told_twice_is_not_held(tmp_path: Path) -> None:
    assert "2 lines" in tried(tmp_path, 4, lambda _: ended(4, "Data: a; b\nData: a; b\n")).why


def test_words_after_the_line_are_not_held(tmp_path: Path) -> None:
    assert "goes on after" in tried(tmp_path, 2, lambda _: ended(2, "Settings: a: b\nmore\n")).why


def test_indented_mistakes_below_the_line_are_held(tmp_path: Path) -> None:
    assert tried(tmp_path, 2, lambda _: ended(2, "SettingsError: params.yaml has 2 mistakes:\n  a\n  b\n")).held


def test_case_that_objects_is_not_held_with_its_words(tmp_path: Path) -> None:
    def act(place: Place) -> Done:
        raise NotHeldError("the model changed")

    assert tried(tmp_path, 0, act).why == "the model changed"


def test_case_that_breaks_is_not_held(tmp_path: Path) -> None:
    assert "the case itself broke: ZeroDivisionError" in tried(tmp_path, 0, lambda _: ended(1 // 0)).why


def test_planted_code_that_ran_is_not_held(tmp_path: Path) -> None:
    def act(place: Place) -> Done:
        place.canary.touch()
        return ended()

    assert "planted code ran" in tried(tmp_path, 0, act).why


def test_traceback_is_not_held(tmp_path: Path) -> None:
    def act(place: Place) -> Done:
        place.empty().told.append(ended(0, "Traceback (most recent call last)\n"))
        return ended()

    assert "a traceback from `stage`" in tried(tmp_path, 0, act).why


def test_temporary_file_left_in_the_workspace_is_not_held(tmp_path: Path) -> None:
    def act(place: Place) -> Done:
        place.empty().write("data/.tmp-1-model/weights", "half")
        return ended()

    assert "temporary files left: data/.tmp-1-model" in tried(tmp_path, 0, act).why


def test_file_left_in_the_temporary_folder_is_not_held_unless_something_was_killed(tmp_path: Path) -> None:
    def act(place: Place, *, kills: bool) -> Done:
        (place.scratch / "left").touch()
        place.kills = kills
        return ended()

    assert "left in the temporary folder: left" in tried(tmp_path, 0, lambda place: act(place, kills=False)).why
    assert tried(tmp_path, 0, lambda place: act(place, kills=True)).held


def test_process_left_running_is_not_held_and_ended(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(invariants, "GRACE_SECONDS", 0.0)
    started: list[subprocess.Popen[bytes]] = []

    def act(place: Place) -> Done:
        waits = [sys.executable, "-S", "-c", "import signal; print(flush=True); signal.pause()"]
        process = subprocess.Popen(waits, env=os.environ | {MARKER: place.marker}, stdout=subprocess.PIPE)
        assert process.stdout is not None
        process.stdout.readline()
        process.stdout.close()
        started.append(process)
        return ended()

    result = tried(tmp_path, 0, act)
    assert f"still running after the case: [{started[0].pid}]" in result.why
    assert started[0].wait() == -signal.SIGKILL


def test_all_are_counted_and_their_folders_removed(tmp_path: Path) -> None:
    cases = [Case(26, "held", 0, lambda _: ended()), Case(27, "not held", 0, lambda _: ended(3))]
    results = list(run_cases(cases, Lab(tmp_path), jobs=2))
    assert sorted((result.case.sentence, result.held) for result in results) == [("held", True), ("not held", False)]
    assert not list(tmp_path.iterdir())


def test_cases_are_chosen_by_number_by_range_and_by_word() -> None:
    cases = [Case(fault, sentence, 0, lambda _: ended()) for fault, sentence in ((33, "a bomb"), (3, "a kill"))]
    assert [each.fault for each in choose(cases, [])] == [3, 33]
    assert [each.fault for each in choose(cases, ["3"])] == [3]
    assert [each.fault for each in choose(cases, ["20-40"])] == [33]
    assert [each.fault for each in choose(cases, ["Bomb"])] == [33]


def test_every_fault_that_is_promised_has_cases_and_every_sentence_is_said_once() -> None:
    promised = {*range(1, 35), *range(36, 47)}
    assert {each.fault for each in CASES} == promised
    assert len({(each.fault, each.sentence) for each in CASES}) == len(CASES)


def test_what_is_prepared_is_made_once_and_its_failure_kept(tmp_path: Path) -> None:
    lab, calls = Lab(tmp_path), []

    def make(place: Place) -> int:
        calls.append(place)
        raise ValueError("no")

    with pytest.raises(ValueError, match="no"):
        lab.once("thing", make)
    with pytest.raises(RuntimeError, match="thing could not be prepared: no"):
        lab.once("thing", make)
    assert len(calls) == 1
