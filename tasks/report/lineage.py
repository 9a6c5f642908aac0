"""What came from what, as boxes and arrows of a small picture"""

from dataclasses import dataclass
from typing import Any

from tasks.report.cells import count, digest, number, safe_text
from tasks.report.run_facts import RunFacts

WIDTH, HEIGHT = 136, 62
COLUMN, ROW = 160, 86
VIEW = (5 * COLUMN + WIDTH + 8, 2 * ROW + HEIGHT + 8)
LETTERS = 18
"""So many fit into a box."""


@dataclass(frozen=True)
class Box:
    """One thing of the picture: its name, two lines below it, and where it stands, in units of the picture."""

    name: str
    detail: str
    digest: str
    column: float
    row: float

    @property
    def x(self) -> float:
        return 4 + self.column * COLUMN

    @property
    def y(self) -> float:
        return 4 + self.row * ROW


@dataclass(frozen=True)
class Arrow:
    """A curve from the right edge of a box to the left edge of another."""

    start: Box
    end: Box

    @property
    def path(self) -> str:
        """The curve as SVG path data."""
        x1, y1 = self.start.x + WIDTH, self.start.y + HEIGHT / 2
        x2, y2 = self.end.x - 5, self.end.y + HEIGHT / 2
        middle = (x1 + x2) / 2
        return f"M{x1:g} {y1:g}C{middle:g} {y1:g} {middle:g} {y2:g} {x2:g} {y2:g}"


def lineage(facts: RunFacts, data: dict[str, Any], verdict: dict[str, Any] | None) -> tuple[list[Box], list[Arrow]]:
    """The boxes and arrows. data: what tasks.report.funnel.data_identity found."""
    results, files = facts.results, facts.results.get("files", {})
    strategy = str(facts.finetune.get("strategy", {}).get("kind", ""))
    accuracy = results.get("metrics", {}).get("accuracy", {}).get("value")
    base = results.get("base", {})
    raw = Box("raw data", safe_text(data["name"], LETTERS), digest(data.get("sha256")), 0, 1)
    valid = Box("valid rows", count(data.get("valid")), "", 1, 1)
    start = Box(
        "base model", safe_text(str(base.get("id", "")).rsplit("/", 1)[-1], LETTERS), digest(base.get("sha256")), 2, 0
    )
    train = Box("train rows", count(results.get("train_rows")), digest(files.get("train")), 2, 1)
    test = Box("test rows", count(results.get("rows")), digest(files.get("test")), 2, 2)
    model = Box("model", safe_text(strategy, LETTERS), digest(facts.finetune.get("model_digest")), 3, 0.5)
    metrics = Box("metrics", f"accuracy {number(accuracy)}", "", 4, 1.25)
    version = Box("version", *_verdict_lines(verdict), 5, 1.25)
    arrows = [(raw, valid), (valid, train), (valid, test), (start, model), (train, model)]
    arrows += [(model, metrics), (test, metrics), (metrics, version)]
    boxes = [raw, valid, start, train, test, model, metrics, version]
    return boxes, [Arrow(first, second) for first, second in arrows]


def _verdict_lines(verdict: dict[str, Any] | None) -> tuple[str, str]:
    if verdict is None:
        return "not registered yet", ""
    version = verdict.get("version")
    return "gate passed" if verdict.get("passed") else "refused", f"v{version}" if version else ""
