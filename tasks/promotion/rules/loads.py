"""It loads and answers where nothing of ours is known."""

from tasks.errors import GateError
from tasks.operations import PromoteSettings
from tasks.promotion.facts import Facts
from tasks.register.rules import Outcome


class Loads:
    """A fresh Python in an empty folder loads it with mlflow.pyfunc, and its own code answers."""

    name = "loads"

    def judge(self, facts: Facts, promote: PromoteSettings) -> Outcome:  # noqa: ARG002
        if isinstance(facts.answers, GateError):
            return Outcome(self.name, False, None, None, str(facts.answers))
        if not facts.answers.own_code:
            return Outcome(self.name, False, None, None, "it answers with other code than it was registered with")
        count = len(facts.answers.texts)
        return Outcome(self.name, True, count, None, f"{count} texts answered in a clean process")
