"""evidence → what the card says of the use and the data"""

from typing import Any

from tasks.problem import recorded_problem
from tasks.targets import Target
from tasks.trace.card.evidence import Evidence
from tasks.trace.card.markdown import STATEMENT, amount, code, source, table

_MOST_LABELS = 100


def use(evidence: Evidence) -> list[str]:
    """What it is for, as far as anything in the evidence says so."""
    found = evidence.reports.get("finetune", {})
    labels = [str(each) for each in found.get("labels", [])]
    reads = "a pair of texts" if reads_pairs(evidence) else "a text"
    target = target_of(evidence)
    if not found:
        return ["## What it is for", "", "Its labels are in a report that is not reachable.", ""]
    shown = ", ".join(code(each, 80) for each in labels[:_MOST_LABELS])
    more = f", and {len(labels) - _MOST_LABELS} more" if len(labels) > _MOST_LABELS else ""
    return [
        "## What it is for",
        "",
        f"It gives {reads} {target.gives(len(labels))} ({source('finetune.json', 'labels')})"
        + (f": {shown}{more}." if labels else "."),
        "",
        "Which uses are intended beyond that, for which languages and people, and under which licence, is in none of "
        "the evidence and is not claimed here.",
        "",
    ]


def target_of(evidence: Evidence) -> Target:
    """What the model was asked."""
    return recorded_problem(evidence.statement.settings).target


def reads_pairs(evidence: Evidence) -> bool:
    """Whether a row is a pair of texts; reports of format 1 say so in another word."""
    found = evidence.reports.get("finetune", {})
    return found.get("input") == "pair" or found.get("problem") == "pairs"


def data(evidence: Evidence) -> list[str]:
    """How many rows were left after each stage, and the files by their digests."""
    return [
        "## Data",
        "",
        *table(("Rows", "Number", "Evidence"), _funnel(evidence)),
        *table(("File", "For", "md5", "sha256", "Evidence"), _files(evidence)),
    ]


def _funnel(evidence: Evidence) -> list[tuple[str, str, str]]:
    wanted = [
        ("read", "ingest", "rows"),
        ("set aside by the checks", "validate", "quarantined"),
        ("passed the checks", "validate", "rows_out"),
        ("left out, near rows of different sides", "split", "set_aside"),
        ("train", "split", "rows.train"),
        ("val", "split", "rows.val"),
        ("test", "split", "rows.test"),
        ("made by augmentation", "augment", "rows.new"),
    ]
    found = [(words, stage, key, dig(evidence.reports.get(stage, {}), key)) for words, stage, key in wanted]
    return [
        (words, amount(value), source(f"{stage}.json", key)) for words, stage, key, value in found if value is not None
    ]


def _files(evidence: Evidence) -> list[tuple[str, ...]]:
    materials = [each for each in evidence.statement.materials.values() if each.get("annotations", {}).get("context")]
    return [
        (
            code(each["name"]),
            code(each["annotations"]["context"]),
            code(each["digest"].get("md5", "")),
            code(each["digest"].get("sha256", "")),
            source(STATEMENT, f"resolvedDependencies[{each['name']}]"),
        )
        for each in materials
    ]


def dig(values: Any, key: str) -> Any:
    """The value below a dotted key, None if there is none."""
    for part in key.split("."):
        values = values.get(part) if isinstance(values, dict) else None
    return values
