"""The facts of a statement → a picture of what came from what, as an SVG file of its own"""

from collections.abc import Mapping
from typing import Any

from tasks.lineage.statement import Facts, Statement
from tasks.problem import recorded_problem
from tasks.report.cells import count, digest, number, safe_text
from tasks.report.lineage import LETTERS, lay_out
from tasks.report.templates import template

PICTURE_FILE = "lineage.svg"
"""The picture, among the files kept beside a statement."""


def draw(facts: Facts, marks: Mapping[str, str] | None = None) -> str:
    """The picture as SVG text. marks: box → holds, broken or unreached, as the audit found it."""
    return template("lineage.svg").render(picture=lay_out(_contents(facts)), marks=dict(marks or {}))


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


def _contents(facts: Facts) -> dict[str, tuple[str, str]]:
    """Each box's detail and digest."""
    return {
        "code": (_code(facts), digest(facts.commit)),
        "raw": _data(facts, "raw"),
        "valid": _valid_rows(facts),
        "base": (_tail(facts.base["id"]), digest(facts.base["sha256"])),
        "training": _data(facts, "training"),
        "testing": _data(facts, "testing"),
        "model": (_strategy(facts), digest(facts.model["digest"])),
        "metrics": (_headline(facts), _gate(facts)),
        "version": (safe_text(facts.model["name"], LETTERS), digest(facts.model["content"])),
    }


def _data(facts: Facts, context: str) -> tuple[str, str]:
    """A data set of the run: how many rows, and the digest that DVC and MLflow know it by."""
    found = next((each for each in facts.inputs if each["annotations"]["context"] == context), None)
    if found is None:
        return "–", ""
    rows = found["annotations"].get("rows")
    return count(rows) if rows is not None else _tail(found["name"]), digest(found["digest"].get("md5"))


def _valid_rows(facts: Facts) -> tuple[str, str]:
    found = next((each for each in facts.stages if each["name"] == "validate"), None)
    if found is None:
        return "–", ""
    rows = next((each for each in found["outputs"] if each["name"].endswith("rows.parquet")), None)
    return count(found["rows"].get("rows_out")), digest(rows["digest"].get("md5") if rows else None)


def _code(facts: Facts) -> str:
    if not facts.commit:
        return "not in git"
    return "commit, changed" if "dirty.diff" in facts.kept else "commit"


def _tail(text: str) -> str:
    return safe_text(text.rsplit("/", 1)[-1], LETTERS)


def _strategy(facts: Facts) -> str:
    return safe_text((facts.settings.get("finetune") or {}).get("strategy", {}).get("kind", ""), LETTERS)


def _headline(facts: Facts) -> str:
    metrics: Mapping[str, Any] = facts.results.get("metrics", {})
    target = recorded_problem(facts.settings).target
    return f"{target.metrics[target.verdict]} {number(metrics.get(target.verdict, {}).get('value'))}"


def _gate(facts: Facts) -> str:
    gate = facts.results.get("gate", [])
    return "gate passed" if gate and all(each["passed"] is not False for each in gate) else ""
