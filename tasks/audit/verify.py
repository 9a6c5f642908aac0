"""a version's name → the audit's report of it"""

from dataclasses import asdict, dataclass
from typing import Any

from tasks.audit.edges import EDGES
from tasks.audit.finding import Finding, is_clean
from tasks.audit.gather import Asked, gather
from tasks.audit.witnesses import Witnesses
from tasks.errors import IntegrityError, SettingsError
from tasks.lineage.address import parse_address
from tasks.lineage.ledger import Ledger, read_anchor
from tasks.lineage.named import look_up
from tasks.paths import Paths
from tasks.tracking.store import Store


@dataclass(frozen=True)
class Answer:
    """An edge, and what was found of it."""

    name: str
    title: str
    findings: tuple[Finding, ...]


@dataclass(frozen=True)
class Report:
    """An audited version."""

    name: str
    version: int
    answers: tuple[Answer, ...]
    seen: Witnesses

    @property
    def address(self) -> str:
        return f"models:/{self.name}/{self.version}"

    @property
    def is_clean(self) -> bool:
        """Whether nothing is broken."""
        return all(is_clean(each.findings) for each in self.answers)

    @property
    def counts(self) -> dict[str, int]:
        """Findings by their mark."""
        marks = [finding.mark for each in self.answers for finding in each.findings]
        return {mark: marks.count(mark) for mark in ("holds", "broken", "unreached")}

    @property
    def worst(self) -> list[str]:
        """What is broken, in words."""
        return [
            f"{each.title}: {finding.what}: {finding.why}"
            for each in self.answers
            for finding in each.findings
            if finding.mark == "broken"
        ]

    def as_json(self) -> dict[str, Any]:
        """The same as plain values."""
        edges = [{"edge": each.name, "findings": [asdict(f) for f in each.findings]} for each in self.answers]
        return {"version": self.address, "clean": self.is_clean, "counts": self.counts, "edges": edges}


def audit_version(
    store: Store, paths: Paths, name: str, version: int, asked: Asked, ledger: Ledger | None = None
) -> Report:
    """Ask every witness of a version. ledger: as read before, if it was."""
    return judge(gather(store, paths, name, version, asked, ledger))


def judge(seen: Witnesses) -> Report:
    """What the witnesses' words come to."""
    answers = tuple(Answer(edge.name, edge.title, tuple(edge.check(seen))) for edge in EDGES)
    return Report(seen.registered.name, seen.registered.version, answers, seen)


def find_versions(store: Store, name: str) -> list[int]:
    """Every version of a registered model, the oldest first."""
    found: list[int] = []
    token = None
    while True:
        page = store.client.search_model_versions(f"name = '{name}'", max_results=1_000, page_token=token)
        found += [int(each.version) for each in page]
        token = page.token
        if not token:
            return sorted(found)


def gone_versions(ledger: Ledger, versions: list[int]) -> list[int]:
    """Versions that the ledger tells of, and no longer there without a line that says why."""
    deleted = {entry.version for entry in ledger.chain.entries if entry.action == "delete"}
    entered = {entry.version for entry in ledger.chain.entries if entry.action == "register"}
    return sorted(entered - deleted - set(versions))


def resolve(store: Store, address: str, configured: str = "") -> tuple[str, int]:
    """Name and version of what a person names in one of the forms of tasks.lineage.address. configured: the model of
    params.yaml, meant where none is named. Raises SettingsError if there is none such."""
    name, which = parse_address(address, configured)
    try:
        return name, int(look_up(store, name, which).version)
    except SettingsError:
        anchor = read_anchor(store, name) if which == "champion" else None
        if anchor is None or not anchor.seq:
            raise
    # an alias that is gone, while the ledger names a champion, is no mistake of the one who asks
    raise IntegrityError(f"{name} has lost its alias champion, but there is a ledger. See: finetrace audit --all")
