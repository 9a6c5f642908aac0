"""It is small enough."""

from tasks.operations import PromoteSettings
from tasks.promotion.facts import Facts
from tasks.register.rules import Outcome, off


class Size:
    """All its files together stay below the limit."""

    name = "size"

    def judge(self, facts: Facts, promote: PromoteSettings) -> Outcome:
        limit = promote.max_megabytes
        if limit is None:
            return off(self.name, "promote.max_megabytes")
        taken = round(facts.verified.megabytes, 3)
        passed = taken <= limit
        return Outcome(self.name, passed, taken, limit, f"{taken:.1f} MB {'≤' if passed else '>'} {limit:g} MB")
