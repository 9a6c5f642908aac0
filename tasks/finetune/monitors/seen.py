"""What the monitors of a training leave behind"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class LookedOn:
    """Alarms and numbers, as plain values."""

    alarms: Sequence[dict[str, Any]] = ()
    """Each with name, epoch, message, advice and monitor."""
    findings: Mapping[str, dict[str, Any]] = field(default_factory=dict)
    """What each monitor found, by its kind."""

    def report(self) -> dict[str, Any]:
        """For data/reports/finetune.json."""
        return {"alarms": list(self.alarms), "monitors": dict(self.findings)}

    def tags(self) -> dict[str, str]:
        """For MLflow: the alarms' names; none if nobody looked."""
        if not self.findings:
            return {}
        names = dict.fromkeys(alarm["name"] for alarm in self.alarms)
        return {"finetrace.alarms": ", ".join(names) or "none"}


NOBODY = LookedOn()
