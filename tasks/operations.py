"""How models are retrained, promoted and told of: settings of the flows that no stage reads."""

from typing import Annotated, Literal

from pydantic import Field

from tasks.clock import Cron, Zone
from tasks.settings import settings

Positive = Annotated[float, Field(gt=0)]


@settings
class PromoteSettings:
    """What a version must hold, beside the gate, before it becomes the champion; and whether a person is asked."""

    max_latency_ms: Positive | None = 1000.0
    """Largest median time in milliseconds to label one text, in a clean process on this machine; null: not asked."""
    max_megabytes: Positive | None = 4000.0
    """Largest size of the version's files; null: not asked."""
    approval: bool = False
    """A person must approve in Prefect's pages before the champion changes."""
    approval_hours: Positive = 24.0
    """Without an answer for so long, the request is rejected."""


@settings
class ScheduleSettings:
    """When `finetrace up` retrains."""

    cron: Cron | None = None
    """When to retrain, as cron says it ("0 3 * * 1": Mondays at three); null: only when asked."""
    timezone: Zone = "UTC"
    """Where that clock hangs (a name of the IANA database, such as Europe/Vienna)."""
    on_data_change: bool = False
    """Retrain when the data have another md5 than those last trained on."""
    check_minutes: Positive = 5.0
    """How often the data are looked at, and how often aliases, ledger and dead runs are put right."""
    when_busy: Literal["queue", "skip"] = "queue"
    """What becomes of a run that is due while another runs: it waits, or it is dropped."""
    clean_clone: bool = False
    """Retrain in a clean clone: data pulled by hash, results pushed, dvc.lock committed to retrain/<run>."""
    remote: str = "origin"
    """The git remote that a clean clone is made from and pushes to."""
    branch: str = "main"
    """The branch that a clean clone starts from."""


@settings
class NotifySettings:
    """Who is told; the address itself is a secret and stands in the environment, FINETRACE_NOTIFY_URL."""

    format: Literal["json", "slack"] = "json"
    """What is posted: all facts as JSON, or one line of text as Slack and its like want it."""
    on: tuple[Literal["promoted", "refused", "rolled_back", "approval", "failed", "tampered"], ...] = (
        "promoted",
        "refused",
        "rolled_back",
        "approval",
        "failed",
        "tampered",
    )
    """Which events are told."""
