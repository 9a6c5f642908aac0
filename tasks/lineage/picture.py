"""The facts of a statement → a picture of what came from what, as an SVG file of its own"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from tasks.lineage.statement import Facts, Statement
from tasks.report.cells import count, digest, number, safe_text
from tasks.report.lineage import HEIGHT, LETTERS, WIDTH, Arrow, Box
from tasks.report.templates import template

VIEW = (5 * 160 + WIDTH + 8, 2 * 86 + HEIGHT + 8)
PICTURE_FILE = "lineage.svg"
"""The picture, among the files kept beside a statement."""


@dataclass(frozen=True)
class Picture:
    """Boxes by the word that the audit marks them by, and the arrows between them."""

    boxes: Mapping[str, Box]
    arrows: tuple[Arrow, ...]


def draw(facts: Facts, marks: Mapping[str, str] | None = None) -> str:
    """The picture as SVG text. marks: box → holds, broken or unreached, as the audit found it."""
    made = lay_out(facts)
    return template("lineage.svg").render(
        boxes=made.boxes, arrows=made.arrows, marks=dict(marks or {}), view=VIEW, width=WIDTH, height=HEIGHT
    )


def facts_of(statement: Statement) -> Facts:
    """What a kept statement was made of, as far as the picture shows it."""
    data = [each for each in statement.materials.values() if "context" in (each.get("annotations") or {})]
    base = statement.materials.get("base", {})
    named = {"id": str(statement.settings.get("base", {}).get("id", "")), "revision": ""}
    return Facts(
        model=statement.model,
        files=statement.subject,
        settings=statement.settings,
        stages=statement.stages,
        inputs=data,
        base=named | {"sha256": str(base.get("digest", {}).get("sha256", ""))},
        commit=statement.commit,
        invocation=statement.invocation,
        results=statement.results,
        kept=dict.fromkeys(statement.kept_files, ""),
    )


def lay_out(facts: Facts) -> Picture:
    """Where every box stands, and what it says."""
    boxes = {
        "code": Box("code", _code(facts), digest(facts.commit), 0, 0),
        "raw": _data("raw data", facts, "raw", 0, 1),
        "valid": _output("valid rows", facts, "validate", "rows_out", 1, 1),
        "base": Box("base model", _tail(facts.base["id"]), digest(facts.base["sha256"]), 2, 0),
        "training": _data("train rows", facts, "training", 2, 1),
        "testing": _data("test rows", facts, "testing", 2, 2),
        "model": Box("model", _strategy(facts), digest(facts.model["digest"]), 3, 0.5),
        "metrics": Box("metrics", _accuracy(facts), _gate(facts), 4, 1.25),
        "version": Box("version of", safe_text(facts.model["name"], LETTERS), digest(facts.model["content"]), 5, 1.25),
    }
    pairs = [("raw", "valid"), ("valid", "training"), ("valid", "testing"), ("base", "model"), ("training", "model")]
    pairs += [("code", "valid"), ("model", "metrics"), ("testing", "metrics"), ("metrics", "version")]
    return Picture(boxes, tuple(Arrow(boxes[one], boxes[other]) for one, other in pairs))


def _data(name: str, facts: Facts, context: str, column: float, row: float) -> Box:
    """A data set of the run: how many rows, and the digest that DVC and MLflow know it by."""
    found = next((each for each in facts.inputs if each["annotations"]["context"] == context), None)
    if found is None:
        return Box(name, "–", "", column, row)
    rows = found["annotations"].get("rows")
    detail = count(rows) if rows is not None else _tail(found["name"])
    return Box(name, detail, digest(found["digest"].get("md5")), column, row)


def _output(name: str, facts: Facts, stage: str, key: str, column: float, row: float) -> Box:
    found = next((each for each in facts.stages if each["name"] == stage), None)
    if found is None:
        return Box(name, "–", "", column, row)
    rows = next((each for each in found["outputs"] if each["name"].endswith("rows.parquet")), None)
    return Box(name, count(found["rows"].get(key)), digest(rows["digest"].get("md5") if rows else None), column, row)


def _code(facts: Facts) -> str:
    if not facts.commit:
        return "not in git"
    return "commit, changed" if "dirty.diff" in facts.kept else "commit"


def _tail(text: str) -> str:
    return safe_text(text.rsplit("/", 1)[-1], LETTERS)


def _strategy(facts: Facts) -> str:
    return safe_text((facts.settings.get("finetune") or {}).get("strategy", {}).get("kind", ""), LETTERS)


def _accuracy(facts: Facts) -> str:
    metrics: Mapping[str, Any] = facts.results.get("metrics", {})
    return f"accuracy {number(metrics.get('accuracy', {}).get('value'))}"


def _gate(facts: Facts) -> str:
    gate = facts.results.get("gate", [])
    return "gate passed" if gate and all(each["passed"] is not False for each in gate) else ""
