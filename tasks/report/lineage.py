"""What came from what, as boxes and arrows of a small picture"""

from collections.abc import Mapping
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


@dataclass(frozen=True)
class Picture:
    """Boxes by word, and the arrows between them."""

    boxes: Mapping[str, Box]
    arrows: tuple[Arrow, ...]
    view: tuple[int, int] = VIEW
    width: int = WIDTH
    height: int = HEIGHT


_PLACES: dict[str, tuple[str, float, float]] = {
    "code": ("code", 0, 0),
    "raw": ("raw data", 0, 1),
    "valid": ("valid rows", 1, 1),
    "base": ("base model", 2, 0),
    "training": ("train rows", 2, 1),
    "testing": ("test rows", 2, 2),
    "model": ("model", 3, 0.5),
    "metrics": ("metrics", 4, 1.25),
    "version": ("version", 5, 1.25),
}
"""Word → name, column, row."""

_ARROWS = (
    *(("code", "valid"), ("raw", "valid"), ("valid", "training"), ("valid", "testing"), ("base", "model")),
    *(("training", "model"), ("model", "metrics"), ("testing", "metrics"), ("metrics", "version")),
)


def lay_out(contents: Mapping[str, tuple[str, str]]) -> Picture:
    """The picture of what is known. contents: word → its detail and digest; what is not named is left out."""
    boxes = {
        word: Box(name, *contents[word], column, row)
        for word, (name, column, row) in _PLACES.items()
        if word in contents
    }
    arrows = [Arrow(boxes[one], boxes[other]) for one, other in _ARROWS if one in boxes and other in boxes]
    return Picture(boxes, tuple(arrows))


def lineage(facts: RunFacts, data: dict[str, Any], verdict: dict[str, Any] | None) -> Picture:
    """The last run's picture. data: what tasks.report.funnel.data_identity found."""
    results, files = facts.results, facts.results.get("files", {})
    base = results.get("base", {})
    accuracy = results.get("metrics", {}).get("accuracy", {}).get("value")
    strategy = str(facts.finetune.get("strategy", {}).get("kind", ""))
    return lay_out(
        {
            "raw": (safe_text(data["name"], LETTERS), digest(data.get("sha256"))),
            "valid": (count(data.get("valid")), ""),
            "base": (safe_text(str(base.get("id", "")).rsplit("/", 1)[-1], LETTERS), digest(base.get("sha256"))),
            "training": (count(results.get("train_rows")), digest(files.get("train"))),
            "testing": (count(results.get("rows")), digest(files.get("test"))),
            "model": (safe_text(strategy, LETTERS), digest(facts.finetune.get("model_digest"))),
            "metrics": (f"accuracy {number(accuracy)}", ""),
            "version": _verdict_lines(verdict),
        }
    )


def _verdict_lines(verdict: dict[str, Any] | None) -> tuple[str, str]:
    if verdict is None:
        return "not registered yet", ""
    version = verdict.get("version")
    return "gate passed" if verdict.get("passed") else "refused", f"v{version}" if version else ""
