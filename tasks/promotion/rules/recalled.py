"""It was not recalled."""

from tasks.operations import PromoteSettings
from tasks.promotion.facts import Facts
from tasks.register.rules import Outcome


class NotRecalled:
    """The ledger has no recall of it: data that must not be used stay in a model for ever."""

    name = "recalled"

    def judge(self, facts: Facts, promote: PromoteSettings) -> Outcome:  # noqa: ARG002
        if facts.recalled is None:
            return Outcome(self.name, True, None, None, "it was never recalled")
        why = f"it was recalled (entry {facts.recalled.seq}): {facts.recalled.reason or 'no reason given'}"
        return Outcome(self.name, False, facts.recalled.seq, None, why)
