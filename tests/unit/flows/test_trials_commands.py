"""compare and search on the command line: mistakes told before anything is started, lines put into params.yaml."""

import os
import pickle
import signal
import sys
from collections.abc import Callable
from types import ModuleType
from typing import Any

import pytest

from flows.processes.interrupt import sigterm_as_interrupt
from flows.processes.pool import POOL, default_jobs
from flows.processes.runners import PACKAGES, RUNNERS, check_runner
from flows.verbs.params_lines import apply_lines, with_lines
from tasks.errors import FinetraceError, SettingsError, SetupError
from tasks.paths import Paths


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["compare", "partial"], "at least two candidates"),
        (["compare", "partial", "loar"], "did you mean 'lora'"),
        (["compare", "partial", "lora", "--metric", "f1"], "known for one label a row: accuracy, macro_f1"),
        (["compare", "partial", "lora", "--runner", "spark"], "known: processes, ray"),
        (["compare", "partial", "lora", "--jobs", "0"], "--jobs must be at least 1"),
        (["compare", "partial", "lora", "--epochs", "1", "--seconds", "5"], "--epochs and --seconds: a budget is one"),
        (["compare", "partial", "lora", "--seconds", "0"], "--seconds must be a number above 0"),
        (["compare", "partial", "lora", "--seconds", "inf"], "--seconds must be a number above 0"),
        (["compare", "partial", "long:epochs=9"], "long sets epochs, but the budget says"),
        (["search", "--seconds", "0"], "--seconds must be a number above 0"),
        (["search", "--seconds", "nan"], "--seconds must be a number above 0"),
        (["search", "--resume"], "there is no search to go on with"),
        (["search", "--auto", "--resume"], "leave the space and --auto out"),
        (["search", "space.yaml"], "is missing"),
    ],
)
def test_a_mistake_is_one_line_and_exit_code_2(
    arguments: list[str], told: str, finetrace: Callable[..., int], capsys: pytest.CaptureFixture[str]
) -> None:
    assert finetrace(*arguments) == 2
    said = capsys.readouterr().err
    assert told in said
    assert len(said.splitlines()) == 1


def test_choosing_needs_rows(finetrace: Callable[..., int], capsys: pytest.CaptureFixture[str]) -> None:
    assert finetrace("search", "--auto") == 4
    assert "finetrace run --until augment" in capsys.readouterr().err


@pytest.mark.parametrize("kind", list(PACKAGES))
def test_a_runner_that_is_not_installed_is_named(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("flows.processes.runners.find_spec", lambda _: None)
    with pytest.raises(SetupError, match=f"prefect-{kind}, which is not installed"):
        check_runner(kind, 1)
    assert SetupError.exit_code == 7


def test_flows_with_all_that_they_name_can_be_sent_to_ray() -> None:
    """They pickle the flow with each task: the pool, whose locks cannot be sent, goes by its name."""
    import cloudpickle

    from flows.compare import compare
    from flows.search import search

    assert pickle.loads(pickle.dumps(POOL)) is POOL  # noqa: S301 - our own bytes
    for flow in (compare, search):
        assert cloudpickle.dumps(flow)


@pytest.fixture
def ray(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """A prefect_ray that notes the environment in which it is asked for its runner, and takes SIGTERM for itself."""
    seen: dict[str, Any] = {}

    class RayTaskRunner:
        def __init__(self, **given: Any) -> None:
            vars(self).update(given)

        def __enter__(self) -> Any:
            signal.signal(signal.SIGTERM, signal.SIG_DFL)
            return self

    class Package(ModuleType):
        def __getattr__(self, name: str) -> Any:
            seen.update(os.environ)
            return RayTaskRunner

    monkeypatch.setitem(sys.modules, "prefect_ray", Package("prefect_ray"))
    for name in ("RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER", "RAY_USAGE_STATS_ENABLED"):
        monkeypatch.setenv(name, "")  # so that what is set is taken back
        monkeypatch.delenv(name)
    return seen


def test_ray_hears_before_it_is_imported_that_it_is_to_listen_here_alone(ray: dict[str, Any]) -> None:
    assert RUNNERS["ray"](2).init_kwargs["num_cpus"] == 2
    assert (ray["RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER"], ray["RAY_USAGE_STATS_ENABLED"]) == ("0", "0")


@pytest.mark.usefixtures("ray")
def test_ray_leaves_sigterm_to_us() -> None:
    with sigterm_as_interrupt():
        ours = signal.getsignal(signal.SIGTERM)
        RUNNERS["ray"](1).__enter__()
        assert signal.getsignal(signal.SIGTERM) is ours


def test_processes_need_nothing_installed_and_take_so_many_at_a_time() -> None:
    check_runner("processes", 3)
    assert RUNNERS["processes"](3)._max_workers == 3


def test_why_a_training_gave_nothing_is_one_line_with_the_reason() -> None:
    from flows.processes.trainings import in_one_line

    crashed = FinetraceError("Stage job failed unexpectedly:\nRuntimeError: boom\nexited with 1")
    assert in_one_line(crashed) == "Stage job failed unexpectedly: RuntimeError: boom exited with 1"
    assert in_one_line(None) == "its process left no result"
    assert in_one_line(MemoryError()) == "MemoryError"
    assert len(in_one_line(ValueError("x" * 10_000))) == 500


def test_as_many_trainings_as_the_cores_hold(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("os.sched_getaffinity", lambda _: set(range(8)), raising=False)
    assert [default_jobs(threads) for threads in (1, 2, 3, 16)] == [8, 4, 2, 1]


def test_lines_are_put_in_place_and_comments_stay(paths: Paths) -> None:
    before = paths.params.read_text()
    patch = {"finetune": {"strategy": {"kind": "lora", "rank": 4}, "epochs": 7}}
    apply_lines(paths, patch)
    text = paths.params.read_text()
    kept = [line for line in before.splitlines() if "finetune" not in line]
    assert [line for line in kept if line not in text] == []
    assert with_lines(text, patch) == text


def test_comments_within_what_is_replaced_stay_with_their_keys() -> None:
    strategy = "  strategy:\n    kind: partial   # which weights\n    layers: 2   # how many\n"
    text = f"finetune:\n{strategy}  epochs: 5   # passes\n"
    assert with_lines(text, {"finetune": {"strategy": {"kind": "partial", "layers": 3}}}) == text.replace("2 ", "3 ")
    other = with_lines(text, {"finetune": {"strategy": {"kind": "full"}}})
    assert "kind: full      # which weights" in other
    assert "layers" not in other
    assert "epochs: 5   # passes" in other


def test_lines_that_are_no_settings_change_nothing(paths: Paths) -> None:
    before = paths.params.read_text()
    with pytest.raises(SettingsError, match="epochs"):
        apply_lines(paths, {"finetune": {"epochs": 0}})
    assert paths.params.read_text() == before
