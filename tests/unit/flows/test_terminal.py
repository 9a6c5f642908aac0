"""What a person reads during and after a run."""

import io
from typing import Any

import pytest
from rich.console import Console

from flows.news import Outcome, Progress, Started
from flows.verbs.terminal import Watcher, metric_lines, next_command, print_alarms, print_verdict
from tasks.paths import Paths

VERDICT: dict[str, Any] = {
    "passed": True,
    "line": "PASS accuracy 0.9 [0.8, 0.95]",
    "name": "support",
    "version": 3,
    "aliases": ["challenger"],
    "created": True,
    "rules": [{"name": "min_accuracy", "passed": True, "why": "fine"}],
}
NUMBERS = {"accuracy": 0.9, "macro_f1": 0.88, "intervals": {"accuracy": {"low": 0.8, "high": 0.95}}}


def _console(*, terminal: bool = False) -> tuple[Console, io.StringIO]:
    text = io.StringIO()
    return Console(file=text, force_terminal=terminal, width=200, color_system=None, soft_wrap=True), text


def test_each_stage_has_a_line_that_tells_made_from_cached() -> None:
    console, text = _console()
    watcher = Watcher(console)
    watcher.hear(Started("ingest"))
    watcher.hear(Outcome("ingest", True, 2.5, {"rows": 10, "labels": 2}))
    watcher.hear(Outcome("validate", False, 0.0, {"rows_out": 9, "quarantined": 1}))
    lines = text.getvalue().splitlines()
    assert lines[0] == "ingest …"
    assert lines[1].split() == ["✓", "made", "ingest", "2.5", "s", "10", "rows,", "2", "labels"]
    assert lines[2].split() == ["=", "cached", "validate", "9", "rows", "usable,", "1", "set", "aside"]


def test_progress_moves_only_on_a_terminal() -> None:
    console, text = _console()
    watcher = Watcher(console)
    watcher.hear(Progress("finetune", 40.0, "epoch 2 of 5"))
    watcher.close()
    assert text.getvalue() == ""


def test_progress_on_a_terminal_shows_how_far_it_is() -> None:
    console, text = _console(terminal=True)
    watcher = Watcher(console)
    watcher.hear(Progress("finetune", 40.0, "epoch 2 of 5"))
    watcher.close()
    assert "finetune 40 % epoch 2 of 5" in text.getvalue()


def test_each_alarm_of_the_training_is_one_line_with_its_advice() -> None:
    console, text = _console()
    alarm = {"name": "overfitting", "epoch": 3, "message": "val loss [rose]", "advice": "lower finetune.epochs"}
    print_alarms(console, {"alarms": [alarm, alarm | {"name": "plateau"}]})
    first, second = text.getvalue().splitlines()
    assert first == "! overfitting in epoch 3: val loss [rose]. Advice: lower finetune.epochs"
    assert second.startswith("! plateau")
    print_alarms(console, {})
    assert len(text.getvalue().splitlines()) == 2


def test_verdict_shows_gate_metrics_version_report_and_next_step(paths: Paths) -> None:
    console, text = _console()
    print_verdict(console, paths, VERDICT, NUMBERS)
    told = text.getvalue()
    for words in (
        "Gate passed",
        "accuracy   0.900  [0.800, 0.950]",
        "macro_f1   0.880",
        "support v3 (@challenger)",
        "data/reports/report.html",
        "finetrace up",
        "models:/support@challenger",
    ):
        assert words in told


def test_refusal_names_the_rule_and_the_reason_and_no_version(paths: Paths) -> None:
    console, text = _console()
    rule = {"name": "min_accuracy", "passed": False, "why": "accuracy 0.4 < 0.5"}
    refused = {**VERDICT, "passed": False, "version": None, "aliases": [], "rules": [rule]}
    print_verdict(console, paths, refused, NUMBERS)
    told = text.getvalue()
    assert "Gate not passed" in told
    assert "min_accuracy: accuracy 0.4 < 0.5" in told
    assert "support v" not in told


def test_version_that_was_there_before_is_told_as_such(paths: Paths) -> None:
    console, text = _console()
    print_verdict(console, paths, {**VERDICT, "created": False}, NUMBERS)
    assert "registered before" in text.getvalue()


def test_text_that_looks_like_markup_is_shown_as_it_is(paths: Paths) -> None:
    console, text = _console()
    print_verdict(console, paths, {**VERDICT, "line": "[bold]x[/bold]"}, NUMBERS)
    assert "[bold]x[/bold]" in text.getvalue()


def test_metrics_that_were_not_measured_are_left_out() -> None:
    assert metric_lines({"accuracy": 0.5}) == ["accuracy   0.500"]


@pytest.mark.parametrize("passed", [True, False])
def test_there_is_always_a_next_step(passed: bool) -> None:
    assert "finetrace" in next_command({**VERDICT, "passed": passed})


def test_next_command_for_a_model_of_pairs_has_a_second_text() -> None:
    assert next_command(VERDICT).endswith('"your text"')
    assert next_command(VERDICT, pairs=True).endswith('"your text" --pair "its second text"')
