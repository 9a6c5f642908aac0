"""promote(): a request to make a version the champion in; kept, or put back with the reason, out"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal

from prefect import flow
from prefect.artifacts import create_markdown_artifact

from flows.answer import answer
from flows.approval import ask_person
from flows.artifacts import cell
from flows.notify import notify
from flows.processes.flow_process import note_process
from flows.redact import errors_redacted, redact
from flows.registry import Registry, open_registry
from flows.verbs.promote_command import raise_if_refused
from flows.verbs.registry_commands import facts_of
from tasks.errors import FinetraceError
from tasks.lineage.readable import on_one_line, readable
from tasks.paths import Paths
from tasks.promotion.decided import Decided
from tasks.promotion.promote import BY_HAND, Asked, Judged
from tasks.register.rules import Outcome

SOMEBODY = "somebody in MLflow"
"""MLflow's webhooks do not tell who set an alias."""
_MARKS = {True: "passed", False: "**failed**", None: "off"}


@flow(
    name="promote",
    flow_run_name="promote-v{version}-{via}",
    on_running=[note_process],
    persist_result=False,
    result_serializer="json",
)
@errors_redacted
def promote(
    workspace: str = ".",
    version: int = 0,
    reason: str = "",
    by: str = "",
    via: Literal["prefect", "ui", "reconciler", "cli"] = "prefect",
) -> dict[str, Any]:
    """Ask the gates about a version and make it the champion if they agree.

    Args:
        workspace: Folder that holds params.yaml.
        version: Number of the version; 0 is the challenger.
        reason: Why; kept in the ledger.
        by: Who asks; kept in the ledger.
        via: How the request came.
    """
    paths = Paths(Path(workspace).resolve())
    with open_registry(paths) as registry:
        number = version or registry.number_of("challenger")
        judged, decided = answer_in_flow(registry, number, reason, by, via)
    if via not in BY_HAND:
        raise_if_refused(judged, decided)
    return facts_of(decided)


def answer_in_flow(
    registry: Registry, number: int, reason: str, by: str, via: Literal["prefect", "ui", "reconciler", "cli"]
) -> tuple[Judged, Decided]:
    """What came of a request, also as the artifact promotion-report; a failure is told to whoever wants to know."""
    who = on_one_line(by) or (SOMEBODY if via in BY_HAND else registry.actor(""))
    asked = Asked(number, who, via, readable(reason.strip()) or _default_reason(via))
    hours = registry.config.promote.approval_hours
    try:
        judged, decided = answer(registry, asked, lambda asked, judged: ask_person(question(asked, judged), hours))
    except FinetraceError as error:
        notify(registry.config.notify, "failed", f"v{number} of {registry.name}: {error}", {"version": number})
        raise
    text = redact(report(asked, judged, decided))
    create_markdown_artifact(text, key="promotion-report", description="What was asked, what the gates said")
    return judged, decided


def question(asked: Asked, judged: Judged) -> str:
    """What a person is shown who has to approve, as markdown."""
    lines = [
        f"**v{asked.version} shall become the champion.** Asked by {cell(asked.by)}: {cell(asked.reason)}",
        "",
        "Every gate passed; approve or reject, with your name and a reason. No answer rejects.",
        "",
        *rules_table(judged.outcomes),
    ]
    return redact("\n".join(lines))


def report(asked: Asked, judged: Judged, decided: Decided) -> str:
    """The request, what came of it and every rule, as markdown."""
    words = {"promoted": "Kept", "refused": "Refused", "unchanged": "Nothing to do"}
    approval = [f"- {key}: {cell(value)}" for key, value in asked.approval.items()]
    return "\n".join(
        [
            f"# {words[decided.what]}: v{asked.version}",
            "",
            cell(decided.line),
            "",
            f"- asked by: {cell(asked.by)} ({asked.via})",
            f"- reason: {cell(asked.reason)}",
            f"- champion now: v{decided.champion}",
            *approval,
            "",
            *rules_table(judged.outcomes),
            "",
        ]
    )


def rules_table(outcomes: Sequence[Outcome]) -> list[str]:
    """Lines of a markdown table; none if no rule was asked."""
    rows = [f"| {cell(each.name)} | {_MARKS[each.passed]} | {cell(each.why)} |" for each in outcomes]
    return ["| rule | | why |", "|---|---|---|", *rows] if rows else []


def _default_reason(via: str) -> str:
    return "the alias champion was set by hand" if via in BY_HAND else "asked for in Prefect"
