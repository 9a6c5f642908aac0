"""what was recorded, and what came of making it again → identical, within tolerance, or different: where"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from tasks.audit.finding import difference
from tasks.dvc_store import parts
from tasks.stages import STAGES

TOLERANCE = 0.01
"""A metric on the same rows may move by so much: other hardware gives other last bits, and a few rows tip over."""
ROWS = [each.name for each in STAGES.values() if each.makes == "rows"]
"""Stages that make the rows: of their outputs, no bit may differ."""
Word = Literal["identical", "within tolerance", "differs"]


@dataclass(frozen=True)
class Verdict:
    """What came of it, in a word; where it differs; and what was not as it was."""

    word: Word
    where: tuple[str, ...]
    environment: tuple[str, ...]
    """Packages, hardware and threads that are others than they were."""

    @property
    def line(self) -> str:
        """In one line."""
        return f"{self.word}: {'; '.join(self.where[:3])}" if self.where else self.word

    def as_json(self) -> dict[str, Any]:
        return {"verdict": self.word, "where": list(self.where), "environment": list(self.environment)}


@dataclass(frozen=True)
class Outcome:
    """What a making gave."""

    lock: Mapping[str, Any]
    model: str
    """The model's digest."""
    metrics: Mapping[str, float | None]


def decide(
    said: Outcome,
    found: Outcome,
    *,
    packages: Sequence[str] = (),
    machine: Sequence[str] = (),
    tolerance: float = TOLERANCE,
) -> Verdict:
    """The verdict. packages, machine: what is not as it was."""
    rows, others = _outputs(said, found)
    weights = (
        [] if said.model == found.model else [difference(said.model, found.model, "the statement", "the new model")]
    )
    moved = {name: _gap(value, found.metrics.get(name)) for name, value in said.metrics.items()}
    beyond = [f"{name} moved by {gap:.4g}" for name, gap in moved.items() if gap > tolerance]
    environment = (*packages, *machine)
    if rows or beyond:
        return Verdict("differs", (*rows, *(f"weights: {each}" for each in weights), *beyond), environment)
    if weights or others or packages:
        where = [*(f"weights: {each}" for each in weights), *others]
        where += [f"{name} moved by {gap:.2g}" for name, gap in moved.items() if gap > 0]
        where += [] if where else ["every byte is the same, but packages are others than they were"]
        return Verdict("within tolerance", tuple(where), environment)
    return Verdict("identical", (), environment)


def _outputs(said: Outcome, found: Outcome) -> tuple[list[str], list[str]]:
    """Outputs that differ: of the stages that make rows, and of the others."""
    made = {(stage, path): md5 for stage, path, md5 in parts(found.lock, "outs")}
    rows: list[str] = []
    others: list[str] = []
    for stage, path, md5 in parts(said.lock, "outs"):
        if made.get((stage, path)) != md5:
            is_row = stage in ROWS and path.endswith(".parquet")
            (rows if is_row else others).append(f"{path} ({stage})")
    return rows, others


def _gap(said: float | None, found: float | None) -> float:
    if said is None or found is None:
        return 0.0 if said == found else float("inf")
    return abs(said - found)


def packages_that_differ(said: str, found: str) -> list[str]:
    """Packages of two bills of materials (CycloneDX, as text) that are not at the same version."""
    was, now = _versions(said), _versions(found)
    names = sorted(name for name in was.keys() | now.keys() if was.get(name) != now.get(name))
    return [f"{name} {was.get(name, 'none')} → {now.get(name, 'none')}" for name in names]


def machine_that_differs(said: Mapping[str, Any], found: Mapping[str, Any]) -> list[str]:
    """What two descriptions of hardware, as tasks.tracking.machine gives them, do not agree on."""
    asked = ("cpu", "cores", "system", "python", "accelerators", "torch")
    known = [name for name in asked if name in said and name in found]
    return [f"{name} {said[name]} → {found[name]}" for name in known if said[name] != found[name]]


def _versions(text: str) -> dict[str, str]:
    components = json.loads(text or "{}").get("components", [])
    return {str(each["name"]): str(each.get("version", "")) for each in components}
