"""The flow: what is tried again, what the form shows, what may be kept of results."""

import typing
from typing import Any

import pytest
from prefect.states import Failed
from prefect.utilities.callables import parameter_schema

from flows.processes.child import ChildKilledError
from flows.retrain import (
    RETRY_DELAYS_SECONDS,
    STAGE_TASKS,
    StageName,
    make_all,
    retrain,
    retry_may_help,
)
from tasks.errors import EXIT_CODES, BusyError, DataError, FinetraceError, GateError, IntegrityError, SettingsError
from tasks.paths import Paths
from tasks.stages import ALL_STAGES


def _is_retried(error: Exception) -> bool:
    unused: Any = None
    return retry_may_help(unused, unused, Failed(data=error))


@pytest.mark.parametrize("error", [OSError("disk"), BusyError("held"), ChildKilledError("signal 9")])
def test_what_may_pass_is_tried_again(error: Exception) -> None:
    assert _is_retried(error)


@pytest.mark.parametrize("kind", [DataError, GateError, IntegrityError, SettingsError, FinetraceError, TimeoutError])
def test_what_would_fail_again_is_not(kind: type[Exception]) -> None:
    assert not _is_retried(kind("no"))


def test_every_error_is_either_tried_again_or_not_on_purpose() -> None:
    assert [kind.__name__ for kind in EXIT_CODES.values() if _is_retried(kind("x"))] == ["BusyError"]


def test_every_task_has_a_timeout_retries_and_no_result_on_disk() -> None:
    assert list(ALL_STAGES) == list(STAGE_TASKS)
    assert all(each.timeout_seconds > 0 for each in ALL_STAGES.values())
    for each in STAGE_TASKS.values():
        assert each.retries == len(RETRY_DELAYS_SECONDS)
        assert each.retry_condition_fn is retry_may_help
        assert each.persist_result is False
        assert each.result_serializer == "json"
    assert retrain.persist_result is False
    assert retrain.result_serializer == "json"


def test_flow_has_few_coarse_tasks() -> None:
    assert len(STAGE_TASKS) <= 10


def test_form_explains_every_parameter_and_offers_the_stages() -> None:
    schema = parameter_schema(retrain)
    assert all(field.get("description") for field in schema.properties.values())
    assert schema.properties["until"]["enum"] == list(typing.get_args(StageName))


def test_nothing_is_run_for_a_base_with_too_few_positions(paths: Paths, monkeypatch: pytest.MonkeyPatch) -> None:
    """The embedded base has 512."""
    text = paths.params.read_text()
    paths.params.write_text(text.replace("ingest:", "  max_tokens: 513\ningest:", 1))
    ran: list[str] = []
    monkeypatch.setattr("flows.retrain.stale_stages", lambda _: ran.append("dvc") or {})
    monkeypatch.setattr("flows.retrain._result", lambda *given: ran.append(given[0]) or {})
    with pytest.raises(SettingsError, match=r"max_tokens: 513.*Set base\.max_tokens to 512"):
        make_all(paths, "register", False)
    assert ran == []
    paths.params.write_text(text.replace("ingest:", "  max_tokens: 512\ningest:", 1))
    monkeypatch.setattr("flows.retrain._result", lambda *given: ran.append(given[0]) or {"ran": False, "stage": ""})
    make_all(paths, "register", False)
    assert ran[:2] == ["dvc", "ingest"]
