"""two statements, two bills of materials → which settings, files, packages and metrics differ"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tasks.errors import IntegrityError
from tasks.lineage.statement import Statement
from tasks.tracking.flatten import flat_params

_SBOM = "sbom.cdx.json"


@dataclass(frozen=True)
class Change:
    """A named value in the first and in the second version; None where it has none."""

    name: str
    before: Any
    after: Any


@dataclass(frozen=True)
class MetricChange:
    """A metric of both, each with its interval: value, low, high."""

    name: str
    before: Mapping[str, float | None] | None
    after: Mapping[str, float | None] | None

    @property
    def delta(self) -> float | None:
        """How much more the second has."""
        values = [each.get("value") if each else None for each in (self.before, self.after)]
        return None if values[0] is None or values[1] is None else values[1] - values[0]

    @property
    def intervals_part(self) -> bool | None:
        """Whether the two intervals have nothing in common; None if one is unknown. Intervals that overlap can still
        differ for sure, since both were measured on the same rows: `finetrace compare` and the gate ask in pairs."""
        bounds = [each.get(key) if each else None for each in (self.before, self.after) for key in ("low", "high")]
        if any(each is None for each in bounds):
            return None
        low, high, other_low, other_high = (float(each) for each in bounds if each is not None)
        return high < other_low or other_high < low


def changed(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[Change]:
    """The keys whose values differ, by name."""
    names = sorted({**before, **after})
    return [Change(each, before.get(each), after.get(each)) for each in names if before.get(each) != after.get(each)]


def changed_settings(one: Statement, other: Statement) -> list[Change]:
    """Settings that differ, as section.key."""
    return changed(flat_params(one.settings), flat_params(other.settings))


def changed_files(one: Statement, other: Statement) -> list[Change]:
    """Files below data/ that stages read or wrote, and the base model, whose content differs; by md5."""
    return changed(_files(one), _files(other))


def changed_metrics(one: Statement, other: Statement) -> list[MetricChange]:
    """Every metric of either, by name."""
    before, after = (dict(each.results.get("metrics", {})) for each in (one, other))
    return [MetricChange(name, before.get(name), after.get(name)) for name in sorted({**before, **after})]


def changed_packages(one: Mapping[str, str], other: Mapping[str, str]) -> list[Change]:
    """Installed packages whose versions differ, or that only one has."""
    return changed(one, other)


def read_packages(folder: Path, statement: Statement) -> dict[str, str] | None:
    """Package → version of a version's environment; None if its bill of materials is not there.

    Raises IntegrityError if it is not the one that the statement names.
    """
    from tasks.digest import sha256_of_file

    file, recorded = folder / _SBOM, statement.kept_files.get(_SBOM)
    if recorded is None or not file.exists():
        return None
    if sha256_of_file(file) != recorded:
        raise IntegrityError(f"{file} is not the one that the statement names. Run: finetrace audit")
    components = json.loads(file.read_text(encoding="utf-8")).get("components", [])
    return {str(each["name"]): str(each.get("version", "")) for each in components}


def _files(statement: Statement) -> dict[str, str]:
    used = [each for stage in statement.stages for each in (*stage["inputs"], *stage["outputs"])]
    listed = [*statement.materials.values(), *used]
    data = {each["name"]: str(each["digest"].get("md5", "")) for each in listed if each["name"].startswith("data/")}
    base = statement.materials.get("base", {}).get("digest", {}).get("sha256", "")
    return data | {"base model": base}
