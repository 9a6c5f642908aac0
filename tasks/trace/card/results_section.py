"""evidence → what the card says of the measurements, and of where it all comes from"""

from tasks.stages import STAGES
from tasks.trace.card.data_section import dig, target_of
from tasks.trace.card.evidence import Evidence
from tasks.trace.card.markdown import STATEMENT, amount, code, interval, source, table


def evaluation(evidence: Evidence) -> list[str]:
    """Metrics with intervals, baselines, and what the gate said."""
    confidence = dig(evidence.statement.settings, "evaluate.confidence")
    target = target_of(evidence)
    return [
        "## Evaluation",
        "",
        f"On the test rows. Intervals hold with a confidence of {amount(confidence)} "
        f"({source(STATEMENT, 'settings.evaluate.confidence')}){_lower_is_better(evidence)}.",
        "",
        *table(("Metric", "Value", "Interval", "Evidence"), _metrics(evidence)),
        *table(
            (
                "Baseline",
                target.metrics[target.verdict].capitalize(),
                "This model's gain",
                "Interval",
                "Evidence",
            ),
            _baselines(evidence),
        ),
        *table(("Rule of the gate", "Outcome", "Why", "Evidence"), _gate(evidence)),
    ]


def _lower_is_better(evidence: Evidence) -> str:
    target = target_of(evidence)
    named = [f"`{name}` ({target.metrics[name]})" for name in target.metrics if name in target.lower_is_better]
    return f"; lower is better for {', '.join(named)}" if named else ""


def _metrics(evidence: Evidence) -> list[tuple[str, ...]]:
    metrics = dict(evidence.statement.results.get("metrics", {}))
    return [
        (code(name), amount(each.get("value")), interval(each), source(STATEMENT, f"results.metrics.{name}"))
        for name, each in sorted(metrics.items())
    ]


def _baselines(evidence: Evidence) -> list[tuple[str, ...]]:
    baselines = dict(evidence.reports.get("evaluate", {}).get("baselines", {}))
    verdict = target_of(evidence).verdict
    return [
        (
            code(name),
            amount(each.get(verdict)),
            amount(dig(each, f"{verdict}_gain.value")),
            interval(each.get(f"{verdict}_gain") or {}),
            source("evaluate.json", f"baselines.{name}"),
        )
        for name, each in sorted(baselines.items())
    ]


def _gate(evidence: Evidence) -> list[tuple[str, ...]]:
    outcomes = {True: "passed", False: "not passed", None: "not asked"}
    return [
        (
            code(each.get("name")),
            outcomes[each.get("passed")],
            code(each.get("why"), 400),
            source(STATEMENT, f"results.gate[{number}]"),
        )
        for number, each in enumerate(evidence.statement.results.get("gate", []))
    ]


def provenance(evidence: Evidence) -> list[str]:
    """What the numbers above rest on, each by its digest."""
    statement, entry = evidence.statement, evidence.entry
    patch = statement.kept_files.get("dirty.diff", "")
    facts = [
        ("git commit", code(statement.commit or "none"), source(STATEMENT, "resolvedDependencies[code]")),
        ("changes since (sha256)", code(patch or "none"), source(STATEMENT, "resolvedDependencies[dirty.diff]")),
        ("package (sha256)", code(statement.model.get("package", "")), source(STATEMENT, "model.package")),
        ("MLflow run", code(statement.invocation.get("mlflow_run", "")), source(STATEMENT, "metadata.mlflow_run")),
        ("Prefect flow run", code(_flow_run(evidence)), source(STATEMENT, "metadata.prefect_flow_run")),
        (
            "entry of the ledger",
            code(f"{entry.seq} {entry.action}") if entry else "none",
            code(entry.digest) if entry else "–",
        ),
    ]
    names = [(STATEMENT, f"sha256 {code(statement.digest)}"), *_reports(evidence)]
    return [
        "## Provenance",
        "",
        *table(("What", "Value", "Evidence"), facts),
        "The evidence, each file named by its content:",
        "",
        *table(("Evidence", "Digest"), [(code(name), digest) for name, digest in names]),
        f"`finetrace audit models:/{evidence.name}/{evidence.number}` hashes all of it again.",
        "",
    ]


def _flow_run(evidence: Evidence) -> str:
    return str(evidence.statement.invocation.get("prefect_flow_run") or "none")


def _reports(evidence: Evidence) -> list[tuple[str, str]]:
    lost = set(evidence.lost)
    return [
        (f"{stage}.json", _digest_of(evidence, stage) + (" (not reachable)" if stage in lost else ""))
        for stage in STAGES
    ]


def _digest_of(evidence: Evidence, stage: str) -> str:
    digests = evidence.digests.get(stage, {})
    kind = "sha256" if digests.get("sha256") else "md5"
    return f"{kind} {code(digests[kind])}" if digests.get(kind) else "not named by the statement"
