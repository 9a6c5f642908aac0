"""Which flow run this is, and where a person can see it."""

import os
from dataclasses import dataclass

from prefect.runtime import flow_run
from prefect.settings import get_current_settings

UP_URL = "http://127.0.0.1:4200"
"""Where `finetrace up` shows the runs of an embedded server, which has no pages of its own."""
EMBEDDED = "FINETRACE_EMBEDDED_SERVER"
"""Environment variable: set while the server is one that ends with the command, and its address with it."""


@dataclass(frozen=True)
class RunPage:
    """A flow run and its page."""

    run_id: str
    url: str

    @property
    def environment(self) -> dict[str, str]:
        """How a stage is told, for the tags of what it tracks."""
        return {"FINETRACE_FLOW_RUN_ID": self.run_id, "FINETRACE_FLOW_RUN_URL": self.url}


def run_page() -> RunPage:
    """The page of the flow run we are in."""
    run_id = str(flow_run.get_id() or "")
    ui = (None if os.environ.get(EMBEDDED) else get_current_settings().ui_url) or UP_URL
    return RunPage(run_id, f"{ui.rstrip('/')}/runs/flow-run/{run_id}" if run_id else "")
