"""What is served, when it starts by itself, and what becomes of a second run."""

from typing import Any
from uuid import uuid4

import pytest
from prefect.client.schemas.objects import ConcurrencyLimitStrategy

from flows.serving.automation import promotion_of, removal_of
from flows.serving.deployment import deployments
from tasks.operations import ScheduleSettings

EVERY_FEW_MINUTES = {"reconcile", "reap", "data-change"}


def _made(**settings: Any) -> dict[str, Any]:
    return {str(each.flow_name): each for each in deployments("/w", ScheduleSettings(**settings))}


def test_every_flow_is_served_by_its_module_for_this_workspace_one_run_at_a_time() -> None:
    made = _made(on_data_change=True)
    assert set(made) == {"retrain", "promote", "reconcile", "reap", "data-change"}
    for name, each in made.items():
        assert each.name == "local"
        assert each.parameters["workspace"] == "/w"
        assert each.entrypoint == f"flows.{name.replace('-', '_')}.{name.replace('-', '_')}"
        assert each.concurrency_limit == 1
        assert bool(each.schedules) is (name in EVERY_FEW_MINUTES)


def test_data_are_looked_at_only_if_asked_for() -> None:
    assert "data-change" not in _made()


def test_cron_and_its_time_zone_come_from_the_settings() -> None:
    schedule = _made(cron="0 3 * * 1", timezone="Europe/Vienna", clean_clone=True)["retrain"].schedules[0]
    assert (schedule.schedule.cron, schedule.schedule.timezone) == ("0 3 * * 1", "Europe/Vienna")
    assert schedule.parameters == {"trigger": "schedule"}
    assert _made(clean_clone=True)["retrain"].parameters == {"workspace": "/w", "clean_clone": True}


@pytest.mark.parametrize(
    ("when_busy", "strategy"),
    [("queue", ConcurrencyLimitStrategy.ENQUEUE), ("skip", ConcurrencyLimitStrategy.CANCEL_NEW)],
)
def test_second_retraining_waits_or_is_dropped_as_set(when_busy: Any, strategy: Any) -> None:
    made = _made(when_busy=when_busy)
    assert made["retrain"].concurrency_options.collision_strategy == strategy
    assert made["promote"].concurrency_options.collision_strategy == ConcurrencyLimitStrategy.ENQUEUE


def test_form_says_what_each_field_of_a_retraining_is() -> None:
    fields = _made()["retrain"]._parameter_openapi_schema.properties
    assert set(fields) == {"workspace", "until", "force", "clean_clone", "trigger"}
    assert all(each["description"] for each in fields.values())
    assert fields["until"]["enum"][-1] == "register"


@pytest.mark.parametrize("make", [promotion_of, removal_of])
def test_automation_answers_the_event_of_this_model_alone(make: Any) -> None:
    deployment = uuid4()
    made = make("NAME", "/w", deployment)
    assert made.trigger.expect == {f"finetrace.alias.{'requested' if make is promotion_of else 'removed'}"}
    assert made.trigger.match.root == {"prefect.resource.id": "finetrace.model.NAME"}
    assert made.actions[0].deployment_id == deployment
    assert made.actions[0].parameters["workspace"] == "/w"
