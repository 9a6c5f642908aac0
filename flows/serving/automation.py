"""Prefect told what to start when the receiver posts an event: asked-for aliases → promote, removed ones → reconcile"""

from typing import Any
from uuid import UUID

from prefect.client.orchestration import get_client
from prefect.events.actions import RunDeployment
from prefect.events.schemas.automations import AutomationCore, EventTrigger, Posture

VERSION = "{{ event.payload.version }}"
"""Filled in by Prefect's server; a number stays a number."""


def ensure_automations(model: str, workspace: str, *, promote: UUID, reconcile: UUID) -> None:
    """Have the two automations of this workspace, as they are meant; made or mended, never twice."""
    ensure(promotion_of(model, workspace, promote))
    ensure(removal_of(model, workspace, reconcile))


def promotion_of(model: str, workspace: str, deployment: UUID) -> AutomationCore:
    """An alias was asked for → `promote/local` for that version."""
    parameters = {"workspace": workspace, "version": VERSION, "via": "ui"}
    return _reaction(model, workspace, "requested", deployment, parameters)


def removal_of(model: str, workspace: str, deployment: UUID) -> AutomationCore:
    """The alias was taken away → `reconcile/local`, which puts it back."""
    return _reaction(model, workspace, "removed", deployment, {"workspace": workspace})


def ensure(wanted: AutomationCore) -> None:
    """Have exactly one automation of this name, as it is meant."""
    with get_client(sync_client=True) as client:
        found = client.read_automations_by_name(name=wanted.name)
        for extra in found[1:]:
            client.delete_automation(extra.id)
        if not found:
            client.create_automation(wanted)
        elif not _same(found[0], wanted):
            client.update_automation(found[0].id, wanted)


def _reaction(model: str, workspace: str, word: str, deployment: UUID, parameters: dict[str, Any]) -> AutomationCore:
    return AutomationCore(
        name=f"finetrace: alias {word} in {workspace}",
        description=f"The alias champion of {model} was {word} in MLflow. Kept by `finetrace up`.",
        enabled=True,
        trigger=EventTrigger(
            expect={f"finetrace.alias.{word}"},
            match={"prefect.resource.id": f"finetrace.model.{model}"},
            for_each={"prefect.resource.id"},
            posture=Posture.Reactive,
            threshold=1,
        ),
        actions=[RunDeployment(source="selected", deployment_id=deployment, parameters=parameters)],
    )


def _same(one: AutomationCore, other: AutomationCore) -> bool:
    def essence(each: AutomationCore) -> Any:
        told = each.model_dump(mode="json", include={"name", "description", "enabled", "trigger", "actions"})
        told["trigger"].pop("id", None)
        return told

    return bool(essence(one) == essence(other))
