"""Every byte is the one that was registered."""

from tasks.operations import PromoteSettings
from tasks.promotion.facts import Facts
from tasks.register.rules import Outcome


class Files:
    """Bytes, tag, statement and ledger agree; where they do not, the facts could not even be gathered."""

    name = "files"

    def judge(self, facts: Facts, promote: PromoteSettings) -> Outcome:  # noqa: ARG002
        count = facts.verified.files
        why = f"{count} files: sha256 as tag, statement and ledger have it"
        return Outcome(self.name, True, count, None, why)
