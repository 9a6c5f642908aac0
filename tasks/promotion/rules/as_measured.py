"""It scores what it scored when it was registered."""

from tasks.operations import PromoteSettings
from tasks.promotion.facts import Facts
from tasks.register.rules import Outcome

TOLERANCE = 0.01
"""Another machine may round a few rows to the other side."""


class AsMeasured:
    """Accuracy on the test rows is the one that the statement tells."""

    name = "as_measured"

    def judge(self, facts: Facts, promote: PromoteSettings) -> Outcome:  # noqa: ARG002
        recorded = facts.verified.statement.results.get("metrics", {}).get("accuracy", {}).get("value")
        found = None if facts.evidence is None else facts.evidence.metrics["accuracy"]
        if found is None:
            return Outcome(self.name, False, None, recorded, "it could not be measured again")
        if recorded is None:
            return Outcome(self.name, False, found, None, "its statement tells no accuracy")
        why = f"accuracy {found:.4f}, was {recorded:.4f} when it was registered"
        return Outcome(self.name, abs(found - recorded) <= TOLERANCE, found, recorded, why)
