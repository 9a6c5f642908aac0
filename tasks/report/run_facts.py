"""The reports of a run's stages, whichever there are"""

from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

from tasks.errors import IntegrityError
from tasks.files import read_json
from tasks.paths import Paths


@dataclass(frozen=True)
class RunFacts:
    """Each stage's numbers as it wrote them; empty if it did not."""

    ingest: dict[str, Any] = field(default_factory=dict)
    validate: dict[str, Any] = field(default_factory=dict)
    split: dict[str, Any] = field(default_factory=dict)
    augment: dict[str, Any] = field(default_factory=dict)
    finetune: dict[str, Any] = field(default_factory=dict)
    results: dict[str, Any] = field(default_factory=dict)
    """evaluation/results.json: what the evaluate stage found, in full."""


def read_facts(paths: Paths) -> RunFacts:
    """What lies below data/reports and data/evaluation."""
    stages = [each.name for each in fields(RunFacts) if each.name != "results"]
    return RunFacts(
        **{stage: _read(paths.report(stage)) for stage in stages}, results=_read(paths.evaluation / "results.json")
    )


def texts_cut(facts: RunFacts) -> list[tuple[str, int, int]]:
    """Of each side that has texts longer than base.max_tokens: its name, how many of them, and its rows."""
    cut = {**facts.finetune.get("texts_cut", {}), **facts.results.get("texts_cut", {})}
    rows = {**facts.finetune.get("rows", {}), "test": facts.results.get("rows", 0)}
    return [(side, cut[side], rows.get(side, 0)) for side in ("train", "val", "test") if cut.get(side)]


def _read(path: Path) -> dict[str, Any]:
    """The report, or nothing: a page that shows what there is helps more than none when a stage has failed."""
    try:
        found = read_json(path)
    except (FileNotFoundError, IntegrityError):
        return {}
    return found if isinstance(found, dict) else {}
