"""It answers soon enough."""

from tasks.operations import PromoteSettings
from tasks.promotion.clean_process import Answers
from tasks.promotion.facts import Facts
from tasks.register.rules import Outcome, off


class Latency:
    """The median time to label one text stays below the limit."""

    name = "latency"

    def judge(self, facts: Facts, promote: PromoteSettings) -> Outcome:
        limit = promote.max_latency_ms
        if limit is None:
            return off(self.name, "promote.max_latency_ms")
        if not isinstance(facts.answers, Answers) or facts.answers.milliseconds is None:
            return Outcome(self.name, False, None, limit, "it could not be timed")
        taken = round(facts.answers.milliseconds, 3)
        passed = taken <= limit
        why = f"median of one text {taken:.1f} ms {'≤' if passed else '>'} {limit:g} ms"
        return Outcome(self.name, passed, taken, limit, why)
