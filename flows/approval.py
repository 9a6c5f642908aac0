"""A person's yes or no, asked for in Prefect's pages"""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Literal

from prefect import pause_flow_run
from prefect.exceptions import FlowPauseTimeout
from prefect.input import RunInput
from prefect.runtime import flow_run
from pydantic import Field

from tasks.lineage.readable import on_one_line, readable
from tasks.masking import mask_text

POLL_SECONDS = 2


class Approval(RunInput):
    """What the dialog asks. Whoever answers only names themselves: Prefect does not know who they are."""

    decision: Literal["reject", "approve"] = Field(default="reject", description="What shall become of the request")
    approver: str = Field(default="", description="Your name; without one nothing is approved")
    reason: str = Field(default="", description="Why; kept in the ledger")


def page_of_run() -> str:
    """The address of this flow run's page in Prefect, "" outside of one."""
    return str(flow_run.ui_url or "")


def ask_person(description: str, hours: float, *, pause: Callable[..., Approval] = pause_flow_run) -> dict[str, str]:
    """decision, approver and reason. No answer within so many hours rejects; an approval without a name is asked for
    again."""
    deadline = datetime.now(UTC) + timedelta(hours=hours)
    complaint = ""
    for asked in range(1, 100):
        left = int((deadline - datetime.now(UTC)).total_seconds())
        if left <= 0:
            break
        form = Approval.with_initial_data(description=complaint + description, decision="reject")
        try:
            given = pause(wait_for_input=form, timeout=left, poll_interval=POLL_SECONDS, key=f"approval-{asked}")
        except FlowPauseTimeout:
            break
        approver, why = mask_text(on_one_line(given.approver))[:200], mask_text(readable(given.reason.strip()))[:1_000]
        if given.decision == "reject" or approver:
            return {"decision": given.decision, "approver": approver, "reason": why}
        complaint = "**Nobody was named as approver, so nothing was approved.** Answer again, with your name.\n\n"
    return {"decision": "reject", "approver": "", "reason": f"nobody answered within {hours:g} h"}
