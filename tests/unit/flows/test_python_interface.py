"""`import finetrace`: answers as values, refusals as errors unless they are wanted as answers."""

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from unittest.mock import patch

import pytest

import finetrace
from flows.run import flow_session
from flows.serving.server import Server
from tasks.files import write_json
from tasks.paths import Paths
from tests.desk import NAME, Desk

RULES = [{"name": "min_accuracy", "passed": False, "value": 0.4, "limit": 0.5, "why": "accuracy 0.4 < 0.5"}]
PASSED = {"passed": True, "name": "wishes", "version": 3, "rules": [], "line": "PASS", "aliases": ["challenger"]}
REFUSED = {"passed": False, "name": "wishes", "version": None, "rules": RULES, "line": "FAIL"}


def test_import_loads_no_library_of_the_stack() -> None:
    heavy = "{'torch', 'mlflow', 'prefect', 'dvc', 'numpy', 'pandas', 'transformers', 'pydantic', 'typer', 'rich'}"
    ask = f"import sys, finetrace; print(sorted({heavy} & set(sys.modules)))"
    assert subprocess.run([sys.executable, "-c", ask], capture_output=True, text=True).stdout == "[]\n"


@pytest.mark.parametrize("name", [name for name in finetrace.__all__ if name[0].islower()])
def test_every_function_says_what_it_gives_and_what_it_raises(name: str) -> None:
    words = getattr(finetrace, name).__doc__
    assert words.splitlines()[0].endswith((".", ":", ","))
    assert "Raises" in words or name == "status"


def test_a_run_is_told_as_verdict_version_and_reports(paths: Paths) -> None:
    write_json(paths.report("evaluate"), {"accuracy": 0.9})
    with patch("flows.run.run", return_value=PASSED):
        result = finetrace.run(paths.root)
    assert (result.passed, result.version, result.address) == (True, 3, "models:/wishes/3")
    assert result.stages == {"evaluate": {"accuracy": 0.9}}


def test_a_run_that_ends_early_has_no_verdict(paths: Paths) -> None:
    with patch("flows.run.run", return_value={}):
        result = finetrace.run(paths.root, until="split")
    assert (result.passed, result.version, result.address, result.verdict) == (None, None, None, {})


def test_a_refusal_is_raised_unless_it_is_wanted_as_an_answer(paths: Paths) -> None:
    with patch("flows.run.run", return_value=REFUSED):
        with pytest.raises(finetrace.GateError, match="min_accuracy"):
            finetrace.run(paths.root)
        assert finetrace.run(paths.root, check=False).passed is False


def test_a_stage_that_there_is_not_is_a_settings_error(paths: Paths) -> None:
    with pytest.raises(finetrace.SettingsError, match="finetuning: no such stage"):
        finetrace.run(paths.root, until="finetuning")


def test_plan_and_predict_say_what_is_missing(paths: Paths) -> None:
    with pytest.raises(finetrace.DataError, match="finetrace run"):
        finetrace.plan(paths.root)
    with pytest.raises(finetrace.DataError, match="no model yet"):
        finetrace.predict(["hello"], paths.root)
    with pytest.raises(finetrace.SettingsError, match="once for each"):
        finetrace.predict(["hello"], paths.root, pairs=["one", "two"])


def test_compare_takes_the_names_of_the_command_and_returns_its_result(paths: Paths) -> None:
    found = {"winner": "lora", "verdict": "no difference shown", "candidates": [], "failed": [], "test": {}}
    found |= {"lines": "", "page": "data/comparisons/x/report.html", "seeds": [0]}
    compared = patch("flows.verbs.compare_command._compare", return_value=found)
    with compared as asked, patch("flows.verbs.compare_command.plan_comparison"):
        result = finetrace.compare(["partial", "lora"], paths.root, seeds=2, jobs=1)
    assert (result.winner, result.page) == ("lora", paths.root / "data/comparisons/x/report.html")
    assert asked.call_args.args[1:3] == (["partial", "lora"], 1)
    with pytest.raises(finetrace.SettingsError, match="at least two"):
        finetrace.compare(["partial"], paths.root)


def test_promote_tells_every_rule_and_what_came_of_it(desk: Desk) -> None:
    found = finetrace.promote("challenger", reason="better", by="ann", root=desk.paths.root)
    assert (found.what, found.champion) == ("promoted", 2)
    assert {"name": "loads", "passed": True}.items() <= next(r for r in found.rules if r["name"] == "loads").items()
    assert finetrace.promote(2, reason="again", root=desk.paths.root).what == "unchanged"


def test_promotion_that_is_refused_is_raised_unless_it_is_wanted_as_an_answer(desk: Desk) -> None:
    params = desk.paths.params.read_text()
    desk.paths.params.write_text(params + "promote: {max_megabytes: 0.001}\n")
    found = finetrace.promote(2, reason="better", root=desk.paths.root, check=False)
    assert (found.what, found.champion) == ("refused", 1)
    with pytest.raises(finetrace.GateError, match="MB"):
        finetrace.promote(2, reason="better", root=desk.paths.root)


def test_audit_returns_what_it_found_and_raises_what_is_broken_unless_it_is_wanted_as_an_answer(
    desk: Desk, flip: Callable[[Path], None]
) -> None:
    found = finetrace.audit(root=desk.paths.root, every=True)
    assert (found.clean, found.gone) == (True, [])
    assert [each["version"] for each in found.versions] == [f"models:/{NAME}/1", f"models:/{NAME}/2"]
    flip(next(desk.folder(1).rglob("*.safetensors")))
    assert not finetrace.audit(1, desk.paths.root, check=False).clean
    with pytest.raises(finetrace.IntegrityError, match="models:/tiny/1"):
        finetrace.audit(1, desk.paths.root)


def test_recall_changes_nothing_until_yes_is_said(desk: Desk) -> None:
    with patch("flows.verbs.trace_recall.make_plans", return_value=([], False)):
        found = finetrace.recall(row="0" * 24, root=desk.paths.root)
    assert (found["done"], found["models"]) == (False, [])
    with pytest.raises(finetrace.SettingsError, match="recall one thing"):
        finetrace.recall(root=desk.paths.root)


def test_session_with_a_server_leaves_the_environment_as_it_was(paths: Paths, monkeypatch: pytest.MonkeyPatch) -> None:
    """A program that runs twice starts a server of its own each time, and must not take the last one for configured."""
    from prefect.settings import PREFECT_API_URL

    @contextmanager
    def served(paths: Paths) -> Iterator[Server]:
        yield Server(f"http://127.0.0.1:{next(ports)}/api", "embedded")

    ports = iter((1111, 2222))
    for name in ("PREFECT_API_URL", "FINETRACE_EMBEDDED_SERVER"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("PREFECT_HOME", str(paths.root))
    with patch("flows.run.prefect_server", served), patch("flows.run._flush"):
        for port in (1111, 2222):
            with flow_session(paths):
                assert os.environ["PREFECT_API_URL"] == PREFECT_API_URL.value() == f"http://127.0.0.1:{port}/api"
            assert not {"PREFECT_API_URL", "FINETRACE_EMBEDDED_SERVER"} & os.environ.keys()


def test_two_roots_may_be_named_as_text_or_path(tmp_path: Path) -> None:
    for root in (tmp_path, str(tmp_path)):
        with pytest.raises(finetrace.SettingsError, match="params"):
            finetrace.plan(root)
