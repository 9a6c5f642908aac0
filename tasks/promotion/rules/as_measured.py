"""It scores what it scored when it was registered."""

from tasks.operations import PromoteSettings
from tasks.promotion.facts import Facts
from tasks.register.rules import Outcome

TOLERANCE = 0.01
"""Another machine may round a few rows to the other side."""


class AsMeasured:
    """The verdict metric on the test rows is the one that the statement tells."""

    name = "as_measured"

    def judge(self, facts: Facts, promote: PromoteSettings) -> Outcome:  # noqa: ARG002
        metrics = facts.verified.statement.results.get("metrics", {})
        if facts.evidence is None:
            return Outcome(self.name, False, None, None, "it could not be measured again")
        metric = facts.evidence.target.verdict
        title = facts.evidence.target.metrics[metric]
        recorded, found = metrics.get(metric, {}).get("value"), facts.evidence.metrics[metric]
        if recorded is None or found is None:
            missing = f"its statement tells no {title}" if recorded is None else f"{title} could not be measured again"
            return Outcome(self.name, False, found, recorded, missing)
        why = f"{title} {found:.4f}, was {recorded:.4f} when it was registered"
        return Outcome(self.name, abs(found - recorded) <= TOLERANCE, found, recorded, why)
