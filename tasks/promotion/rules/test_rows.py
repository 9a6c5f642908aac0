"""The rows that it was measured on can be reached."""

from tasks.operations import PromoteSettings
from tasks.promotion.data_files import recorded_test
from tasks.promotion.facts import Facts
from tasks.register.rules import Outcome


class ReachableRows:
    """The test rows of its statement are in the workspace or in DVC's cache, by their md5."""

    name = "test_rows"

    def judge(self, facts: Facts, promote: PromoteSettings) -> Outcome:  # noqa: ARG002
        if facts.rows is not None:
            rows = len(facts.rows.labels)
            return Outcome(self.name, True, rows, None, f"{rows} rows, md5 {facts.rows.md5}")
        name, md5 = recorded_test(facts.verified.statement)
        why = f"{name or 'test rows'}, md5 {md5 or 'unknown'}, is neither here nor in DVC's cache: dvc pull, dvc fetch"
        return Outcome(self.name, False, None, None, why)
